using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Everybody reads the prompt; nothing is written down yet.</summary>
public sealed class FramePhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Frame;
    public override bool TakesTurns => false;
}
