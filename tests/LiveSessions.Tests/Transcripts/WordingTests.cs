using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Transcripts;

namespace LiveSessions.Tests.Transcripts;

public sealed class WordingTests
{
    private readonly Workshop _w = new();

    private (PersonId Ada, PersonId Ben, RoomId Room) Started(string step = "b_concerns")
    {
        var (ada, ben) = (_w.Joins("a-id", "Ada Adams", mayQuote: true), _w.Joins("b-id", "Ben Brown"));
        foreach (var person in (PersonId[])[ada, ben])
            _w.BySystem(new MarkHere(person));
        var room = _w.OpensOneRoom();
        _w.GoesTo(step);
        return (ada, ben, room);
    }

    private string? Holder(RoomId room, string role) => _w.Session.Talks[room].Holders.TryGetValue(role, out var p) ? p.Value : null;

    [Fact]
    public void A_conversation_knows_its_room_exercise_prompts_columns_and_people()
    {
        var (_, _, room) = Started();
        var conversation = Assert.Single(_w.Conversations.Values, c => c.Room == room);
        var opening = _w.Log.FindIndex(e => e.Events.Any(x => x is RoomsOpened));
        Assert.Equal(($"{opening}-{room}", "community-conversation-practice", 2), (conversation.Id, conversation.ExerciseKey, conversation.People));
        Assert.Equal(_w.Session.Talks[room].Exercise.Phases.Select(p => (p.Id, p.Prompt)), conversation.Phases.Select(p => (p.Id, p.Prompt)));
        Assert.Equal("goRound", conversation.Phases.Single(p => p.Id == "a_hopes").Type);
        Assert.NotNull(conversation.Phases.Single(p => p.Id == "frame").EndedAt);
        Assert.Null(conversation.Phases.Single(p => p.Id == "b_concerns").EndedAt);
        Assert.Equal(8, conversation.Columns.Count);
        Assert.Null(conversation.EndedAt);
    }

    /// <summary>The leader skips the step in which the cards are shown: they are revealed and the room joins another in one and the same entry.</summary>
    [Fact]
    public void Notes_that_are_revealed_as_their_room_joins_another_are_told()
    {
        var w = new Workshop("one-two-four-all");
        foreach (var id in (string[])["a-id", "b-id", "c-id", "d-id"])
        {
            w.Joins(id, $"Person {id}");
            w.BySystem(new MarkHere(new(id)));
        }
        w.With(Workshop.Host, new StartSession()).With(Workshop.Host, new ProposeGrouping(GroupingRule.Random, 2, 1)).With(Workshop.Host, new OpenRooms(Workshop.Block, null)).GoesTo("one");
        var authors = w.Session.House.Order.Select(r => w.Session.House.Rooms[r].Members[0]).ToList();
        foreach (var author in authors)
            w.With(author, new AddNote(new($"n-{author}"), "all", $"Said by {author}.", NoteColour.Rose));
        Assert.Empty(w.Said(LineKind.Note));
        w.GoesTo("four");
        Assert.Single(w.Session.House.Order);
        Assert.Equal(authors.Select(a => $"Said by {a}.").Order(StringComparer.Ordinal), w.Said(LineKind.Note).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_prompt_is_told_in_the_exact_words_shown()
    {
        var (_, _, room) = Started();
        Assert.Equal(_w.Session.Talks[room].Phase!.Prompt, _w.Line(LineKind.Prompt).Text);
        Assert.Contains("Good morning.", _w.Said(LineKind.Prompt));
    }

    [Fact]
    public void A_turn_tells_who_spoke_in_which_role_who_wrote_it_and_how()
    {
        var (ada, ben, room) = Started();
        _w.Gives(room, "facilitator", ada).Gives(room, "note_taker", ben)
            .With(ben, new WriteTurn(new("t1"), ada, "I <b>hope</b> for a bus.", TurnForm.Paraphrase));
        var line = _w.Line(LineKind.Turn);
        Assert.Equal(("Ada Adams", "Leads", "Ben Brown", "I hope for a bus.", "paraphrase", "b_concerns", true),
            (line.Speaker, line.SpeakerRole, line.WrittenBy, line.Text, line.Form, line.Phase, line.MayQuote));
        _w.With(ben, new WriteTurn(new("t2"), ben, "Me too.", TurnForm.Verbatim));
        Assert.Equal((null, "verbatim", false), (_w.Line(LineKind.Turn).WrittenBy, _w.Line(LineKind.Turn).Form, _w.Line(LineKind.Turn).MayQuote));
    }

    [Fact]
    public void A_correction_keeps_the_wording_before()
    {
        var (ada, _, _) = Started();
        _w.With(ada, new WriteTurn(new("t1"), ada, "a bus", TurnForm.Verbatim)).With(ada, new CorrectTurn(new("t1"), "a night bus")).With(ada, new HoldTurn(new("t1"), true));
        var line = _w.Line(LineKind.Turn);
        Assert.Equal(("a night bus", true), (line.Text, line.StaysInRoom));
        Assert.Equal("a bus", Assert.Single(line.Earlier).Text);
        Assert.Single(_w.Said(LineKind.Turn));
    }

    [Fact]
    public void A_note_that_is_changed_all_day_keeps_its_first_wording_and_the_latest()
    {
        var (ada, _, _) = Started();
        _w.With(ada, new AddNote(new("n1"), "barriers", "Wording 0", NoteColour.Sun));
        for (var n = 1; n <= 50; n++)
            _w.With(ada, new EditNote(new("n1"), $"Wording {n}", null));
        var note = _w.Line(LineKind.Note);
        Assert.Equal("Wording 50", note.Text);
        Assert.Equal(["Wording 0", .. Enumerable.Range(31, 19).Select(n => $"Wording {n}")], note.Earlier.Select(e => e.Text));
        Assert.Equal(50, note.Earlier.Sum(e => 1 + e.Left));
    }

    [Fact]
    public void A_note_tells_its_column_moves_edits_and_whether_it_stood_at_the_end()
    {
        var (ada, ben, _) = Started();
        _w.With(ada, new AddNote(new("n1"), "barriers", "No bus after six", NoteColour.Sun))
            .With(ada, new EditNote(new("n1"), "No bus after seven", null))
            .With(ben, new MoveNote(new("n1"), "actions", null));
        var note = _w.Line(LineKind.Note);
        Assert.Equal(("No bus after seven", "actions", "sun", false), (note.Text, note.Column, note.Colour, note.IsFinal));
        Assert.Equal("No bus after six", Assert.Single(note.Earlier).Text);
        var move = _w.Line(LineKind.Move);
        Assert.Equal(("Ben Brown", "Ben Brown moved “No bus after seven” from What gets in the way to Actions."), (move.Speaker, move.Text));
        _w.With(ada, new HoldNote(new("n1"), true));
        Assert.True(_w.Line(LineKind.Note).StaysInRoom);
        Assert.True(_w.Line(LineKind.Move).StaysInRoom);
        Close();
        Assert.True(_w.Line(LineKind.Note).IsFinal);
    }

    [Fact]
    public void A_note_that_was_taken_back_is_a_gap()
    {
        var (ada, ben, _) = Started();
        _w.With(ada, new AddNote(new("n1"), "barriers", "regretted", NoteColour.Sun)).With(ada, new EditNote(new("n1"), "regretted even more", null))
            .With(ben, new MoveNote(new("n1"), "actions", null)).With(ada, new TakeBackNote(new("n1")));
        Close();
        Assert.Equal(("(taken back)", false, 0), (_w.Line(LineKind.Note).Text, _w.Line(LineKind.Note).IsFinal, _w.Line(LineKind.Note).Earlier.Count));
        Assert.DoesNotContain(_w.LinesAsStored, l => l.Contains("regretted", StringComparison.Ordinal));
    }

    [Fact]
    public void A_note_written_in_silence_is_told_when_it_is_revealed()
    {
        var (ada, ben, _) = Started("write");
        _w.With(ada, new AddNote(new("n1"), "barriers", "quiet words", NoteColour.Sun)).With(ada, new EditNote(new("n1"), "quiet thoughts", null))
            .With(ben, new AddNote(new("n2"), "barriers", "never seen", NoteColour.Bay)).With(ben, new TakeBackNote(new("n2")));
        Assert.Empty(_w.Said(LineKind.Note));
        _w.GoesTo("a_hopes");
        Assert.Equal("quiet thoughts", Assert.Single(_w.Said(LineKind.Note)));
        Assert.Empty(_w.Line(LineKind.Note).Earlier);
    }

    [Fact]
    public void Passing_is_told_and_so_is_passing_for_now()
    {
        var (ada, ben, room) = Started("a_hopes");
        var (first, second) = _w.Session.Talks[room].Floor.Speaking == ada ? (ada, ben) : (ben, ada);
        _w.With(first, new PassFloor(null, true)).With(second, new PassFloor(null, false));
        Assert.Equal([$"{_w.Session.NameOf(first)} passed for now.", $"{_w.Session.NameOf(second)} passed."], _w.Said(LineKind.Pass));
        Assert.Equal([_w.Session.NameOf(first), _w.Session.NameOf(second)], _w.InOrder.Where(l => l.Kind == LineKind.Pass).Select(l => l.Speaker));
    }

    [Fact]
    public void Roles_are_told_when_they_change()
    {
        var (ada, _, room) = Started();
        Assert.StartsWith("Leads: ", _w.Said(LineKind.Role).First(), StringComparison.Ordinal);
        _w.With(Workshop.Host, new GiveRole(room, "reader", ada));
        Assert.Equal("Reads aloud: Ada Adams.", _w.Line(LineKind.Role).Text);
        _w.With(Workshop.Host, new GiveRole(room, "reader", null));
        Assert.Equal("Reads aloud: nobody.", _w.Line(LineKind.Role).Text);
        Assert.NotNull(Holder(room, "facilitator"));
    }

    [Fact]
    public void Coming_and_going_is_told_in_the_rooms_it_is_about()
    {
        var (ada, _, room) = Started();
        var cora = _w.Joins("c-id", "Cora Cole");
        Assert.Equal("Cora Cole came into the room.", _w.Line(LineKind.Presence).Text);
        _w.With(Workshop.Host, new PlacePerson(cora, RoomId.Plenary)).With(Workshop.Host, new VisitRoom(room)).With(Workshop.Host, new RemovePerson(ada));
        Assert.Equal(["In the room: ", "Cora Cole came into the room.", "Cora Cole left the room.", "Hostname looked in.", "Ada Adams left the room."],
            _w.Said(LineKind.Presence).Select((t, i) => i == 0 ? t[..13] : t));
        Assert.Equal(3, _w.Conversations.Values.Single(c => c.Room == room).People);
    }

    [Fact]
    public void A_call_for_help_is_told_from_asking_to_done()
    {
        var (ada, _, room) = Started();
        _w.With(ada, new CallHelp(new("h1"), "We are stuck")).With(Workshop.Host, new ClaimHelp(new("h1"))).With(Workshop.Host, new VisitRoom(room)).With(Workshop.Host, new ResolveHelp(new("h1")));
        Assert.Equal(["Ada Adams asked for help: We are stuck", "Hostname is on the way.", "Hostname came to help.", "The call for help was answered."], _w.Said(LineKind.Help));
    }

    [Fact]
    public void Time_given_or_stopped_is_told()
    {
        var (_, _, room) = Started();
        _w.With(Workshop.Host, new ExtendPhase(room, 2)).With(Workshop.Host, new ExtendRooms(1, null)).With(Workshop.Host, new RecallEveryone(60)).With(Workshop.Host, new CancelRecall());
        Assert.Equal(["Hostname gave this step 2 minutes more.", "Hostname gave all rooms 1 minute more.", "Everybody was called back, in 60 seconds.", "The call back was cancelled."], _w.Said(LineKind.Clock));
    }

    [Fact]
    public void A_message_is_told_where_it_was_sent()
    {
        var (_, _, room) = Started();
        _w.With(Workshop.Host, new SendMessage("Half-time", [room])).With(Workshop.Host, new SendMessage("Back at ten", []));
        Assert.Equal([(_w.Conversations.Values.Single(c => c.Room == room).Id, "Hostname", "Half-time"), ("plenary", "Hostname", "Back at ten")],
            _w.InOrder.Where(l => l.Kind == LineKind.Message).Select(l => (l.Conversation, l.Speaker, l.Text)));
    }

    [Fact]
    public void What_was_seen_of_a_leader_is_one_line()
    {
        var (ada, ben, room) = Started();
        _w.Gives(room, "facilitator", ada).Gives(room, "observer", ben)
            .With(ben, new MarkObserved(3, true)).With(ben, new MarkObserved(1, true)).With(ben, new MarkObserved(3, false));
        Assert.Equal("Seen by Ben Brown while Ada Adams led: waited after asking.", Assert.Single(_w.Said(LineKind.Role), t => t.StartsWith("Seen", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_poll_is_told_in_counts_and_under_five_answers_only_in_number()
    {
        var people = Enumerable.Range(0, 6).Select(i => _w.Joins($"p{i}-id", $"Person {i}")).ToList();
        _w.With(Workshop.Host, new StartSession()).With(Workshop.Host, new OpenPoll(new("ready"), new("scale", "How ready are you?", [], 1, false)));
        foreach (var person in people.Take(4))
            _w.With(person, new CastBallot(new("ready"), new([4], null)));
        Assert.Equal("Asked: How ready are you?", _w.Line(LineKind.Poll).Text);
        _w.With(Workshop.Host, new ClosePoll(new("ready")));
        Assert.Equal("Asked: How ready are you? 4 of 6 answered; under 5 answers no result is kept.", _w.Line(LineKind.Poll).Text);
        _w.With(Workshop.Host, new OpenPoll(new("ready"), null)).With(people[4], new CastBallot(new("ready"), new([0], null))).With(Workshop.Host, new ClosePoll(new("ready")));
        Assert.Equal("Asked: How ready are you? 5 of 6 answered: 1 (1); 2 (0); 3 (0); 4 (0); 5 (4). Mean 4.2.", Assert.Single(_w.Said(LineKind.Poll)));
    }

    [Fact]
    public void Rooms_that_come_together_keep_their_own_conversations()
    {
        var w = new Workshop("one-two-four-all");
        var people = Enumerable.Range(0, 4).Select(i => w.Joins($"p{i}-id", $"Person {i}")).ToList();
        w.With(Workshop.Host, new StartSession()).With(Workshop.Host, new ProposeGrouping(GroupingRule.Random, 2, 1)).With(Workshop.Host, new OpenRooms(Workshop.Block, null));
        w.GoesTo("two");
        var (into, from) = (new RoomId("r1-1"), new RoomId("r1-2"));
        var author = w.Session.House.Rooms[from].Members[0];
        w.With(author, new AddNote(new("n1"), w.Session.Talks[from].Exercise.Board[0].Id, "From two", NoteColour.Sun));
        w.GoesTo("four");
        var ended = w.Conversations.Values.Single(c => c.Room == from);
        Assert.NotNull(ended.EndedAt);
        Assert.Equal(4, w.Conversations.Values.Single(c => c.Room == into).People);
        Assert.Equal(ended.Id, w.Line(LineKind.Note).Conversation);
        w.With(Workshop.Host, new EndSession());
        Assert.True(w.Line(LineKind.Note).IsFinal);
        Assert.All(w.Conversations.Values, c => Assert.NotNull(c.EndedAt));
    }

    [Fact]
    public void Balance_counts_turns_and_passes_and_ranks_nobody()
    {
        var (ada, ben, _) = Started();
        _w.With(ben, new WriteTurn(new("t1"), ben, "one", TurnForm.Verbatim));
        for (var i = 2; i < 5; i++)
            _w.With(ada, new WriteTurn(new($"t{i}"), ada, "more", TurnForm.Verbatim));
        var balance = Assert.Single(Balance.Of(_w.Lines.Values), b => b.Turns > 0);
        Assert.Equal((4, 2), (balance.Turns, balance.Contributors));
        Assert.Equal([("Ben Brown", 1, 0.25), ("Ada Adams", 3, 0.75)], balance.Speakers.Select(s => (s.Speaker, s.Turns, s.Share)));
    }

    private void Close()
    {
        _w.With(Workshop.Host, new RecallEveryone(20));
        _w.Now = _w.Now.AddSeconds(30);
        Assert.IsType<Decision.Accepted>(_w.BySystem(new CloseRooms()));
    }
}
