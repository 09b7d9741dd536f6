using LiveSessions.Exercises;
using LiveSessions.Plan;
using Xunit;

namespace LiveSessions.Tests.Exercises;

public sealed class ShippedExercisesTests
{
    public static TheoryData<string, int, int, int> Ten => new()
    {
        { "community-conversation-practice", 50, 10, 8 },
        { "aspirations", 30, 6, 4 },
        { "partner-mapping", 30, 5, 7 },
        { "aligned-goals", 35, 6, 7 },
        { "agreement-clinic", 45, 6, 9 },
        { "ending-role-play", 35, 7, 5 },
        { "culmination-report-out", 120, 9, 9 },
        { "world-cafe", 55, 7, 4 },
        { "one-two-four-all", 15, 6, 4 },
        { "theming-sprint", 40, 6, 5 },
    };

    [Theory, MemberData(nameof(Ten))]
    public void Every_shipped_exercise_is_whole_and_obeys_the_rules(string key, int minutes, int phases, int columns)
    {
        var exercise = Shelf.Shipped.Exercises[key];
        Assert.Empty(ExerciseRules.Faults(exercise));
        Assert.Equal((minutes, phases, columns), (exercise.Minutes, exercise.Phases.Count, exercise.Board.Count));
        Assert.NotEmpty(exercise.Transcript);
        Assert.NotEmpty(exercise.Polls);
    }

    [Fact]
    public void There_are_ten_and_together_they_use_all_ten_phase_types()
    {
        Assert.Equal(10, Shelf.Shipped.Exercises.Count);
        Assert.Equal(Enum.GetValues<PhaseType>(), Shelf.Shipped.Exercises.Values.SelectMany(e => e.Phases).Select(p => p.Type).Distinct().Order());
    }

    [Fact]
    public void The_practice_keeps_its_wording_roles_and_notices()
    {
        var practice = Shelf.Shipped.Exercises["community-conversation-practice"];
        var hopes = practice.Phases.Single(p => p.Id == "a_hopes");
        Assert.Equal("What do you hope this community can be? Tell us about a moment when it felt close to that.", hopes.Prompt);
        Assert.Equal(["What makes that matter to you?", "How far are we from it today?"], hopes.FollowUps);
        Assert.Equal(["half", "1m"], hopes.Warn);
        Assert.Equal(PhaseType.GoRound, hopes.Type);
        Assert.Equal(["Leads", "Writes", "Watches", "Keeps time", "Reads aloud", "Speaks as a resident"], practice.Roles.Select(r => r.Title));
        Assert.Equal([3, 3, 3, 0, 0, 0], practice.Roles.Select(r => r.Rotates));
        Assert.Equal(6, practice.GroundRules.Count);
        Assert.Equal(7, practice.ObserverList.Count);
        Assert.NotNull(practice.FullRun);
        Assert.NotNull(practice.WhenNot);
    }

    [Fact]
    public void What_only_one_exercise_has_is_read_too()
    {
        var all = Shelf.Shipped.Exercises;
        Assert.Equal(new TeamTime(5, 3, 1), all["culmination-report-out"].Phases.Single(p => p.Id == "reports").PerTeam);
        Assert.Equal(new GroupSize(4, 5, 6), all["world-cafe"].TableSize);
        Assert.Equal("one trio among pairs; fours may be three to five", all["one-two-four-all"].OddNumbers);
        Assert.Equal("role play", all["ending-role-play"].Labelled);
        Assert.Equal(5, all["ending-role-play"].Cases.Count);
        Assert.Equal(7, all["partner-mapping"].NoteFields.Count);
        Assert.Equal(3, all["partner-mapping"].Polls.Single().Votes);
        Assert.Equal(3, all["agreement-clinic"].Polls.Single().Options.Count);
    }

    [Fact]
    public void Three_plans_are_shipped_in_the_order_of_their_weeks_and_obey_the_rules()
    {
        Assert.Equal(["week-1", "week-2", "week-10"], Shelf.Shipped.Plans.Keys);
        Assert.All(Shelf.Shipped.Plans.Values, plan => Assert.Empty(PlanRules.Faults(plan, Shelf.Shipped.Exercises)));
        Assert.Equal([60, 60, 120], Shelf.Shipped.Plans.Values.Select(plan => plan.Minutes));
    }

    [Fact]
    public void Every_shipped_block_says_what_is_shown_and_what_the_staff_say() =>
        Assert.All(Shelf.Shipped.Plans.Values.SelectMany(plan => plan.Blocks), block => Assert.True(block.Text?.Length > 40 && block.Script?.Length > 40, block.Id));

    [Fact]
    public void Week_one_runs_the_practice_in_forty_minutes_without_its_frame()
    {
        var plan = Shelf.Shipped.Plans["week-1"];
        Assert.Equal(
            [("welcome", BlockKind.Talk, 4), ("ready", BlockKind.Poll, 2), ("task", BlockKind.Talk, 4), ("practice", BlockKind.Rooms, 40), ("report", BlockKind.Report, 8), ("close", BlockKind.Close, 2)],
            plan.Blocks.Select(block => (block.Id, block.Kind, block.Minutes)));
        var practice = Shelf.Shipped.ForBlock(plan, plan.Blocks.Single(block => block.Id == "practice"));
        Assert.Equal(
            [("roles", 3), ("write", 3), ("a_hopes", 10), ("swap1", 1), ("b_concerns", 8), ("swap2", 1), ("c_action", 6), ("readback", 3), ("debrief", 5)],
            practice.Phases.Select(phase => (phase.Id, phase.Minutes)));
        Assert.Equal(40, practice.Minutes);
        Assert.Empty(ExerciseRules.Faults(practice));
        var ready = plan.Blocks.Single(block => block.Id == "ready").Poll!;
        Assert.Equal(("confidence_before", "scale", PollResults.AtClose, true), (ready.Poll.Id, ready.Poll.Kind, ready.Results, ready.Anonymous));
    }

    [Fact]
    public void Every_rooms_block_of_a_shipped_plan_opens_an_exercise_that_still_obeys_the_rules() =>
        Assert.All(
            from plan in Shelf.Shipped.Plans.Values
            from block in plan.Blocks
            where block.Kind == BlockKind.Rooms
            select (block, Fitted: Shelf.Shipped.ForBlock(plan, block)),
            it =>
            {
                Assert.Equal(it.block.Minutes, it.Fitted.Minutes);
                Assert.Empty(ExerciseRules.Faults(it.Fitted));
            });
}
