using System.Text.Json;
using System.Text.Json.Serialization;

namespace LiveSessions.Log;

// The two shapes around what everybody does, read and written member by member: the serialiser's own way keeps a stack of frames for what lies within them, at half a kilobyte for each.

/// <summary>Every member must be there, and no other.</summary>
internal sealed class ActConverter : JsonConverter<Act>
{
    public override Act Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Within.Start(ref reader);
        string? instance = null;
        long? number = null;
        Command? command = null;
        while (Within.Next(ref reader))
            if (reader.ValueTextEquals("instance"u8))
                instance = Within.Text(ref reader);
            else if (reader.ValueTextEquals("number"u8))
                number = Within.Number(ref reader);
            else if (reader.ValueTextEquals("command"u8))
                command = Within.One<Command>(ref reader, options);
            else
                throw new JsonException("A call has an instance, a number and a command, and nothing else.");
        return instance is not null && number is { } given && command is not null ? new(instance, given, command) : throw new JsonException("A call has an instance, a number and a command.");
    }

    public override void Write(Utf8JsonWriter writer, Act value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("instance"u8, value.Instance);
        writer.WriteNumber("number"u8, value.Number);
        writer.WritePropertyName("command"u8);
        Within.Write(writer, value.Command, options);
        writer.WriteEndObject();
    }
}

/// <summary>What a newer version says besides is passed over (docs/decisions/0026).</summary>
internal sealed class LogEntryConverter : JsonConverter<LogEntry>
{
    public override LogEntry Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        Within.Start(ref reader);
        DateTimeOffset? at = null;
        string? by = null, instance = null;
        long number = 0;
        List<Event>? events = null;
        while (Within.Next(ref reader))
            if (reader.ValueTextEquals("at"u8))
                at = Within.Time(ref reader);
            else if (reader.ValueTextEquals("by"u8))
                by = Within.Text(ref reader);
            else if (reader.ValueTextEquals("instance"u8))
                instance = Within.TextOrNull(ref reader);
            else if (reader.ValueTextEquals("number"u8))
                number = Within.Number(ref reader);
            else if (reader.ValueTextEquals("events"u8))
                events = Events(ref reader, options);
            else
                reader.Skip();
        return at is { } then && Id.IsWellFormed(by) && events is not null ? new(then, new(by!), instance, number, events) : throw new JsonException("An entry has a time, somebody who asked, and events.");
    }

    private static List<Event> Events(ref Utf8JsonReader reader, JsonSerializerOptions options)
    {
        Within.Value(ref reader, JsonTokenType.StartArray);
        var events = new List<Event>(1);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            events.Add(Within.Here<Event>(ref reader, options));
        return events;
    }

    public override void Write(Utf8JsonWriter writer, LogEntry value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteString("at"u8, value.At);
        writer.WriteString("by"u8, value.By.Value);
        if (value.Instance is not null)
            writer.WriteString("instance"u8, value.Instance);
        writer.WriteNumber("number"u8, value.Number);
        writer.WriteStartArray("events"u8);
        for (var i = 0; i < value.Events.Count; i++)
            Within.Write(writer, value.Events[i], options);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

/// <summary>Members of an object, one after the other. Whatever does not fit is a <see cref="JsonException"/>.</summary>
internal static class Within
{
    public static void Start(ref Utf8JsonReader reader) => Expect(ref reader, JsonTokenType.StartObject);

    /// <summary>On to the next member's name.</summary>
    /// <returns>Whether there is one.</returns>
    public static bool Next(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    public static void Value(ref Utf8JsonReader reader, JsonTokenType kind)
    {
        reader.Read();
        Expect(ref reader, kind);
    }

    public static string Text(ref Utf8JsonReader reader)
    {
        Value(ref reader, JsonTokenType.String);
        return Decoded(ref reader);
    }

    public static string? TextOrNull(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        Expect(ref reader, JsonTokenType.String);
        return Decoded(ref reader);
    }

    public static long Number(ref Utf8JsonReader reader)
    {
        Value(ref reader, JsonTokenType.Number);
        return reader.TryGetInt64(out var number) ? number : throw new JsonException("This is no whole number.");
    }

    public static DateTimeOffset Time(ref Utf8JsonReader reader)
    {
        Value(ref reader, JsonTokenType.String);
        return reader.TryGetDateTimeOffset(out var time) ? time : throw new JsonException("This is no time.");
    }

    /// <summary>The member's value, of whatever kind it says.</summary>
    public static T One<T>(ref Utf8JsonReader reader, JsonSerializerOptions options) where T : class
    {
        reader.Read();
        return Here<T>(ref reader, options);
    }

    /// <summary>The value the reader stands at.</summary>
    public static T Here<T>(ref Utf8JsonReader reader, JsonSerializerOptions options) where T : class =>
        reader.TokenType == JsonTokenType.Null ? throw new JsonException("Nothing is here.") : Of<T>(options).Read(ref reader, typeof(T), options) ?? throw new JsonException("Nothing is here.");

    public static void Write<T>(Utf8JsonWriter writer, T value, JsonSerializerOptions options) where T : class => Of<T>(options).Write(writer, value, options);

    private static JsonConverter<T> Of<T>(JsonSerializerOptions options) => (JsonConverter<T>)options.GetTypeInfo(typeof(T)).Converter;

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType kind)
    {
        if (reader.TokenType != kind)
            throw new JsonException($"Here is a {reader.TokenType}, and a {kind} should be.");
    }

    private static string Decoded(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException("This text cannot be read.", e);
        }
    }
}
