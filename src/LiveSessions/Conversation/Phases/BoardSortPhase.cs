using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Notes are put where they belong, together.</summary>
public sealed class BoardSortPhase : PhaseKind
{
    public override PhaseType Type => PhaseType.BoardSort;
    public override FloorKind Floor => FloorKind.Hands;
}
