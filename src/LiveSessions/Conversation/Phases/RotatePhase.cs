using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Roles pass on to the next person.</summary>
public sealed class RotatePhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Rotate;
    public override bool RotatesRoles => true;
}
