using System.Diagnostics;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Live;

namespace LiveSessions.Faults.Runs;

/// <summary>kill -9 of servers, of Redis and of PostgreSQL while people write.</summary>
internal static class Kills
{
    public sealed record Plan(
        int Nodes = 2, int NodeKills = 20, int RedisKills = 5, int PostgresKills = 0, int PostgresRestarts = 0, int People = 60, double PerSecond = 200, ArchiveKind Archive = ArchiveKind.Postgres,
        string Fsync = "always", string? Alter = null, int Seed = 1);

    public sealed record Result(int NodeKills, int RedisKills, int PostgresKills, int PostgresRestarts, int FewestAcks, int FewestInFlight, Evidence Evidence, IReadOnlyList<Violation> Violations, Times Converged);

    public static async Task<Result> Run(Plan plan, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(plan.Nodes, plan.Archive, plan.Fsync, plan.Alter)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, plan.People, plan.Seed);
        var random = new Random(plan.Seed);
        var faults = Enumerable.Repeat("node", plan.NodeKills).Concat(Enumerable.Repeat("redis", plan.RedisKills)).Concat(Enumerable.Repeat("postgres", plan.PostgresKills))
            .Concat(Enumerable.Repeat("restart", plan.PostgresRestarts)).ToArray();
        random.Shuffle(faults);
        var (fewestAcks, fewestInFlight, done) = (int.MaxValue, int.MaxValue, 0);
        var converged = new Times();
        var beginning = Task.CompletedTask;
        crowd.Begin(plan.PerSecond);
        var turn = 0;
        foreach (var fault in faults)
        {
            switch (fault)
            {
                case "node":
                    await beginning;
                    var victim = cluster.Nodes[turn++ % cluster.Nodes.Count];
                    // Some people go to it, so that it is as busy as the others.
                    foreach (var one in crowd.People.Where((p, i) => p.Server != victim.Address && i % cluster.Nodes.Count == turn % cluster.Nodes.Count))
                        _ = one.Drop(next: victim.Address);
                    Count(await crowd.ABusyMoment(victim.Address));
                    await victim.Kill();
                    beginning = victim.StartAgain();
                    break;
                case "redis":
                    Count(await crowd.ABusyMoment());
                    await cluster.Redis.Kill();
                    await cluster.Redis.StartAgain();
                    break;
                case "postgres":
                    Count(await crowd.ABusyMoment());
                    await cluster.Postgres.Kill();
                    await Task.Delay(random.Next(500));
                    await cluster.Postgres.StartAgain();
                    break;
                case "restart":
                    Count(await crowd.ABusyMoment());
                    await cluster.Postgres.Stop();
                    await cluster.Postgres.StartAgain();
                    break;
            }
            if (++done % 5 == 0 || done == faults.Length)
                notes.Say($"{done} of {faults.Length} faults, {crowd.Acked} acknowledged");
        }
        await beginning;
        await crowd.ABusyMoment();
        var answered = await crowd.Calm();
        var (took, wrong) = await crowd.Converge();
        notes.Say($"the last answer after {answered.TotalSeconds:0.0} s, all equal {took.TotalSeconds:0.0} s later{(wrong is null ? "" : ", but not yet")}");
        converged.Add(took);
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return new(plan.NodeKills, plan.RedisKills, plan.PostgresKills, plan.PostgresRestarts, fewestAcks, fewestInFlight, evidence, violations, converged);

        void Count((int Acked, int InFlight) moment) => (fewestAcks, fewestInFlight) = (Math.Min(fewestAcks, moment.Acked), Math.Min(fewestInFlight, moment.InFlight));
    }

    /// <summary>Servers that end themselves at a named point, again and again.</summary>
    public static async Task<(int Deaths, Evidence Evidence, IReadOnlyList<Violation> Violations)> AtPoint(string point, int deaths, Plan plan, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2, plan.Archive, plan.Fsync, Alter: point)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, plan.People, plan.Seed);
        crowd.Begin(plan.PerSecond);
        var seen = 0;
        var clock = Stopwatch.StartNew();
        while (seen < deaths && clock.Elapsed.TotalSeconds < 60 + 20 * deaths)
        {
            foreach (var node in cluster.Nodes.Where(n => n.HasEnded))
            {
                seen++;
                await Again(node);
            }
            await Task.Delay(20);
        }
        // One that dies again while the rest is calming down is started again too.
        await crowd.Rest();
        var calm = crowd.Calm();
        while (!calm.IsCompleted)
        {
            foreach (var node in cluster.Nodes.Where(n => n.HasEnded))
                await Again(node);
            await Task.Delay(20);
        }
        await calm;
        var judging = crowd.Judge();
        while (!judging.IsCompleted)
        {
            foreach (var node in cluster.Nodes.Where(n => n.HasEnded))
                await Again(node);
            await Task.Delay(20);
        }
        var (evidence, violations) = await judging;
        notes.Say($"{point}: {seen} deaths");
        notes.Say(evidence, violations);
        return (seen, evidence, violations);

        async Task Again(ServerNode node)
        {
            while (true)
                try
                {
                    await node.StartAgain();
                    return;
                }
                catch (InvalidOperationException)
                {
                    // It died while it was starting.
                    seen++;
                }
        }
    }
}
