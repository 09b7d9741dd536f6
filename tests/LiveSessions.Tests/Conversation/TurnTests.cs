using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation;

/// <summary>What is said is written down, corrected without erasing, and held back when its speaker wishes.</summary>
public sealed class TurnTests
{
    private static readonly TurnId t1 = new("t1");
    private static readonly Part talking = new([.. InOneRoom(practice), ToStep("b_concerns")]);
    private static Step Writes(Who by, Who speaker, string text = "We have no place to meet", string turn = "t1") => by.Does(new WriteTurn(new(turn), speaker, text, TurnForm.Paraphrase));

    [Fact]
    public void Anybody_writes_down_their_own_words()
    {
        var turn = Given(talking, Writes(ada, ada)).Sees<TurnView>(ben, "turn:t1")!;
        Assert.Equal((ada.Id, "Ada", null, "b_concerns"), (turn.Speaker, turn.SpeakerName, turn.WrittenBy, turn.Phase));
    }

    [Fact]
    public void Whoever_takes_notes_or_leads_and_the_staff_write_for_others_and_nobody_else_does()
    {
        var story = Given(talking);
        var others = story.In(Room1).Where(w => w != story.Holder("note_taker") && w != story.Holder("facilitator")).ToList();
        story.When(Writes(story.Holder("note_taker"), others[0])).Then(after => Assert.Equal(story.Holder("note_taker").Id, after.Sees<TurnView>(ada, "turn:t1")!.WrittenBy));
        story.When(Writes(story.Holder("facilitator"), others[0])).Then(after => Assert.Single(after.Session.TurnRooms));
        story.And(host.Does(new VisitRoom(Room1))).When(Writes(host, others[0])).Then(after => Assert.Single(after.Session.TurnRooms));
        story.When(Writes(others[0], others[1])).Then(Refusal.LeaderOnly);
    }

    [Fact]
    public void Words_are_written_down_for_people_of_the_room()
    {
        var story = Given(InHomeRooms(practice), ToStep("b_concerns"));
        var leader = story.Holder("facilitator");
        story.When(Writes(leader, caz)).Then(Refusal.NotInRoom);
        story.When(Writes(leader, nobody)).Then(Refusal.NotInRoom);
        story.And(host.Does(new VisitRoom(Room1))).When(Writes(host, host)).Then(after => Assert.Single(after.Session.TurnRooms));
    }

    [Fact]
    public void A_turn_needs_words_and_a_form()
    {
        var story = Given(talking);
        story.When(Writes(ada, ada, " ")).Then(Refusal.NothingWritten);
        story.When(Writes(ada, ada, new string('x', 2_001))).Then(Refusal.TooLong);
        story.When(ada.Does(new WriteTurn(t1, ada, "x", (TurnForm)5))).Then(Refusal.Malformed);
    }

    [Fact]
    public void There_is_nothing_to_write_down_where_no_conversation_is() => Given(Running(practice)).When(Writes(ada, ada)).Then(Refusal.NoConversation);

    [Fact]
    public void The_same_turn_again_is_already_so_and_its_name_is_taken()
    {
        var story = Given(InHomeRooms(practice), ToStep("b_concerns"), Writes(ada, ada));
        story.When(Writes(ada, ada)).ThenAlreadySo();
        story.When(Writes(ada, ada, "Other words")).Then(Refusal.IdInUse);
        story.When(Writes(ben, ben)).Then(Refusal.IdInUse);
        story.When(Writes(caz, caz)).Then(Refusal.IdInUse);
    }

    [Fact]
    public void Twenty_thousand_turns_are_enough() =>
        Given(talking).AndHappened([.. Enumerable.Range(0, 20_000).Select(i => new TurnWritten(Room1, new("x" + i), "b_concerns", ada, ada, "x", TurnForm.Verbatim))]).When(Writes(ben, ben)).Then(Refusal.TooMany);

    [Fact]
    public void A_correction_keeps_the_earlier_wording()
    {
        var story = Given(talking, Writes(ada, ada), Step.Wait(2), ada.Does(new CorrectTurn(t1, "We have nowhere to meet in winter")));
        var turn = story.Sees<TurnView>(ben, "turn:t1")!;
        Assert.Equal("We have nowhere to meet in winter", turn.Text);
        Assert.Equal(new CorrectedFrom(Noon.AddMinutes(2), "We have no place to meet"), Assert.Single(turn.Earlier));
    }

    [Fact]
    public void Of_many_corrections_the_first_wording_and_the_latest_are_shown_and_the_others_counted()
    {
        var story = Given([talking, Writes(ada, ada), .. Enumerable.Range(1, 30).Select(n => ada.Does(new CorrectTurn(t1, $"Wording {n}")))]);
        var earlier = story.Sees<TurnView>(ben, "turn:t1")!.Earlier;
        Assert.Equal(["We have no place to meet", .. Enumerable.Range(11, 19).Select(n => $"Wording {n}")], earlier.Select(e => e.Text));
        Assert.Equal([10, .. Enumerable.Repeat(0, 19)], earlier.Select(e => e.Left));
    }

    [Fact]
    public void Its_speaker_who_wrote_it_down_and_the_staff_correct_it_and_nobody_else()
    {
        var story = Given(talking);
        var (writer, speaker) = (story.Holder("note_taker"), story.Holder("observer"));
        var other = story.In(Room1).First(w => w != writer && w != speaker);
        story = story.And(Writes(writer, speaker));
        foreach (var who in (Who[])[writer, speaker])
            story.When(who.Does(new CorrectTurn(t1, "Better"))).Then(new TurnCorrected(Room1, t1, who, "Better"));
        story.And(host.Does(new VisitRoom(Room1))).When(host.Does(new CorrectTurn(t1, "Better"))).Then(new TurnCorrected(Room1, t1, host, "Better"));
        story.When(other.Does(new CorrectTurn(t1, "Better"))).Then(Refusal.NotYours);
        story.When(speaker.Does(new CorrectTurn(t1, ""))).Then(Refusal.NothingWritten);
        story.When(speaker.Does(new CorrectTurn(t1, "We have no place to meet"))).ThenAlreadySo();
        story.When(speaker.Does(new CorrectTurn(new("t9"), "x"))).Then(Refusal.NotThere);
    }

    [Fact]
    public void Its_speaker_and_the_staff_hold_it_back_and_not_who_wrote_it_down()
    {
        var story = Given(talking);
        var (writer, speaker) = (story.Holder("note_taker"), story.Holder("observer"));
        story = story.And(Writes(writer, speaker));
        story.When(speaker.Does(new HoldTurn(t1, true))).Then(new TurnHeld(Room1, t1, true));
        story.When(writer.Does(new HoldTurn(t1, true))).Then(Refusal.NotYours);
        story.When(speaker.Does(new HoldTurn(t1, false))).ThenAlreadySo();
        story.When(speaker.Does(new HoldTurn(new("t9"), true))).Then(Refusal.NotThere);
    }

    [Fact]
    public void The_staff_s_last_line_is_short_and_plain()
    {
        var line = Given(talking, Writes(ada, ada, "<b>" + new string('y', 150) + "</b>")).Sees<WatchView>(host, "watch:r1-1")!.LastLine!;
        Assert.Equal(new string('y', 118) + "…", line);
    }
}
