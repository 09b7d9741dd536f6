using LiveSessions.Exercises;
using LiveSessions.Plan;

namespace LiveSessions.Server.Programme;

/// <summary>How exercises and plans are written in YAML: the keys of <c>docs/exercises.md</c>.</summary>
internal static class TemplateFormat
{
    private static readonly OrderedDictionary<string, PhaseType> phaseTypes = new(StringComparer.Ordinal)
    {
        ["frame"] = PhaseType.Frame,
        ["silent"] = PhaseType.Silent,
        ["go_round"] = PhaseType.GoRound,
        ["open"] = PhaseType.Open,
        ["rotate"] = PhaseType.Rotate,
        ["merge"] = PhaseType.Merge,
        ["report"] = PhaseType.Report,
        ["poll"] = PhaseType.Poll,
        ["board_sort"] = PhaseType.BoardSort,
        ["closing"] = PhaseType.Closing,
    };

    private static readonly OrderedDictionary<string, PhasePlace> places = new(StringComparer.Ordinal)
    {
        ["plenary"] = PhasePlace.Plenary,
        ["room"] = PhasePlace.Room,
        ["pair"] = PhasePlace.Pair,
        ["four"] = PhasePlace.Four,
        ["solo"] = PhasePlace.Solo,
        ["table"] = PhasePlace.Table,
    };

    private static readonly OrderedDictionary<string, BlockKind> blockKinds = new(StringComparer.Ordinal)
    {
        ["talk"] = BlockKind.Talk,
        ["poll"] = BlockKind.Poll,
        ["rooms"] = BlockKind.Rooms,
        ["report"] = BlockKind.Report,
        ["close"] = BlockKind.Close,
    };

    private static readonly OrderedDictionary<string, PollResults> results = new(StringComparer.Ordinal)
    {
        ["live"] = PollResults.Live,
        ["at_close"] = PollResults.AtClose,
    };

    /// <summary>A plan has blocks; an exercise has not.</summary>
    public static bool IsPlan(TemplateSheet top) => top.Has("blocks");

    public static Exercise Exercise(TemplateSheet top) => new(
        Key: top.Text("key"),
        Name: top.Text("name"),
        Stream: top.Text("stream"),
        Purpose: top.Text("purpose"),
        GroupSize: top.Sheet("group_size", Size, new GroupSize(1, 1, 1)),
        Minutes: top.Number("minutes"),
        FullRun: top.TextOrNull("full_run"),
        WhenNot: top.TextOrNull("when_not"),
        Roles: top.Sheets("roles", Role, required: true),
        GroundRules: top.Texts("ground_rules"),
        Phases: top.Sheets("phases", Phase, required: true),
        Board: top.Sheets("board", Column, required: true),
        Polls: top.Sheets("polls", Poll),
        ObserverList: top.Texts("observer_list"),
        NoteFields: top.Texts("note_fields"),
        Cases: top.Texts("cases"),
        Safety: top.TextOrNull("safety"),
        GroupNote: top.TextOrNull("group_note"),
        Transcript: top.Texts("transcript"),
        Labelled: top.TextOrNull("labelled"))
    {
        TableSize = top.SheetOrNull("table_size", Size),
        OddNumbers = top.TextOrNull("odd_numbers"),
    };

    public static PlanTemplate Plan(TemplateSheet top) => new(
        Key: top.Text("key"),
        Name: top.Text("name"),
        Programme: top.Text("programme"),
        Minutes: top.Number("minutes"),
        Blocks: top.Sheets("blocks", Block, required: true));

    private static GroupSize Size(TemplateSheet sheet) => new(sheet.Number("min"), sheet.Number("ideal"), sheet.Number("max"));

    private static ExerciseRole Role(TemplateSheet sheet) => new(sheet.Text("key"), sheet.Text("title"), sheet.Number("rotates", otherwise: 0), sheet.TextOrNull("hint"));

    private static BoardColumn Column(TemplateSheet sheet) => new(sheet.Text("id"), sheet.Text("title"));

    private static Phase Phase(TemplateSheet sheet) => new(
        Id: sheet.Text("id"),
        Type: sheet.Choice("type", phaseTypes),
        Where: sheet.Choice("where", places),
        Minutes: sheet.Number("minutes"),
        Prompt: sheet.Text("prompt"),
        FollowUps: sheet.Texts("follow_ups"),
        Warn: sheet.Texts("warn"),
        Poll: sheet.TextOrNull("poll"),
        Label: sheet.TextOrNull("label"))
    {
        PerTeam = sheet.SheetOrNull("per_team", team => new TeamTime(team.Number("present"), team.Number("questions"), team.Number("change"))),
    };

    private static ExercisePoll Poll(TemplateSheet sheet) =>
        new(sheet.Text("id"), sheet.Text("kind"), sheet.Text("question"), sheet.Texts("options"), sheet.Number("votes", otherwise: 0), sheet.TextOrNull("per"));

    private static PlanPoll PlanPoll(TemplateSheet sheet) => new(Poll(sheet), sheet.Choice("results", results), sheet.Flag("anonymous"));

    private static PlanBlock Block(TemplateSheet sheet) => new(
        Id: sheet.Text("id"),
        Title: sheet.Text("title"),
        Kind: sheet.Choice("kind", blockKinds),
        Minutes: sheet.Number("minutes"),
        Text: sheet.TextOrNull("text"),
        Script: sheet.TextOrNull("script"),
        ExerciseKey: sheet.TextOrNull("exercise"),
        PhaseMinutes: sheet.SheetOrNull("phase_minutes", minutes => minutes.Numbers()),
        Poll: sheet.SheetOrNull("poll", PlanPoll));
}
