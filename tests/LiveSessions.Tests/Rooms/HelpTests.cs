using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Rooms;

/// <summary>The line of calls for help: called, on the way, here, done.</summary>
public sealed class HelpTests
{
    private static readonly HelpId h1 = new("h1"), h2 = new("h2");
    private static readonly Part called = new([.. InHomeRooms(practice), ada.Does(new CallHelp(h1, "We are stuck"))]);

    [Fact]
    public void A_room_calls_and_its_place_in_line_is_shown()
    {
        var story = Given(called, Step.Wait(1), caz.Does(new CallHelp(h2, null)));
        Assert.Equal((1, HelpState.Waiting, "We are stuck"), (story.Sees<HelpView>(ben, "help:h1")!.Place, story.Sees<HelpView>(ben, "help:h1")!.State, story.Sees<HelpView>(host, "help:h1")!.Words));
        Assert.Equal(2, story.Sees<HelpView>(caz, "help:h2")!.Place);
        Assert.Null(story.Sees<HelpView>(caz, "help:h1"));
        Assert.Equal(h1, story.Sees<WatchView>(host, "watch:r1-1")!.Help);
    }

    [Fact]
    public void A_room_has_one_call_at_a_time()
    {
        Given(called).When(ben.Does(new CallHelp(h2, null))).ThenAlreadySo();
        Given(called).When(ada.Does(new CallHelp(h1, "We are stuck"))).ThenAlreadySo();
        Given(called).When(caz.Does(new CallHelp(h1, null))).Then(Refusal.IdInUse);
    }

    [Fact]
    public void I_will_go_is_seen_by_the_room()
    {
        var story = Given(called, host.Does(new ClaimHelp(h1)));
        Assert.Equal((HelpState.OnTheWay, host.Id, 0), (story.Sees<HelpView>(ada, "help:h1")!.State, story.Sees<HelpView>(ada, "help:h1")!.ClaimedBy!.Value, story.Sees<HelpView>(ada, "help:h1")!.Place));
        story.When(host.Does(new ClaimHelp(h1))).ThenAlreadySo();
        story.When(cleo.Does(new ClaimHelp(h1))).Then(Refusal.HelpIsDone);
        story.When(ada.Does(new ClaimHelp(h1))).Then(Refusal.FacilitatorOnly);
        story.When(cleo.Does(new ClaimHelp(h2))).Then(Refusal.NotThere);
    }

    [Fact]
    public void Arriving_is_visiting_and_leaving_is_the_end_of_it()
    {
        var story = Given(called, host.Does(new ClaimHelp(h1)));
        story.When(host.Does(new VisitRoom(Room1))).Then(new RoomVisited(host, Room1), new HelpArrived(h1, host));
        story.And(host.Does(new VisitRoom(Room1))).When(host.Does(new LeaveRoom())).Then(new RoomLeft(host, Room1), new HelpResolved(h1));
    }

    [Fact]
    public void Whoever_visits_without_a_word_has_come_to_help_unless_another_is_on_the_way()
    {
        Given(called).When(host.Does(new VisitRoom(Room1))).Then(new RoomVisited(host, Room1), new HelpArrived(h1, host));
        Given(called, cleo.Does(new ClaimHelp(h1))).When(host.Does(new VisitRoom(Room1))).Then(new RoomVisited(host, Room1));
    }

    [Fact]
    public void Who_is_in_the_room_already_arrives_by_saying_so()
    {
        var story = Given(InHomeRooms(practice), host.Does(new VisitRoom(Room1)), ada.Does(new CallHelp(h1, null)));
        story.When(host.Does(new ClaimHelp(h1))).Then(new HelpClaimed(h1, host), new HelpArrived(h1, host));
    }

    [Fact]
    public void A_call_is_answered_once()
    {
        var story = Given(called);
        story.When(cleo.Does(new ResolveHelp(h1))).Then(new HelpResolved(h1));
        story = story.And(cleo.Does(new ResolveHelp(h1)));
        story.When(cleo.Does(new ResolveHelp(h1))).ThenAlreadySo();
        story.When(host.Does(new ClaimHelp(h1))).Then(Refusal.HelpIsDone);
        story.When(ada.Does(new CallOffHelp(h1))).Then(Refusal.HelpIsDone);
        story.When(ada.Does(new CallHelp(h2, null))).Then(new HelpCalled(h2, Room1, ada, null));
        story.When(host.Does(new ResolveHelp(new("h9")))).Then(Refusal.NotThere);
        story.When(ada.Does(new ResolveHelp(h1))).Then(Refusal.FacilitatorOnly);
    }

    [Fact]
    public void Anybody_in_the_room_calls_it_off_and_nobody_of_another_room()
    {
        Given(called).When(ben.Does(new CallOffHelp(h1))).Then(new HelpCalledOff(h1));
        Given(called, ben.Does(new CallOffHelp(h1))).When(ada.Does(new CallOffHelp(h1))).ThenAlreadySo();
        Given(called).When(caz.Does(new CallOffHelp(h1))).Then(Refusal.NotThere);
        Given(called).When(host.Does(new CallOffHelp(h1))).Then(new HelpCalledOff(h1));
    }

    [Fact]
    public void In_the_plenary_each_calls_for_themselves()
    {
        var story = Given(Running(practice), ada.Does(new CallHelp(h1, null)), ben.Does(new CallHelp(h2, "No sound")));
        Assert.Equal((2, "No sound"), (story.Sees<HelpView>(ben, "help:h2")!.Place, story.Sees<HelpView>(host, "help:h2")!.Words));
        Assert.Null(story.Sees<HelpView>(ben, "help:h1"));
        story.When(ben.Does(new CallOffHelp(h1))).Then(Refusal.NotThere);
        story.When(ada.Does(new CallHelp(new("h3"), null))).ThenAlreadySo();
    }

    [Fact]
    public void Blank_words_are_no_words_and_long_ones_are_refused()
    {
        Given(InHomeRooms(practice)).When(ada.Does(new CallHelp(h1, "  "))).Then(new HelpCalled(h1, Room1, ada, null));
        Given(InHomeRooms(practice)).When(ada.Does(new CallHelp(h1, new string('x', 301)))).Then(Refusal.TooLong);
    }

    [Fact]
    public void Calls_end_with_the_rooms()
    {
        var story = Given(called, host.Does(new RecallEveryone(20)), Step.Wait(1), system.Does(new CloseRooms()));
        Assert.Equal(HelpState.Done, story.Sees<HelpView>(host, "help:h1")!.State);
    }

    [Fact]
    public void A_session_has_five_hundred_calls_at_most() =>
        Given(Running(practice)).AndHappened([.. Enumerable.Range(0, 500).Select(i => new HelpCalled(new("x" + i), RoomId.Plenary, nobody, null))]).When(ada.Does(new CallHelp(h1, null))).Then(Refusal.TooMany);
}
