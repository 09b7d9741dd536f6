using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Reading back what was written, and correcting it.</summary>
public sealed class ReportPhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Report;
    public override FloorKind Floor => FloorKind.Hands;
}
