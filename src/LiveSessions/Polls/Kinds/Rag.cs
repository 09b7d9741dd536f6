namespace LiveSessions.Polls.Kinds;

/// <summary>Green, amber or red; the words are always said, never the colour alone.</summary>
public sealed class Rag : Single
{
    public override string Name => "rag";
    public override IReadOnlyList<string> OwnOptions { get; } = ["Green: yes", "Amber: in part", "Red: not yet"];
    public override bool CanAsk(PollSpec spec) => spec.Options.Count == 3;
}
