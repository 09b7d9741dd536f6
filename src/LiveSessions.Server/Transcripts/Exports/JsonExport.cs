using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveSessions.Server.Transcripts.Exports;

/// <summary>Everything, for archives and programs.</summary>
internal sealed class JsonExport : IExportFormat
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.Create(System.Text.Unicode.UnicodeRanges.All),
    };

    public string Name => "json";
    public string ContentType => "application/json; charset=utf-8";

    public byte[] Write(Export export) => JsonSerializer.SerializeToUtf8Bytes(
        new
        {
            format = "live-sessions-transcript",
            version = 1,
            exportedAt = export.At,
            session = new { id = export.Session.Session, export.Session.Title, export.Session.Programme, export.Session.StartsAt, export.Session.TimeZone },
            note = export.LeftOutWords,
            leftOut = export.LeftOut,
            conversations = export.Conversations.Select(c => new
            {
                c.Conversation.Id,
                c.Conversation.Room,
                c.Conversation.RoomName,
                c.Conversation.ExerciseKey,
                c.Conversation.ExerciseName,
                c.Conversation.Labelled,
                c.Conversation.StartedAt,
                c.Conversation.EndedAt,
                c.Conversation.People,
                c.Conversation.Phases,
                c.Conversation.Columns,
                c.Lines,
            }),
        },
        Options);
}
