using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Sessions;

/// <summary>How people's words are kept is theirs to choose, and a stricter choice covers what they wrote before.</summary>
public sealed class ConsentTests
{
    private static Step Writes(Who who, string note = "n1") => who.Does(new AddNote(new(note), "aspirations", "A library with a porch", NoteColour.Sun));
    private static Step Says(Who who, string turn = "t1") => who.Does(new WriteTurn(new(turn), who, "We meet on the porch", TurnForm.Verbatim));
    private static Step Chooses(Who who, Consent consent) => who.Does(new ChooseConsent(consent, true));
    private static readonly Part talking = new([.. InOneRoom(practice), ToStep("b_concerns")]);

    [Fact]
    public void Choosing_the_same_is_already_so()
    {
        Given(Made(practice), Comes(ada)).When(ada.Does(new ChooseConsent(Consent.Named, true))).ThenAlreadySo();
        Given(Made(practice), Comes(ada), Chooses(ada, Consent.NotKept)).When(Chooses(ada, Consent.NotKept)).ThenAlreadySo();
    }

    [Fact]
    public void Words_that_are_not_kept_may_not_be_quoted() =>
        Given(Made(practice), Comes(ada)).When(ada.Does(new ChooseConsent(Consent.NotKept, MayQuote: true))).Then(new ConsentChosen(ada, Consent.NotKept, false));

    [Fact]
    public void A_named_note_carries_its_author() => Given(talking).When(Writes(ada)).Then(story =>
    {
        var note = story.Sees<NoteView>(ben, "note:n1")!;
        Assert.Equal((ada.Id, "Ada", false, false), (note.Author, note.AuthorName, note.IsStandIn, note.NotKept));
    });

    [Fact]
    public void The_first_words_under_a_stand_in_name_give_one_that_stays()
    {
        var story = Given(talking, Chooses(ada, Consent.StandIn));
        var given = story.When(Writes(ada)).Happened<StandInGiven>();
        story = story.And(Writes(ada), Says(ada));
        var (note, turn) = (story.Sees<NoteView>(ben, "note:n1")!, story.Sees<TurnView>(ben, "turn:t1")!);
        Assert.Equal((null, given.Name, true), (note.Author, note.AuthorName, note.IsStandIn));
        Assert.Equal((null, given.Name, true), (turn.Speaker, turn.SpeakerName, turn.IsStandIn));
        Assert.Single(story.Log.SelectMany(e => e.Events).OfType<StandInGiven>());
    }

    [Fact]
    public void Two_people_of_a_room_have_two_stand_in_names()
    {
        var story = Given(talking, Everybody.Take(6).SelectMany((who, i) => (Step[])[Chooses(who, Consent.StandIn), Writes(who, "n" + i)]).ToArray());
        Assert.Equal(6, story.Session.Talks[Room1].StandIns.Values.Distinct().Count());
    }

    [Fact]
    public void Only_the_author_knows_which_words_are_theirs()
    {
        var story = Given(talking, Chooses(ada, Consent.StandIn), Writes(ada), Says(ada));
        Assert.Equal([new NoteId("n1")], story.Sees<MineView>(ada, "mine")!.Notes);
        Assert.Equal([new TurnId("t1")], story.Sees<MineView>(ada, "mine")!.Turns);
        Assert.Empty(story.Sees<MineView>(ben, "mine")!.Notes);
    }

    [Fact]
    public void A_stricter_choice_covers_what_was_written_before()
    {
        var story = Given(talking, Writes(ada), Says(ada), Chooses(ada, Consent.StandIn));
        Assert.Null(story.Sees<NoteView>(ben, "note:n1")!.Author);
        Assert.Null(story.Sees<TurnView>(ben, "turn:t1")!.Speaker);
        story = Given(talking, Writes(ada), Says(ada), Chooses(ada, Consent.NotKept));
        Assert.True(story.Sees<NoteView>(ben, "note:n1")!.NotKept);
        Assert.True(story.Sees<TurnView>(ben, "turn:t1")!.NotKept);
    }

    [Fact]
    public void Words_written_before_under_the_own_name_get_a_stand_in_name_when_one_is_chosen()
    {
        var story = Given(talking, Writes(ada), Says(ada), Chooses(ada, Consent.StandIn));
        var name = Assert.Single(story.Log.SelectMany(e => e.Events).OfType<StandInGiven>()).Name;
        Assert.Equal((name, name), (story.Sees<NoteView>(ben, "note:n1")!.AuthorName, story.Sees<TurnView>(ben, "turn:t1")!.SpeakerName));
        Assert.DoesNotContain(Given(talking, Chooses(ada, Consent.StandIn)).Log.SelectMany(e => e.Events), e => e is StandInGiven);
    }

    [Fact]
    public void A_milder_choice_changes_nothing_about_what_was_written_before()
    {
        var story = Given(talking, Chooses(ada, Consent.NotKept), Writes(ada), Chooses(ada, Consent.Named));
        Assert.True(story.Sees<NoteView>(ben, "note:n1")!.NotKept);
    }

    [Fact]
    public void Choosing_not_kept_never_brings_a_stand_in_name_s_author_to_light()
    {
        var story = Given(talking, Chooses(ada, Consent.StandIn), Writes(ada), Says(ada), Chooses(ada, Consent.NotKept));
        var (note, turn) = (story.Sees<NoteView>(ben, "note:n1")!, story.Sees<TurnView>(ben, "turn:t1")!);
        Assert.Equal((null, true, true), (note.Author, note.IsStandIn, note.NotKept));
        Assert.Equal((null, true, true), (turn.Speaker, turn.IsStandIn, turn.NotKept));
    }

    [Fact]
    public void The_staff_s_last_line_of_a_room_forgets_words_that_are_not_kept_any_more()
    {
        var story = Given(talking, Says(ada));
        Assert.Equal("We meet on the porch", story.Sees<WatchView>(host, "watch:r1-1")!.LastLine);
        Assert.Null(story.And(Chooses(ada, Consent.NotKept)).Sees<WatchView>(host, "watch:r1-1")!.LastLine);
        Assert.Null(Given(talking, Chooses(ada, Consent.NotKept), Says(ada)).Sees<WatchView>(host, "watch:r1-1")!.LastLine);
    }

    [Fact]
    public void Consent_may_still_be_chosen_after_the_end() =>
        Given(talking, Writes(ada), host.Does(new EndSession())).When(Chooses(ada, Consent.NotKept)).Then(story => Assert.Equal(Consent.NotKept, story.Session.EffectiveConsent(ada, Consent.Named)));
}
