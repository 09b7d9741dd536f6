using System.Diagnostics;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;
using StackExchange.Redis;

namespace LiveSessions.Faults.Runs;

/// <summary>Redis away, slow, narrow, full, silent, or out of one server's reach.</summary>
internal static class RedisTrouble
{
    public sealed record Away(int AckedWhileAway, double LastAnswerAfter, double ConvergedAfter, bool AllAlive, Evidence Evidence, IReadOnlyList<Violation> Violations);

    /// <summary>Every server's wire is cut for so long; people go on writing until shortly before it is back.</summary>
    public static async Task<Away> CutFor(TimeSpan howLong, int nodes, int people, int seed, Notes notes, bool blackHole = false, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(nodes)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(100);
        await crowd.ABusyMoment();
        foreach (var wire in cluster.Wires)
            if (blackHole)
                wire.Stop();
            else
                wire.Cut();
        // What was on its way back at that moment still comes.
        await Task.Delay(300);
        var before = crowd.Acked;
        await Task.Delay(howLong - TimeSpan.FromMilliseconds(300));
        await crowd.Rest();
        var during = (int)(crowd.Acked - before);
        foreach (var wire in cluster.Wires)
            wire.Heal();
        var clock = Stopwatch.StartNew();
        var answered = await crowd.Calm();
        var (_, wrong) = await crowd.Converge();
        var converged = clock.Elapsed;
        notes.Say($"{during} acknowledged while away; the last answer {answered.TotalSeconds:0.0} s and everybody equal {converged.TotalSeconds:0.0} s after Redis was back");
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return new(during, answered.TotalSeconds, converged.TotalSeconds, cluster.Nodes.All(n => !n.HasEnded), evidence, violations);
    }

    public sealed record Slowness(Times Acks, double MoreMegabytes, Evidence Evidence, IReadOnlyList<Violation> Violations);

    public static async Task<Slowness> Slow(Action<TcpProxy> harm, TimeSpan howLong, int people, double perSecond, int seed, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(perSecond);
        await Task.Delay(5_000);
        var before = cluster.Nodes.Max(Resident);
        foreach (var wire in cluster.Wires)
            harm(wire);
        var from = Crowd.Now().Ticks;
        await Task.Delay(howLong);
        var after = cluster.Nodes.Max(Resident);
        await crowd.Rest();
        var until = Crowd.Now().Ticks;
        foreach (var wire in cluster.Wires)
            wire.Heal();
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return new(AckTimes(evidence, from, until), after - before, evidence, violations);
    }

    /// <summary>How long each command took from its first sending to its first answer, of those sent between.</summary>
    public static Times AckTimes(Evidence evidence, long from, long until)
    {
        var times = new Times();
        foreach (var client in evidence.Clients)
        {
            var sent = new Dictionary<long, long>();
            foreach (var moment in client.Moments)
                switch (moment)
                {
                    case Moment.Sent s when s.At.Ticks >= from && s.At.Ticks <= until: sent.TryAdd(s.Number, s.At.Ticks); break;
                    case Moment.Answered a when sent.Remove(a.Number, out var at): times.Add(Stopwatch.GetElapsedTime(at, a.At.Ticks)); break;
                }
        }
        return times;
    }

    /// <summary>In megabytes.</summary>
    internal static double Resident(ServerNode node) =>
        File.ReadLines($"/proc/{node.ProcessId}/status").Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Select(l => double.Parse(l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1])).FirstOrDefault() / 1024;

    /// <summary>Only what is published is lost, between all servers.</summary>
    public static async Task<(double ConvergedAfter, Violation? Wrong, Evidence Evidence, IReadOnlyList<Violation> Violations)> NoNews(int seconds, int people, int seed, Notes notes, string? alter = null, int patience = 20, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2, Alter: alter)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        foreach (var wire in cluster.Wires)
            wire.StopNews();
        crowd.Begin(60);
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        try
        {
            await crowd.Calm(alter is null ? 90 : patience);
            // The last word is the one that nothing follows. It is said at one server and must be heard at the other.
            await crowd.People[0].Does(new RenameMe("The last word")).WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException e) when (alter is not null)
        {
            // A server without its guard may have made a log that it cannot read itself.
            notes.Say($"an altered server gives no answer: {e.Message}");
        }
        var (took, wrong) = await crowd.Converge(patience);
        foreach (var wire in cluster.Wires)
            wire.Heal();
        notes.Say($"everybody equal {took.TotalSeconds:0.0} s after the last word, without any news between the servers");
        var (evidence, violations) = await crowd.Judge(withArchive: wrong is null);
        notes.Say(evidence, violations);
        return (took.TotalSeconds, wrong, evidence, violations);
    }

    /// <summary>Redis takes no more for a while.</summary>
    public static async Task<(int AckedWhileFull, double LastAnswerAfter, Evidence Evidence, IReadOnlyList<Violation> Violations)> Full(int seconds, int people, int seed, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        await using var redis = await ConnectionMultiplexer.ConnectAsync($"{cluster.Redis.ConnectionString},allowAdmin=true");
        crowd.Begin(60);
        await crowd.ABusyMoment();
        await redis.GetServers()[0].ConfigSetAsync("maxmemory", "1mb");
        await Task.Delay(500);
        var before = crowd.Acked;
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        await crowd.Rest();
        var during = (int)(crowd.Acked - before);
        await redis.GetServers()[0].ConfigSetAsync("maxmemory", "0");
        var answered = await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return (during, answered.TotalSeconds, evidence, violations);
    }

    /// <summary>How a client's lines went since: opened where, entered, closed, when.</summary>
    private static (double After, string Way) Moved(ClientHistory history, long from)
    {
        var entered = history.Moments.OfType<Moment.Told>().Where(t => t.Method == "Enter" && t.At.Ticks > from).ToList();
        var way = history.Moments.Where(m => m.At.Ticks > from).Select(m => m switch
        {
            Moment.Opened o => $"line {o.Line} to {o.Server} {After(o)}",
            Moment.Told { Method: "Enter" } t => $"line {t.Line} entered {After(t)}",
            Moment.Closed c => $"line {c.Line} closed {After(c)}",
            _ => null,
        });
        return (entered.Count == 0 ? double.PositiveInfinity : Stopwatch.GetElapsedTime(from, entered[^1].At.Ticks).TotalSeconds, string.Join(", ", way.Where(w => w is not null)));

        string After(Moment m) => $"{Stopwatch.GetElapsedTime(from, m.At.Ticks).TotalSeconds:0.0} s";
    }

    public sealed record Alone(double NotReadyAfter, double AckedUntil, double OthersHaveAllAfter, Evidence Evidence, IReadOnlyList<Violation> Violations);

    /// <summary>One server loses Redis, as a machine with a broken network would; the other goes on. People whom a server lets go try the next.</summary>
    public static async Task<Alone> CutOffAlone(TimeSpan howLong, int people, int seed, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(60);
        await crowd.ABusyMoment();
        var alone = cluster.Nodes[0];
        var mine = crowd.People.Where(p => p.Server == alone.Address).ToList();
        // It may ask, and hears nothing.
        cluster.Wires[0].Stop(requests: false, answers: true);
        var from = Crowd.Now().Ticks;
        var clock = Stopwatch.StartNew();
        double? notReady = null, allOver = null;
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        while (clock.Elapsed < howLong && (notReady is null || allOver is null || clock.Elapsed.TotalSeconds < 8))
        {
            if (notReady is null)
                try
                {
                    if (!(await http.GetAsync(new Uri(alone.Address, "/health/ready"))).IsSuccessStatusCode)
                        notReady = clock.Elapsed.TotalSeconds;
                }
                catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                {
                    notReady = clock.Elapsed.TotalSeconds;
                }
            if (allOver is null && mine.All(p => p.Server != alone.Address && p.IsOpen))
                allOver = clock.Elapsed.TotalSeconds;
            await Task.Delay(50);
        }
        var until = Crowd.Now().Ticks;
        cluster.Wires[0].Heal();
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        var lines = evidence.Clients.SelectMany(c => c.Moments.OfType<Moment.Opened>().Where(o => o.Server == $"{alone.Address}").Select(o => (c, o.Line))).ToHashSet();
        var acked = evidence.Clients.SelectMany(c => c.Moments.OfType<Moment.Answered>().Where(a => a.At.Ticks > from && a.At.Ticks < until && lines.Contains((c, a.Line)))).Select(a => Stopwatch.GetElapsedTime(from, a.At.Ticks).TotalSeconds).DefaultIfEmpty(0).Max();
        foreach (var (history, moved) in mine.Select(p => (p.History!, Moved(p.History!, from))).OrderByDescending(m => m.Item2.After).Take(2))
            notes.Say($"{history.Name}: {moved.Way}");
        notes.Say($"{mine.Count} people were at the server; it was not ready after {notReady:0.0} s, answered last after {acked:0.0} s, all were at the other after {allOver:0.0} s");
        notes.Say(evidence, violations);
        return new(notReady ?? double.PositiveInfinity, acked, allOver ?? double.PositiveInfinity, evidence, violations);
    }
}
