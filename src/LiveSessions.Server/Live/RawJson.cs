using System.Text.Json;
using System.Text.Json.Serialization;
using LiveSessions.Log;

namespace LiveSessions.Server.Live;

/// <summary>JSON that is already written: rendered once, sent to many.</summary>
[JsonConverter(typeof(RawJsonConverter))]
public readonly record struct RawJson(ReadOnlyMemory<byte> Utf8);

/// <summary>Writes it as it is; nobody sends it to us.</summary>
public sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new JsonException("Raw JSON is only sent.");
    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);
}

[JsonSerializable(typeof(RawJson))]
public sealed partial class RawJsonTypes : JsonSerializerContext;

/// <summary>Views as bytes, and the messages that carry them.</summary>
internal static class WireBytes
{
    public static byte[] Of(View view) => JsonSerializer.SerializeToUtf8Bytes(view, Json.Options);

    public static byte[] Changes(IEnumerable<KeyValuePair<string, byte[]?>> changes) => Write(writer => WriteChanges(writer, changes));

    public static byte[] Show(string audience, long after, long upTo, IEnumerable<KeyValuePair<string, byte[]?>> changes) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("audience", audience);
        writer.WriteNumber("after", after);
        writer.WriteNumber("upTo", upTo);
        writer.WritePropertyName("changes");
        WriteChanges(writer, changes);
        writer.WriteEndObject();
    });

    public static byte[] Snapshot(SessionId session, PersonId person, bool isStaff, long head, long archived, DateTimeOffset now, IEnumerable<AudienceBytes> audiences) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("session", session.Value);
        writer.WriteString("person", person.Value);
        writer.WriteBoolean("isStaff", isStaff);
        writer.WriteNumber("head", head);
        writer.WriteNumber("archived", archived);
        writer.WriteString("now", now);
        writer.WriteStartArray("audiences");
        foreach (var (audience, upTo, whole, changes, packed) in audiences)
        {
            writer.WriteStartObject();
            writer.WriteString("audience", audience);
            writer.WriteNumber("upTo", upTo);
            writer.WriteBoolean("whole", whole);
            if (packed is not null)
            {
                writer.WritePropertyName("packed");
                writer.WriteRawValue(packed, skipInputValidation: true);
            }
            writer.WritePropertyName("changes");
            writer.WriteRawValue(changes, skipInputValidation: true);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void WriteChanges(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, byte[]?>> changes)
    {
        writer.WriteStartArray();
        foreach (var (key, view) in changes)
        {
            writer.WriteStartObject();
            writer.WriteString("key", key);
            if (view is null)
            {
                writer.WriteNull("view");
            }
            else
            {
                writer.WritePropertyName("view");
                writer.WriteRawValue(view, skipInputValidation: true);
            }
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }
}
