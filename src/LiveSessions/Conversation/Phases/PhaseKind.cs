using LiveSessions.Exercises;

namespace LiveSessions.Conversation.Phases;

/// <summary>What differs between the ten kinds of phase. A kind is one file here and one line in the table.</summary>
public abstract class PhaseKind
{
    private static readonly Dictionary<PhaseType, PhaseKind> All = new PhaseKind[]
    {
        new FramePhase(), new SilentPhase(), new GoRoundPhase(), new OpenPhase(), new RotatePhase(), new MergePhase(), new ReportPhase(), new PollPhase(), new BoardSortPhase(), new ClosingPhase(),
    }.ToDictionary(k => k.Type);

    public static PhaseKind Of(PhaseType type) => All[type];

    public abstract PhaseType Type { get; }

    /// <summary>Notes written now are hidden from others until the step is over.</summary>
    public virtual bool HidesNotes => false;

    /// <summary>What is said may be written down now.</summary>
    public virtual bool TakesTurns => true;

    /// <summary>How the floor goes round.</summary>
    public virtual FloorKind Floor => FloorKind.None;

    /// <summary>Roles pass on when it begins.</summary>
    public virtual bool RotatesRoles => false;

    /// <summary>Rooms come together in twos when it begins.</summary>
    public virtual bool MergesRooms => false;

    /// <summary>The exercise's poll opens in the room with it and closes after it.</summary>
    public virtual bool OpensPoll => false;
}
