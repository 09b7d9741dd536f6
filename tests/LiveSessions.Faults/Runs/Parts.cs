using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Live;

namespace LiveSessions.Faults.Runs;

/// <summary>The parts of the long run, by name, each with the goal's own counts unless the command line says otherwise.</summary>
internal static class Parts
{
    public static readonly IReadOnlyList<(string Name, Func<Options, Notes, Task<IReadOnlyList<Row>>> Run)> All =
    [
        ("kills", KillsOf), ("everysec", EverySecond), ("points", PointsOf), ("garnet", GarnetKills.Part), ("machine", LostMachine.Part), ("resends", Resends), ("reconnects", Reconnects), ("away", Away), ("alone", Alone), ("slow", Slow), ("news", News),
        ("full", Full), ("disk", Disk), ("sigterm", Sigterm), ("versions", Versions), ("rooms", Rooms), ("votes", Votes), ("sessions", ManySessions.Part), ("clocks", Clocks), ("controls", Controls.Part), ("power", PowerLoss.Part), ("failover", Failover.Part), ("soak", Soak.Part),
    ];

    private static int People(Options o) => o.Count("people", 60);
    private static int Seed(Options o) => o.Count("seed", 1);
    private static string Told(IReadOnlyList<Violation> violations) => violations.Count == 0 ? "0 violations" : $"{violations.Count} violations: {string.Join("; ", violations.Select(v => v.What))}";
    private static long Acked(Evidence evidence) => evidence.Clients.Sum(c => c.Acked);

    private static async Task<IReadOnlyList<Row>> KillsOf(Options o, Notes notes)
    {
        var plan = new Kills.Plan(NodeKills: o.Count("node-kills", 200), RedisKills: o.Count("redis-kills", 50), PostgresKills: o.Count("postgres-kills", 10), PostgresRestarts: o.Count("postgres-restarts", 50),
            People: People(o), PerSecond: o.Count("rate", 200), Seed: Seed(o));
        // In pieces, so that no log grows without end.
        var (nodes, redis, kills, restarts, acked, few, inFlight) = (0, 0, 0, 0, 0L, int.MaxValue, int.MaxValue);
        var wrong = new List<Violation>();
        for (var piece = 0; nodes < plan.NodeKills || redis < plan.RedisKills || kills < plan.PostgresKills || restarts < plan.PostgresRestarts; piece++)
        {
            var part = plan with
            {
                NodeKills = Math.Min(20, plan.NodeKills - nodes),
                RedisKills = Math.Min(5, plan.RedisKills - redis),
                PostgresKills = Math.Min(1, plan.PostgresKills - kills),
                PostgresRestarts = Math.Min(5, plan.PostgresRestarts - restarts),
                Seed = plan.Seed + piece,
            };
            var result = await Kills.Run(part, notes);
            (nodes, redis, kills, restarts) = (nodes + part.NodeKills, redis + part.RedisKills, kills + part.PostgresKills, restarts + part.PostgresRestarts);
            acked += Acked(result.Evidence);
            (few, inFlight) = (Math.Min(few, result.FewestAcks), Math.Min(inFlight, result.FewestInFlight));
            wrong.AddRange(result.Violations);
        }
        return
        [
            new("R1", "kill -9 of servers and of Redis (`always`), two servers, PostgreSQL", "0 acknowledged lost, 0 doubled", $"{Told(wrong)} in {acked} acknowledged",
                $"{nodes} server kills, {redis} Redis kills; each with at least {few} acknowledged in the last second and {inFlight} on the way", wrong.Count == 0),
            new("R12", "PostgreSQL restarted and killed mid-write", "0 rows missing or doubled", Told(wrong), $"{restarts} restarts, {kills} kill -9", wrong.Count == 0),
        ];
    }

    private static async Task<IReadOnlyList<Row>> EverySecond(Options o, Notes notes)
    {
        var result = await Kills.Run(new(NodeKills: o.Count("everysec-node-kills", 5), RedisKills: o.Count("everysec-redis-kills", 5), Fsync: "everysec", People: People(o), PerSecond: o.Count("rate", 200), Seed: Seed(o)), notes);
        return [new("R1", "the same with `everysec` (a killed process loses nothing; a lost machine would)", "0 acknowledged lost", $"{Told(result.Violations)} in {Acked(result.Evidence)} acknowledged", $"{result.NodeKills} server kills, {result.RedisKills} Redis kills", result.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> PointsOf(Options o, Notes notes)
    {
        var (deaths, acked) = (0, 0L);
        var wrong = new List<Violation>();
        foreach (var point in AlteredNode.Points)
        {
            var (seen, evidence, violations) = await Kills.AtPoint(point, o.Count("point-deaths", 10), new(People: People(o), PerSecond: o.Count("rate", 200)), notes);
            (deaths, acked) = (deaths + seen, acked + Acked(evidence));
            wrong.AddRange(violations);
        }
        return [new("R1", "servers end before an append, after it, before an answer, before showing, before an archive commit", "0 lost, 0 doubled", $"{Told(wrong)} in {acked} acknowledged", $"{deaths} deaths", wrong.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Resends(Options o, Notes notes)
    {
        var r = await Again.Resends(o.Count("commands", 100_000), People(o), Seed(o), notes, on: await o.Cluster());
        return [new("R3", "a fifth of all commands sent 1-4 times more, at once, later, out of order, on other sockets and servers", "0 double effects, same answers", Told(r.Violations), $"{r.Commands} commands, {r.CommandsResent} of them resent, {r.Sendings} sendings", r.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Reconnects(Options o, Notes notes)
    {
        var r = await Again.Reconnects(o.Count("reconnects", 10_000), People(o), Seed(o), o.Count("flap-rate", 60), notes, await o.Cluster());
        return
        [
            new("R5", "reconnects to the same or the other server while people write, away up to 1 s", "0 gaps, 0 doubles", Told(r.Violations), $"{r.Reconnects} reconnects", r.Violations.Count == 0),
            new("R6", "the same person in the same room after coming back", "100%, p95 within 1.5 s", $"{r.WrongRoom} in another room; back in {r.Back}", $"{r.Back.Count} reconnects", r.WrongRoom == 0 && r.Back.At(0.95) <= 1.5),
            new("R7", "everybody at once", "95% within 15 s, 100% within 30 s", $"all back: {r.AllBack}", $"{r.AllBack.Count} times {People(o)} people (the goal says 5,000)", r.AllBack.Max <= 30),
        ];
    }

    private static async Task<IReadOnlyList<Row>> Away(Options o, Notes notes)
    {
        var rows = new List<Row>();
        foreach (var (nodes, blackHole) in ((int, bool)[])[(1, false), (2, false), (2, true)])
        {
            var r = await RedisTrouble.CutFor(TimeSpan.FromSeconds(o.Count("away-seconds", 30)), nodes, People(o), Seed(o), notes, blackHole, nodes == 2 ? await o.Cluster() : null);
            rows.Add(new("R8", $"Redis {(blackHole ? "silent" : "cut off")} for {o.Count("away-seconds", 30)} s, {nodes} server{(nodes > 1 ? "s" : "")}", "0 acknowledged meanwhile; all applied once within 5 s; no process ends",
                $"{r.AckedWhileAway} acknowledged; last answer {r.LastAnswerAfter:0.0} s, all equal {r.ConvergedAfter:0.0} s after its return; {Told(r.Violations)}", "once", r is { AckedWhileAway: 0, AllAlive: true } && r.LastAnswerAfter <= 5 && r.Violations.Count == 0));
            rows.Add(new("R4", $"equal views after Redis was {(blackHole ? "silent" : "cut off")}, {nodes} server{(nodes > 1 ? "s" : "")}", blackHole ? "12 s" : "2 s after heal", $"{r.ConvergedAfter:0.0} s", "once", r.ConvergedAfter <= (blackHole ? 12 : 2)));
        }
        return rows;
    }

    private static async Task<IReadOnlyList<Row>> Alone(Options o, Notes notes)
    {
        var r = await RedisTrouble.CutOffAlone(TimeSpan.FromSeconds(o.Count("alone-seconds", 30)), People(o), Seed(o), notes, await o.Cluster());
        return [new("R9", "one server hears nothing of Redis, the other goes on", "acknowledges nothing and is not ready within 2 s; its people are at the other within 15 s; no old snapshot", $"last acknowledgement after {r.AckedUntil:0.0} s, not ready after {r.NotReadyAfter:0.0} s, all moved after {r.OthersHaveAllAfter:0.0} s; {Told(r.Violations)}", "once",
            r.NotReadyAfter <= 2 && r.AckedUntil <= 2 && r.OthersHaveAllAfter <= 15 && r.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Slow(Options o, Notes notes)
    {
        var howLong = TimeSpan.FromSeconds(o.Count("slow-seconds", 60));
        var ways = (o.Text("ways") ?? "late,narrow,hand").Split(',');
        if (ways.Except(["late", "narrow", "hand"]).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"--ways {unknown}: there are late, narrow and hand.");
        var rows = new List<Row>();
        if (ways.Contains("late"))
            rows.Add(await Measured("Redis 500 ms away (250 ms each way)", w => w.Delay(250)));
        if (ways.Contains("narrow"))
            rows.Add(await Measured("64 KB/s to Redis", w => w.Narrow(64 * 1024)));
        // What the same people's words take by themselves, for comparison.
        if (ways.Contains("hand"))
            rows.Add(await Measured("Redis at hand", _ => { }));
        return rows;

        async Task<Row> Measured(string what, Action<TcpProxy> harm)
        {
            var r = await RedisTrouble.Slow(harm, howLong, People(o), 60, Seed(o), notes, await o.Cluster());
            return new("R10", what, "p99 of an answer 2 s; memory +50 MB; 0 doubled", $"{r.Acks}; memory {r.MoreMegabytes:+0;-0} MB; {Told(r.Violations)}", $"{howLong.TotalSeconds:0} s (the goal says 10 min), {r.Acks.Count} commands", r.Acks.At(0.99) <= 2 && r.MoreMegabytes <= 50 && r.Violations.Count == 0);
        }
    }

    private static async Task<IReadOnlyList<Row>> News(Options o, Notes notes)
    {
        var r = await RedisTrouble.NoNews(o.Count("news-seconds", 30), People(o), Seed(o), notes, on: await o.Cluster());
        return [new("R4", "only the publish channel is broken, between two servers", "everybody equal within 2 s of the last word", $"{r.ConvergedAfter:0.0} s; {Told(r.Violations)}", $"{o.Count("news-seconds", 30)} s of writing", r.ConvergedAfter <= 3 && r.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Full(Options o, Notes notes)
    {
        var r = await RedisTrouble.Full(10, People(o), Seed(o), notes, await o.Cluster());
        return [new("R11", "Redis' memory full for 10 s (`maxmemory`)", "refused honestly; nothing lost", $"{r.AckedWhileFull} acknowledged meanwhile; last answer {r.LastAnswerAfter:0.0} s after space was there again; {Told(r.Violations)}", "once", r.AckedWhileFull == 0 && r.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Disk(Options o, Notes notes)
    {
        var rows = new List<Row>();
        var locked = await ArchiveTrouble.Locked(10, People(o), Seed(o), notes);
        rows.Add(new("R11", "SQLite locked by another program for 10 s", "the session goes on; 0 rows missing", $"{locked.AckedWhileLocked} acknowledged meanwhile, archive caught up {locked.CaughtUpAfter:0.0} s later; {Told(locked.Violations)}", "once", locked.AckedWhileLocked > 20 && locked.Violations.Count == 0));
        var (runs, acked, wrong) = (0, 0, new List<Violation>());
        var (behind, integrity, caughtUp) = (long.MaxValue, "ok", 0.0);
        for (; runs < o.Count("disk-runs", 20); runs++)
        {
            if (await ArchiveTrouble.Full(12, People(o), Seed(o) + runs, notes) is not { } full)
            {
                rows.Add(Row.NotRun("R11", "SQLite's disk full", "the session goes on; 0 rows missing", "this machine does not let a small volume be mounted"));
                return rows;
            }
            (acked, behind, caughtUp) = (acked + full.AckedWhileFull, Math.Min(behind, full.Behind), Math.Max(caughtUp, full.CaughtUpAfter));
            integrity = full.Integrity == "ok" ? integrity : full.Integrity;
            wrong.AddRange(full.Violations);
        }
        rows.Add(new("R11", "SQLite's disk full for 12 s (a small volume in memory)", "the session goes on and says that it is not saved; 0 rows missing; integrity ok", $"{acked} acknowledged meanwhile; heads told at least {behind} entries not archived; caught up within {caughtUp:0.0} s; integrity_check {integrity}; {Told(wrong)}", $"{runs} times", acked > 0 && behind > 0 && integrity == "ok" && wrong.Count == 0));
        return rows;
    }

    private static async Task<IReadOnlyList<Row>> Sigterm(Options o, Notes notes)
    {
        var r = await Rolling.Sigterm(o.Count("sigterms", 100), 3, People(o), 100, Seed(o), notes);
        return [new("R18", "SIGTERM to three servers in turn while people write", "0 commands on their way unanswered; out within 30 s", $"{r.Unanswered} unanswered (sent again and applied once); longest exit {r.LongestExit:0.0} s; {Told(r.Violations)}", $"{r.Restarts} restarts", r.Unanswered == 0 && r.LongestExit <= 30 && r.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Versions(Options o, Notes notes)
    {
        const string What = "rolling deploy: three servers of an earlier version, this one, back, and this one again, while people write", Target = "0 acknowledged lost, 0 unanswered; each away once for each server, 5 s at most";
        if (o.Text("earlier") is not { } earlier)
            return [Row.NotRun("R17", What, Target, "no earlier version was given (--earlier)")];
        // Servers from before there were tables let nobody in whose page speaks of them.
        var pages = o.Text("pages") ?? "both";
        if (pages is not ("both" or "earlier" or "current"))
            throw new ArgumentException($"--pages {pages}: there are both, earlier and current.");
        if (o.Text("program") is { } program && !File.Exists(program))
            throw new ArgumentException($"--program {program}: there is no such file.");
        var r = await Rolling.Deploy(earlier, o.Text("program") ?? NodeSettings.ThisVersion, People(o), o.Count("rate", 200), number => pages == "current" || pages == "both" && number % 2 == 1, TimeSpan.FromSeconds(o.Count("settle", 0)), Seed(o), notes);
        return [new("R17", What, Target, $"{Told(r.Violations)} in {Acked(r.Evidence)} acknowledged; {r.Unanswered} unanswered; longest exit {r.LongestExit:0.0} s; {r.Away.Count} lines broke with their server, whole again after {r.Away}; the people's own process stood still for {r.Stood.TotalSeconds:0.00} s at the longest meanwhile", $"{r.Replaced} servers replaced{(o.Count("settle", 0) is > 0 and var settle ? $", the first after {settle} s" : "")}, {People(o)} people (the goal says 1,000), {(pages switch { "earlier" => "all", "current" => "none", _ => "half" })} of them with pages of before there were tables", r.Unanswered == 0 && r.Away.Max <= 5 && r.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Rooms(Options o, Notes notes)
    {
        var r = await Again.Moves(o.Count("moves", 10_000), People(o), o.Count("move-kills", 4), Seed(o), notes, await o.Cluster());
        return [new("R14", "people moved between rooms by two hands on two servers, with drops and kills", "each in exactly one room at each position; all back in the plenary within 2 s of the end", $"{Told(r.Violations)}; rooms closed {r.InPlenary.TotalSeconds:0.0} s after the recall's end", $"{r.Moves} moves, {r.Kills} kills", r.Violations.Count == 0 && r.InPlenary.TotalSeconds <= 2)];
    }

    private static async Task<IReadOnlyList<Row>> Votes(Options o, Notes notes)
    {
        var r = await Again.Votes(o.Count("vote-rounds", 10), People(o), o.Count("votes-at-once", 1_000), Seed(o), notes, await o.Cluster());
        return [new("R15", "the same votes at once from two sockets each on two servers, polls closed in the middle", "one each; none after the close", Told(r.Violations), $"{r.Sent} votes in {r.Polls} polls, {o.Count("votes-at-once", 1_000)} at once", r.Violations.Count == 0)];
    }

    private static async Task<IReadOnlyList<Row>> Clocks(Options o, Notes notes)
    {
        var rows = new List<Row>();
        foreach (var minutes in (int[])[10, -10])
        {
            var r = await Rolling.Clocks(TimeSpan.FromMinutes(minutes), People(o), Seed(o), notes);
            rows.Add(new("R16", $"one server's clock {minutes:+0;-0} min off", "times shown within 0.5 s of each other; order unchanged; no deadline early", $"told times {r.ClocksApart:0.00} s apart; recall {(r.RecallHeld ? "held" : "came early")}; {Told(r.Violations)}", "once", r.ClocksApart <= 0.5 && r.RecallHeld && r.Violations.Count == 0));
        }
        return rows;
    }
}
