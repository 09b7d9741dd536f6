using System.Diagnostics;

namespace LiveSessions.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    /// <summary>Many more of them, and one alone: scripts/simulate.</summary>
    [Fact]
    public void Five_hundred_seeds_keep_every_law()
    {
        var clock = Stopwatch.StartNew();
        var outcomes = Seeds.All(1, 500);
        output.WriteLine(Seeds.Table(outcomes, clock.Elapsed));
        var failed = outcomes.Where(o => o.Violations.Count > 0).ToList();
        Assert.True(failed.Count == 0, string.Join("\n\n", failed.Take(3).Select(o => o.Report)) + $"\n\nBroke a law: {string.Join(", ", failed.Select(o => o.Seed))}");
    }
}
