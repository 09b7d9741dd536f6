using System.Diagnostics;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Faults.Runs;

/// <summary>One server as it comes, with a folder for copies on another disk: its machine is lost with everything on it, in the middle of a session, and the copies are put back on an empty one.</summary>
internal static class LostMachine
{
    /// <summary>What was acknowledged this long before the machine was lost is there afterwards.</summary>
    private static readonly TimeSpan MostLost = TimeSpan.FromSeconds(5);

    /// <param name="Lost">How long before the machine was lost those commands were acknowledged that are not in the log afterwards.</param>
    /// <param name="Ready">From the start on the empty machine until it is ready, with the copies put back.</param>
    /// <param name="AllBack">From then until everybody is in again.</param>
    public sealed record Result(Evidence Evidence, IReadOnlyList<Violation> Violations, Times Lost, Times Ready, Times AllBack);

    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        var machines = o.Count("machines", 10);
        var r = await Run(machines, o.Count("people", 60), o.Count("rate", 200), o.Count("seed", 1), notes);
        return
        [
            new("R20", "the machine of one server is lost with its disk while people write, and what was copied to another is put back on an empty one", "nothing older than 5 s is lost; 15 min",
                $"{r.Lost.Count} of {r.Evidence.Clients.Sum(c => c.Acked)} acknowledged lost, the oldest {r.Lost.Max:0.00} s old; ready after {r.Ready}, everybody back {r.AllBack} later; {(r.Violations.Count == 0 ? "0 violations" : $"{r.Violations.Count} violations: {r.Violations[0].What}")}",
                $"{machines} machines", r.Violations.Count == 0 && r.Lost.Max <= MostLost.TotalSeconds),
            await Databases("the files of Redis and the dump of PostgreSQL, both of some seconds before, put back by their own means", withRedis: true),
            await Databases("the dump of PostgreSQL of some seconds before put back, and Redis empty", withRedis: false),
        ];

        async Task<Row> Databases(string what, bool withRedis)
        {
            var d = await LostMachine.Databases(withRedis, o.Count("people", 60), o.Count("rate", 200), o.Count("seed", 1), notes);
            return new("R20", $"two servers, Redis and PostgreSQL: {what} (`--restore databases`)", withRedis ? "nothing acknowledged before the copies is lost" : "the sessions go on",
                $"{d.Before.Count} acknowledged before the copies lost{(d.Before.Count > 0 ? $", the oldest {d.Before.Max:0.0} s before them" : "")}; {d.Lost.Count} of {d.Evidence.Clients.Sum(c => c.Acked)} lost in all; everything runs after {d.Ready}, everybody back {d.AllBack} later; {(d.Violations.Count == 0 ? "0 violations" : $"{d.Violations.Count} violations: {d.Violations[0].What}")}",
                "once", d.Violations.Count == 0 && (!withRedis || d.Before.Count == 0));
        }
    }

    /// <param name="Before">How long before the copies were begun those were acknowledged that are lost though.</param>
    /// <param name="Lost">How long before everything was lost.</param>
    public sealed record DatabasesResult(Evidence Evidence, IReadOnlyList<Violation> Violations, Times Before, Times Lost, Times Ready, Times AllBack);

    /// <summary>Two servers with databases of their own; people write on while the copies are made and after.</summary>
    public static async Task<DatabasesResult> Databases(bool withRedis, int people, double perSecond, int seed, Notes notes)
    {
        using var disk = new ScratchDirectory();
        await using var cluster = await Cluster.Start(new(2, ArchiveKind.Postgres));
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(perSecond);
        await Task.Delay(TimeSpan.FromSeconds(8));
        await crowd.ABusyMoment();
        var copied = Crowd.Now();
        await cluster.CopyDatabases(disk.Path);
        await Task.Delay(TimeSpan.FromSeconds(4));
        await crowd.ABusyMoment();
        var (lost, clock, ready, allBack) = (Crowd.Now(), Stopwatch.StartNew(), new Times(), new Times());
        await cluster.LoseDatabases(disk.Path, withRedis);
        ready.Add(clock.Elapsed);
        var until = Crowd.Now();
        clock.Restart();
        await Eventually.True(() => crowd.People.Append(crowd.Host).All(p => p.IsOpen), "everybody is back", 60);
        allBack.Add(clock.Elapsed);
        await crowd.ABusyMoment();
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        var (old, wrong) = Lost(evidence, [(lost, until)]);
        var (before, _) = Lost(evidence, [(copied, copied)]);
        var others = WithoutLost(violations).Concat(wrong).ToList();
        notes.Say(evidence, others);
        return new(evidence, others, before, old, ready, allBack);
    }

    /// <summary>What the copies had not is gone, and with it the positions and acknowledgements that speak of it: those are counted by themselves.</summary>
    private static IEnumerable<Violation> WithoutLost(IEnumerable<Violation> violations) => violations.Where(v => v.Check is not (Checks.AckedOnce or Checks.Positions or Checks.RealTime or Checks.OwnAcks));

    /// <param name="old">For the control: what is put back was taken from the other disk eight seconds before.</param>
    public static async Task<Result> Run(int machines, int people, double perSecond, int seed, Notes notes, bool old = false)
    {
        using var disk = new ScratchDirectory();
        using var earlier = new ScratchDirectory();
        await using var cluster = await Cluster.Start(new(1, Embedded: true, BackupDirectory: disk.Path));
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.HostIsOut = true;
        var (ready, allBack) = (new Times(), new Times());
        var losses = new List<(When From, When Until)>();
        crowd.Begin(perSecond);
        for (var machine = 0; machine < machines; machine++)
        {
            if (old)
            {
                // Once everybody's seat is copied.
                await Task.Delay(MostLost);
                CopyAll(disk.Path, earlier.Path);
            }
            await Task.Delay(TimeSpan.FromSeconds(8));
            await crowd.ABusyMoment();
            var lost = Crowd.Now();
            var clock = Stopwatch.StartNew();
            await cluster.LoseMachine(old ? earlier.Path : disk.Path);
            ready.Add(clock.Elapsed);
            losses.Add((lost, Crowd.Now()));
            clock.Restart();
            await Eventually.True(() => crowd.People.All(p => p.IsOpen), "everybody is back", 60);
            allBack.Add(clock.Elapsed);
            notes.Say($"machine {machine + 1} of {machines}: ready after {ready.All[^1]:0.0} s, all back {allBack.All[^1]:0.00} s later, {crowd.Acked} acknowledged");
        }
        await crowd.ABusyMoment();
        await crowd.Rest();
        await Eventually.True(() => crowd.People.All(p => !p.HasUnsent), "everything is answered", 60);
        var calm = DateTimeOffset.UtcNow.AddSeconds(1);
        // The log can be read only once the server has ended, so everything is waited for as a person would see it: told, and archived.
        await Eventually.True(() => crowd.People[0].LastHeads is { } heads && heads.Now > calm && heads.Archived == heads.Head && crowd.People.All(p => p.IsOpen && p.LastHeads?.Head == heads.Head), "everything is told and archived", 90);
        await Task.Delay(3_000);
        var (evidence, violations) = await crowd.Judge();
        var (lostBefore, wrong) = Lost(evidence, losses);
        var others = WithoutLost(violations).Concat(wrong).ToList();
        notes.Say(evidence, others);
        return new(evidence, others, lostBefore, ready, allBack);
    }

    /// <summary>The check of a run whose copies were too old.</summary>
    public const string TooOld = "nothing older than 5 s is lost";

    public static async Task<IReadOnlyList<Violation>> OldCopies(int people, Notes notes)
    {
        var r = await Run(1, people, 60, 1, notes, old: true);
        return r.Lost.Max > MostLost.TotalSeconds ? [new(TooOld, $"{r.Lost.Count} lost, the oldest {r.Lost.Max:0.0} s old", [])] : r.Violations;
    }

    private static void CopyAll(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, overwrite: true);
        }
    }

    /// <summary>Each acknowledged command that is not in the log, by how long before the next loss it was acknowledged; and what no loss explains.</summary>
    private static (Times Old, IReadOnlyList<Violation> Wrong) Lost(Evidence evidence, IReadOnlyList<(When From, When Until)> losses)
    {
        var (old, wrong) = (new Times(), new List<Violation>());
        var there = evidence.Log.Where(e => e.Instance is not null).CountBy(e => (e.Instance!, e.Number)).ToDictionary();
        foreach (var twice in there.Where(t => t.Value > 1))
            wrong.Add(new(Checks.AckedOnce, $"{twice.Key} is there {twice.Value} times", []));
        foreach (var client in evidence.Clients)
            foreach (var acked in client.Moments.OfType<Moment.Answered>().Where(a => a.Answer.Kind == "accepted"))
                if (!there.ContainsKey(($"{client.Person}.{client.Instance}", acked.Number)))
                    if (losses.Where(l => l.Until.Ticks >= acked.At.Ticks).Select(l => (When?)l.From).FirstOrDefault() is { } loss)
                        old.Add(Math.Max(0, Stopwatch.GetElapsedTime(acked.At.Ticks, loss.Ticks).TotalSeconds));
                    else
                        wrong.Add(new(Checks.AckedOnce, $"{client.Name}'s command {acked.Number} was acknowledged after the last loss and is not there", []));
        return (old, wrong);
    }
}
