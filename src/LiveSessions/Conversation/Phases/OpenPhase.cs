using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Open talk. Whoever raises a hand gets the floor, least heard first.</summary>
public sealed class OpenPhase : PhaseKind
{
    public override PhaseType Type => PhaseType.Open;
    public override FloorKind Floor => FloorKind.Hands;
}
