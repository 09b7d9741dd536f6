using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Faults.Runs;

/// <summary>Each of the things that keep the promises is left out once, in the real servers, and the checks must turn red. A control that stays green is a check that cannot fail.</summary>
internal static class Controls
{
    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        var rows = new List<Row>();
        var people = Math.Min(24, o.Count("people", 24));
        await Control("dedupe left out: servers forget whose command it was once it is in the log", [Checks.AckedOnce, Checks.UnknownAtMostOnce], async () => (await Again.Resends(people * 60, people, 1, notes, AlteredNode.DedupeOff)).Violations);
        await Control("guard left out: servers append behind whatever is there", [Checks.AckedOnce, Checks.Positions, Checks.Foldable, Checks.Views, Checks.RealTime],
            async () => (await RedisTrouble.NoNews(10, people, 1, notes, AlteredNode.GuardOff, patience: 5)).Violations);
        await Control("heads left out, publish channel broken: nothing tells of a lost last message", [Checks.Views], async () => (await RedisTrouble.NoNews(10, people, 1, notes, AlteredNode.HeadsOff, patience: 10)).Violations);
        await Control("archive position outside the transaction, server killed between", [Checks.Archive], async () => await SplitArchive(people, notes));
        await Control("no clock that all share, one server's 10 minutes ahead", [Clock], async () => await OwnClock(people, notes));
        await Control("copies of eight seconds before put back on an empty machine", [LostMachine.TooOld], async () => await LostMachine.OldCopies(people, notes));
        return rows;

        async Task Control(string what, IReadOnlyList<string> expected, Func<Task<IReadOnlyList<Violation>>> run)
        {
            try
            {
                var red = (await run()).Select(v => v.Check).Intersect(expected).ToList();
                rows.Add(new("control", what, "red", red.Count > 0 ? $"red: {string.Join(", ", red)}" : "green", "once", red.Count > 0));
            }
            catch (Exception e)
            {
                notes.Say(e.ToString());
                rows.Add(new("control", what, "red", $"failed: {e.Message}", "once", false));
            }
        }
    }

    private const string Clock = "one clock";

    private static async Task<IReadOnlyList<Violation>> OwnClock(int people, Notes notes)
    {
        var r = await Rolling.Clocks(TimeSpan.FromMinutes(10), people, 1, notes, shares: false);
        return r is { RecallHeld: true, ClocksApart: < 60 } ? r.Violations : [new(Clock, $"told times {r.ClocksApart:0.0} s apart; the recall {(r.RecallHeld ? "held" : "came early")}", [])];
    }

    private static async Task<IReadOnlyList<Violation>> SplitArchive(int people, Notes notes)
    {
        await using var cluster = await Cluster.Start(new(1, Alter: AlteredNode.ArchiveSplit));
        await using var crowd = await Crowd.Gather(cluster, people, 1);
        crowd.Begin(60);
        await crowd.ABusyMoment();
        // The rows are there and the position is not: the moment at which a position of its own is too late.
        await Eventually.True(async () => await cluster.Archive(crowd.Session) is var archive && archive.Entries.Count > archive.UpTo, "rows are ahead of their position", 60);
        await cluster.Nodes[0].Kill();
        await cluster.Nodes[0].StartAgain();
        await crowd.ABusyMoment();
        await crowd.Calm();
        var (log, archive) = await cluster.Archived(crowd.Session, seconds: 30);
        var violations = HistoryChecker.All(new(crowd.Session, log, [], archive)).ToList();
        foreach (var violation in violations)
            notes.Say(violation.ToString());
        return violations;
    }
}
