using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>A poll of the exercise, asked in the room.</summary>
public sealed class PollPhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Poll;
    public override bool OpensPoll => true;
}
