using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

/// <summary>1-2-4-All: two rooms come together with their people and notes.</summary>
public sealed class MergeTests
{
    private static readonly Story pairs = Given(InRooms(merging, 8, 2), ToStep("one"));
    private static readonly RoomId Room4 = new("r1-4");
    private static Step Notes(Who who) => who.Does(new AddNote(new("n-" + who.Id), "mine", "A thought of " + who.Name, NoteColour.Rose));

    private static Story WithNotes() => pairs.And([.. Everybody.Select(w => (Part)Notes(w))]).And(ToStep("two"));

    [Fact]
    public void Pairs_become_fours_and_everybody_is_in_one_room()
    {
        var story = WithNotes().And(ToStep("four"));
        Assert.Equal([Room1, Room3], story.Session.House.Order);
        Assert.All(story.Session.House.Order, r => Assert.Equal(4, story.In(r).Count));
        Assert.Equal([.. pairs.In(Room1), .. pairs.In(Room2)], story.In(Room1));
        Assert.All(pairs.In(Room2), who => Assert.Equal(Room1, story.Sees<MeView>(who, "me")!.Room));
    }

    [Fact]
    public void Their_notes_lie_on_one_board()
    {
        var story = WithNotes().And(ToStep("four"));
        var someone = pairs.In(Room2)[0];
        Assert.Equal(story.In(Room1).Select(w => "n-" + w.Id).Order(), story.SeenBy(someone).Values.OfType<NoteView>().Select(n => n.Note.Value).Order());
        Assert.Equal(4, story.Sees<BoardView>(someone, "board:r1-1")!.Notes);
        story.When(someone.Does(new MoveNote(new("n-" + pairs.In(Room1)[0].Id), "four", null))).Then(after => Assert.Equal("four", after.Session.Notes.All[new("n-" + pairs.In(Room1)[0].Id)].Column));
    }

    [Fact]
    public void Notes_that_were_still_hidden_come_to_light()
    {
        var story = pairs.And([.. Everybody.Select(w => (Part)Notes(w))]).And(ToStep("four"));
        Assert.Equal(4, story.SeenBy(pairs.In(Room1)[0]).Values.OfType<NoteView>().Count(n => !n.OnlyMine));
        Assert.Equal(4, story.SeenBy(pairs.In(Room2)[0]).Values.OfType<NoteView>().Count(n => !n.OnlyMine));
    }

    [Fact]
    public void Rooms_come_together_only_all_at_once() => WithNotes().When(host.Does(new AdvancePhase(Room1, "two"))).Then(Refusal.MergeTogether);

    [Fact]
    public void The_last_of_an_odd_number_joins_the_two_before_it()
    {
        var story = Given(InRooms(merging, 6, 2), ToStep("two"), ToStep("four"));
        Assert.Equal([Room1], story.Session.House.Order);
        Assert.Equal(6, story.In(Room1).Count);
    }

    [Fact]
    public void It_stays_alone_where_three_rooms_are_more_than_fit()
    {
        var story = Given(InRooms(merging with { GroupSize = new(2, 4, 5) }, 6, 2), ToStep("two"), ToStep("four"));
        Assert.Equal([Room1, Room3], story.Session.House.Order);
        Assert.Equal([4, 2], story.Session.House.Order.Select(r => story.In(r).Count));
        Assert.Equal("four", story.Session.Talks[Room3].Phase!.Id);
    }

    [Fact]
    public void A_single_room_goes_on_as_it_is()
    {
        var story = Given(InOneRoom(merging, 4), ToStep("two"), ToStep("four"));
        Assert.Equal([Room1], story.Session.House.Order);
        Assert.Equal("four", story.Session.Talks[Room1].Phase!.Id);
    }

    [Fact]
    public void Two_people_with_the_same_stand_in_name_are_told_apart_when_they_meet()
    {
        var story = WithNotes();
        var (one, other) = (pairs.In(Room1)[0], pairs.In(Room2)[0]);
        story = story.AndHappened(new ConsentChosen(one, Consent.StandIn, false), new ConsentChosen(other, Consent.StandIn, false), new StandInGiven(Room1, one, "Otter"), new StandInGiven(Room2, other, "Otter")).And(ToStep("four"));
        var names = story.SeenBy(one).Values.OfType<NoteView>().Where(n => n.IsStandIn).Select(n => n.AuthorName).ToList();
        Assert.Equal(2, names.Distinct().Count());
        Assert.Equal("Otter", story.Sees<NoteView>(other, "note:n-" + one.Id)!.AuthorName);
    }

    [Fact]
    public void A_stand_in_name_goes_with_its_notes()
    {
        var other = pairs.In(Room2)[0];
        var story = WithNotes().AndHappened(new ConsentChosen(other, Consent.StandIn, false), new StandInGiven(Room2, other, "Otter")).And(ToStep("four"));
        Assert.Equal("Otter", story.Sees<NoteView>(pairs.In(Room1)[0], "note:n-" + other.Id)!.AuthorName);
    }

    [Fact]
    public void A_call_for_help_and_whoever_looks_in_go_along()
    {
        var caller = pairs.In(Room2)[0];
        var story = WithNotes().And(caller.Does(new CallHelp(new("h1"), null)), cleo.Does(new ClaimHelp(new("h1"))), host.Does(new VisitRoom(Room2)), ToStep("four"));
        Assert.Equal(Room1, story.Sees<HelpView>(caller, "help:h1")!.Room);
        Assert.Equal([host.Id], story.Sees<RoomView>(caller, "room:r1-1")!.Visitors);
        story.When(cleo.Does(new VisitRoom(Room1))).Then(new RoomVisited(cleo, Room1), new HelpArrived(new("h1"), cleo));
    }

    [Fact]
    public void A_poll_of_the_room_that_goes_is_closed()
    {
        var exercise = merging with { Phases = [.. merging.Phases.Select(p => p.Id == "two" ? p with { Type = LiveSessions.Exercises.PhaseType.Poll, Poll = "dots" } : p)] };
        var story = Given(InRooms(exercise, 4, 2), ToStep("one"), ada.Does(new AddNote(new("n1"), "mine", "One", NoteColour.Sun)), caz.Does(new AddNote(new("n2"), "mine", "Two", NoteColour.Sun)), ToStep("two"));
        Assert.NotEmpty(story.Session.Polls);
        Assert.All(story.And(ToStep("four")).Session.Polls.Values, p => Assert.False(p.IsOpen));
    }

    [Fact]
    public void Ballots_of_a_merged_room_are_cast_in_the_room_they_are_in_now()
    {
        var story = WithNotes().And(ToStep("four"), ToStep("all"), ToStep("dots"));
        var poll = new PollId("r1-1-dots");
        Assert.Equal(4, story.Session.Polls[poll].Spec.Options.Count);
        story.When(pairs.In(Room2)[0].Does(new CastBallot(poll, new([0, 1, 1], null)))).Then(after => Assert.Equal((1, 4), (after.Sees<TallyView>(host, "tally:r1-1-dots")!.Answered, after.Sees<TallyView>(host, "tally:r1-1-dots")!.Asked)));
        story.When(pairs.In(Room3)[0].Does(new CastBallot(poll, new([0], null)))).Then(Refusal.NotThere);
        Assert.False(story.Session.House.Rooms[Room4].IsOpen);
    }
}
