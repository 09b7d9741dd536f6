using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Sessions;

/// <summary>A session begins and ends once.</summary>
public sealed class EndingTests
{
    [Fact]
    public void Starting_begins_the_first_block() => Given(Gathered(practice)).When(host.Does(new StartSession())).Then(new SessionStarted(), new BlockStarted(welcome));

    [Fact]
    public void Starting_twice_is_already_so() => Given(Running(practice)).When(cleo.Does(new StartSession())).ThenAlreadySo();

    [Fact]
    public void A_participant_neither_starts_nor_ends_it()
    {
        Given(Gathered(practice)).When(ada.Does(new StartSession())).Then(Refusal.FacilitatorOnly);
        Given(Running(practice)).When(ada.Does(new EndSession())).Then(Refusal.FacilitatorOnly);
    }

    [Fact]
    public void Ending_closes_rooms_and_polls_and_shows_what_was_hidden()
    {
        var story = Given(
            InHomeRooms(practice), ToStep("write"), ada.Does(new AddNote(new("n1"), "aspirations", "Quiet words", NoteColour.Bay)), host.Does(new OpenPoll(new("before"), null)),
            host.Does(new EndSession()));
        Assert.False(story.Session.House.IsOpen);
        Assert.False(story.Session.Polls[new("before")].IsOpen);
        Assert.Equal("Quiet words", story.Sees<NoteView>(ben, "note:n1")!.Text);
        Assert.Equal(SessionStage.Ended, story.Sees<SessionView>(ada, "session")!.Stage);
    }

    [Fact]
    public void Ending_twice_is_already_so() => Given(Running(practice), host.Does(new EndSession())).When(host.Does(new EndSession())).ThenAlreadySo();

    [Fact]
    public void Nothing_more_is_added_after_the_end()
    {
        var story = Given(Running(practice), host.Does(new EndSession()));
        foreach (var command in (Command[])[new StartBlock(welcome), new OpenPoll(new("q"), Spec("single", "a", "b")), new ProposeGrouping(GroupingRule.Random, 4, 1), new SendMessage("Hello", []), new RemovePerson(ada), new StartSession()])
            story.When(host.Does(command)).Then(Refusal.SessionEnded);
        story.When(ada.Does(new RenameMe("Ada L."))).Then(Refusal.SessionEnded);
        story.When(Comes(gil)).Then(Refusal.SessionEnded);
    }

    [Fact]
    public void A_room_that_was_left_stays_readable_after_the_end() =>
        Assert.NotNull(Given(InHomeRooms(practice), host.Does(new EndSession())).Sees<RoomView>(ada, "room:r1-1"));
}
