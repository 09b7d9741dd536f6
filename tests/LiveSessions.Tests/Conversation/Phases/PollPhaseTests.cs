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

public sealed class PollPhaseTests
{
    private static readonly PollId first = new("r1-1-first");
    private static Step Adds(Who who, string note, string text) => who.Does(new AddNote(new(note), "none", text, NoteColour.Sun));

    private static readonly Part mapped = new(
    [
        .. InOneRoom(Shipped("partner-mapping")), Adds(ada, "n1", "The <b>health</b> clinic"), Adds(ben, "n2", "The garden club"), Adds(caz, "n3", "Nobody's"),
        caz.Does(new TakeBackNote(new("n3"))), dov.Does(new ChooseConsent(Consent.NotKept, false)), Adds(dov, "n4", "Not for the record"),
    ]);

    [Fact]
    public void The_room_s_poll_opens_with_it_and_closes_after_it()
    {
        var story = Given(InOneRoom(Shipped("aligned-goals")), ToStep("check"));
        var poll = Assert.Single(story.Session.Polls.Values);
        Assert.Equal((Room1, true, "scale"), (poll.Room!.Value, poll.IsOpen, poll.Spec.Kind));
        story.And(host.Does(new RecallEveryone(20)), Step.Wait(1)).When(system.Does(new CloseRooms())).Then(after => Assert.False(after.Session.Polls[poll.Id].IsOpen));
    }

    [Fact]
    public void Dots_go_on_the_room_s_own_notes_but_not_on_what_was_taken_back_or_is_not_kept() =>
        Assert.Equal(["The health clinic", "The garden club"], Given(mapped, ToStep("vote")).Sees<PollView>(ada, "poll:r1-1-first")!.Options);

    [Fact]
    public void A_room_without_notes_has_nothing_to_put_dots_on_and_goes_on() =>
        Given(InOneRoom(Shipped("partner-mapping"))).When(ToStep("vote")).Then(story => Assert.Empty(story.Session.Polls));

    [Fact]
    public void Leading_the_room_on_opens_the_same_poll() =>
        Given(mapped, ToStep("choose")).When(host.Does(new AdvancePhase(Room1, "choose"))).Then(story => Assert.Equal(2, story.Session.Polls[first].Spec.Options.Count));

    [Fact]
    public void Only_the_room_is_asked_and_only_the_staff_see_how_it_stands()
    {
        var story = Given(mapped, ToStep("vote"), Comes(gil), ada.Does(new CastBallot(first, new([0, 0, 1], null))));
        Assert.Equal((1, 7), (story.Sees<TallyView>(host, "tally:r1-1-first")!.Answered, story.Sees<TallyView>(host, "tally:r1-1-first")!.Asked));
        Assert.Null(story.Sees<TallyView>(ada, "tally:r1-1-first"));
        story.And(host.Does(new PlacePerson(ben, RoomId.Plenary))).When(ben.Does(new CastBallot(first, new([0], null)))).Then(Refusal.NotThere);
    }

    [Fact]
    public void A_room_s_poll_is_not_opened_again_once_the_room_has_closed()
    {
        var story = Given(mapped, ToStep("vote"), host.Does(new RecallEveryone(20)), Step.Wait(1), system.Does(new CloseRooms()));
        story.When(host.Does(new OpenPoll(first, null))).Then(Refusal.RoomsAreClosed);
        Assert.NotNull(story.Sees<TallyView>(ada, "tally:r1-1-first"));
    }
}
