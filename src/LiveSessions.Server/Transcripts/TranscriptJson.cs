using System.Text.Json;
using System.Text.Json.Serialization;
using LiveSessions.Log;
using LiveSessions.Transcripts;

namespace LiveSessions.Server.Transcripts;

/// <summary>How the nested parts of a transcript are written in a column.</summary>
internal static class TranscriptJson
{
    public static string Write(IReadOnlyList<PhaseRecord> phases) => JsonSerializer.Serialize(phases, TranscriptJsonContext.Default.IReadOnlyListPhaseRecord);

    public static string Write(IReadOnlyList<ColumnRecord> columns) => JsonSerializer.Serialize(columns, TranscriptJsonContext.Default.IReadOnlyListColumnRecord);

    public static string Write(IReadOnlyList<EarlierWording> earlier) => JsonSerializer.Serialize(earlier, TranscriptJsonContext.Default.IReadOnlyListEarlierWording);

    public static string NameOf(LineKind kind) => JsonSerializer.Serialize(kind, TranscriptJsonContext.Default.LineKind).Trim('"');

    public static ConversationRecord Read(ConversationRow row) => new(
        row.Id, row.Session, row.Room, row.RoomName, row.ExerciseKey, row.ExerciseName, row.Labelled, row.StartedAt, row.EndedAt, row.People,
        JsonSerializer.Deserialize(row.Phases, TranscriptJsonContext.Default.IReadOnlyListPhaseRecord)!,
        JsonSerializer.Deserialize(row.Columns, TranscriptJsonContext.Default.IReadOnlyListColumnRecord)!);

    public static TranscriptLine Read(LineRow row) => new(
        row.Id, row.Seq, row.At, row.Conversation, row.Phase, KindOf(row.Kind), row.Speaker, row.SpeakerKey, row.SpeakerRole, row.WrittenBy, row.Text,
        row.Form, row.Column, row.Colour, row.StaysInRoom, row.MayQuote, row.IsFinal,
        JsonSerializer.Deserialize(row.Earlier, TranscriptJsonContext.Default.IReadOnlyListEarlierWording)!);

    private static LineKind KindOf(string name) => JsonSerializer.Deserialize($"\"{name}\"", TranscriptJsonContext.Default.LineKind);
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(IReadOnlyList<PhaseRecord>))]
[JsonSerializable(typeof(IReadOnlyList<ColumnRecord>))]
[JsonSerializable(typeof(IReadOnlyList<EarlierWording>))]
[JsonSerializable(typeof(LineKind))]
internal sealed partial class TranscriptJsonContext : JsonSerializerContext;
