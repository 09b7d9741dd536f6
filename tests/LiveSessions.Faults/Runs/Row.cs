using System.Diagnostics;
using LiveSessions.Histories;

namespace LiveSessions.Faults.Runs;

/// <summary>One line of the table at the end.</summary>
/// <param name="Goal">R1, R2 ...</param>
/// <param name="Ran">How much was done to find it.</param>
/// <param name="IsMet">Null: not run.</param>
internal sealed record Row(string Goal, string What, string Target, string Measured, string Ran, bool? IsMet)
{
    public static Row NotRun(string goal, string what, string target, string why) => new(goal, what, target, "not run", why, null);
}

/// <summary>Where a run tells what it does.</summary>
internal sealed class Notes(Action<string> say)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    public void Say(string what) => say($"{_clock.Elapsed:mm\\:ss} {what}");

    public void Say(Evidence evidence, IReadOnlyList<Violation> violations)
    {
        Say(HistoryChecker.Summary(evidence));
        foreach (var violation in violations)
            Say(violation.ToString());
    }
}

/// <summary>Times, told as the 50th, 99th and 100th of a hundred.</summary>
internal sealed class Times
{
    private readonly List<double> _seconds = [];

    public int Count => _seconds.Count;
    public IReadOnlyList<double> All => _seconds;
    public double Max => _seconds.Count == 0 ? 0 : _seconds.Max();
    public void Add(TimeSpan time) => Add(time.TotalSeconds);
    public void Add(double seconds) => _seconds.Add(seconds);
    public double At(double part) => _seconds.Count == 0 ? 0 : _seconds.Order().ElementAt((int)Math.Min(_seconds.Count - 1, Math.Ceiling(part * _seconds.Count)));
    public override string ToString() => _seconds.Count == 0 ? "none" : FormattableString.Invariant($"p50 {At(0.5):0.00} s, p99 {At(0.99):0.00} s, longest {Max:0.00} s");
}
