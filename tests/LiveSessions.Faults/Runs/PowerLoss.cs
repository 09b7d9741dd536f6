using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace LiveSessions.Faults.Runs;

/// <summary>The machine under Redis, or under a server with SQLite, loses power: what was written and not synced is gone.</summary>
internal static class PowerLoss
{
    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        const string why = "no C compiler (cc) for the layer that drops what was not synced";
        using var layer = PowerLayer.Make();
        if (layer is null)
            return [Row.NotRun("R2", "power loss of Redis and SQLite, and its controls", "0 acknowledged lost", why)];
        var (people, rate, seed) = (o.Count("people", 60), o.Count("rate", 200), o.Count("seed", 1));
        var (redis, sqlite) = (o.Count("redis-power", 50), o.Count("sqlite-power", 50));
        var rows = new List<Row>();
        var (evidence, wrong) = await Redis(layer, redis, "always", people, rate, seed, notes);
        rows.Add(new("R2", "power loss of Redis (`always`)", "0 acknowledged lost", Told(wrong) + $" in {evidence.Clients.Sum(c => c.Acked)} acknowledged", $"{redis} losses, each at a busy moment", wrong.Count == 0));
        (_, wrong) = await Redis(layer, 3, "everysec", people, rate, seed, notes);
        rows.Add(Control("Redis syncs once a second, with power loss", wrong, [Checks.AckedOnce, Checks.Positions, Checks.OwnAcks, Checks.RealTime]));
        wrong = await Sqlite(layer, sqlite, null, people, rate, seed, notes);
        rows.Add(new("R2", "power loss of a server with SQLite (`synchronous=FULL`)", "nothing committed is lost; integrity ok", Told(wrong), $"{sqlite} losses", wrong.Count == 0));
        wrong = await Sqlite(layer, 3, AlteredNode.SyncNormal, people, rate, seed, notes);
        rows.Add(Control("SQLite with `synchronous=NORMAL`, with power loss", wrong, [Checks.Archive]));
        return rows;

        static string Told(IReadOnlyList<Violation> wrong) => wrong.Count == 0 ? "0 violations" : $"{wrong.Count} violations: {wrong[0].What}";
        static Row Control(string what, IReadOnlyList<Violation> wrong, IReadOnlyList<string> expected) =>
            wrong.Select(v => v.Check).Intersect(expected).ToList() is { Count: > 0 } red ? new("control", what, "red", $"red: {string.Join(", ", red)}", "3 losses", true) : new("control", what, "red", "green", "3 losses", false);
    }

    private static async Task<(Evidence Evidence, IReadOnlyList<Violation> Violations)> Redis(PowerLayer layer, int losses, string fsync, int people, double perSecond, int seed, Notes notes)
    {
        await using var cluster = await Cluster.Start(new(2, Fsync: fsync, Power: layer.Library));
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(perSecond);
        for (var loss = 1; loss <= losses; loss++)
        {
            await crowd.ABusyMoment();
            await cluster.LoseRedisPower();
            if (loss % 10 == 0 || loss == losses)
                notes.Say($"{loss} of {losses} power losses of Redis ({fsync}), {crowd.Acked} acknowledged");
        }
        await crowd.ABusyMoment();
        await crowd.Calm();
        // With a log that has gone back, the archive of the entries that are gone is not the log's; that is not what is asked here.
        var (evidence, violations) = await crowd.Judge(withArchive: fsync == "always");
        notes.Say(evidence, violations);
        return (evidence, violations);
    }

    private static async Task<IReadOnlyList<Violation>> Sqlite(PowerLayer layer, int losses, string? alter, int people, double perSecond, int seed, Notes notes)
    {
        await using var cluster = await Cluster.Start(new(1, Alter: alter, Power: layer.Library));
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(perSecond);
        var wrong = new List<Violation>();
        var last = 0L;
        for (var loss = 1; loss <= losses; loss++)
        {
            await crowd.ABusyMoment();
            var committed = 0L;
            await Eventually.True(async () => (committed = (await cluster.Archive(crowd.Session)).UpTo) > last, "the archive goes on", 60);
            var kept = await cluster.LoseArchivePower(crowd.Session);
            if (kept.UpTo < committed)
                wrong.Add(new(Checks.Archive, $"the archive held {committed} entries, and {kept.UpTo} after the power was lost", []));
            if (kept.Integrity != "ok")
                wrong.Add(new(Checks.Archive, $"integrity_check says {kept.Integrity}", []));
            last = kept.UpTo;
            if (loss % 10 == 0 || loss == losses)
                notes.Say($"{loss} of {losses} power losses of a server with SQLite, {crowd.Acked} acknowledged; {committed} entries were archived and {kept.UpTo} stood afterwards");
        }
        await crowd.ABusyMoment();
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return [.. wrong, .. violations];
    }
}
