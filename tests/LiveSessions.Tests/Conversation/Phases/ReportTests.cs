using LiveSessions.Board;
using LiveSessions.Conversation;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

public sealed class ReportTests
{
    private static readonly Stories.Part reading = new([.. InOneRoom(practice), ToStep("b_concerns"), ada.Does(new AddNote(new("n1"), "quotes", "A porch", NoteColour.Sun)), ToStep("readback")]);

    [Fact]
    public void The_board_is_corrected_and_held_back() =>
        Assert.True(Given(reading, ada.Does(new EditNote(new("n1"), "A wide porch", null)), ada.Does(new HoldNote(new("n1"), true))).Sees<NoteView>(ben, "note:n1")! is { IsHeld: true, Text: "A wide porch" });

    [Fact]
    public void Hands_give_the_floor() => Assert.Equal(ben.Id, Given(reading, ben.Does(new RaiseHand())).Sees<FloorView>(ada, "floor:r1-1")!.Speaking);
}
