using System.Text.Json.Serialization;
using LiveSessions.Log;

namespace LiveSessions.Transcripts;

/// <summary>
/// One conversation of a session: one room's run of one exercise, or the plenary. <see cref="Id"/> is unique in the session
/// (<c>{opening position}-{room}</c>, or <c>plenary</c>).
/// </summary>
/// <param name="People">How many different people were in it.</param>
/// <param name="Phases">The prompts as they were shown, in order.</param>
public sealed record ConversationRecord(
    string Id,
    SessionId Session,
    RoomId Room,
    string RoomName,
    string? ExerciseKey,
    string? ExerciseName,
    string? Labelled,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    int People,
    IReadOnlyList<PhaseRecord> Phases,
    IReadOnlyList<ColumnRecord> Columns);

/// <summary>A prompt as it was shown in one room; times are null while it has not begun or not ended.</summary>
public sealed record PhaseRecord(string Id, string Type, string Prompt, IReadOnlyList<string> FollowUps, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt);

public sealed record ColumnRecord(string Id, string Title);

/// <summary>
/// One line of a transcript: the log told in words. Lines are upserted by <see cref="Id"/>: a note's line changes when the note is edited or moved; earlier wordings
/// stay in <see cref="Earlier"/>, for a correction never erases.
/// </summary>
/// <param name="Id">Unique in the session, stable.</param>
/// <param name="Seq">Position of the log entry that made the line; lines are read in the order of (Seq, Id).</param>
/// <param name="Phase">Id of the phase it belongs to, or null.</param>
/// <param name="Speaker">The name shown, as consented when it was written: a name, a stand-in name, or null for what the room did.</param>
/// <param name="SpeakerKey">The same person within one conversation; never a person's id.</param>
/// <param name="SpeakerRole">The role held at that moment, or null.</param>
/// <param name="WrittenBy">Who wrote it down when that was somebody else, as a name or stand-in name.</param>
/// <param name="Text">Plain words, at most about 2,000 characters; what the log says in a sentence for events.</param>
/// <param name="Form">How a turn was written down; null for other lines.</param>
/// <param name="Column">Column id of a note, or null.</param>
/// <param name="Colour">Name of a note's colour, or null.</param>
/// <param name="StaysInRoom">Held back by its author: reviewers read it, exports leave it out.</param>
/// <param name="MayQuote">Its author allowed quotation.</param>
/// <param name="IsFinal">For a note: it stood on the board at the end and was not taken back.</param>
/// <param name="Earlier">Earlier wordings, oldest first: at most <see cref="Limits.Wordings"/>, the first one and the latest.</param>
public sealed record TranscriptLine(
    string Id,
    long Seq,
    DateTimeOffset At,
    string Conversation,
    string? Phase,
    LineKind Kind,
    string? Speaker,
    string? SpeakerKey,
    string? SpeakerRole,
    string? WrittenBy,
    string Text,
    string? Form,
    string? Column,
    string? Colour,
    bool StaysInRoom,
    bool MayQuote,
    bool IsFinal,
    IReadOnlyList<EarlierWording> Earlier);

/// <param name="Left">How many wordings that followed this one are left out here; the archive's copy of the log has them.</param>
public sealed record EarlierWording(DateTimeOffset At, string Text, int Left = 0);

[JsonConverter(typeof(JsonStringEnumConverter<LineKind>))]
public enum LineKind
{
    /// <summary>A prompt was shown.</summary>
    [JsonStringEnumMemberName("prompt")] Prompt,
    [JsonStringEnumMemberName("turn")] Turn,
    [JsonStringEnumMemberName("pass")] Pass,
    [JsonStringEnumMemberName("note")] Note,
    /// <summary>A note went to another column.</summary>
    [JsonStringEnumMemberName("move")] Move,
    [JsonStringEnumMemberName("poll")] Poll,
    [JsonStringEnumMemberName("role")] Role,
    [JsonStringEnumMemberName("presence")] Presence,
    [JsonStringEnumMemberName("help")] Help,
    [JsonStringEnumMemberName("clock")] Clock,
    [JsonStringEnumMemberName("message")] Message,
}
