using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Board;

/// <summary>Notes are written, hidden while people write quietly, moved, held back and taken back.</summary>
public sealed class NoteTests
{
    private static readonly NoteId n1 = new("n1"), n2 = new("n2"), n3 = new("n3");
    private static Step Adds(Who who, string note, string text = "A porch", string column = "quotes") => who.Does(new AddNote(new(note), column, text, NoteColour.Sun));
    private static readonly Part talking = new([.. InHomeRooms(practice), ToStep("b_concerns")]);
    private static readonly Part quiet = new([.. InHomeRooms(practice), ToStep("write")]);

    [Fact]
    public void A_note_is_seen_by_its_room_and_nobody_else()
    {
        var story = Given(talking, Adds(ada, "n1"));
        Assert.Equal("A porch", story.Sees<NoteView>(ben, "note:n1")!.Text);
        Assert.Null(story.Sees<NoteView>(caz, "note:n1"));
        Assert.Null(story.Sees<NoteView>(host, "note:n1"));
        Assert.NotNull(story.And(host.Does(new VisitRoom(Room1))).Sees<NoteView>(host, "note:n1"));
        Assert.Equal(1, story.Sees<BoardView>(ben, "board:r1-1")!.Notes);
    }

    [Fact]
    public void The_staff_is_told_to_the_second_when_something_last_happened_on_a_board()
    {
        var story = Given(talking, Adds(ada, "n1"), Step.Wait(0.01), ada.Does(new EditNote(n1, "A lit porch", null)));
        Assert.Equal(story.Log[^2].At, story.Sees<WatchView>(host, "watch:r1-1")!.LastAt);
        story = story.And(Step.Wait(0.01), ada.Does(new EditNote(n1, "A porch", null)));
        Assert.Equal(story.Log[^1].At, story.Sees<WatchView>(host, "watch:r1-1")!.LastAt);
    }

    [Fact]
    public void A_note_tells_the_second_in_which_it_was_written_and_last_changed()
    {
        var story = Given(talking, Step.Wait(0.0105), Adds(ada, "n1"), Step.Wait(0.1), ada.Does(new EditNote(n1, "A lit porch", null)));
        var (written, edited) = (story.Log[^2].At, story.Log[^1].At);
        Assert.NotEqual(0, written.Millisecond);
        var note = story.Sees<NoteView>(ben, "note:n1")!;
        Assert.Equal((written.AddMilliseconds(-written.Millisecond), edited.AddMilliseconds(-edited.Millisecond)), (note.At, note.EditedAt));
        Assert.Equal(6, (note.EditedAt - note.At)!.Value.TotalSeconds);
    }

    [Fact]
    public void While_people_write_quietly_each_sees_only_their_own()
    {
        var story = Given(quiet, Adds(ada, "n1"), Adds(ben, "n2"), host.Does(new VisitRoom(Room1)));
        Assert.True(story.Sees<NoteView>(ada, "note:n1")!.OnlyMine);
        Assert.Null(story.Sees<NoteView>(ada, "note:n2"));
        Assert.Null(story.Sees<NoteView>(host, "note:n1"));
        Assert.Equal((true, 2), (story.Sees<BoardView>(ada, "board:r1-1")!.IsHidden, story.Sees<BoardView>(ada, "board:r1-1")!.Notes));
        Assert.Null(story.Sees<WatchView>(host, "watch:r1-1")!.LastLine);
    }

    [Fact]
    public void The_next_step_shows_every_note_to_the_room()
    {
        var story = Given(quiet, Adds(ada, "n1"), Adds(ben, "n2"), ToStep("a_hopes"));
        Assert.False(story.Sees<NoteView>(ben, "note:n1")!.OnlyMine);
        Assert.NotNull(story.Sees<NoteView>(ada, "note:n2"));
    }

    [Fact]
    public void A_hidden_note_is_not_there_for_others()
    {
        var story = Given(quiet, Adds(ada, "n1"), host.Does(new VisitRoom(Room1)));
        foreach (var who in (Who[])[ben, host])
        {
            story.When(who.Does(new EditNote(n1, "Mine now", null))).Then(Refusal.NotThere);
            story.When(who.Does(new MoveNote(n1, "quotes", null))).Then(Refusal.NotThere);
            story.When(who.Does(new TakeBackNote(n1))).Then(Refusal.NotThere);
        }
    }

    [Fact]
    public void A_note_needs_words_a_column_and_a_colour()
    {
        var story = Given(talking);
        story.When(Adds(ada, "n1", "")).Then(Refusal.NothingWritten);
        story.When(Adds(ada, "n1", new string('x', 2_001))).Then(Refusal.TooLong);
        story.When(Adds(ada, "n1", "half \uDC00")).Then(Refusal.Malformed);
        story.When(Adds(ada, "n1", column: "nowhere")).Then(Refusal.NoSuchColumn);
        story.When(ada.Does(new AddNote(n1, "quotes", "x", (NoteColour)9))).Then(Refusal.Malformed);
        story.When(Adds(ada, "n1", new string('x', 2_000))).Then(after => Assert.Equal(2_000, after.Session.Notes.All[n1].Text.Length));
    }

    [Fact]
    public void Notes_are_written_in_rooms_only() => Given(Running(practice)).When(Adds(ada, "n1")).Then(Refusal.NoConversation);

    [Fact]
    public void The_same_note_again_is_already_so_and_its_name_is_taken_for_others()
    {
        var story = Given(talking, Adds(ada, "n1"));
        story.When(Adds(ada, "n1")).ThenAlreadySo();
        story.When(Adds(ada, "n1", "Other words")).Then(Refusal.IdInUse);
        story.When(Adds(ben, "n1")).Then(Refusal.IdInUse);
        story.When(Adds(caz, "n1")).Then(Refusal.IdInUse);
    }

    [Fact]
    public void Ten_thousand_notes_are_enough() =>
        Given(talking).AndHappened([.. Enumerable.Range(0, 10_000).Select(i => new NoteAdded(new("x" + i), Room2, "b_concerns", caz, "quotes", "x", NoteColour.Sun, i, false))]).When(Adds(ada, "n1")).Then(Refusal.TooMany);

    [Fact]
    public void Its_author_and_the_staff_change_a_note_and_nobody_else()
    {
        var story = Given(talking, Adds(ada, "n1"));
        story.When(ada.Does(new EditNote(n1, "A wide porch", NoteColour.Bay))).Then(new NoteEdited(n1, ada, "A wide porch", NoteColour.Bay));
        story.When(host.Does(new EditNote(n1, "A wide porch", null))).Then(new NoteEdited(n1, host, "A wide porch", null));
        story.When(ada.Does(new EditNote(n1, "A porch", NoteColour.Sun))).ThenAlreadySo();
        story.When(ben.Does(new EditNote(n1, "Mine", null))).Then(Refusal.NotYours);
        story.When(caz.Does(new EditNote(n1, "Mine", null))).Then(Refusal.NotThere);
        story.When(ada.Does(new EditNote(n1, "", null))).Then(Refusal.NothingWritten);
        story.When(ada.Does(new EditNote(n1, null, (NoteColour)77))).Then(Refusal.Malformed);
        story.When(ada.Does(new EditNote(n2, "x", null))).Then(Refusal.NotThere);
    }

    [Fact]
    public void Stays_in_this_room_is_for_its_author_and_the_staff_to_say()
    {
        var story = Given(talking, Adds(ada, "n1"));
        story.When(ben.Does(new HoldNote(n1, true))).Then(Refusal.NotYours);
        story.When(ada.Does(new HoldNote(n1, false))).ThenAlreadySo();
        Assert.True(story.And(ada.Does(new HoldNote(n1, true))).Sees<NoteView>(ben, "note:n1")!.IsHeld);
    }

    [Fact]
    public void A_note_that_was_taken_back_leaves_a_gap_and_no_words()
    {
        var story = Given(talking, Adds(ada, "n1"), ada.Does(new TakeBackNote(n1)));
        Assert.Equal((true, ""), (story.Sees<NoteView>(ben, "note:n1")!.IsTakenBack, story.Sees<NoteView>(ben, "note:n1")!.Text));
        Assert.Equal(0, story.Sees<BoardView>(ben, "board:r1-1")!.Notes);
        Assert.Null(story.Sees<WatchView>(host, "watch:r1-1")!.LastLine);
        story.When(ada.Does(new TakeBackNote(n1))).ThenAlreadySo();
        foreach (var command in (Command[])[new EditNote(n1, "Again", null), new MoveNote(n1, "trust", null), new HoldNote(n1, true)])
            story.When(ada.Does(command)).Then(Refusal.WasTakenBack);
        Given(talking, Adds(ada, "n1")).When(ben.Does(new TakeBackNote(n1))).Then(Refusal.NotYours);
    }

    [Fact]
    public void Nothing_changes_on_a_board_whose_room_has_closed()
    {
        var story = Given(talking, Adds(ada, "n1"), host.Does(new RecallEveryone(20)), Step.Wait(1), system.Does(new CloseRooms()));
        foreach (var command in (Command[])[new EditNote(n1, "Later", null), new MoveNote(n1, "trust", null), new HoldNote(n1, true), new TakeBackNote(n1)])
            story.When(ada.Does(command)).Then(Refusal.RoomsAreClosed);
        story.When(host.Does(new VisitRoom(Room1))).Then(visited => visited.When(Adds(host, "n2")).Then(Refusal.RoomsAreClosed));
    }

    [Fact]
    public void Anybody_in_the_room_moves_a_note_before_another_or_to_the_end()
    {
        var story = Given(talking, Adds(ada, "n1"), Adds(ada, "n2"), Adds(ada, "n3"));
        Assert.Equal([n3, n1, n2], Column(story.And(ben.Does(new MoveNote(n3, "quotes", n1)))));
        Assert.Equal([n2, n3, n1], Column(story.And(ben.Does(new MoveNote(n1, "quotes", null)))));
        Assert.Equal([n1, n3, n2], Column(story.And(ben.Does(new MoveNote(n3, "quotes", n2)))));
        Assert.Equal([n1, n3], Column(story.And(ben.Does(new MoveNote(n2, "trust", null)))));
        story.When(ben.Does(new MoveNote(n1, "quotes", n2))).ThenAlreadySo();
        story.When(ben.Does(new MoveNote(n3, "quotes", null))).ThenAlreadySo();
        story.When(ben.Does(new MoveNote(n1, "quotes", n1))).ThenAlreadySo();
        story.When(ben.Does(new MoveNote(n1, "nowhere", null))).Then(Refusal.NoSuchColumn);
        story.When(ben.Does(new MoveNote(n1, "trust", n2))).Then(Refusal.NotThere);
        story.When(caz.Does(new MoveNote(n1, "quotes", null))).Then(Refusal.NotThere);
    }

    [Fact]
    public void Notes_go_between_the_same_two_as_often_as_people_like()
    {
        var story = Given(talking, Adds(ada, "n0"), Adds(ada, "end"));
        for (var i = 1; i <= 200; i++)
        {
            story = story.And(Adds(ada, "n" + i, column: "trust"), ada.Does(new MoveNote(new("n" + i), "quotes", new("end"))));
            Assert.Equal((NoteId[])[.. Enumerable.Range(0, i + 1).Select(n => new NoteId("n" + n)), new("end")], Column(story));
        }
    }

    private static NoteId[] Column(Story story) => [.. story.SeenBy(ben).Values.OfType<NoteView>().Where(n => n.Column == "quotes").OrderBy(n => n.Rank).Select(n => n.Note)];
}
