using LiveSessions.Exercises;
using Xunit;

namespace LiveSessions.Tests.Exercises;

public sealed class ExerciseRulesTests
{
    private static readonly Exercise good = Shelf.Shipped.Exercises["community-conversation-practice"];
    private static readonly Exercise cafe = Shelf.Shipped.Exercises["world-cafe"];

    /// <summary>What is changed, where the one fault must be, and a word that its sentence must hold.</summary>
    public static TheoryData<string, Func<Exercise, Exercise>, string, string> Refused => new()
    {
        { "capitals in the key", e => e with { Key = "My Exercise" }, "key", "hyphens" },
        { "a key too long", e => e with { Key = new string('a', 41) }, "key", "40" },
        { "no name", e => e with { Name = " " }, "name", "empty" },
        { "a long name", e => e with { Name = new string('n', 81) }, "name", "81" },
        { "a name of two lines", e => e with { Name = "One\nTwo" }, "name", "one line" },
        { "a name turned around", e => e with { Name = "One \u202Etwo" }, "name", "direction" },
        { "an unknown stream", e => e with { Stream = "river" }, "stream", "exploration" },
        { "no purpose", e => e with { Purpose = "" }, "purpose", "empty" },
        { "an empty full run", e => e with { FullRun = "" }, "full_run", "empty" },
        { "sizes out of order", e => e with { GroupSize = new GroupSize(6, 5, 8) }, "group_size", "rise" },
        { "nobody in a room", e => e with { GroupSize = new GroupSize(0, 5, 8) }, "group_size", "at least 1" },
        { "more than a session holds", e => e with { GroupSize = new GroupSize(1, 5, 5001) }, "group_size", "5000" },
        { "a bad table", e => e with { TableSize = new GroupSize(4, 9, 6) }, "table_size", "rise" },
        { "minutes that do not sum", e => e with { Minutes = 49 }, "phases", "50" },
        { "no roles", e => e with { Roles = [] }, "roles", "1 to 12" },
        { "a role twice", e => e with { Roles = [.. e.Roles, e.Roles[0]] }, "roles[6].key", "twice" },
        { "a role with a space", e => e with { Roles = [e.Roles[0] with { Key = "note taker" }] }, "roles[0].key", "letters" },
        { "a role without a title", e => e with { Roles = [e.Roles[0] with { Title = "" }] }, "roles[0].title", "empty" },
        { "a role that passes on too often", e => e with { Roles = [e.Roles[0] with { Rotates = 4 }] }, "roles[0].rotates", "3 phases" },
        { "a long ground rule", e => e with { GroundRules = [new string('r', 301)] }, "ground_rules[0]", "301" },
        { "no columns", e => e with { Board = [] }, "board", "1 to 20" },
        { "too many columns", e => e with { Board = [.. Enumerable.Range(0, 21).Select(i => new BoardColumn($"c{i}", "Column"))] }, "board", "21" },
        { "a column twice", e => e with { Board = [e.Board[0], e.Board[0]] }, "board[1].id", "twice" },
        { "a column id with a capital", e => e with { Board = [e.Board[0] with { Id = "Hopes" }] }, "board[0].id", "letters" },
        { "a column without a title", e => e with { Board = [e.Board[0] with { Title = "" }] }, "board[0].title", "empty" },
        { "a phase twice", e => First(e, p => p with { Id = "write" }), "phases[2].id", "twice" },
        { "a phase that begins with a digit", e => First(e, p => p with { Id = "1st" }), "phases[0].id", "letter" },
        { "a phase of no known type", e => First(e, p => p with { Type = (PhaseType)99 }), "phases[0].type", "type" },
        { "a phase nowhere", e => First(e, p => p with { Where = (PhasePlace)99 }), "phases[0].where", "place" },
        { "no prompt", e => First(e, p => p with { Prompt = "" }), "phases[0].prompt", "empty" },
        { "a prompt too long", e => First(e, p => p with { Prompt = new string('p', 501) }), "phases[0].prompt", "501" },
        { "an empty label", e => First(e, p => p with { Label = "" }), "phases[0].label", "empty" },
        { "too many follow-ups", e => First(e, p => p with { FollowUps = [.. Enumerable.Repeat("And?", 11)] }), "phases[0].follow_ups", "10" },
        { "an unknown notice", e => First(e, p => p with { Warn = ["2m"] }), "phases[0].warn[0]", "half" },
        { "a notice twice", e => First(e, p => p with { Warn = ["half", "half"] }), "phases[0].warn", "twice" },
        { "a notice at the start", e => Change(e, 4, p => p with { Warn = ["1m"] }), "phases[4].warn[0]", "start" },
        { "a poll phase without a poll", e => First(e, p => p with { Type = PhaseType.Poll }), "phases[0].poll", "names its poll" },
        { "another phase with a poll", e => First(e, p => p with { Poll = "confidence_after" }), "phases[0].poll", "Only a phase of type poll" },
        { "a poll that is not there", e => First(e, p => p with { Type = PhaseType.Poll, Poll = "mood" }), "phases[0].poll", "'mood'" },
        { "team time outside a report", e => First(e, p => p with { PerTeam = new TeamTime(2, 1, 1) }), "phases[0].per_team", "report" },
        { "team time longer than the phase", e => Change(e, 8, p => p with { PerTeam = new TeamTime(3, 2, 0) }), "phases[8].per_team", "whole phase" },
        { "a poll twice", e => e with { Polls = [.. e.Polls, e.Polls[0]] }, "polls[2].id", "twice" },
        { "a poll's id too long for a room", e => Poll(e, p => p with { Id = new string('p', 25) }), "polls[0].id", "24" },
        { "a poll's id too long for anything", e => Poll(e, p => p with { Id = new string('p', 41) }), "polls[0].id", "40" },
        { "an unknown kind of poll", e => Poll(e, p => p with { Kind = "guess" }), "polls[0].kind", "scale" },
        { "a poll without a question", e => Poll(e, p => p with { Question = "" }), "polls[0].question", "empty" },
        { "a choice of one", e => Poll(e, p => p with { Kind = "single", Options = ["yes"] }), "polls[0].options", "2 to 20" },
        { "the same option twice", e => Poll(e, p => p with { Kind = "multi", Options = ["yes", "yes"] }), "polls[0].options", "same" },
        { "an empty option", e => Poll(e, p => p with { Kind = "multi", Options = ["yes", ""] }), "polls[0].options[1]", "empty" },
        { "a scale of four", e => Poll(e, p => p with { Options = ["a", "b", "c", "d"] }), "polls[0].options", "five" },
        { "lights without words", e => Poll(e, p => p with { Kind = "rag", Options = [] }), "polls[0].options", "green" },
        { "open text with options", e => Poll(e, p => p with { Kind = "text" }), "polls[0].options", "own words" },
        { "dots without votes", e => Poll(e, p => p with { Kind = "dots", Options = [] }), "polls[0].votes", "1 to 10" },
        { "votes on a scale", e => Poll(e, p => p with { Votes = 2 }), "polls[0].votes", "Only dots" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void One_fault_is_told_once_in_its_place(string what, Func<Exercise, Exercise> spoil, string path, string word)
    {
        Assert.Empty(ExerciseRules.Faults(good));
        var fault = Assert.Single(ExerciseRules.Faults(spoil(good)));
        Assert.True(fault.Path == path && fault.Sentence.Contains(word, StringComparison.Ordinal), $"{what}: {fault}");
    }

    [Theory, InlineData(0), InlineData(-1), InlineData(121)]
    public void A_phase_lasts_one_to_a_hundred_and_twenty_minutes(int minutes) =>
        Assert.Contains(ExerciseRules.Faults(First(good, p => p with { Minutes = minutes })), fault => fault.Path == "phases[0].minutes");

    [Fact]
    public void An_exercise_without_phases_is_refused_and_its_sum_not_blamed_as_well() =>
        Assert.Equal(["phases"], ExerciseRules.Faults(cafe with { Phases = [], Roles = [cafe.Roles[0]] }).Select(fault => fault.Path));

    [Fact]
    public void All_faults_are_told_not_only_the_first() =>
        Assert.Equal(["key", "name", "board"], ExerciseRules.Faults(good with { Board = [], Name = "", Key = "" }).Select(fault => fault.Path));

    [Fact]
    public void Minutes_beyond_all_sense_are_a_fault_and_no_overflow() =>
        Assert.NotEmpty(ExerciseRules.Faults(good with { Phases = [.. good.Phases.Select(p => p with { Minutes = int.MaxValue })] }));

    private static Exercise First(Exercise exercise, Func<Phase, Phase> change) => Change(exercise, 0, change);

    private static Exercise Change(Exercise exercise, int at, Func<Phase, Phase> change) =>
        exercise with { Phases = [.. exercise.Phases.Select((phase, i) => i == at ? change(phase) : phase)] };

    private static Exercise Poll(Exercise exercise, Func<ExercisePoll, ExercisePoll> change) =>
        exercise with { Polls = [change(exercise.Polls[0]), .. exercise.Polls.Skip(1)] };
}
