using System.Collections.Concurrent;
using System.Diagnostics;

namespace LiveSessions.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    /// <summary>How many seeds; <c>SIMULATE_SEEDS</c> makes it more, <c>SIMULATE_FROM</c> begins elsewhere, <c>SIMULATE_SEED</c> replays one.</summary>
    private static ulong Setting(string name, ulong otherwise) => ulong.TryParse(Environment.GetEnvironmentVariable(name), out var set) ? set : otherwise;

    [Fact]
    public void Every_seed_keeps_every_law()
    {
        if (Setting("SIMULATE_SEED", ulong.MaxValue) is var one and not ulong.MaxValue)
        {
            var outcome = Run.Of(one);
            output.WriteLine(string.Join('\n', outcome.Told));
            output.WriteLine($"seed {one}: {outcome.Asked} asked, {outcome.Entries} entries, digest {outcome.Digest}");
            Assert.True(outcome.Violations.Count == 0, outcome.Report);
            return;
        }
        var (from, count) = (Setting("SIMULATE_FROM", 1), Setting("SIMULATE_SEEDS", 500));
        var clock = Stopwatch.StartNew();
        var outcomes = All(from, count);
        output.WriteLine($"{outcomes.Count} seeds, {outcomes.Sum(o => o.Asked)} commands, {outcomes.Sum(o => o.Entries)} entries, {outcomes.Count(o => o.Violations.Count > 0)} failed, {clock.Elapsed.TotalSeconds:0.0} s");
        foreach (var law in outcomes.SelectMany(o => o.Violations).GroupBy(v => v.Law))
            output.WriteLine($"{law.Key}: {law.Count()} violations");
        var failed = outcomes.Where(o => o.Violations.Count > 0).OrderBy(o => o.Seed).ToList();
        Assert.True(failed.Count == 0, string.Join("\n\n", failed.Take(3).Select(o => o.Report)) + $"\n\nAll that failed: {string.Join(", ", failed.Select(o => o.Seed))}");
    }

    private static List<Outcome> All(ulong from, ulong count)
    {
        var outcomes = new ConcurrentBag<Outcome>();
        var next = from - 1;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (var seed = Interlocked.Increment(ref next); seed < from + count; seed = Interlocked.Increment(ref next))
                try
                {
                    var outcome = Run.Of(seed);
                    outcomes.Add(outcome.Violations.Count > 0 ? outcome : outcome with { Told = [] });
                }
                catch (Exception e)
                {
                    outcomes.Add(new(seed, [(Law.Desk, $"{e}")], [], 0, 0, ""));
                }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return [.. outcomes];
    }
}
