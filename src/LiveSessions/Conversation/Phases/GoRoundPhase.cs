using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>Everybody once, in order, least heard first, with pass and pass for now.</summary>
public sealed class GoRoundPhase : PhaseKind
{
    public override PhaseType Type => PhaseType.GoRound;
    public override FloorKind Floor => FloorKind.Round;
}
