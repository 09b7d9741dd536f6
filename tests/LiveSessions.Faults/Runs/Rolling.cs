using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Faults.Runs;

/// <summary>Servers that are asked to end, one after the other, and servers whose clocks are wrong.</summary>
internal static class Rolling
{
    public sealed record Restarted(int Restarts, int Unanswered, double LongestExit, int MostLines, Evidence Evidence, IReadOnlyList<Violation> Violations);

    /// <summary>SIGTERM to each server in turn while people write.</summary>
    public static async Task<Restarted> Sigterm(int restarts, int nodes, int people, double perSecond, int seed, Notes notes, ArchiveKind archive = ArchiveKind.Sqlite, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(nodes, archive)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(perSecond);
        var exits = new Times();
        for (var i = 0; i < restarts; i++)
        {
            Herd(crowd, cluster, i % nodes);
            exits.Add(await Replace(crowd, cluster, i % nodes));
        }
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        var unanswered = Unanswered(evidence, notes);
        notes.Say($"{restarts} restarts; leaving took {exits}");
        notes.Say(evidence, violations);
        return new(restarts, unanswered, exits.Max, 0, evidence, violations);
    }

    /// <param name="Away">From the end of a line whose server left until everything is there again.</param>
    /// <param name="Stood">The longest for which this process, in which everybody is, stood still while a server left.</param>
    public sealed record Deployed(int Replaced, int Unanswered, double LongestExit, Times Away, TimeSpan Stood, Evidence Evidence, IReadOnlyList<Violation> Violations);

    /// <summary>Three servers of an earlier version are replaced one after the other by this version, by the earlier one again, and by this one again, while people write.</summary>
    /// <param name="current">This version, as it is deployed.</param>
    /// <param name="knowsTables">Whether the person of this number has a page that knows tables.</param>
    /// <param name="settle">All are at work for so long before the first server is replaced. Three servers that have just taken in hundreds compile for many seconds, on the same cores here.</param>
    public static async Task<Deployed> Deploy(string earlier, string current, int people, double perSecond, Func<int, bool> knowsTables, TimeSpan settle, int seed, Notes notes)
    {
        await using var cluster = await Cluster.Start(new(3, ArchiveKind.Postgres, Program: earlier));
        await using var crowd = await Crowd.Gather(cluster, people, seed, knowsTables: knowsTables);
        crowd.Begin(perSecond);
        await Task.Delay(settle);
        using var standstill = new Standstill();
        var exits = new Times();
        var leavings = new List<(string Server, long From, long Until)>();
        foreach (var version in (string[])[current, earlier, current])
            for (var i = 0; i < cluster.Nodes.Count; i++)
            {
                await Spread(crowd, cluster);
                // A thousand people are one process with a million messages kept: its own garbage is collected now and not while a server leaves.
                GC.Collect();
                var (server, from) = ($"{cluster.Nodes[i].Address}", Crowd.Now().Ticks);
                exits.Add(await Replace(crowd, cluster, i, version));
                leavings.Add((server, from, Crowd.Now().Ticks));
                notes.Say($"server {i + 1} is of {(version == earlier ? "the earlier" : "this")} version, {crowd.Acked} acknowledged");
            }
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        var unanswered = Unanswered(evidence, notes);
        var away = Away(evidence, leavings);
        foreach (var (leaving, took) in leavings.Zip(exits.All))
            notes.Say($"{leaving.Server} left after {took:0.00} s; its people were whole again after {Away(evidence, [leaving])}; everybody here stood still for {standstill.Longest(leaving.From, leaving.Until).TotalSeconds:0.00} s at the longest");
        notes.Say($"{exits.Count} replaced; leaving took {exits}; {away.Count} lines broke with them, and were whole again after {away}");
        notes.Say(evidence, violations);
        return new(exits.Count, unanswered, exits.Max, away, leavings.Max(l => standstill.Longest(l.From, l.Until)), evidence, violations);
    }

    /// <summary>How long those were away whose server left: from the end of their line until they were told everything on another.</summary>
    private static Times Away(Evidence evidence, IReadOnlyList<(string Server, long From, long Until)> leavings)
    {
        var away = new Times();
        foreach (var client in evidence.Clients)
        {
            var (server, ended) = ("", (long?)null);
            foreach (var moment in client.Moments)
                switch (moment)
                {
                    case Moment.Opened opened: server = opened.Server; break;
                    case Moment.Closed { At.Ticks: var at } when leavings.Any(l => l.Server == server && at >= l.From && at <= l.Until): ended ??= at; break;
                    case Moment.Told { Method: "Enter" } told when ended is { } since:
                        away.Add(Stopwatch.GetElapsedTime(since, told.At.Ticks));
                        ended = null;
                        break;
                }
        }
        return away;
    }

    /// <summary>Two thirds of all people, or so, come to this server at once.</summary>
    private static void Herd(Crowd crowd, Cluster cluster, int which)
    {
        var (server, count) = (cluster.Nodes[which].Address, cluster.Nodes.Count);
        foreach (var (one, k) in crowd.People.Select((p, k) => (p, k)))
            if (one.Server != server && k % count != (which + 1) % count)
                _ = one.Drop(next: server);
    }

    /// <summary>Everybody is where a balancer would have them: as many on each server.</summary>
    private static async Task Spread(Crowd crowd, Cluster cluster)
    {
        foreach (var some in crowd.People.Select((p, k) => (One: p, Server: cluster.Nodes[k % cluster.Nodes.Count].Address)).Where(p => p.One.Server != p.Server).Chunk(Crowd.AtOnce))
        {
            await Task.WhenAll(some.Select(p => p.One.Drop(next: p.Server)));
            await Eventually.True(() => some.All(p => p.One.IsOpen), "everybody is back", 60);
        }
    }

    /// <summary>SIGTERM to a server on which people write, then a new one in its place.</summary>
    /// <returns>How long it took to leave.</returns>
    private static async Task<TimeSpan> Replace(Crowd crowd, Cluster cluster, int which, string? by = null)
    {
        var node = cluster.Nodes[which];
        await crowd.ABusyMoment(node.Address);
        var clock = Stopwatch.StartNew();
        await node.Stop();
        var took = clock.Elapsed;
        node.Settings.Program = by ?? node.Settings.Program;
        await node.StartAgain();
        return took;
    }

    /// <summary>Commands that were on their way through a server and heard nothing, other than by our own dropping of lines. To be told "not saved" is an answer.</summary>
    private static int Unanswered(Evidence evidence, Notes notes)
    {
        var unanswered = evidence.Clients.SelectMany(c => c.Moments).OfType<Moment.Unanswered>().Where(u => !u.Why.Contains(Refusal.Unsaved.Words, StringComparison.Ordinal)).ToList();
        foreach (var group in unanswered.GroupBy(u => u.Why))
            notes.Say($"{group.Count()} without an answer{(IsOurs(group.First()) ? ", by our own doing" : "")}: {group.Key}");
        var theirs = unanswered.Where(u => !IsOurs(u)).ToHashSet<Moment>(ReferenceEqualityComparer.Instance);
        foreach (var (client, one) in evidence.Clients.SelectMany(c => c.Moments.Where(theirs.Contains).Select(m => (c, (Moment.Unanswered)m))).Take(MostTold))
            notes.Say($"{client.Name}: {Life(client, one)}");
        return theirs.Count;
    }

    private const int MostTold = 20;

    /// <summary>What happened on the line of a command that heard nothing, in seconds before that was known, and what it was answered later.</summary>
    private static string Life(ClientHistory client, Moment.Unanswered one)
    {
        var line = client.Moments.Where(m => m.Line == one.Line && m is (Moment.Opened or Moment.Told or Moment.Sent or Moment.Answered or Moment.Closed))
            .TakeLast(8).Select(m => $"{m.GetType().Name}{(m is Moment.Opened o ? $" at {o.Server}" : "")} {(one.At.Ticks - m.At.Ticks) / (double)Stopwatch.Frequency:0.00}");
        var later = client.Moments.OfType<Moment.Answered>().LastOrDefault(a => a.Number == one.Number)?.Answer.Kind ?? "never answered";
        return $"command {one.Number} on line {one.Line}: {string.Join(", ", line)}; later {later}";
    }

    private static bool IsOurs(Moment.Unanswered unanswered) => unanswered.Why is LiveClient.NeverSent or LiveClient.OwnDrop;

    public sealed record Skewed(double ClocksApart, bool RecallHeld, Evidence Evidence, IReadOnlyList<Violation> Violations);

    /// <summary>One server's clock is wrong by so much. Order must not change, nobody is called back early, and what the two servers say the time is must be the same.</summary>
    public static async Task<Skewed> Clocks(TimeSpan by, int people, int seed, Notes notes, int watched = 15, bool shares = true)
    {
        await using var cluster = await Cluster.Start(new(2, AlterOne: AlteredNode.Skew(by, shares)));
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(40);
        await crowd.ABusyMoment();
        var apart = await TimesApart(crowd);
        await crowd.Calm();
        // A recall gives everybody at least 20 seconds, whatever the servers believe the time to be.
        await crowd.Host.Does(new RecallEveryone(30));
        var clock = Stopwatch.StartNew();
        var held = true;
        while (clock.Elapsed.TotalSeconds < watched)
        {
            held &= crowd.People.All(p => p.One<MeView>("me")!.Room != RoomId.Plenary);
            await Task.Delay(500);
        }
        _ = await crowd.Host.Ask(new CancelRecall());
        var (evidence, violations) = await crowd.Judge();
        notes.Say($"a clock {by.TotalMinutes:0} minutes off: the servers' times are {apart:0.0} s apart; the recall {(held ? "held" : "came early")}");
        notes.Say(evidence, violations);
        return new(apart, held, evidence, violations);
    }

    /// <summary>How far what the servers tell is from one another at most, in seconds: the middle of what each said with its beats in five seconds, against the time at which it was heard.</summary>
    private static async Task<double> TimesApart(Crowd crowd)
    {
        var told = new Dictionary<Uri, List<double>>();
        var last = new Dictionary<LiveClient, Heads?>();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 5; await Task.Delay(10))
            foreach (var one in crowd.People)
                if (one.LastHeads is { } heads && !ReferenceEquals(heads, last.GetValueOrDefault(one)))
                {
                    if (last.ContainsKey(one))
                        (told.TryGetValue(one.Server, out var times) ? times : told[one.Server] = []).Add((heads.Now - DateTimeOffset.UtcNow).TotalSeconds);
                    last[one] = heads;
                }
        var middles = told.Values.Select(times => times.Order().ElementAt(times.Count / 2)).ToList();
        return middles.Count < 2 ? double.NaN : middles.Max() - middles.Min();
    }
}
