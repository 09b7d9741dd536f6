using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace LiveSessions.Log;

/// <summary>
/// One way to write everything as JSON: camelCase, closed contracts (an unknown member is refused), nulls left out. Events, and what a page says of itself, are open: another version may have written them.
/// </summary>
public static class Json
{
    public static JsonSerializerOptions Options { get; } = Make();

    /// <summary>Puts the same rules on options owned by somebody else (SignalR's protocol, say).</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowOutOfOrderMetadataProperties = true;
        options.RespectNullableAnnotations = true;
        options.RespectRequiredConstructorParameters = false;
        options.MaxDepth = 16;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.TypeInfoResolver = JsonTypes.Default.WithAddedModifier(NothingMissing).WithAddedModifier(EventsMayGrow);
    }

    /// <summary>A command must say everything that has no meaning when it is left out, so that no rule meets a missing value. Stored events may grow, so they are not held to this.</summary>
    private static void NothingMissing(JsonTypeInfo type)
    {
        if (!type.Type.IsAssignableTo(typeof(Command)) && type.Type != typeof(Polls.Ballot) && type.Type != typeof(Polls.PollSpec))
            return;
        foreach (var property in type.Properties)
            property.IsRequired = Nullable.GetUnderlyingType(property.PropertyType) is null && (property.PropertyType.IsValueType || !property.IsSetNullable);
    }

    /// <summary>
    /// While servers are replaced, two versions read one log: what the newer one says of an event and is not known here is passed over (docs/decisions/0026). A command stays closed, for nobody may be
    /// told that something was saved which was not understood.
    /// </summary>
    private static void EventsMayGrow(JsonTypeInfo type)
    {
        if (type.Kind == JsonTypeInfoKind.Object && type.Type.IsAssignableTo(typeof(Event)))
            type.UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip;
    }

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions();
        Configure(options);
        options.MakeReadOnly();
        return options;
    }
}

/// <summary>Source-generated serialisers for everything stored or sent.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(LogEntry))]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(Event))]
[JsonSerializable(typeof(View))]
[JsonSerializable(typeof(Answer))]
[JsonSerializable(typeof(Enter))]
[JsonSerializable(typeof(Act))]
[JsonSerializable(typeof(Resume))]
[JsonSerializable(typeof(Glimpse))]
[JsonSerializable(typeof(Glimpsed))]
[JsonSerializable(typeof(Show))]
[JsonSerializable(typeof(Snapshot))]
[JsonSerializable(typeof(Heads))]
[JsonSerializable(typeof(Dismissed))]
[JsonSerializable(typeof(Leaving))]
[JsonSerializable(typeof(Transcripts.TranscriptLine))]
[JsonSerializable(typeof(Transcripts.ConversationRecord))]
public sealed partial class JsonTypes : JsonSerializerContext;
