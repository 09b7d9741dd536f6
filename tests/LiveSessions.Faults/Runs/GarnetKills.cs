using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Faults.Runs;

/// <summary>The default way to run: one server with its store inside, killed and started again.</summary>
internal static class GarnetKills
{
    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        var kills = o.Count("garnet-kills", 50);
        var (evidence, violations) = await Run(kills, o.Count("people", 60), o.Count("rate", 200) / 2.0, o.Count("seed", 1), notes);
        return
        [
            new("R1", "kill -9 of one server with the embedded store and SQLite", "0 acknowledged lost, 0 doubled", violations.Count == 0 ? $"0 violations in {evidence.Clients.Sum(c => c.Acked)} acknowledged" : $"{violations.Count} violations: {violations[0].What}", $"{kills} kills", violations.Count == 0),
        ];
    }

    public static async Task<(Evidence Evidence, IReadOnlyList<Violation> Violations)> Run(int kills, int people, double perSecond, int seed, Notes notes)
    {
        await using var cluster = await Cluster.Start(new(1, Embedded: true));
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(perSecond);
        for (var kill = 0; kill < kills; kill++)
        {
            await crowd.ABusyMoment();
            await cluster.Nodes[0].Kill();
            await cluster.Nodes[0].StartAgain();
            if ((kill + 1) % 10 == 0)
                notes.Say($"{kill + 1} of {kills} kills, {crowd.Acked} acknowledged");
        }
        await crowd.ABusyMoment();
        await crowd.Calm();
        // What is told now was not told before the last entry.
        var calm = DateTimeOffset.UtcNow.AddSeconds(1);
        // The log can be read only once the server has ended, so everything is waited for as a person would see it: told, and archived.
        await Eventually.True(
            () => crowd.Host.LastHeads is { } heads && heads.Now > calm && heads.Archived == heads.Head && crowd.People.All(p => p.IsOpen && !p.HasUnsent && p.LastHeads?.Head == heads.Head), "everything is told and archived", 90);
        await Task.Delay(3_000);
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return (evidence, violations);
    }
}
