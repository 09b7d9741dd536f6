using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveSessions.Log;

/// <summary>
/// A name that something keeps for good: 1 to 40 letters, digits, <c>-</c> or <c>_</c>. Ids are made by whoever asks (a browser, the server) and come
/// with the command, so that a resend means the same thing. An id is never proof of a right.
/// </summary>
public interface IId<TSelf> where TSelf : struct, IId<TSelf>
{
    string Value { get; }

    static abstract TSelf Of(string value);
}

[JsonConverter(typeof(IdConverter<SessionId>))]
public readonly record struct SessionId(string Value) : IId<SessionId>
{
    public static SessionId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<PersonId>))]
public readonly record struct PersonId(string Value) : IId<PersonId>
{
    /// <summary>The server itself: deadlines, presence, roster.</summary>
    public static PersonId System { get; } = new("system");
    public static PersonId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<TeamId>))]
public readonly record struct TeamId(string Value) : IId<TeamId>
{
    public static TeamId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<BlockId>))]
public readonly record struct BlockId(string Value) : IId<BlockId>
{
    public static BlockId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<RoomId>))]
public readonly record struct RoomId(string Value) : IId<RoomId>
{
    /// <summary>Where everybody is who is in no other room.</summary>
    public static RoomId Plenary { get; } = new("plenary");
    public static RoomId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<PollId>))]
public readonly record struct PollId(string Value) : IId<PollId>
{
    public static PollId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<NoteId>))]
public readonly record struct NoteId(string Value) : IId<NoteId>
{
    public static NoteId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<TurnId>))]
public readonly record struct TurnId(string Value) : IId<TurnId>
{
    public static TurnId Of(string value) => new(value);
    public override string ToString() => Value;
}

[JsonConverter(typeof(IdConverter<HelpId>))]
public readonly record struct HelpId(string Value) : IId<HelpId>
{
    public static HelpId Of(string value) => new(value);
    public override string ToString() => Value;
}

/// <summary>What an id may look like.</summary>
public static class Id
{
    public const int MaxLength = 40;

    public static bool IsWellFormed(string? value)
    {
        if (string.IsNullOrEmpty(value) || value.Length > MaxLength)
            return false;
        foreach (var c in value)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
                return false;
        return true;
    }
}

/// <summary>Ids travel as plain strings; a malformed one is refused while reading, so no rule ever sees it.</summary>
public sealed class IdConverter<T> : JsonConverter<T> where T : struct, IId<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Checked(reader.TokenType == JsonTokenType.String ? reader.GetString() : null);
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Checked(reader.GetString());
    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(value.Value);

    private static T Checked(string? value) =>
        Id.IsWellFormed(value) ? T.Of(value!) : throw new JsonException("An id is 1 to 40 letters, digits, '-' or '_'.");
}
