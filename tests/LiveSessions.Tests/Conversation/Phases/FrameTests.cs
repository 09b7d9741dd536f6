using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

public sealed class FrameTests
{
    [Fact]
    public void Nothing_said_is_written_down_yet_and_nobody_is_in_line()
    {
        var story = Given(InOneRoom(practice));
        Assert.Equal((FloorKind.None, false), (story.Sees<StepView>(ada, "step:r1-1")!.Floor, story.Sees<StepView>(ada, "step:r1-1")!.TakesTurns));
        story.When(ada.Does(new WriteTurn(new("t1"), ada, "Hello", TurnForm.Verbatim))).Then(Refusal.NoTalkNow);
        story.When(ada.Does(new RaiseHand())).Then(Refusal.NoRound);
        story.When(ada.Does(new FinishTurn(null))).Then(Refusal.NoRound);
        story.When(ada.Does(new PassFloor(null, true))).Then(Refusal.NoRound);
        story.When(host.Does(new GiveFloor(Room1, ada))).Then(Refusal.NoRound);
    }

    [Fact]
    public void Notes_may_be_written_for_all_to_see() =>
        Given(InOneRoom(practice)).When(ada.Does(new AddNote(new("n1"), "questions", "What is this about?", NoteColour.Sage))).Then(story => Assert.NotNull(story.Sees<NoteView>(ben, "note:n1")));
}
