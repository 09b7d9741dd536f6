using LiveSessions.Board;
using LiveSessions.Conversation;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

public sealed class BoardSortTests
{
    private static readonly Stories.Part sorting = new([.. InOneRoom(Shipped("partner-mapping")), ada.Does(new AddNote(new("n1"), "none", "The clinic", NoteColour.Sun)), ToStep("sort")]);

    [Fact]
    public void Notes_of_the_quiet_step_lie_open_and_anybody_puts_them_in_their_place() =>
        Assert.Equal("date", Given(sorting, ben.Does(new MoveNote(new("n1"), "date", null))).Sees<NoteView>(ada, "note:n1")!.Column);

    [Fact]
    public void People_talk_while_they_sort()
    {
        var story = Given(sorting, ben.Does(new RaiseHand()), ben.Does(new WriteTurn(new("t1"), ben, "We know them well", TurnForm.Verbatim)));
        Assert.Equal(FloorKind.Hands, story.Sees<FloorView>(ada, "floor:r1-1")!.Kind);
    }
}
