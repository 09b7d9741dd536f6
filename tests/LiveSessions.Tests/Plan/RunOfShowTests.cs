using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Plan;

/// <summary>The plan as it runs: planned beside actual.</summary>
public sealed class RunOfShowTests
{
    private static PlanView Show(Story story) => story.Sees<PlanView>(ada, "plan")!;
    private static BlockView Block(Story story, BlockId block) => Show(story).Blocks.Single(b => b.Block == block);

    [Fact]
    public void Before_the_start_everything_is_as_planned() => Assert.All(Show(Given(Gathered(practice))).Blocks, b => Assert.Equal((b.PlannedAt, BlockState.Later), (b.StartsAt, b.State)));

    [Fact]
    public void A_late_start_moves_what_comes_later()
    {
        var story = Given(Gathered(practice), Step.Wait(9), host.Does(new LiveSessions.Sessions.StartSession()));
        Assert.Equal(Noon.AddMinutes(9 + 5), Block(story, ready).StartsAt);
        Assert.Equal(TimeSpan.FromMinutes(4), Show(story).ExpectedEnd - Show(story).PlannedEnd);
    }

    [Fact]
    public void Going_on_ends_the_block_before_and_closes_its_poll()
    {
        var story = Given(Running(practice), host.Does(new StartBlock(ready)), host.Does(new OpenPoll(new("before"), null)), Step.Wait(3));
        story.When(host.Does(new StartBlock(rooms))).Then(new PollClosed(new("before")), new BlockStarted(rooms));
        Assert.Equal((BlockState.Done, BlockState.Now), (Block(story.And(host.Does(new StartBlock(rooms))), ready).State, Block(story.And(host.Does(new StartBlock(rooms))), rooms).State));
    }

    [Fact]
    public void Going_to_the_block_that_runs_is_already_so() => Given(Running(practice)).When(host.Does(new StartBlock(welcome))).ThenAlreadySo();

    [Fact]
    public void A_block_that_is_not_there_cannot_be_started() => Given(Running(practice)).When(host.Does(new StartBlock(new("lunch")))).Then(Refusal.NotThere);

    [Fact]
    public void Nothing_runs_before_the_session_does()
    {
        var story = Given(Gathered(practice));
        foreach (var command in (Command[])[new StartBlock(welcome), new ExtendBlock(welcome, 2, null), new PauseClocks(), new OpenPoll(new("before"), null)])
            story.When(host.Does(command)).Then(Refusal.NotStarted);
    }

    [Fact]
    public void The_plan_is_the_facilitators()
    {
        var story = Given(Running(practice));
        foreach (var command in (Command[])[new StartBlock(ready), new ExtendBlock(welcome, 2, null), new PauseClocks(), new ResumeClocks()])
            story.When(ada.Does(command)).Then(Refusal.FacilitatorOnly);
    }

    [Fact]
    public void Two_more_minutes_taken_from_a_later_block_leave_the_end_where_it_is()
    {
        var before = Given(Running(practice));
        var after = before.And(host.Does(new ExtendBlock(welcome, 2, report)));
        Assert.Equal((7, 6), (Block(after, welcome).Minutes, Block(after, report).Minutes));
        Assert.Equal(Show(before).ExpectedEnd, Show(after).ExpectedEnd);
        Assert.Equal(5, Block(after, welcome).PlannedMinutes);
    }

    [Fact]
    public void Two_more_minutes_from_nowhere_move_the_end() =>
        Assert.Equal(Show(Given(Running(practice))).ExpectedEnd.AddMinutes(2), Show(Given(Running(practice), host.Does(new ExtendBlock(welcome, 2, null)))).ExpectedEnd);

    [Theory, InlineData(0), InlineData(31), InlineData(-31), InlineData(int.MaxValue), InlineData(int.MinValue)]
    public void No_other_minutes_than_one_to_thirty_are_given(int minutes) => Given(Running(practice)).When(host.Does(new ExtendBlock(welcome, minutes, null))).Then(Refusal.BadNumber);

    [Fact]
    public void A_block_keeps_at_least_a_minute()
    {
        var story = Given(Running(practice));
        story.When(host.Does(new ExtendBlock(welcome, -5, null))).Then(Refusal.NoMoreTime);
        story.When(host.Does(new ExtendBlock(welcome, 8, report))).Then(Refusal.NoMoreTime);
        story.When(host.Does(new ExtendBlock(welcome, 7, report))).Then(new BlockExtended(welcome, 7, report));
    }

    [Fact]
    public void Minutes_come_only_from_a_block_that_is_still_to_come()
    {
        var story = Given(Running(practice), host.Does(new StartBlock(ready)));
        story.When(host.Does(new ExtendBlock(ready, 2, welcome))).Then(Refusal.NotThere);
        story.When(host.Does(new ExtendBlock(ready, 2, ready))).Then(Refusal.NotThere);
        story.When(host.Does(new ExtendBlock(new("lunch"), 2, null))).Then(Refusal.NotThere);
        story.When(host.Does(new ExtendBlock(welcome, 2, null))).Then(Refusal.BadNumber);
    }

    [Fact]
    public void A_pause_moves_every_end_by_its_length()
    {
        var before = Given(InOneRoom(practice), Step.Wait(1), host.Does(new PauseClocks()), Step.Wait(7));
        var after = before.And(host.Does(new ResumeClocks()));
        var seven = TimeSpan.FromMinutes(7);
        Assert.Equal(before.Sees<RoomsView>(ada, "rooms")!.EndsAt + seven, after.Sees<RoomsView>(ada, "rooms")!.EndsAt);
        Assert.Equal(before.Sees<RoomView>(ada, "room:r1-1")!.EndsAt + seven, after.Sees<RoomView>(ada, "room:r1-1")!.EndsAt);
        Assert.Equal(before.Sees<StepView>(ada, "step:r1-1")!.EndsAt + seven, after.Sees<StepView>(ada, "step:r1-1")!.EndsAt);
        Assert.Equal(Block(before, welcome).EndsAt + seven, Block(after, welcome).EndsAt);
        Assert.Equal(Show(before).ExpectedEnd + seven, Show(after).ExpectedEnd);
        Assert.Equal(Noon.AddMinutes(1), Show(before).PausedAt);
        Assert.Null(Show(after).PausedAt);
    }

    [Fact]
    public void What_began_during_a_pause_moves_only_by_what_it_saw_of_it()
    {
        var after = Given(
            Running(practice), host.Does(new ProposeGrouping(GroupingRule.Random, 6, 7)), host.Does(new PauseClocks()), Step.Wait(10),
            host.Does(new StartBlock(rooms)), host.Does(new OpenRooms(rooms, 40)), Step.Wait(3), host.Does(new ResumeClocks()));
        Assert.Equal(Noon.AddMinutes(10 + 40 + 3), after.Sees<RoomsView>(ada, "rooms")!.EndsAt);
        Assert.Equal(Noon.AddMinutes(10 + 40 + 3), after.Sees<RoomView>(ada, "room:r1-1")!.EndsAt);
        Assert.Equal(Noon.AddMinutes(10 + 4 + 3), after.Sees<StepView>(ada, "step:r1-1")!.EndsAt);
        Assert.Equal(Noon.AddMinutes(10 + 50 + 3), Block(after, rooms).EndsAt);
    }

    [Fact]
    public void A_countdown_to_come_back_runs_on_in_a_pause()
    {
        var story = Given(InOneRoom(practice), host.Does(new RecallEveryone(60)), host.Does(new PauseClocks()), Step.Wait(1));
        story.When(system.Does(new CloseRooms())).Then(new RoomsClosed());
    }

    [Fact]
    public void Pausing_twice_is_already_so_and_so_is_going_on_twice()
    {
        Given(Running(practice), host.Does(new PauseClocks())).When(cleo.Does(new PauseClocks())).ThenAlreadySo();
        Given(Running(practice)).When(host.Does(new ResumeClocks())).ThenAlreadySo();
    }

    [Fact]
    public void The_script_is_for_the_staff_alone()
    {
        var story = Given(Running(practice));
        Assert.Equal("Say your name first.", story.Sees<ScriptView>(host, "script")!.Scripts[welcome]);
        Assert.Null(story.Sees<ScriptView>(ada, "script"));
    }
}
