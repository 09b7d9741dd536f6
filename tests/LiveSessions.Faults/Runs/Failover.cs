using System.Net;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Fixtures;
using StackExchange.Redis;

namespace LiveSessions.Faults.Runs;

/// <summary>The machine of Redis is gone while people write, and a replica that had not heard the last second takes its place: however Redis syncs, a replica follows it only a moment later.</summary>
internal static class Failover
{
    /// <summary>So long before the end nothing comes to the replica any more.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(1);

    /// <param name="Missing">Entries that the replica lacked each time, at least and at most.</param>
    public sealed record Result(Evidence Evidence, IReadOnlyList<Violation> Violations, (long Least, long Most) Missing);

    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        var failovers = o.Count("failovers", 20);
        var r = await Run(failovers, o.Count("people", 60), o.Count("rate", 200), o.Count("seed", 1), notes);
        var control = await Run(1, Math.Min(24, o.Count("people", 24)), 60, 1, notes, andServers: true);
        var red = control.Violations.Select(v => v.Check).Intersect([Checks.AckedOnce, Checks.Positions, Checks.OwnAcks, Checks.RealTime]).ToList();
        return
        [
            new("R2", "the machine of Redis (`always`) is gone, and a replica that had not heard the last second takes over; two servers go on, every second time one that had heard nothing for 0.3 s finds the replica up to a second before the other", "0 acknowledged lost",
                $"{(r.Violations.Count == 0 ? "0 violations" : $"{r.Violations.Count} violations: {r.Violations[0].What}")} in {r.Evidence.Clients.Sum(c => c.Acked)} acknowledged; the replica lacked {r.Missing.Least} to {r.Missing.Most} entries", $"{failovers} times, each at a busy moment", r.Violations.Count == 0 && r.Missing.Least > 0),
            new("control", "the same, and the servers end in the same moment", "red", red.Count > 0 ? $"red: {string.Join(", ", red)}" : "green", "once", red.Count > 0),
        ];
    }

    /// <param name="andServers">For the control: nobody is left who could give back what the replica lacks.</param>
    public static async Task<Result> Run(int failovers, int people, double perSecond, int seed, Notes notes, bool andServers = false)
    {
        await using var cluster = await Cluster.Start(new(2, ArchiveKind.Postgres));
        var standby = await RedisServer.Start();
        try
        {
            await using var crowd = await Crowd.Gather(cluster, people, seed);
            crowd.Begin(perSecond);
            var (least, most) = (long.MaxValue, 0L);
            for (var failover = 1; failover <= failovers; failover++)
            {
                await using var link = new TcpProxy(cluster.Redis.Port);
                await Follow(standby, link.Port, cluster.Redis);
                await crowd.ABusyMoment();
                link.Stop(requests: false, answers: true);
                await Task.Delay(Lag);
                var before = cluster.Redis;
                // Every second time one server has heard nothing of the last moment, and finds the replica before the other.
                var (isApart, deaf) = (failover % 2 == 0, failover / 2 % 2);
                if (isApart)
                    await cluster.CutOffDeaf(deaf);
                else
                    foreach (var wire in cluster.Wires)
                        wire.Cut();
                var had = (await cluster.Log(crowd.Session)).Count;
                await Task.WhenAll([before.Kill(), .. andServers ? cluster.Nodes.Select(n => n.Kill()) : []]);
                // What was on its way to the replica never comes.
                link.Cut();
                await Promote(standby);
                await cluster.TakeOver(standby);
                var has = (await cluster.Log(crowd.Session)).Count;
                (least, most) = (Math.Min(least, had - has), Math.Max(most, had - has));
                await cluster.HealApart(deaf, isApart ? PowerLoss.Apart(failover) : TimeSpan.Zero);
                if (andServers)
                    foreach (var node in cluster.Nodes)
                        await node.StartAgain();
                standby = before;
                await standby.StartAgain();
                notes.Say($"failover {failover} of {failovers}: the replica lacked {had - has} of {had} entries, {crowd.Acked} acknowledged");
            }
            await crowd.ABusyMoment();
            await crowd.Calm();
            var (evidence, violations) = await crowd.Judge(withArchive: !andServers);
            notes.Say(evidence, violations);
            return new(evidence, violations, (least, most));
        }
        finally
        {
            await standby.DisposeAsync();
        }
    }

    /// <summary>Makes one the replica of another, by a link, and waits until it has everything.</summary>
    private static async Task Follow(RedisServer standby, int link, RedisServer main)
    {
        await using var replica = await Open(standby);
        await using var master = await Open(main);
        await replica.GetServers()[0].ReplicaOfAsync(new IPEndPoint(IPAddress.Loopback, link));
        await Eventually.True(async () => await Told(replica, "master_link_status") == "up" && long.Parse(await Told(replica, "slave_repl_offset")) >= long.Parse(await Told(master, "master_repl_offset")) - 10_000, "the replica follows", 60);
    }

    private static async Task Promote(RedisServer standby)
    {
        await using var replica = await Open(standby);
        await replica.GetServers()[0].ExecuteAsync("REPLICAOF", "NO", "ONE");
    }

    private static Task<ConnectionMultiplexer> Open(RedisServer redis) => ConnectionMultiplexer.ConnectAsync($"{redis.ConnectionString},allowAdmin=true");

    private static async Task<string> Told(ConnectionMultiplexer redis, string what) =>
        (await redis.GetServers()[0].InfoAsync("replication")).SelectMany(g => g).FirstOrDefault(p => p.Key == what).Value ?? "0";
}
