using System.Collections.Concurrent;
using System.Diagnostics;

namespace LiveSessions.Simulation;

/// <summary>Many seeds, each on one thread, several at a time.</summary>
internal static class Seeds
{
    public static List<Outcome> All(ulong from, ulong count, Action<int>? done = null)
    {
        var outcomes = new ConcurrentBag<Outcome>();
        var next = from - 1;
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(() =>
        {
            for (var seed = Interlocked.Increment(ref next); seed < from + count; seed = Interlocked.Increment(ref next))
            {
                outcomes.Add(One(seed));
                done?.Invoke(outcomes.Count);
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return [.. outcomes.OrderBy(o => o.Seed)];
    }

    private static Outcome One(ulong seed)
    {
        try
        {
            var outcome = Simulation.Run.Of(seed);
            return outcome.Violations.Count > 0 ? outcome : outcome with { Told = [] };
        }
        catch (Exception e)
        {
            return new(seed, [(Law.Desk, $"{e}")], [], 0, 0, 0, "");
        }
    }

    public static string Table(IReadOnlyList<Outcome> outcomes, TimeSpan took) => $"""
        | seeds | commands asked | entries in the logs | sent again | logs that lost their last entries | seeds that broke a law | time |
        |---|---|---|---|---|---|---|
        | {outcomes.Count} | {outcomes.Sum(o => o.Asked)} | {outcomes.Sum(o => o.Entries)} | {outcomes.Sum(o => o.Again)} | {outcomes.Sum(o => o.Lost.Times)}, {outcomes.Sum(o => o.Lost.Entries)} entries | {outcomes.Count(o => o.Violations.Count > 0)} | {took.TotalSeconds:0} s |
        """;

    public static int Run(ulong from, ulong count, TextWriter to)
    {
        var clock = Stopwatch.StartNew();
        var outcomes = All(from, count, done =>
        {
            if (done % 500 == 0)
                Console.Error.WriteLine($"{done} of {count} seeds, {clock.Elapsed.TotalSeconds:0} s");
        });
        foreach (var failed in outcomes.Where(o => o.Violations.Count > 0).Take(5))
            to.WriteLine(failed.Report + "\n");
        if (outcomes.Where(o => o.Violations.Count > 0).Select(o => o.Seed).ToList() is { Count: > 0 } all)
            to.WriteLine($"Broke a law: {string.Join(", ", all)}\n");
        to.WriteLine(Table(outcomes, clock.Elapsed));
        return outcomes.Any(o => o.Violations.Count > 0) ? 1 : 0;
    }

    public static int Replay(ulong seed, TextWriter to)
    {
        var outcome = Simulation.Run.Of(seed);
        to.WriteLine(string.Join('\n', outcome.Told));
        to.WriteLine($"Seed {seed}: {outcome.Asked} asked, {outcome.Entries} entries, digest {outcome.Digest}.");
        foreach (var (law, what) in outcome.Violations)
            to.WriteLine($"{law}: {what}");
        return outcome.Violations.Count > 0 ? 1 : 0;
    }

    /// <summary>A file for each seed with what every tab was told, for the browser's own store (wwwroot/tapes).</summary>
    public static int Tapes(ulong from, ulong count, string directory)
    {
        Directory.CreateDirectory(directory);
        for (var seed = from; seed < from + count; seed++)
            File.WriteAllText(Path.Combine(directory, $"{seed}.json"), $"[{string.Join(",\n", Simulation.Run.Of(seed, records: true).Tapes)}]");
        return 0;
    }

    public static int Digests(ulong from, ulong count, TextWriter to)
    {
        to.WriteLine(string.Join('\n', All(from, count).Select(o => $"{o.Seed} {o.Digest}")));
        return 0;
    }
}
