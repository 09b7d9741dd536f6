using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Rooms;

/// <summary>Rooms open, people move, everyone comes back.</summary>
public sealed class OpenRoomsTests
{
    private static readonly Part proposed = new([.. Running(practice), host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 6, 7))]);

    [Fact]
    public void Opening_moves_everybody_and_begins_every_conversation() => Given(proposed).When(host.Does(new OpenRooms(rooms, null))).Then(story =>
    {
        Assert.Equal(Room1, story.Sees<MeView>(ada, "me")!.Room);
        Assert.Equal("frame", story.Sees<StepView>(ada, "step:r1-1")!.Phase);
        Assert.Equal(practice.Name, story.Sees<ExerciseView>(ada, "exercise")!.Exercise.Name);
        Assert.Equal(Noon.AddMinutes(50), story.Sees<RoomsView>(ada, "rooms")!.EndsAt);
        Assert.Null(story.Sees<RoomView>(ada, "room:r1-2"));
    });

    [Fact]
    public void Rooms_open_once_at_a_time()
    {
        var story = Given(proposed, host.Does(new OpenRooms(rooms, null)));
        story.When(host.Does(new OpenRooms(rooms, null))).Then(Refusal.RoomsAreOpen);
        story.When(host.Does(new ProposeGrouping(GroupingRule.Random, 4, 1))).Then(Refusal.RoomsAreOpen);
    }

    [Fact]
    public void Rooms_open_only_in_a_session_that_runs_with_groups_for_a_block_that_has_an_exercise()
    {
        Given(Gathered(practice), host.Does(new ProposeGrouping(GroupingRule.Random, 4, 1))).When(host.Does(new OpenRooms(rooms, null))).Then(Refusal.NotStarted);
        Given(Running(practice)).When(host.Does(new OpenRooms(rooms, null))).Then(Refusal.NoGrouping);
        Given(proposed).When(host.Does(new OpenRooms(welcome, null))).Then(Refusal.NotThere);
        Given(proposed).When(ada.Does(new OpenRooms(rooms, null))).Then(Refusal.FacilitatorOnly);
    }

    [Theory, InlineData(0), InlineData(-3), InlineData(241), InlineData(int.MaxValue)]
    public void Rooms_last_a_minute_to_four_hours(int minutes) => Given(proposed).When(host.Does(new OpenRooms(rooms, minutes))).Then(Refusal.BadNumber);

    [Fact]
    public void Whoever_came_after_the_preview_goes_with_their_team_and_whoever_went_stays_out()
    {
        var story = Given(proposed, Comes(gil, team: butte), host.Does(new RemovePerson(ada)), host.Does(new OpenRooms(rooms, null)));
        Assert.Equal([caz, dov, gil], story.In(Room2));
        Assert.Equal([ben], story.In(Room1));
    }

    [Fact]
    public void Rooms_that_everybody_left_do_not_open()
    {
        Given(proposed, host.Does(new RemovePerson(ada)), host.Does(new RemovePerson(ben)), host.Does(new OpenRooms(rooms, null)), host.Does(new VisitRoom(Room2)))
            .When(host.Does(new VisitRoom(Room1))).Then(Refusal.NotThere);
        Given(proposed, Everybody.Take(6).Select(who => host.Does(new RemovePerson(who))).ToArray()).When(host.Does(new OpenRooms(rooms, null))).Then(Refusal.NobodyToGroup);
    }

    [Fact]
    public void A_person_moves_to_another_open_room_and_back_to_the_plenary()
    {
        var story = Given(InHomeRooms(practice));
        story.When(host.Does(new PlacePerson(ada, Room2))).Then(new PersonMoved(ada, Room1, Room2));
        story.When(host.Does(new PlacePerson(ada, Room1))).ThenAlreadySo();
        story.When(host.Does(new PlacePerson(ada, new("r7-7")))).Then(Refusal.NotThere);
        story.When(ada.Does(new PlacePerson(ada, Room2))).Then(Refusal.FacilitatorOnly);
        var moved = story.And(host.Does(new PlacePerson(ada, Room2)));
        Assert.Equal([caz, dov, ada], moved.In(Room2));
        Assert.NotNull(moved.Sees<RoomView>(ada, "room:r1-2"));
        Assert.Null(moved.Sees<RoomView>(ada, "room:r1-1"));
        var out_ = story.And(host.Does(new PlacePerson(ada, RoomId.Plenary)));
        Assert.Equal(RoomId.Plenary, out_.Sees<MeView>(ada, "me")!.Room);
    }

    [Fact]
    public void Whoever_moves_frees_their_role() =>
        Assert.False(Given(InHomeRooms(practice), host.Does(new PlacePerson(ada, Room2))).Session.Talks[Room1].Holders.ContainsValue(ada));

    [Fact]
    public void More_time_for_all_rooms_or_for_one()
    {
        var story = Given(InHomeRooms(practice), host.Does(new ExtendRooms(5, null)), host.Does(new ExtendRooms(2, Room1)));
        Assert.Equal((Noon.AddMinutes(57), 7, host.Id), (story.Sees<RoomView>(ada, "room:r1-1")!.EndsAt, story.Sees<RoomView>(ada, "room:r1-1")!.ExtraMinutes, story.Sees<RoomView>(ada, "room:r1-1")!.ExtendedBy!.Value));
        Assert.Equal(Noon.AddMinutes(55), story.Sees<RoomView>(caz, "room:r1-2")!.EndsAt);
        Assert.Equal(Noon.AddMinutes(55), story.Sees<RoomsView>(ada, "rooms")!.EndsAt);
    }

    [Fact]
    public void Time_is_not_taken_that_is_not_there()
    {
        var story = Given(InHomeRooms(practice), Step.Wait(40));
        story.When(host.Does(new ExtendRooms(-10, null))).Then(Refusal.NoMoreTime);
        story.When(host.Does(new ExtendRooms(-10, Room1))).Then(Refusal.NoMoreTime);
        story.When(host.Does(new ExtendRooms(-9, null))).Then(new RoomsExtended(-9, null, host));
        story.When(host.Does(new ExtendRooms(5, new("r7-7")))).Then(Refusal.NotThere);
    }

    [Theory, InlineData(0), InlineData(-31), InlineData(61), InlineData(int.MinValue)]
    public void No_other_minutes_are_given(int minutes) => Given(InHomeRooms(practice)).When(host.Does(new ExtendRooms(minutes, null))).Then(Refusal.BadNumber);

    [Theory, InlineData(19), InlineData(0), InlineData(-1), InlineData(int.MinValue)]
    public void Nobody_is_brought_back_in_under_twenty_seconds(int seconds) => Given(InHomeRooms(practice)).When(host.Does(new RecallEveryone(seconds))).Then(Refusal.RecallTooShort);

    [Fact]
    public void A_countdown_lasts_ten_minutes_at_most() => Given(InHomeRooms(practice)).When(host.Does(new RecallEveryone(601))).Then(Refusal.BadNumber);

    [Fact]
    public void Everybody_sees_the_countdown() => Given(InHomeRooms(practice)).When(host.Does(new RecallEveryone(20))).Then(story => Assert.Equal(Noon.AddSeconds(20), story.Sees<RoomsView>(ada, "rooms")!.RecallEndsAt));

    [Fact]
    public void A_countdown_can_be_cancelled_and_then_closes_nothing()
    {
        var story = Given(InHomeRooms(practice), host.Does(new RecallEveryone(60)), host.Does(new CancelRecall()), Step.Wait(2));
        story.When(system.Does(new CloseRooms())).ThenAlreadySo();
        story.When(host.Does(new CancelRecall())).ThenAlreadySo();
        Assert.Null(story.Sees<RoomsView>(ada, "rooms")!.RecallEndsAt);
    }

    [Fact]
    public void Rooms_close_when_the_countdown_is_over_not_before_and_not_twice()
    {
        var story = Given(InHomeRooms(practice), host.Does(new RecallEveryone(60)));
        story.When(system.Does(new CloseRooms())).ThenAlreadySo();
        var over = story.And(Step.Wait(1));
        over.When(host.Does(new CloseRooms())).Then(Refusal.ServerOnly);
        over.When(system.Does(new CloseRooms())).Then(new RoomsClosed());
        over.And(system.Does(new CloseRooms())).When(system.Does(new CloseRooms())).ThenAlreadySo();
    }

    [Fact]
    public void After_the_recall_one_s_own_room_can_be_read_but_not_written()
    {
        var story = Given(InHomeRooms(practice), ToStep("b_concerns"), host.Does(new RecallEveryone(20)), Step.Wait(1), system.Does(new CloseRooms()));
        Assert.Equal(Room1, story.Sees<MeView>(ada, "me")!.LastRoom);
        Assert.False(story.Sees<RoomView>(ada, "room:r1-1")!.IsOpen);
        story.When(ada.Does(new LiveSessions.Board.AddNote(new("n1"), "quotes", "Too late", LiveSessions.Board.NoteColour.Sun))).Then(Refusal.NoConversation);
        story.When(host.Does(new ExtendRooms(5, null))).Then(Refusal.RoomsAreClosed);
        story.When(host.Does(new RecallEveryone(30))).Then(Refusal.RoomsAreClosed);
        story.When(host.Does(new AdvanceRooms("debrief"))).Then(Refusal.RoomsAreClosed);
        story.When(host.Does(new AdvancePhase(Room1, "b_concerns"))).Then(Refusal.RoomsAreClosed);
        story.When(host.Does(new ExtendPhase(null, 3))).Then(Refusal.RoomsAreClosed);
    }

    [Fact]
    public void The_next_opening_has_rooms_of_its_own()
    {
        var story = Given(
            InHomeRooms(practice), host.Does(new RecallEveryone(20)), Step.Wait(1), system.Does(new CloseRooms()), host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 6, 1)), host.Does(new OpenRooms(rooms, null)));
        Assert.Equal(["r2-1", "r2-2", "r2-3"], story.Session.House.Order.Select(r => r.Value));
        Assert.Null(story.Sees<RoomView>(ada, "room:r1-1"));
    }

    [Fact]
    public void A_visitor_is_seen_and_goes_out_again()
    {
        var story = Given(InHomeRooms(practice), host.Does(new VisitRoom(Room1)));
        Assert.Equal([host.Id], story.Sees<RoomView>(ada, "room:r1-1")!.Visitors);
        story.When(host.Does(new VisitRoom(Room1))).ThenAlreadySo();
        story.When(host.Does(new VisitRoom(Room2))).Then(new RoomLeft(host, Room1), new RoomVisited(host, Room2));
        story.When(host.Does(new LeaveRoom())).Then(new RoomLeft(host, Room1));
        story.And(host.Does(new LeaveRoom())).When(host.Does(new LeaveRoom())).ThenAlreadySo();
        story.When(host.Does(new VisitRoom(RoomId.Plenary))).Then(Refusal.NotThere);
        story.When(ada.Does(new VisitRoom(Room2))).Then(Refusal.FacilitatorOnly);
    }

    [Fact]
    public void The_staff_watch_who_is_there_and_who_is_behind()
    {
        var story = Given(InHomeRooms(practice), system.Does(new MarkAway(ben)), host.Does(new AdvancePhase(Room2, "frame")), host.Does(new AdvancePhase(Room2, "roles")));
        var first = story.Sees<WatchView>(host, "watch:r1-1")!;
        Assert.Equal((1, 2, "frame"), (first.Present, first.StepsBehind, first.Phase));
        Assert.Equal(0, story.Sees<WatchView>(host, "watch:r1-2")!.StepsBehind);
        Assert.Null(story.Sees<WatchView>(ada, "watch:r1-1"));
    }

    [Fact]
    public void A_message_goes_to_everybody_or_to_some_rooms()
    {
        var story = Given(InHomeRooms(practice), host.Does(new SendMessage("Half-time", [])), cleo.Does(new SendMessage("Please come back", [Room2, Room2])));
        Assert.Equal(["Half-time"], story.SeenBy(ada).Values.OfType<MessageView>().Select(m => m.Text));
        Assert.Equal(["Half-time", "Please come back"], story.SeenBy(caz).Values.OfType<MessageView>().Select(m => m.Text));
        Assert.Equal(2, story.SeenBy(host).Values.OfType<MessageView>().Count());
    }

    [Fact]
    public void A_message_has_words_and_goes_to_rooms_that_are_there()
    {
        var story = Given(InHomeRooms(practice));
        story.When(host.Does(new SendMessage(" ", []))).Then(Refusal.NothingWritten);
        story.When(host.Does(new SendMessage(new string('x', 2_001), []))).Then(Refusal.TooLong);
        story.When(host.Does(new SendMessage("half a pair \uD83D", []))).Then(Refusal.Malformed);
        story.When(host.Does(new SendMessage("Hello", [new("r7-7")]))).Then(Refusal.NotThere);
        story.When(ada.Does(new SendMessage("Hello", []))).Then(Refusal.FacilitatorOnly);
        story.AndHappened([.. Enumerable.Range(0, 500).Select(_ => new MessageSent(host, "x", []))]).When(host.Does(new SendMessage("One more", []))).Then(Refusal.TooMany);
    }
}
