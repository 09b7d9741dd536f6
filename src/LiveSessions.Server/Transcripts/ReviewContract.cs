using LiveSessions.Transcripts;

namespace LiveSessions.Server.Transcripts;

/// <summary>A session whose conversations the caller may read.</summary>
/// <param name="Lines">Turns and notes in all.</param>
public record ReviewSession(
    string Session, string Title, string? Programme, DateTimeOffset StartsAt, string TimeZone, DateTimeOffset RetentionUntil, bool MayExport, int Conversations, int Lines);

/// <summary>The session with its rooms: prompts by rooms, each with its count.</summary>
public sealed record ReviewDetail(
    string Session, string Title, string? Programme, DateTimeOffset StartsAt, string TimeZone, DateTimeOffset RetentionUntil, bool MayExport, int Conversations, int Lines,
    IReadOnlyList<ReviewConversation> Rooms) : ReviewSession(Session, Title, Programme, StartsAt, TimeZone, RetentionUntil, MayExport, Conversations, Lines);

/// <param name="Counts">Turns and notes by phase id; a phase with none is left out.</param>
public sealed record ReviewConversation(
    string Id, string Room, string RoomName, string? ExerciseKey, string? ExerciseName, string? Labelled, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, int People,
    IReadOnlyList<PhaseRecord> Phases, IReadOnlyList<ColumnRecord> Columns, IReadOnlyDictionary<string, int> Counts);

/// <summary>One conversation, told from beginning to end.</summary>
public sealed record ConversationReading(ReviewConversation Conversation, IReadOnlyList<TranscriptLine> Lines);

/// <param name="Total">How many lines were found; <paramref name="Hits"/> holds the first of them.</param>
/// <param name="Conversations">In how many conversations.</param>
public sealed record SearchResult(int Total, int Conversations, IReadOnlyList<SearchHit> Hits);

/// <param name="Parts">The words around, in pieces to be put side by side; those found are marked.</param>
public sealed record SearchHit(
    string Session, string SessionTitle, string Conversation, string RoomName, string Line, string Kind, DateTimeOffset At, string? Phase, string? Speaker, IReadOnlyList<SearchPart> Parts);

public sealed record SearchPart(string Text, bool Found);
