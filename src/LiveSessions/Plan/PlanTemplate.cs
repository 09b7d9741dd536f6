using System.Text.Json.Serialization;
using LiveSessions.Exercises;

namespace LiveSessions.Plan;

/// <summary>
/// A session's hour as data, before it has a date: blocks in order, with what is said. Shipped as YAML in <c>Plan/Templates</c>; a session made from it keeps its own copy.
/// </summary>
/// <param name="Key">Stable name, lower case with hyphens.</param>
/// <param name="Name">The session's title unless the host chooses another.</param>
/// <param name="Programme">What the session is a part of.</param>
/// <param name="Minutes">Minutes in all; the blocks' minutes sum to it.</param>
public sealed record PlanTemplate(string Key, string Name, string Programme, int Minutes, IReadOnlyList<PlanBlock> Blocks);

/// <summary>One part of the hour.</summary>
/// <param name="Id">Unique in its plan; an id of the log.</param>
/// <param name="Minutes">Planned length, 1 to 120.</param>
/// <param name="Text">What everybody sees while the block runs, or null. May have several paragraphs.</param>
/// <param name="Script">What the staff alone see: what to say and do, or null. May have several paragraphs.</param>
/// <param name="ExerciseKey">The exercise that a rooms block opens; null for every other kind.</param>
/// <param name="PhaseMinutes">
/// For a rooms block: minutes by phase id that replace the exercise's own; 0 leaves the phase out. Null or absent phases keep their minutes.
/// </param>
/// <param name="Poll">The block's poll; always there for a poll block, never for a rooms block.</param>
public sealed record PlanBlock(
    string Id,
    string Title,
    BlockKind Kind,
    int Minutes,
    string? Text = null,
    string? Script = null,
    string? ExerciseKey = null,
    IReadOnlyDictionary<string, int>? PhaseMinutes = null,
    PlanPoll? Poll = null)
{
    /// <summary>The exercise as this block runs it: its minutes replaced where the block says so, without the phases that it leaves out.</summary>
    public Exercise Fit(Exercise exercise)
    {
        var phases = exercise.Phases
            .Select(phase => PhaseMinutes is not null && PhaseMinutes.TryGetValue(phase.Id, out var minutes) ? phase.Lasting(minutes) : phase)
            .Where(phase => phase.Minutes > 0)
            .ToList();
        return exercise with { Phases = phases, Minutes = (int)Math.Min(int.MaxValue, phases.Sum(phase => (long)phase.Minutes)) };
    }
}

/// <summary>A poll for everybody, asked in a block.</summary>
/// <param name="Results">When people see how it stands.</param>
/// <param name="Anonymous">True when nobody, staff included, sees who answered what.</param>
public sealed record PlanPoll(ExercisePoll Poll, PollResults Results, bool Anonymous);

/// <summary>When the result of a poll is shown to those who answer it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PollResults>))]
public enum PollResults
{
    /// <summary>While it is open. For facts, where seeing the others does no harm.</summary>
    [JsonStringEnumMemberName("live")] Live,

    /// <summary>Once it is closed. For judgements, which the first answers would sway.</summary>
    [JsonStringEnumMemberName("atClose")] AtClose,
}

/// <summary>What happens in a block.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BlockKind>))]
public enum BlockKind
{
    /// <summary>Everybody together, somebody speaks.</summary>
    [JsonStringEnumMemberName("talk")] Talk,
    [JsonStringEnumMemberName("poll")] Poll,

    /// <summary>People are in rooms, with an exercise.</summary>
    [JsonStringEnumMemberName("rooms")] Rooms,

    /// <summary>Everybody together, the rooms are heard.</summary>
    [JsonStringEnumMemberName("report")] Report,
    [JsonStringEnumMemberName("close")] Close,
}
