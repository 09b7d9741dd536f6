using System.Buffers;
using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using LiveSessions.Log;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>JSON that is already written: rendered once, sent to many. It may lie in pieces, of which others have some too.</summary>
[JsonConverter(typeof(RawJsonConverter))]
public readonly record struct RawJson(ReadOnlySequence<byte> Utf8)
{
    public RawJson(byte[] utf8) : this(new ReadOnlySequence<byte>(utf8)) { }

    public byte[] ToArray() => Utf8.ToArray();
}

/// <summary>Writes it as it is; nobody sends it to us.</summary>
public sealed class RawJsonConverter : JsonConverter<RawJson>
{
    public override RawJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new JsonException("Raw JSON is only sent.");
    public override void Write(Utf8JsonWriter writer, RawJson value, JsonSerializerOptions options) => writer.WriteRawValue(value.Utf8, skipInputValidation: true);
}

[JsonSerializable(typeof(RawJson))]
public sealed partial class RawJsonTypes : JsonSerializerContext;

/// <summary>Views as bytes, and the messages that carry them.</summary>
internal static class WireBytes
{
    public static byte[] Of(View view) => JsonSerializer.SerializeToUtf8Bytes(view, Json.Options);

    public static byte[] Changes(IEnumerable<KeyValuePair<string, byte[]?>> changes) => Write(writer => WriteChanges(writer, changes));

    /// <summary>Changes as a JSON string: as <see cref="Tables"/>, raw-deflated, in base64.</summary>
    public static byte[] Pack(IEnumerable<KeyValuePair<string, byte[]?>> changes)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(Write(writer => Tables.Write(writer, changes)));
        var text = new byte[Base64.GetMaxEncodedToUtf8Length((int)packed.Length) + 2];
        Base64.EncodeToUtf8(packed.GetBuffer().AsSpan(0, (int)packed.Length), text.AsSpan(1), out _, out var written);
        (text[0], text[written + 1]) = ((byte)'"', (byte)'"');
        return text[..(written + 2)];
    }

    /// <summary>How many bytes changes take at least: their names and views, without what stands between them.</summary>
    public static long LeastOf(Dictionary<string, byte[]?> changes)
    {
        var least = 0L;
        foreach (var (key, view) in changes)
            least += key.Length + (view?.Length ?? 0);
        return least;
    }

    public static byte[] Show(string audience, long after, long upTo, Dictionary<string, byte[]?> changes) => Write(writer =>
    {
        StartShow(writer, audience, after, upTo);
        writer.WritePropertyName("changes");
        WriteChanges(writer, changes);
        writer.WriteEndObject();
    });

    /// <summary>The answer to a call, as SignalR's JSON protocol frames it.</summary>
    public static void WriteAnswer(IBufferWriter<byte> output, string call, Answer answer)
    {
        var writer = _answers ??= new(output, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(output);
        writer.WriteStartObject();
        writer.WriteNumber("type"u8, HubProtocolConstants.CompletionMessageType);
        writer.WriteString("invocationId"u8, call);
        writer.WriteStartObject("result"u8);
        writer.WriteString("kind"u8, answer.Kind);
        if (answer.Position is { } position)
            writer.WriteNumber("position"u8, position);
        if (answer.Reason is { } reason)
            writer.WriteString("reason"u8, reason);
        if (answer.Words is { } words)
            writer.WriteString("words"u8, words);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.Flush();
        output.Write(Frame);
    }

    /// <summary>A message that carries JSON, as SignalR's JSON protocol frames it.</summary>
    /// <param name="target">The method it calls: a plain word.</param>
    public static byte[] Framed(string target, RawJson json)
    {
        var framed = new byte[Before.Length + target.Length + Between.Length + json.Utf8.Length + After.Length];
        var rest = framed.AsSpan();
        Before.CopyTo(rest);
        rest = rest[Before.Length..];
        rest = rest[Encoding.ASCII.GetBytes(target, rest)..];
        Between.CopyTo(rest);
        rest = rest[Between.Length..];
        json.Utf8.CopyTo(rest);
        After.CopyTo(rest[(int)json.Utf8.Length..]);
        return framed;
    }

    private static ReadOnlySpan<byte> Before => "{\"type\":1,\"target\":\""u8;
    private static ReadOnlySpan<byte> Between => "\",\"arguments\":["u8;
    private static ReadOnlySpan<byte> After => "]}\u001e"u8;

    /// <summary>What ends a message of SignalR's JSON protocol.</summary>
    public static ReadOnlySpan<byte> Frame => [0x1e];

    /// <param name="packed">All of its changes, as <see cref="Pack"/> makes them.</param>
    public static byte[] PackedShow(string audience, long after, long upTo, byte[] packed) => Write(writer =>
    {
        StartShow(writer, audience, after, upTo);
        writer.WriteStartArray("packed");
        writer.WriteRawValue(packed, skipInputValidation: true);
        writer.WriteEndArray();
        writer.WriteStartArray("changes");
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    private static void StartShow(Utf8JsonWriter writer, string audience, long after, long upTo)
    {
        writer.WriteStartObject();
        writer.WriteString("audience", audience);
        writer.WriteNumber("after", after);
        writer.WriteNumber("upTo", upTo);
    }

    /// <summary>In pieces: what others are told too is not copied for each.</summary>
    public static RawJson Snapshot(SessionId session, PersonId person, bool isStaff, long head, long archived, DateTimeOffset now, IEnumerable<AudienceBytes> audiences)
    {
        var pieces = new Pieces();
        pieces.Add(Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("session", session.Value);
            writer.WriteString("person", person.Value);
            writer.WriteBoolean("isStaff", isStaff);
            writer.WriteNumber("head", head);
            writer.WriteNumber("archived", archived);
            writer.WriteString("now", now);
            writer.WritePropertyName("audiences");
        }));
        var comma = "["u8.ToArray();
        foreach (var (audience, upTo, whole, changes, packed) in audiences)
        {
            pieces.Add(comma);
            comma = Comma;
            pieces.Add(Write(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("audience", audience);
                writer.WriteNumber("upTo", upTo);
                writer.WriteBoolean("whole", whole);
                writer.WritePropertyName(packed is null ? "changes" : "packed");
            }));
            if (packed is not null)
            {
                var before = "["u8.ToArray();
                foreach (var part in packed)
                {
                    pieces.Add(before);
                    before = Comma;
                    pieces.Add(part);
                }
                pieces.Add(ChangesAfter);
            }
            pieces.Add(changes);
            pieces.Add(End);
        }
        pieces.Add(comma == Comma ? EndAll : NoneAtAll);
        return new(pieces.Whole);
    }

    private static readonly byte[] Comma = ","u8.ToArray(), ChangesAfter = "],\"changes\":"u8.ToArray(), End = "}"u8.ToArray(), EndAll = "]}"u8.ToArray(), NoneAtAll = "[]}"u8.ToArray();

    /// <summary>Byte arrays one behind the other.</summary>
    private sealed class Pieces
    {
        private Piece? _first, _last;

        public void Add(byte[] bytes)
        {
            _last = new(bytes, _last);
            _first ??= _last;
        }

        public ReadOnlySequence<byte> Whole => new(_first!, 0, _last!, _last!.Memory.Length);

        private sealed class Piece : ReadOnlySequenceSegment<byte>
        {
            public Piece(byte[] bytes, Piece? before)
            {
                Memory = bytes;
                if (before is null)
                    return;
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }

    /// <summary>A thread's buffer that grew beyond this is let go.</summary>
    private const int MostKept = 256 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    [ThreadStatic]
    private static Utf8JsonWriter? _answers;

    private static void WriteChanges(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, byte[]?>> changes)
    {
        writer.WriteStartArray();
        foreach (var (key, view) in changes)
            WriteChange(writer, key, view);
        writer.WriteEndArray();
    }

    public static void WriteChange(Utf8JsonWriter writer, string key, byte[]? view)
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

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = _buffer ??= new(4_096);
        buffer.ResetWrittenCount();
        var writer = _writer ??= new(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(buffer);
        write(writer);
        writer.Flush();
        var written = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > MostKept)
            (_buffer, _writer) = (null, null);
        return written;
    }
}
