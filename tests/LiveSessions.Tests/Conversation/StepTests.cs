using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation;

/// <summary>How a room goes from step to step.</summary>
public sealed class StepTests
{
    private static readonly Part rooms3 = InHomeRooms(practice);

    [Fact]
    public void Whoever_leads_moves_the_room_on_and_others_do_not()
    {
        var story = Given(rooms3);
        var leader = story.Holder("facilitator");
        var other = story.In(Room1).First(w => w != leader);
        story.When(leader.Does(new AdvancePhase(Room1, "frame"))).Then(after => Assert.Equal("roles", after.Sees<StepView>(ada, "step:r1-1")!.Phase));
        story.When(other.Does(new AdvancePhase(Room1, "frame"))).Then(Refusal.LeaderOnly);
        story.When(caz.Does(new AdvancePhase(Room1, "frame"))).Then(Refusal.NotThere);
        story.When(host.Does(new AdvancePhase(Room1, "frame"))).Then(after => Assert.Equal("roles", after.Sees<StepView>(ada, "step:r1-1")!.Phase));
    }

    [Fact]
    public void A_room_whose_leader_went_away_goes_on_by_itself()
    {
        var story = Given(rooms3);
        var leader = story.Holder("facilitator");
        var other = story.In(Room1).First(w => w != leader);
        story.And(system.Does(new LiveSessions.Sessions.MarkAway(leader))).When(other.Does(new AdvancePhase(Room1, "frame"))).Then(after => Assert.Equal(1, after.Session.Talks[Room1].Index));
        story.And(host.Does(new GiveRole(Room1, "facilitator", null))).When(other.Does(new AdvancePhase(Room1, "frame"))).Then(after => Assert.Equal(1, after.Session.Talks[Room1].Index));
    }

    [Fact]
    public void Two_who_move_on_at_once_move_one_step()
    {
        var story = Given(rooms3, host.Does(new AdvancePhase(Room1, "frame")));
        story.When(cleo.Does(new AdvancePhase(Room1, "frame"))).ThenAlreadySo();
        story.When(cleo.Does(new AdvancePhase(Room1, "debrief"))).Then(Refusal.NotThere);
        story.When(cleo.Does(new AdvancePhase(Room1, "nowhere"))).Then(Refusal.NotThere);
        story.When(cleo.Does(new AdvancePhase(new("r7-7"), "frame"))).Then(Refusal.NoConversation);
    }

    [Fact]
    public void After_the_last_step_there_is_none() => Given(rooms3, ToStep("debrief")).When(host.Does(new AdvancePhase(Room1, "debrief"))).Then(Refusal.LastPhase);

    [Fact]
    public void All_rooms_go_to_a_step_and_none_goes_back()
    {
        var story = Given(rooms3, host.Does(new AdvancePhase(Room2, "frame")), host.Does(new AdvancePhase(Room2, "roles")), ToStep("roles"));
        Assert.Equal([1, 2, 1], story.Session.House.Order.Select(r => story.Session.Talks[r].Index));
        story.When(ToStep("frame")).ThenAlreadySo();
        story.When(ToStep("nowhere")).Then(Refusal.NotThere);
        story.When(ada.Does(new AdvanceRooms("debrief"))).Then(Refusal.FacilitatorOnly);
        Given(Running(practice)).When(ToStep("roles")).Then(Refusal.RoomsAreClosed);
    }

    [Fact]
    public void A_step_is_made_longer_in_one_room_or_in_all()
    {
        var story = Given(rooms3, host.Does(new ExtendPhase(Room1, 2)), cleo.Does(new ExtendPhase(null, 3)));
        var step = story.Sees<StepView>(ada, "step:r1-1")!;
        Assert.Equal((Noon.AddMinutes(4 + 5), 5, cleo.Id), (step.EndsAt, step.ExtraMinutes, step.ExtendedBy!.Value));
        Assert.Equal(3, story.Sees<StepView>(caz, "step:r1-2")!.ExtraMinutes);
        Assert.Equal(0, story.And(ToStep("roles")).Sees<StepView>(ada, "step:r1-1")!.ExtraMinutes);
    }

    [Fact]
    public void A_step_is_not_made_longer_by_everybody_nor_by_any_number()
    {
        var story = Given(rooms3, Step.Wait(2));
        story.When(story.Holder("facilitator").Does(new ExtendPhase(Room1, 2))).Then(Refusal.FacilitatorOnly);
        story.When(ada.Does(new ExtendPhase(null, 2))).Then(Refusal.FacilitatorOnly);
        foreach (var minutes in (int[])[0, 31, -31, int.MaxValue, int.MinValue])
            story.When(host.Does(new ExtendPhase(Room1, minutes))).Then(Refusal.BadNumber);
        story.When(host.Does(new ExtendPhase(Room1, -2))).Then(Refusal.NoMoreTime);
        story.When(host.Does(new ExtendPhase(null, -2))).Then(Refusal.NoMoreTime);
        story.When(host.Does(new ExtendPhase(new("r7-7"), 2))).Then(Refusal.NoConversation);
    }

    [Theory, MemberData(nameof(Keys))]
    public void Every_shipped_exercise_runs_to_its_end(string key)
    {
        var exercise = Shipped(key);
        var story = Given(InHomeRooms(exercise));
        foreach (var phase in exercise.Phases.Skip(1))
        {
            story = story.And(Step.Wait(1), ToStep(phase.Id));
            Assert.All(story.Session.House.Order, r => Assert.Equal(phase.Id, story.Session.Talks[r].Phase!.Id));
        }
        story.And(host.Does(new RecallEveryone(20)), Step.Wait(1)).When(system.Does(new CloseRooms())).Then(after => Assert.DoesNotContain(after.Session.Polls.Values, p => p.IsOpen));
    }

    public static TheoryData<string> Keys => [.. LiveSessions.Tests.Exercises.Shelf.Shipped.Exercises.Keys];
}
