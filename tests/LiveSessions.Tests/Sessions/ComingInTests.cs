using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Sessions;

/// <summary>How people come in, wait, are let in, and are taken out.</summary>
public sealed class ComingInTests
{
    [Fact]
    public void A_personal_link_goes_straight_in() =>
        Given(Made(practice)).When(Comes(ada)).Then(story => Assert.Equal(Standing.In, story.Sees<MeView>(ada, "me")!.Standing));

    [Fact]
    public void A_code_waits_in_the_lobby_and_sees_the_session_and_oneself_alone() =>
        Given(Made(practice)).When(Waits(ada)).Then(story => Assert.Equal(["me", "mine", "session"], story.SeenBy(ada).Keys.Order()));

    [Fact]
    public void Who_waits_is_shown_to_the_staff_and_not_to_others() => Given(Made(practice), Comes(ben)).When(Waits(ada)).Then(story =>
    {
        Assert.Null(story.Sees<PersonView>(ben, "person:ada"));
        Assert.Equal(Standing.Waiting, story.Sees<PersonView>(host, "person:ada")!.Standing);
    });

    [Fact]
    public void Who_waits_may_choose_their_name_and_consent_and_nothing_else()
    {
        var story = Given(Made(practice), Waits(ada), ada.Does(new RenameMe("Ada L.")), ada.Does(new ChooseConsent(Consent.StandIn, false)));
        foreach (var command in (Command[])[new RaiseHand(), new CallHelp(new("h1"), null), new StartSession(), new LiveSessions.Polls.CastBallot(new("before"), new([0], null))])
            story.When(ada.Does(command)).Then(Refusal.NotAdmitted);
    }

    [Fact]
    public void A_facilitator_lets_one_in() => Given(Made(practice), Waits(ada), Waits(ben)).When(host.Does(new AdmitPeople([ada]))).Then(new PersonAdmitted(ada));

    [Fact]
    public void An_empty_list_lets_everybody_in() =>
        Given(Made(practice), Waits(ben), Waits(ada)).When(cleo.Does(new AdmitPeople([]))).Then(new PersonAdmitted(ada), new PersonAdmitted(ben));

    [Fact]
    public void Letting_in_whoever_is_in_is_already_so() => Given(Gathered(practice)).When(host.Does(new AdmitPeople([ada]))).ThenAlreadySo();

    [Fact]
    public void Somebody_unknown_cannot_be_let_in() => Given(Gathered(practice)).When(host.Does(new AdmitPeople([nobody]))).Then(Refusal.NotThere);

    [Fact]
    public void A_participant_lets_nobody_in() => Given(Gathered(practice), Waits(gil)).When(ada.Does(new AdmitPeople([]))).Then(Refusal.FacilitatorOnly);

    [Fact]
    public void Coming_twice_is_already_so_and_keeps_what_was_chosen() => Given(Made(practice), Comes(ada, Consent.StandIn)).When(Comes(ada)).ThenAlreadySo();

    [Fact]
    public void Waiting_twice_is_already_so() => Given(Made(practice), Waits(ada)).When(Waits(ada)).ThenAlreadySo();

    [Fact]
    public void A_link_opened_while_waiting_lets_in() => Given(Made(practice), Waits(ada)).When(Comes(ada)).Then(story => Assert.Equal(Standing.In, story.Session.Find(ada)!.Standing));

    [Fact]
    public void A_team_that_is_not_on_the_roster_is_left_out() => Given(Made(practice)).When(Comes(ada, team: new("elsewhere"))).Then(story => Assert.Null(story.Session.Find(ada)!.Team));

    [Fact]
    public void Whoever_is_on_the_roster_keeps_their_team() =>
        Given(Made(practice), system.Does(new EnterRoster([], [new(ada, butte, "Ada")]))).When(Comes(ada)).Then(story => Assert.Equal(butte, story.Session.Find(ada)!.Team));

    [Fact]
    public void The_same_roster_again_is_already_so()
    {
        var roster = system.Does(new EnterRoster([new(alpine, "Alpine")], [new(ada, alpine, "Ada")]));
        Given(Made(practice), roster).When(roster).ThenAlreadySo();
    }

    [Fact]
    public void A_roster_never_changes_who_has_come_in() =>
        Given(Made(practice), Comes(ada)).When(system.Does(new EnterRoster([], [new(ada, alpine, "Somebody else")]))).ThenAlreadySo();

    [Theory, InlineData(""), InlineData("\u0007"), InlineData("\u202E\u200B")]
    public void A_name_that_is_no_name_is_refused(string name)
    {
        var story = Given(Made(practice));
        story.When(system.Does(new JoinSession(ada, name, null, Consent.Named, false, true))).Then(Refusal.BadName);
        story.When(system.Does(new JoinAsStaff(ada, name, false))).Then(Refusal.BadName);
        story.When(system.Does(new EnterRoster([new(alpine, name)], []))).Then(Refusal.BadName);
        story.When(system.Does(new EnterRoster([], [new(ada, alpine, name)]))).Then(Refusal.BadName);
        story.And(Comes(ada)).When(ada.Does(new RenameMe(name))).Then(Refusal.BadName);
    }

    [Fact]
    public void A_facilitator_who_was_taken_out_comes_back_only_when_taken_back()
    {
        Given(Made(practice)).When(system.Does(new RemovePerson(cleo))).Then(new PersonRemoved(cleo));
        var story = Given(Made(practice), system.Does(new RemovePerson(cleo)));
        story.When(system.Does(new JoinAsStaff(cleo, cleo.Name, false))).Then(Refusal.Removed);
        story.When(cleo.Does(new StartSession())).Then(Refusal.Removed);
        story.When(system.Does(new JoinAsStaff(cleo, cleo.Name, false, Again: true))).Then(new StaffJoined(cleo, cleo.Name, false));
        Given(Made(practice)).When(system.Does(new JoinAsStaff(cleo, cleo.Name, false, Again: true))).Then(Refusal.NotThere);
        Given(Made(practice)).When(system.Does(new JoinAsStaff(nobody, nobody.Name, false, Again: true))).Then(Refusal.NotThere);
    }

    [Fact]
    public void Half_a_character_is_no_name() => Given(Made(practice)).When(system.Does(new JoinSession(ada, "Ada \uD83D", null, Consent.Named, false, true))).Then(Refusal.BadName);

    [Fact]
    public void A_name_of_eighty_characters_fits_and_of_eighty_one_does_not()
    {
        var story = Given(Made(practice), Comes(ada));
        story.When(ada.Does(new RenameMe(new string('n', 80)))).Then(new PersonRenamed(ada, new string('n', 80)));
        story.When(ada.Does(new RenameMe(new string('n', 81)))).Then(Refusal.BadName);
    }

    [Fact]
    public void A_facilitator_who_took_another_name_keeps_it_on_the_next_connection() =>
        Given(Made(practice), host.Does(new RenameMe("Rosa"))).When(system.Does(new JoinAsStaff(host, host.Name, true))).ThenAlreadySo();

    [Fact]
    public void Names_are_stored_without_what_cannot_be_seen() => Given(Made(practice)).When(system.Does(new JoinAsStaff(ada, " \u202EAda\u00A0 L\u200B. ", false))).Then(new StaffJoined(ada, "Ada L.", false));

    [Fact]
    public void The_same_name_again_is_already_so() => Given(Made(practice), Comes(ada)).When(ada.Does(new RenameMe(" Ada "))).ThenAlreadySo();

    [Fact]
    public void A_consent_that_is_none_is_refused()
    {
        Given(Made(practice)).When(system.Does(new JoinSession(ada, "Ada", null, (Consent)7, false, true))).Then(Refusal.NotAChoice);
        Given(Made(practice), Comes(ada)).When(ada.Does(new ChooseConsent((Consent)(-1), false))).Then(Refusal.NotAChoice);
    }

    [Fact]
    public void A_session_is_full_with_five_thousand()
    {
        var full = Given(Made(practice), system.Does(new EnterRoster([], [.. Enumerable.Range(0, 4_998).Select(i => new RosterPerson(new("p" + i), alpine, "Person"))])));
        full.When(Comes(ada)).Then(Refusal.SessionFull);
        full.When(system.Does(new EnterRoster([], [new(ada, alpine, "Ada")]))).Then(Refusal.SessionFull);
        full.When(system.Does(new JoinSession(new("p7"), "On the roster", null, Consent.Named, false, true))).Then(story => Assert.True(story.Session.Find(new("p7"))!.IsIn));
    }

    [Fact]
    public void Whoever_was_removed_is_out_for_good()
    {
        var story = Given(Gathered(practice), host.Does(new RemovePerson(ada)));
        Assert.Empty(story.Session.AudiencesOf(ada));
        story.When(ada.Does(new RenameMe("Ada again"))).Then(Refusal.Removed);
        story.When(Comes(ada)).Then(Refusal.Removed);
        story.When(host.Does(new RemovePerson(ada))).ThenAlreadySo();
        Assert.Null(story.Sees<PersonView>(ben, "person:ada"));
    }

    [Fact]
    public void Nobody_removes_the_owner_or_themselves()
    {
        var story = Given(Gathered(practice));
        story.When(cleo.Does(new RemovePerson(host))).Then(Refusal.OwnerOnly);
        story.When(cleo.Does(new RemovePerson(cleo))).Then(Refusal.OwnerOnly);
        story.When(host.Does(new RemovePerson(nobody))).Then(Refusal.NotThere);
        story.When(ada.Does(new RemovePerson(ben))).Then(Refusal.FacilitatorOnly);
    }

    [Fact]
    public void A_removed_facilitator_is_named_no_longer_and_may_do_nothing()
    {
        var story = Given(Gathered(practice), host.Does(new RemovePerson(cleo)));
        Assert.Equal(["Rosa Host"], story.Sees<SessionView>(ada, "session")!.Facilitators);
        story.When(cleo.Does(new StartSession())).Then(Refusal.Removed);
    }

    [Fact]
    public void Whoever_leaves_a_room_for_good_frees_their_role_and_their_place_in_line()
    {
        var story = Given(InOneRoom(practice), ToStep("a_hopes"));
        var leader = story.Holder(Roles.Leader);
        story.When(host.Does(new RemovePerson(leader))).Then(after =>
        {
            Assert.False(after.Session.Talks[Room1].Holders.ContainsKey(Roles.Leader));
            Assert.DoesNotContain(after.Session.Talks[Room1].Floor.Line, p => p.Person == leader);
            Assert.NotNull(after.Session.Talks[Room1].Floor.Speaking);
        });
    }

    [Fact]
    public void A_participant_who_becomes_staff_gets_up_from_their_room() =>
        Given(InOneRoom(practice)).When(system.Does(new JoinAsStaff(ada, "Ada", false))).Then(story =>
        {
            Assert.DoesNotContain(ada.Id, story.Session.House.Rooms[Room1].Members);
            Assert.Equal(RoomId.Plenary, story.Session.House.RoomOf(ada));
        });

    [Fact]
    public void A_participant_who_becomes_staff_after_the_recall_still_reads_the_room_they_left() =>
        Given(InHomeRooms(practice), host.Does(new EndSession())).When(system.Does(new JoinAsStaff(ada, "Ada", false))).Then(story => Assert.NotNull(story.Sees<RoomView>(ada, "room:r1-1")));

    [Fact]
    public void Somebody_unknown_may_do_nothing() => Given(Gathered(practice)).When(nobody.Does(new RaiseHand())).Then(Refusal.NotThere);

    [Fact]
    public void Being_here_twice_is_already_so_and_so_is_being_away_twice()
    {
        var story = Given(Made(practice), Comes(ada), IsHere(ada));
        story.When(IsHere(ada)).ThenAlreadySo();
        story.And(system.Does(new MarkAway(ada))).When(system.Does(new MarkAway(ada))).ThenAlreadySo();
        story.When(system.Does(new MarkHere(nobody))).Then(Refusal.NotThere);
        story.When(system.Does(new MarkAway(nobody))).Then(Refusal.NotThere);
    }

    [Fact]
    public void A_late_comer_sits_down_at_once_in_the_own_team_s_room() =>
        Given(InHomeRooms(practice)).When(Comes(gil, team: butte)).Then(new PersonJoined(gil, "Gil", butte, Consent.Named, true, false), new PersonMoved(gil, RoomId.Plenary, Room2));

    [Fact]
    public void A_late_comer_of_no_team_sits_where_the_fewest_are() =>
        Given(InHomeRooms(practice), host.Does(new PlacePerson(eve, Room1))).When(Comes(gil)).Then(story => Assert.Equal(Room3, story.Session.House.RoomOf(gil)));

    [Fact]
    public void Many_late_comers_let_in_together_spread_over_the_rooms() =>
        Given(InHomeRooms(practice), Waits(gil), Waits(hal)).When(host.Does(new AdmitPeople([]))).Then(story => Assert.NotEqual(story.Session.House.RoomOf(gil), story.Session.House.RoomOf(hal)));

    [Fact]
    public void A_late_comer_joins_the_round_at_its_end()
    {
        var story = Given(InOneRoom(practice), ToStep("a_hopes"), Comes(gil));
        Assert.Equal(gil.Id, story.Sees<FloorView>(gil, "floor:r1-1")!.Line[^1].Person);
    }
}
