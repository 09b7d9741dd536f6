using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>A last round of words.</summary>
public sealed class ClosingPhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Closing;
    public override FloorKind Floor => FloorKind.Hands;
}
