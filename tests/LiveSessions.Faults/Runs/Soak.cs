using System.Diagnostics;
using System.Globalization;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;
using StackExchange.Redis;

namespace LiveSessions.Faults.Runs;

/// <summary>
/// Hours of sessions, one after the other, on two servers, Redis and PostgreSQL: people write, break off and come back, and at the end of each session half of them vanish without closing their line. Memory must not
/// grow, and what a server and Redis hold must be what they held before, once everybody is gone.
/// </summary>
internal static class Soak
{
    /// <summary>The goal's: one in a hundred people breaks off each minute.</summary>
    private const double FlapsAMinute = 0.01;

    /// <summary>In percent of the memory, each hour.</summary>
    private const double MostGrowth = 1;

    /// <summary>A server lets somebody go who is silent for ten seconds.</summary>
    private static readonly TimeSpan GoneWithin = TimeSpan.FromSeconds(20);

    /// <summary>What Redis keeps for a while after a session (its marks of who is there) is gone after this many minutes.</summary>
    private const int LongWait = 11;

    private const string LogPage = ":log", Log = $"ls:{{}}{LogPage}";

    /// <summary>The logs of sessions that are over leave Redis after this instead of an hour, so that whole lives of sessions are in a run.</summary>
    private const string ForgetAfter = "00:05:00";

    /// <param name="Warm">How long the first session is, after which everything is counted for the first time.</param>
    /// <param name="Wait">How long is waited before everything is counted; with nothing, what goes by itself after a while is left out.</param>
    public sealed record Plan(TimeSpan Long, TimeSpan Session, TimeSpan Warm, int People = 150, double PerSecond = 15, int Seed = 1, TimeSpan Wait = default, ArchiveKind Archive = ArchiveKind.Postgres);

    /// <param name="Sockets">Open files that are sockets, of one process.</param>
    /// <param name="Keys">Keys in Redis by kind.</param>
    public sealed record Count(IReadOnlyList<Held> Servers, IReadOnlyList<int> Sockets, IReadOnlyList<int> Threads, IReadOnlyDictionary<string, int> Keys, int Channels, int Clients)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"each server: in lists {Told(Servers.Select(s => s.InLists))}, sessions {Told(Servers.Select(s => s.Desks))}, writers of the archive {Told(Servers.Select(s => s.Writers))}, sockets {Told(Sockets)}, threads {Told(Threads)}, timers {Told(Servers.Select(s => s.Timers))}, living {Told(Servers.Select(s => $"{s.LivingMegabytes:0.0} MB"))}; Redis: channels {Channels}, clients {Clients}, keys {(Keys.Count == 0 ? "none" : string.Join(", ", Keys.Select(k => $"{k.Value} {k.Key}")))}");

        private static string Told<T>(IEnumerable<T> each) => string.Join(" and ", each);
    }

    /// <param name="Growth">Of each server's resident memory, in percent an hour, by the least squares of what was read every ten seconds after the first session.</param>
    /// <param name="Gone">How long after the end of each session nobody was left in any list.</param>
    public sealed record Result(int Sessions, long Acked, long Flaps, IReadOnlyList<double> Growth, IReadOnlyList<double> Megabytes, Times Gone, Count Start, Count End, IReadOnlyList<Violation> Violations)
    {
        /// <summary>What is held that was not held before, in words.</summary>
        public IReadOnlyList<string> Left
        {
            get
            {
                var left = new List<string>();
                for (var i = 0; i < End.Servers.Count; i++)
                {
                    left.AddRange(End.Servers[i].Lists.Where(l => l.Value > 0).Select(l => $"{l.Value} in the list {l.Key}"));
                    More("sessions", End.Servers[i].Desks, 0);
                    More("writers of the archive", End.Servers[i].Writers, Start.Servers[i].Writers);
                    More("sockets", End.Sockets[i], Start.Sockets[i]);
                    // A few of the runtime's own come and go.
                    More("timers", End.Servers[i].Timers, Start.Servers[i].Timers + 5);
                    More("threads", End.Threads[i], Start.Threads[i] + 5);
                }
                foreach (var (kind, count) in End.Keys)
                    More($"keys {kind}", count, Start.Keys.GetValueOrDefault(kind));
                More("channels", End.Channels, Start.Channels);
                More("clients of Redis", End.Clients, Start.Clients);
                return left;

                void More(string what, long now, long before)
                {
                    if (now > before)
                        left.Add($"{now} {what} instead of {before}");
                }
            }
        }
    }

    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        var plan = new Plan(TimeSpan.FromMinutes(o.Count("soak-minutes", 210)), TimeSpan.FromMinutes(o.Count("session-minutes", 30)), TimeSpan.FromMinutes(Math.Min(5, o.Count("session-minutes", 30))),
            o.Count("people", 150), o.Count("rate", 15), o.Count("seed", 1), TimeSpan.FromMinutes(o.Count("wait-minutes", LongWait)));
        var r = await Run(plan, notes);
        return
        [
            new("R21", "soak: sessions one after the other, two servers, Redis, PostgreSQL; one in a hundred breaks off each minute, and half of the people vanish without closing their line at each end", $"memory grows by less than {MostGrowth} % an hour; nothing is held that was not before",
                string.Create(CultureInfo.InvariantCulture, $"memory {string.Join(" and ", r.Growth.Select((g, i) => $"{g:+0.0;-0.0} % an hour of {r.Megabytes[i]:0} MB"))}; {(r.Left.Count == 0 ? "nothing is held that was not before" : string.Join(", ", r.Left))}; living {string.Join(" and ", r.End.Servers.Select((s, i) => $"{r.Start.Servers[i].LivingMegabytes:0.0} then {s.LivingMegabytes:0.0} MB"))}; nobody left in any list after {r.Gone}; {(r.Violations.Count == 0 ? "0 violations" : $"{r.Violations.Count} violations: {r.Violations[0].What}")} in {r.Acked} acknowledged"),
                $"{plan.Long.TotalMinutes:0} min (the goal says 210), {r.Sessions} sessions of {plan.People} people, {r.Flaps} breaks", r.Left.Count == 0 && r.Violations.Count == 0 && r.Growth.All(g => g < MostGrowth)),
        ];
    }

    public static async Task<Result> Run(Plan plan, Notes notes)
    {
        await using var cluster = await Cluster.Start(new(2, plan.Archive, Alter: AlteredNode.Watched, More: ["--Archive:ForgetAfter", ForgetAfter]));
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{cluster.Redis.ConnectionString},allowAdmin=true");
        var doors = new List<TcpProxy>();
        foreach (var node in cluster.Nodes)
            doors.Add(new TcpProxy(node.Address.Port));
        var (random, gone) = (new Random(plan.Seed), new Times());
        var (sessions, acked, flaps) = (0, 0L, 0L);
        var violations = new List<Violation>();
        try
        {
            await One(plan.Warm);
            var start = await CountAll();
            notes.Say($"at the start: {start}");
            var memory = cluster.Nodes.Select(_ => new List<(double Hours, double Megabytes)>()).ToList();
            using var over = new CancellationTokenSource();
            var clock = Stopwatch.StartNew();
            var reading = Read(memory, clock, over.Token);
            while (clock.Elapsed < plan.Long)
                await One(plan.Session);
            await over.CancelAsync();
            await reading;
            var end = await CountAll();
            notes.Say($"at the end: {end}");
            return new(sessions, acked, flaps, [.. memory.Select(Growth)], [.. memory.Select(m => m.Average(p => p.Megabytes))], gone, start, end, violations);
        }
        finally
        {
            foreach (var door in doors)
                await door.DisposeAsync();
        }

        async Task One(TimeSpan howLong)
        {
            sessions++;
            await using (var crowd = await Crowd.Gather(cluster, plan.People, plan.Seed + sessions, doors: number => [.. number / 2 % 2 == 0 ? cluster.Addresses : doors.Select(d => new Uri($"http://127.0.0.1:{d.Port}"))]))
            {
                crowd.Begin(plan.PerSecond);
                var clock = Stopwatch.StartNew();
                while (clock.Elapsed < howLong)
                {
                    await Task.Delay(1_000);
                    if (random.NextDouble() < plan.People * FlapsAMinute / 60)
                    {
                        flaps++;
                        _ = BreakOff(crowd, random.Next(plan.People), random.Next(2) == 0);
                    }
                }
                await Eventually.True(() => crowd.People.All(p => p.IsOpen), "everybody is there at the end", 60);
                await crowd.Calm();
                var (evidence, wrong) = await crowd.Judge();
                violations.AddRange(wrong.Select(v => v with { What = $"session {sessions}: {v.What}" }));
                acked += evidence.Clients.Sum(c => c.Acked);
                await crowd.Host.Does(new EndSession());
                // Whoever is behind a door closes their line, and nobody hears of it.
                foreach (var door in doors)
                    door.Stop();
            }
            var left = Stopwatch.StartNew();
            var held = await Task.WhenAll(cluster.Nodes.Select(WatchedNode.Ask));
            while (held.Any(h => h.InLists > 0) && left.Elapsed < GoneWithin * 3)
            {
                await Task.Delay(500);
                held = await Task.WhenAll(cluster.Nodes.Select(WatchedNode.Ask));
            }
            gone.Add(left.Elapsed);
            if (left.Elapsed > GoneWithin)
                violations.Add(new("everybody is gone", $"session {sessions}: {held.Sum(h => h.InLists)} still in lists after {left.Elapsed.TotalSeconds:0} s: {string.Join("; ", held.SelectMany(h => h.Lists.Where(l => l.Value > 0).Select(l => $"{l.Value} {l.Key}")))}", []));
            foreach (var door in doors)
            {
                door.Cut();
                door.Heal();
            }
            notes.Say($"{sessions} sessions over, {acked} acknowledged, {flaps} breaks, all gone after {gone.All[^1]:0.0} s, {string.Join(" and ", cluster.Nodes.Select(n => $"{RedisTrouble.Resident(n):0}"))} MB");
        }

        async Task BreakOff(Crowd crowd, int number, bool stays)
        {
            var one = crowd.People[number];
            await one.Drop(stayAway: stays);
            if (stays)
                await Task.Delay(8_000);
            one.ComeBack();
        }

        async Task Read(List<List<(double Hours, double Megabytes)>> memory, Stopwatch clock, CancellationToken ct)
        {
            while (!ct.IsCancellationRequested)
            {
                for (var i = 0; i < memory.Count; i++)
                    memory[i].Add((clock.Elapsed.TotalHours, RedisTrouble.Resident(cluster.Nodes[i])));
                await Task.Delay(TimeSpan.FromSeconds(10), ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        async Task<Count> CountAll()
        {
            await Task.Delay(plan.Wait);
            var waits = plan.Wait > TimeSpan.Zero;
            var servers = (await Task.WhenAll(cluster.Nodes.Select(WatchedNode.Ask))).Select(s => waits ? s : s with { Writers = 0 }).ToList();
            var server = redis.GetServers()[0];
            var keys = new SortedDictionary<string, int>(StringComparer.Ordinal);
            await foreach (var key in server.KeysAsync())
                if (Kind(key.ToString()) is { } kind && (waits || kind != Log && await redis.GetDatabase().KeyTimeToLiveAsync(key) is null))
                    keys[kind] = keys.GetValueOrDefault(kind) + 1;
            var clients = (await server.InfoAsync("clients")).SelectMany(g => g).First(p => p.Key == "connected_clients").Value;
            return new(servers, [.. cluster.Nodes.Select(Sockets)], [.. cluster.Nodes.Select(n => Directory.GetDirectories($"/proc/{n.ProcessId}/task").Length)],
                keys, (await server.SubscriptionChannelsAsync()).Length, int.Parse(clients, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Of a key, without its session's name or its number; null for the mark that a session was there, which goes after a day.</summary>
    private static string? Kind(string key)
    {
        var (open, close) = (key.IndexOf('{', StringComparison.Ordinal), key.IndexOf('}', StringComparison.Ordinal));
        if (open < 0 || close < open)
            return key.StartsWith("ls:lease:", StringComparison.Ordinal) ? "ls:lease" : key;
        return key[(close + 1)..] is ":meta" ? null : $"{key[..open]}{{}}{(key.Contains(":log:", StringComparison.Ordinal) ? LogPage : key[(close + 1)..])}";
    }

    private static int Sockets(ServerNode node) =>
        new DirectoryInfo($"/proc/{node.ProcessId}/fd").GetFiles().Count(f => f.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) ?? false);

    /// <summary>In percent of the mean, for each hour.</summary>
    private static double Growth(IReadOnlyList<(double Hours, double Megabytes)> read)
    {
        if (read.Count < 2)
            return 0;
        var (hours, mean) = (read.Average(r => r.Hours), read.Average(r => r.Megabytes));
        return 100 / mean * read.Sum(r => (r.Hours - hours) * (r.Megabytes - mean)) / read.Sum(r => (r.Hours - hours) * (r.Hours - hours));
    }
}
