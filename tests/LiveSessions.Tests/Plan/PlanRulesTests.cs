using System.Text.Json;
using LiveSessions.Exercises;
using LiveSessions.Plan;
using LiveSessions.Tests.Exercises;
using Xunit;

namespace LiveSessions.Tests.Plan;

public sealed class PlanRulesTests
{
    private static readonly PlanTemplate good = Shelf.Shipped.Plans["week-1"];
    private static readonly Exercise practice = Shelf.Shipped.Exercises["community-conversation-practice"];

    /// <summary>What is changed, where the one fault must be, and a word that its sentence must hold. Blocks: 1 is a poll, 2 a talk, 3 the rooms.</summary>
    public static TheoryData<string, Func<PlanTemplate, PlanTemplate>, string, string> Refused => new()
    {
        { "a key with a capital", p => p with { Key = "Week-1" }, "key", "hyphens" },
        { "no name", p => p with { Name = "" }, "name", "empty" },
        { "no programme", p => p with { Programme = "" }, "programme", "empty" },
        { "no blocks", p => p with { Blocks = [] }, "blocks", "1 to 50" },
        { "minutes that do not sum", p => p with { Minutes = 61 }, "blocks", "60" },
        { "a block twice", p => Change(p, 2, b => b with { Id = "welcome" }), "blocks[2].id", "twice" },
        { "a block with a space", p => Change(p, 2, b => b with { Id = "the task" }), "blocks[2].id", "letters" },
        { "a block of no known kind", p => Change(p, 2, b => b with { Kind = (BlockKind)99 }), "blocks[2].kind", "kind" },
        { "a block without a title", p => Change(p, 2, b => b with { Title = "" }), "blocks[2].title", "empty" },
        { "too much text", p => Change(p, 2, b => b with { Text = new string('t', 2001) }), "blocks[2].text", "2001" },
        { "a control character", p => Change(p, 2, b => b with { Script = "Say\u0007this" }), "blocks[2].script", "control" },
        { "a talk with an exercise", p => Change(p, 2, b => b with { ExerciseKey = "aspirations" }), "blocks[2].exercise", "Only a block of kind rooms" },
        { "a talk with minutes by phase", p => Change(p, 2, b => b with { PhaseMinutes = new Dictionary<string, int>() }), "blocks[2].phase_minutes", "Only a block of kind rooms" },
        { "rooms without an exercise", p => Change(p, 3, b => b with { ExerciseKey = null }), "blocks[3].exercise", "names its exercise" },
        { "rooms with an unknown exercise", p => Change(p, 3, b => b with { ExerciseKey = "charades" }), "blocks[3].exercise", "'charades'" },
        { "rooms with a poll", p => Change(p, 3, b => b with { Poll = Ask("mood") }), "blocks[3].poll", "no poll of its own" },
        { "rooms whose phases do not fit", p => Change(p, 3, b => b with { PhaseMinutes = new Dictionary<string, int> { ["frame"] = 0 } }), "blocks[3]", "46" },
        { "rooms with an unknown phase", p => Change(p, 3, b => b with { PhaseMinutes = new Dictionary<string, int>(b.PhaseMinutes!) { ["lunch"] = 5 } }), "blocks[3].phase_minutes.lunch", "debrief" },
        { "rooms with nothing to do", p => Change(p, 3, b => b with { PhaseMinutes = practice.Phases.ToDictionary(phase => phase.Id, _ => 0) }), "blocks[3].phase_minutes", "nothing to do" },
        { "a poll block without a poll", p => Change(p, 1, b => b with { Poll = null }), "blocks[1].poll", "has a poll" },
        { "the same poll twice", p => Change(p, 5, b => b with { Poll = p.Blocks[1].Poll }), "blocks[5].poll.id", "twice" },
        { "a poll shown at no known time", p => Change(p, 1, b => b with { Poll = b.Poll! with { Results = (PollResults)99 } }), "blocks[1].poll.results", "at_close" },
        { "a poll with a fault of its own", p => Change(p, 1, b => b with { Poll = b.Poll! with { Poll = b.Poll.Poll with { Question = "" } } }), "blocks[1].poll.question", "empty" },
        { "a poll asked per something", p => Change(p, 1, b => b with { Poll = b.Poll! with { Poll = b.Poll.Poll with { Per = "theme" } } }), "blocks[1].poll.per", "asked once" },
        { "dots on nothing", p => Change(p, 1, b => b with { Poll = b.Poll! with { Poll = b.Poll.Poll with { Kind = "dots", Options = [], Votes = 3 } } }), "blocks[1].poll.options", "options" },
    };

    [Theory, MemberData(nameof(Refused))]
    public void One_fault_is_told_once_in_its_place(string what, Func<PlanTemplate, PlanTemplate> spoil, string path, string word)
    {
        Assert.Empty(PlanRules.Faults(good, Shelf.Shipped.Exercises));
        var fault = Assert.Single(PlanRules.Faults(spoil(good), Shelf.Shipped.Exercises));
        Assert.True(fault.Path == path && fault.Sentence.Contains(word, StringComparison.Ordinal), $"{what}: {fault}");
    }

    [Theory, InlineData(0), InlineData(121)]
    public void A_block_lasts_one_to_a_hundred_and_twenty_minutes(int minutes) =>
        Assert.Contains(PlanRules.Faults(Change(good, 0, b => b with { Minutes = minutes }), Shelf.Shipped.Exercises), fault => fault.Path == "blocks[0].minutes");

    [Theory, InlineData(-1), InlineData(121), InlineData(int.MaxValue)]
    public void A_phase_is_not_given_impossible_minutes(int minutes) =>
        Assert.Contains(
            PlanRules.Faults(Change(good, 3, b => b with { PhaseMinutes = new Dictionary<string, int>(b.PhaseMinutes!) { ["write"] = minutes, ["roles"] = minutes } }), Shelf.Shipped.Exercises),
            fault => fault.Path == "blocks[3].phase_minutes.write");

    [Fact]
    public void A_block_without_minutes_by_phase_runs_the_exercise_as_it_is() =>
        Assert.Equivalent(practice, new PlanBlock("rooms", "Rooms", BlockKind.Rooms, 50, ExerciseKey: practice.Key).Fit(practice), strict: true);

    [Fact]
    public void A_phase_cut_to_a_minute_loses_the_notice_that_would_come_at_its_start()
    {
        var block = new PlanBlock("rooms", "Rooms", BlockKind.Rooms, 41, ExerciseKey: practice.Key, PhaseMinutes: new Dictionary<string, int> { ["a_hopes"] = 1 });
        var hopes = block.Fit(practice).Phases.Single(phase => phase.Id == "a_hopes");
        Assert.Equal((1, "half"), (hopes.Minutes, Assert.Single(hopes.Warn)));
    }

    [Fact]
    public void A_plan_travels_as_json_and_comes_back_the_same()
    {
        var json = JsonSerializer.Serialize(good, JsonSerializerOptions.Web);
        Assert.Contains("\"results\":\"atClose\"", json, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"rooms\"", json, StringComparison.Ordinal);
        Assert.Equivalent(good, JsonSerializer.Deserialize<PlanTemplate>(json, JsonSerializerOptions.Web), strict: true);
    }

    [Fact]
    public void An_exercise_travels_as_json_and_comes_back_the_same() =>
        Assert.All(Shelf.Shipped.Exercises.Values, exercise =>
            Assert.Equivalent(exercise, JsonSerializer.Deserialize<Exercise>(JsonSerializer.Serialize(exercise, JsonSerializerOptions.Web), JsonSerializerOptions.Web), strict: true));

    private static PlanPoll Ask(string id) => new(new ExercisePoll(id, "text", "How are you?", [], 0, null), PollResults.Live, false);

    private static PlanTemplate Change(PlanTemplate plan, int at, Func<PlanBlock, PlanBlock> change) =>
        plan with { Blocks = [.. plan.Blocks.Select((block, i) => i == at ? change(block) : block)] };
}
