using LiveSessions.Conversation;
using LiveSessions.Log;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

public sealed class ClosingTests
{
    private static readonly Stories.Part closing = new([.. InOneRoom(practice), ToStep("debrief")]);

    [Fact]
    public void A_last_word_is_asked_for_by_hand_and_written_down()
    {
        var story = Given(closing, ada.Does(new RaiseHand()), ada.Does(new WriteTurn(new("t1"), ada, "Porches", TurnForm.Verbatim)), ada.Does(new FinishTurn(null)));
        Assert.Equal(("debrief", FloorState.HasSpoken), (story.Sees<TurnView>(ben, "turn:t1")!.Phase, story.Sees<FloorView>(ben, "floor:r1-1")!.Line.Single().State));
    }

    [Fact]
    public void It_is_the_last_step() => Given(closing).When(host.Does(new AdvancePhase(Room1, "debrief"))).Then(Refusal.LastPhase);
}
