using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Quiet writing. Each sees only their own notes until the step is over.</summary>
public sealed class SilentPhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Silent;
    public override bool HidesNotes => true;
    public override bool TakesTurns => false;
}
