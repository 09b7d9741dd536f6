using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

public sealed class SilentTests
{
    private static readonly Stories.Part quiet = new([.. InOneRoom(practice), ToStep("write")]);

    [Fact]
    public void Nobody_talks() => Given(quiet).When(ada.Does(new WriteTurn(new("t1"), ada, "Hello", TurnForm.Verbatim))).Then(Refusal.NoTalkNow);

    [Fact]
    public void Notes_are_hidden_and_come_to_light_with_the_next_step()
    {
        var story = Given(quiet, ada.Does(new AddNote(new("n1"), "aspirations", "A porch", NoteColour.Sun)));
        Assert.Null(story.Sees<NoteView>(ben, "note:n1"));
        story.When(host.Does(new AdvancePhase(Room1, "write"))).Then(after =>
        {
            Assert.IsType<NotesRevealed>(after.Log[^1].Events[0]);
            Assert.NotNull(after.Sees<NoteView>(ben, "note:n1"));
            Assert.False(after.Sees<BoardView>(ben, "board:r1-1")!.IsHidden);
        });
    }

    [Fact]
    public void A_quiet_step_after_a_quiet_step_keeps_notes_hidden()
    {
        var twice = practice with { Phases = [.. practice.Phases.Select(p => p.Id == "a_hopes" ? p with { Type = LiveSessions.Exercises.PhaseType.Silent } : p)] };
        var story = Given([.. InOneRoom(twice), ToStep("write"), ada.Does(new AddNote(new("n1"), "aspirations", "A porch", NoteColour.Sun)), ToStep("a_hopes")]);
        Assert.Null(story.Sees<NoteView>(ben, "note:n1"));
        Assert.NotNull(story.And(ToStep("b_concerns")).Sees<NoteView>(ben, "note:n1"));
    }

    [Fact]
    public void A_hidden_note_of_somebody_who_was_moved_comes_to_light_in_its_room()
    {
        var story = Given(InHomeRooms(practice), ToStep("write"), ada.Does(new AddNote(new("n1"), "aspirations", "A porch", NoteColour.Sun)), host.Does(new LiveSessions.Rooms.PlacePerson(ada, Room2)));
        Assert.NotNull(story.Sees<NoteView>(ada, "note:n1"));
        Assert.NotNull(story.And(ToStep("a_hopes")).Sees<NoteView>(ben, "note:n1"));
    }
}
