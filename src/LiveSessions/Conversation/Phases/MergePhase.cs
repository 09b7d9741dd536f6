using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Two rooms come together with their people and notes.</summary>
public sealed class MergePhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Merge;
    public override bool MergesRooms => true;
    public override FloorKind Floor => FloorKind.Hands;
}
