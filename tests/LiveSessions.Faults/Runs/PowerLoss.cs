using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Faults.Runs;

/// <summary>The machine under Redis, under the servers with SQLite, or under PostgreSQL loses power: what was written and not synced is gone.</summary>
internal static class PowerLoss
{
    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        using (var volume = PowerVolume.Make(16))
            if (volume is null)
                return [Row.NotRun("R2", "power loss of Redis, SQLite and PostgreSQL, and the controls", "0 acknowledged lost", "this machine lets no file system be mounted over a loop device")];
        var load = new Load(o.Count("people", 60), o.Count("rate", 200), o.Count("seed", 1));
        var rows = new List<Row>();
        if (o.Count("redis-power", 50) is var redis and > 0)
        {
            var when = $"{redis} losses, every fifth after {Silence.TotalSeconds:0} s in which nobody wrote, the others at a busy moment; every fifth with a server that had heard nothing for 0.3 s and found Redis up to a second before the other";
            var (evidence, wrong) = await Redis(redis, "always", load, notes);
            rows.Add(new("R2", "power loss of Redis (`always`)", "0 acknowledged lost", Told(wrong) + $" in {evidence.Clients.Sum(c => c.Acked)} acknowledged", when, wrong.Count == 0));
            (evidence, wrong) = await Redis(redis, "everysec", load, notes);
            rows.Add(new("R2", "power loss of Redis that syncs once a second, whose servers go on", "0 acknowledged lost", Told(wrong) + $" in {evidence.Clients.Sum(c => c.Acked)} acknowledged", when, wrong.Count == 0));
            (_, wrong) = await Redis(3, "everysec", load, notes, andServers: true);
            rows.Add(Control("Redis syncs once a second, with power loss, and the servers end in the same moment", wrong, [Checks.AckedOnce, Checks.Positions, Checks.OwnAcks, Checks.RealTime]));
        }
        if (o.Count("sqlite-power", 50) is var sqlite and > 0)
        {
            var wrong = await Archive(sqlite, ArchiveKind.Sqlite, null, load, notes);
            rows.Add(new("R2", "power loss of a server with SQLite (`synchronous=FULL`)", "nothing committed is lost; integrity ok", Told(wrong), $"{sqlite} losses", wrong.Count == 0));
            wrong = await Archive(3, ArchiveKind.Sqlite, AlteredNode.SyncNormal, load, notes);
            rows.Add(Control("SQLite with `synchronous=NORMAL`, with power loss", wrong, [Checks.Archive]));
        }
        if (o.Count("postgres-power", 20) is var postgres and > 0)
        {
            var wrong = await Archive(postgres, ArchiveKind.Postgres, null, load, notes);
            rows.Add(new("R2", "power loss of PostgreSQL", "nothing committed is lost", Told(wrong), $"{postgres} losses", wrong.Count == 0));
        }
        return rows;

        static string Told(IReadOnlyList<Violation> wrong) => wrong.Count == 0 ? "0 violations" : $"{wrong.Count} violations: {wrong[0].What}";
        static Row Control(string what, IReadOnlyList<Violation> wrong, IReadOnlyList<string> expected) =>
            wrong.Select(v => v.Check).Intersect(expected).ToList() is { Count: > 0 } red ? new("control", what, "red", $"red: {string.Join(", ", red)}", "3 losses", true) : new("control", what, "red", "green", "3 losses", false);
    }

    private sealed record Load(int People, double PerSecond, int Seed);

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(11);
    private static readonly TimeSpan LongStart = TimeSpan.FromSeconds(15);

    /// <summary>Up to a second, another each time.</summary>
    public static TimeSpan Apart(int time) => TimeSpan.FromMilliseconds(time * 370 % 1_000);

    private static PowerVolume Disk() => PowerVolume.Make() ?? throw new InvalidOperationException("No disk could be made, though one could a moment ago.");

    private static async Task<(Evidence Evidence, IReadOnlyList<Violation> Violations)> Redis(int losses, string fsync, Load load, Notes notes, bool andServers = false)
    {
        using var disk = Disk();
        await using var cluster = await Cluster.Start(new(2, Fsync: fsync, RedisDirectory: disk.Path));
        await using var crowd = await Crowd.Gather(cluster, load.People, load.Seed);
        crowd.Begin(load.PerSecond);
        for (var loss = 1; loss <= losses; loss++)
        {
            var isQuiet = loss % 5 == 4;
            if (isQuiet)
                await AQuietMoment(crowd);
            else
                await crowd.ABusyMoment();
            var isApart = loss % 5 == 2 && !andServers;
            if (isApart)
                await cluster.CutOffDeaf(loss % 2);
            // Now and then its machine needs a while to start.
            await cluster.LosePower(disk, andServers, loss % 10 == 1 ? LongStart : TimeSpan.Zero);
            if (isApart)
                await cluster.HealApart(loss % 2, Apart(loss));
            if (isQuiet)
                crowd.Begin(load.PerSecond);
            if (loss % 10 == 0 || loss == losses)
                notes.Say($"{loss} of {losses} power losses of Redis ({fsync}), {crowd.Acked} acknowledged");
        }
        await crowd.ABusyMoment();
        await crowd.Calm();
        // With a log that has gone back, the archive of the entries that are gone is not the log's; that is not what is asked here.
        var (evidence, violations) = await crowd.Judge(withArchive: !andServers);
        notes.Say(evidence, violations);
        return (evidence, violations);
    }

    /// <summary>Nobody has written for longer than the servers keep what was said; somebody is told that what they say now is stored.</summary>
    private static async Task AQuietMoment(Crowd crowd)
    {
        await crowd.Calm();
        await Task.Delay(Silence);
        await crowd.Say(crowd.People[0]);
    }

    private static async Task<IReadOnlyList<Violation>> Archive(int losses, ArchiveKind kind, string? alter, Load load, Notes notes)
    {
        using var disk = Disk();
        await using var cluster = await Cluster.Start(new(1, kind, Alter: alter, ArchiveDirectory: disk.Path));
        await using var crowd = await Crowd.Gather(cluster, load.People, load.Seed);
        crowd.Begin(load.PerSecond);
        var wrong = new List<Violation>();
        var last = 0L;
        for (var loss = 1; loss <= losses; loss++)
        {
            await crowd.ABusyMoment();
            var committed = 0L;
            await Eventually.True(async () => (committed = (await cluster.Archive(crowd.Session)).UpTo) > last, "the archive goes on", 60);
            var seats = await cluster.Seats();
            var kept = kind == ArchiveKind.Sqlite ? await cluster.LoseServersPower(disk, crowd.Session) : await cluster.LosePostgresPower(disk, crowd.Session);
            if (kept.UpTo < committed)
                wrong.Add(new(Checks.Archive, $"the archive held {committed} entries, and {kept.UpTo} after the power was lost", []));
            if (kept.Seats < seats)
                wrong.Add(new(Checks.Archive, $"{seats} people had a seat, and {kept.Seats} after the power was lost", []));
            if (kept.Integrity != "ok")
                wrong.Add(new(Checks.Archive, $"integrity_check says {kept.Integrity}", []));
            // With so little synced, people's seats may be gone too, and nobody comes back.
            if (alter is not null && wrong.Count > 0)
                return wrong;
            last = kept.UpTo;
            if (loss % 10 == 0 || loss == losses)
                notes.Say($"{loss} of {losses} power losses with {kind}, {crowd.Acked} acknowledged; {committed} entries were archived and {kept.UpTo} stood afterwards");
        }
        await crowd.ABusyMoment();
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return [.. wrong, .. violations];
    }
}
