namespace LiveSessions.Polls.Kinds;

/// <summary>One of five steps, 1 to 5. The ballot stores the step's position, 0 to 4.</summary>
public sealed class Scale : Single
{
    public const int Steps = 5;
    public override string Name => "scale";
    public override IReadOnlyList<string> OwnOptions { get; } = ["1", "2", "3", "4", "5"];
    public override bool CanAsk(PollSpec spec) => spec.Options.Count == Steps;

    public override double? Mean(IReadOnlyList<int> counts)
    {
        var votes = counts.Sum();
        return votes == 0 ? null : Math.Round(counts.Select((n, i) => n * (i + 1.0)).Sum() / votes, 2);
    }
}
