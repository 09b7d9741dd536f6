using LiveSessions.Log;

namespace LiveSessions.Histories;

/// <summary>What a run left behind, to be judged.</summary>
/// <param name="Log">The session's whole log as it stands at the end, entry by entry.</param>
/// <param name="Archive">What the archive holds at the end; null when it is not to be judged.</param>
public sealed record Evidence(SessionId Session, IReadOnlyList<LogEntry> Log, IReadOnlyList<ClientHistory> Clients, ArchiveEvidence? Archive = null);

/// <param name="UpTo">The position that the archive says it has come to.</param>
/// <param name="Entries">Its copied entries as JSON, by position.</param>
/// <param name="Lines">The words of its lines, by id; null when they are not to be judged.</param>
public sealed record ArchiveEvidence(long UpTo, IReadOnlyList<KeyValuePair<long, string>> Entries, IReadOnlyDictionary<string, string>? Lines);

/// <summary>The names of the checks, as violations carry them.</summary>
public static class Checks
{
    /// <summary>Every entry can have happened after those before it.</summary>
    public const string Foldable = "the log can be folded";

    /// <summary>Every acknowledged command is in the log exactly once, where the answer said; every answer to one command says the same.</summary>
    public const string AckedOnce = "acked exactly once";

    /// <summary>A command whose answer never came is in the log at most once; a refused one is not; and no entry is there that nobody asked for.</summary>
    public const string UnknownAtMostOnce = "unknown at most once";

    /// <summary>A client's positions are contiguous and rise, across all its connections.</summary>
    public const string Positions = "positions";

    /// <summary>What was acknowledged before something else was first sent stands before it.</summary>
    public const string RealTime = "real-time order";

    /// <summary>No snapshot is older than one's own last acknowledgement.</summary>
    public const string OwnAcks = "snapshots hold one's own acks";

    /// <summary>Everybody's views are the log folded and rendered for them.</summary>
    public const string Views = "views equal the log";

    /// <summary>The archive's rows are the log's.</summary>
    public const string Archive = "archive equals the log";

    /// <summary>At every position everybody who takes part is in exactly one place.</summary>
    public const string Rooms = "nobody in limbo";

    /// <summary>One ballot each, and none after the poll closed.</summary>
    public const string Votes = "one person, one vote";

    /// <summary>No entry is earlier than the one before it.</summary>
    public const string Times = "time goes on";

    public static IReadOnlyList<string> All { get; } = [Foldable, Times, AckedOnce, UnknownAtMostOnce, Positions, RealTime, OwnAcks, Views, Archive, Rooms, Votes];
}

/// <summary>Something that cannot be if the promises hold.</summary>
/// <param name="Check">One of <see cref="Checks"/>.</param>
/// <param name="Context">What happened around it, a line each.</param>
public sealed record Violation(string Check, string What, IReadOnlyList<string> Context)
{
    public override string ToString() => $"{Check}: {What}" + string.Concat(Context.Select(c => $"\n    {c}"));
}
