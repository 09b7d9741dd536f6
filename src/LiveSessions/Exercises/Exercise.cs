using System.Text.Json.Serialization;

namespace LiveSessions.Exercises;

/// <summary>
/// A conversation exercise as data: phases with minutes and prompts, roles, board columns and polls. Shipped as YAML in <c>Exercises/Templates</c>; the text
/// shown is copied into the log when rooms open, so a record keeps the wording people saw.
/// </summary>
/// <param name="Key">Stable name, lower case with hyphens.</param>
/// <param name="Stream">Its place in the map of dialogue methods: exploration, conflict transformation, decision making, collaborative action, any.</param>
/// <param name="GroupSize">How many people fit in one room.</param>
/// <param name="Minutes">Minutes in all; the phases' minutes sum to it.</param>
/// <param name="FullRun">How it runs when a team does it for real; null when the live form is the real one.</param>
/// <param name="WhenNot">When not to use it.</param>
/// <param name="Roles">Roles in a room, in the order in which they are filled.</param>
/// <param name="Labelled">What its words are marked as in the record (a role play, say), or null.</param>
public sealed record Exercise(
    string Key,
    string Name,
    string Stream,
    string Purpose,
    GroupSize GroupSize,
    int Minutes,
    string? FullRun,
    string? WhenNot,
    IReadOnlyList<ExerciseRole> Roles,
    IReadOnlyList<string> GroundRules,
    IReadOnlyList<Phase> Phases,
    IReadOnlyList<BoardColumn> Board,
    IReadOnlyList<ExercisePoll> Polls,
    IReadOnlyList<string> ObserverList,
    IReadOnlyList<string> NoteFields,
    IReadOnlyList<string> Cases,
    string? Safety,
    string? GroupNote,
    IReadOnlyList<string> Transcript,
    string? Labelled)
{
    /// <summary>People at one table, where a room holds several tables; null where the room is the table.</summary>
    public GroupSize? TableSize { get; init; }

    /// <summary>What to do when the number of people does not divide, or null.</summary>
    public string? OddNumbers { get; init; }
}

/// <summary>People in a room: at least <paramref name="Min"/>, best <paramref name="Ideal"/>, at most <paramref name="Max"/>.</summary>
public sealed record GroupSize(int Min, int Ideal, int Max);

/// <param name="Key">Stable name, such as <c>facilitator</c> or <c>note_taker</c>.</param>
/// <param name="Title">The word on the screen.</param>
/// <param name="Rotates">How often it passes on during the exercise; 0 = it stays.</param>
/// <param name="Hint">What the role does, or null.</param>
public sealed record ExerciseRole(string Key, string Title, int Rotates, string? Hint);

/// <summary>One step of an exercise. The screen says "step".</summary>
/// <param name="Id">Unique in its exercise.</param>
/// <param name="Minutes">Planned length, 1 to 120.</param>
/// <param name="Warn">Notices before the end: <c>half</c>, <c>1m</c>, <c>30s</c>.</param>
/// <param name="Poll">The exercise's poll that opens with a poll phase, or null.</param>
/// <param name="Label">Short name on the step bar, or null for the type's own word.</param>
public sealed record Phase(
    string Id,
    PhaseType Type,
    PhasePlace Where,
    int Minutes,
    string Prompt,
    IReadOnlyList<string> FollowUps,
    IReadOnlyList<string> Warn,
    string? Poll,
    string? Label)
{
    /// <summary>How a report phase shares its time among the teams of a room, or null.</summary>
    public TeamTime? PerTeam { get; init; }

    /// <summary>The same phase with another length; a notice that would now come at its very start or earlier is dropped.</summary>
    public Phase Lasting(int minutes) =>
        this with { Minutes = minutes, Warn = Warn.Where(notice => notice != "1m" || minutes > 1).ToList() };
}

/// <summary>Minutes for one team's report: to present, for questions, to change over.</summary>
public sealed record TeamTime(int Present, int Questions, int Change);

/// <summary>The ten kinds of phase; what differs between them lives in <c>Conversation/Phases</c>, one file each.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PhaseType>))]
public enum PhaseType
{
    [JsonStringEnumMemberName("frame")] Frame,
    [JsonStringEnumMemberName("silent")] Silent,
    [JsonStringEnumMemberName("goRound")] GoRound,
    [JsonStringEnumMemberName("open")] Open,
    [JsonStringEnumMemberName("rotate")] Rotate,
    [JsonStringEnumMemberName("merge")] Merge,
    [JsonStringEnumMemberName("report")] Report,
    [JsonStringEnumMemberName("poll")] Poll,
    [JsonStringEnumMemberName("boardSort")] BoardSort,
    [JsonStringEnumMemberName("closing")] Closing,
}

/// <summary>Where a phase is meant to happen; a hint for the facilitator, told on the screen.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PhasePlace>))]
public enum PhasePlace
{
    [JsonStringEnumMemberName("plenary")] Plenary,
    [JsonStringEnumMemberName("room")] Room,
    [JsonStringEnumMemberName("pair")] Pair,
    [JsonStringEnumMemberName("four")] Four,
    [JsonStringEnumMemberName("solo")] Solo,
    [JsonStringEnumMemberName("table")] Table,
}

/// <summary>A place for notes. The id is stable; the title may be translated.</summary>
public sealed record BoardColumn(string Id, string Title);

/// <summary>A poll that belongs to an exercise.</summary>
/// <param name="Kind">single, multi, scale, text, dots or rag.</param>
/// <param name="Options">
/// The choices of single, multi and dots (none for dots over the room's own notes); the five words beside 1 to 5 of a scale, or none; green, amber and red in words for rag; none for text.
/// </param>
/// <param name="Votes">Votes each, for dots.</param>
/// <param name="Per">What it is asked per (a clause, a theme, a learning outcome), or null.</param>
public sealed record ExercisePoll(string Id, string Kind, string Question, IReadOnlyList<string> Options, int Votes, string? Per);
