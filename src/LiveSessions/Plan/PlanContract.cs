using System.Text.Json.Serialization;
using LiveSessions.Log;

namespace LiveSessions.Plan;

/// <summary>One block of a session's plan as it was when the session was made.</summary>
/// <param name="Kind"><c>talk</c>, <c>poll</c>, <c>rooms</c>, <c>report</c> or <c>close</c>.</param>
/// <param name="Minutes">1 to 240.</param>
/// <param name="Text">What everybody reads, or null.</param>
/// <param name="Script">What only the staff reads, or null.</param>
/// <param name="Poll">The poll that belongs to the block, or null.</param>
public sealed record PlannedBlock(BlockId Id, string Title, string Kind, int Minutes, string? Text, string? Script, PlannedPoll? Poll);

/// <summary>A poll prepared with the plan.</summary>
/// <param name="Kind">single, multi, scale, text, dots or rag.</param>
/// <param name="ResultsLive">True: results show while people answer. False: at closing.</param>
public sealed record PlannedPoll(PollId Poll, string Kind, string Question, IReadOnlyList<string> Options, int Votes, bool ResultsLive);

public abstract record PlanCommand : Command;

/// <summary>Goes to a block; the block before it ends. Facilitators.</summary>
public sealed record StartBlock(BlockId Block) : PlanCommand;

/// <summary>Gives the block more minutes (or fewer, when negative), taken from a later block when one is named, so that the session still ends on time. Facilitators.</summary>
/// <param name="Minutes">-30 to 30, not 0.</param>
/// <param name="From">The later block that gives the minutes, or null: the session ends later.</param>
public sealed record ExtendBlock(BlockId Block, int Minutes, BlockId? From) : PlanCommand;

/// <summary>Stops every clock of the session; a countdown to come back runs on. Facilitators.</summary>
public sealed record PauseClocks : PlanCommand;

/// <summary>Lets the clocks run again; every end moves by the length of the pause. Facilitators.</summary>
public sealed record ResumeClocks : PlanCommand;

public abstract record PlanEvent : Event;

public sealed record BlockStarted(BlockId Block) : PlanEvent;
public sealed record BlockExtended(BlockId Block, int Minutes, BlockId? From) : PlanEvent;
public sealed record ClocksPaused : PlanEvent;
public sealed record ClocksResumed(TimeSpan Pause) : PlanEvent;

/// <summary>The run of show: planned beside actual. Everybody.</summary>
/// <param name="Now">The block that runs, or null before the start and after the end.</param>
/// <param name="PausedAt">Since when the clocks stand, or null.</param>
/// <param name="PlannedEnd">When the session was to end.</param>
/// <param name="ExpectedEnd">When it ends as things stand.</param>
public sealed record PlanView(
    IReadOnlyList<BlockView> Blocks,
    BlockId? Now,
    DateTimeOffset? PausedAt,
    DateTimeOffset PlannedEnd,
    DateTimeOffset ExpectedEnd) : View;

/// <param name="Minutes">As it stands now; <paramref name="PlannedMinutes"/> as it was planned.</param>
/// <param name="PlannedAt">When it was to start.</param>
/// <param name="StartsAt">When it started, or will as things stand.</param>
/// <param name="EndsAt">When it ended, or will as things stand.</param>
/// <param name="State"><c>done</c>, <c>now</c>, <c>later</c>.</param>
/// <param name="Poll">The poll that belongs to it, or null.</param>
public sealed record BlockView(
    BlockId Block,
    string Title,
    string Kind,
    int Minutes,
    int PlannedMinutes,
    string? Text,
    PollId? Poll,
    DateTimeOffset PlannedAt,
    DateTimeOffset StartsAt,
    DateTimeOffset EndsAt,
    BlockState State);

[JsonConverter(typeof(JsonStringEnumConverter<BlockState>))]
public enum BlockState
{
    [JsonStringEnumMemberName("done")] Done,
    [JsonStringEnumMemberName("now")] Now,
    [JsonStringEnumMemberName("later")] Later,
}

/// <summary>The facilitators' own words beside the plan, by block. Staff.</summary>
public sealed record ScriptView(IReadOnlyDictionary<BlockId, string> Scripts) : View;
