namespace LiveSessions.Simulation;

/// <summary>
/// What the log or the network of a simulation does that no real one may: for the controls, which show that every check can fail. The product knows nothing of it.
/// </summary>
internal sealed record Twist
{
    public static Twist None { get; } = new();

    /// <summary>Entries are read without their commands' marks, so a resend on another node is taken for new.</summary>
    public bool ForgetsMarks { get; init; }

    /// <summary>Appends whatever length the node claims.</summary>
    public bool NoGuard { get; init; }

    /// <summary>Acknowledges some appends that it does not keep.</summary>
    public bool LosesAppends { get; init; }

    /// <summary>Loses what was written last when a node dies, as a disk without fsync may when the power goes.</summary>
    public bool ForgetsLast { get; init; }

    /// <summary>When the log comes back without its last entries no node has them any more.</summary>
    public bool NobodyHasThem { get; init; }

    /// <summary>Nodes do not wait for one another when the log is back.</summary>
    public bool NobodyWaits { get; init; }

    public bool KeepsTwice { get; init; }
    public bool WritesInTheMiddle { get; init; }
    public bool SeatsPeopleTwice { get; init; }

    /// <summary>Nobody is told once a second how long the log is.</summary>
    public bool NoHeads { get; init; }

    /// <summary>Nodes never look at the log by themselves, and no hint arrives.</summary>
    public bool NoHintsNoLooks { get; init; }

    /// <summary>A message on the way loses one of its changes.</summary>
    public bool LosesChanges { get; init; }

    /// <summary>A message on the way says that nothing came before it.</summary>
    public bool HidesHoles { get; init; }

    /// <summary>Some entries are read cut short.</summary>
    public bool Garbles { get; init; }

    /// <summary>Deciding fails now and then, as a rule with a mistake in it would.</summary>
    public bool RulesFail { get; init; }

    /// <summary>Reads do not see the last entries.</summary>
    public bool ReadsAreOld { get; init; }

    /// <summary>Some commands that were accepted are answered with a refusal.</summary>
    public bool SaysRefused { get; init; }

    /// <summary>Entries are not read as they were written, or not written as they were asked for.</summary>
    public bool AltersEntries => ForgetsMarks || SeatsPeopleTwice || KeepsTwice || WritesInTheMiddle || Garbles;

    /// <summary>Some calls get no answer on a wire that stays whole.</summary>
    public bool LosesAnswers { get; init; }
}
