using LiveSessions.Log;

namespace LiveSessions.Server.Transcripts;

/// <summary>A dated right to read one session's transcripts.</summary>
public sealed class Grant
{
    public required string Id { get; init; }
    public required SessionId Session { get; init; }

    /// <summary>The reviewer's account id.</summary>
    public required string Account { get; init; }

    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset Until { get; init; }
    public required bool MayExport { get; init; }
    public required string GivenBy { get; init; }
    public DateTimeOffset? RevokedAt { get; set; }
}

/// <summary>Who did what to which record, when. Never a name, a word or a token. See <see cref="AuditTrail"/> for the chain.</summary>
public sealed class AuditRow
{
    /// <summary>1, 2, 3 ... without a gap.</summary>
    public required long Seq { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Account id, person id, or <c>system</c>.</summary>
    public required string Who { get; init; }

    public required string What { get; init; }

    /// <summary>Ids, separated by a slash.</summary>
    public required string Which { get; init; }

    public required byte[] Hash { get; init; }
}

/// <summary>One entry of a session's log, copied.</summary>
public sealed class ArchiveEntry
{
    public required SessionId Session { get; init; }
    public required string Epoch { get; init; }
    public required long Seq { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Json { get; set; }
}

/// <summary>How far a session's log is copied, and the rolling hash of all that was copied.</summary>
public sealed class ArchivePosition
{
    public required SessionId Session { get; init; }
    public required string Epoch { get; init; }

    /// <summary>So many entries are here: positions 0 to UpTo - 1.</summary>
    public required long UpTo { get; set; }

    public required byte[] Hash { get; set; }
}

/// <summary>A <see cref="LiveSessions.Transcripts.ConversationRecord"/> at rest.</summary>
public sealed class ConversationRow
{
    public required SessionId Session { get; init; }
    public required string Id { get; init; }
    public required RoomId Room { get; init; }
    public required string RoomName { get; init; }
    public string? ExerciseKey { get; init; }
    public string? ExerciseName { get; init; }
    public string? Labelled { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public required int People { get; init; }

    /// <summary>JSON list of phase records.</summary>
    public required string Phases { get; init; }

    /// <summary>JSON list of column records.</summary>
    public required string Columns { get; init; }
}

/// <summary>A <see cref="LiveSessions.Transcripts.TranscriptLine"/> at rest.</summary>
public sealed class LineRow
{
    /// <summary>The store's own number, which the full-text index refers to.</summary>
    public long Row { get; init; }

    public required SessionId Session { get; init; }
    public required string Id { get; init; }
    public required long Seq { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Conversation { get; init; }
    public string? Phase { get; init; }
    public required string Kind { get; init; }
    public string? Speaker { get; init; }
    public string? SpeakerKey { get; init; }
    public string? SpeakerRole { get; init; }
    public string? WrittenBy { get; init; }
    public required string Text { get; init; }
    public string? Form { get; init; }
    public string? Column { get; init; }
    public string? Colour { get; init; }
    public required bool StaysInRoom { get; init; }
    public required bool MayQuote { get; init; }
    public required bool IsFinal { get; init; }

    /// <summary>JSON list of earlier wordings.</summary>
    public required string Earlier { get; init; }

    /// <summary>The text's words as <see cref="SearchWords"/> folds them, so that both databases search alike.</summary>
    public required string Words { get; init; }
}
