using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Rooms;
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
            var node = cluster.Nodes[i % nodes];
            foreach (var (one, k) in crowd.People.Select((p, k) => (p, k)))
                if (one.Server != node.Address && k % nodes == i % nodes)
                    _ = one.Drop(next: node.Address);
            await crowd.ABusyMoment(node.Address);
            var clock = Stopwatch.StartNew();
            await node.Stop();
            exits.Add(clock.Elapsed);
            await node.StartAgain();
        }
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        // Commands that were on their way through a server and got no answer, other than by our own dropping of lines.
        var unanswered = evidence.Clients.SelectMany(c => c.Moments).OfType<Moment.Unanswered>().Where(u => !u.Why.Contains("before the connection was stopped", StringComparison.Ordinal)).ToList();
        foreach (var group in unanswered.GroupBy(u => u.Why))
            notes.Say($"{group.Count()} without an answer: {group.Key}");
        notes.Say($"{restarts} restarts; leaving took {exits}");
        notes.Say(evidence, violations);
        return new(restarts, unanswered.Count, exits.Max, 0, evidence, violations);
    }

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
