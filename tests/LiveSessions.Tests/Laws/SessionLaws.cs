using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using CsCheck;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;

namespace LiveSessions.Tests.Laws;

/// <summary>What is true of every session, whatever anybody asks in whatever order.</summary>
public sealed class SessionLaws
{
    private const int Few = 40, Length = 90;

    private static void EveryStorm(Action<IReadOnlyList<Gust>> law, int few = Few, bool wild = false) =>
        Weather.Any(Length, wild).Sample(weather => law([.. Storm.Of(weather)]), iter: Storm.Count(few), print: w => w.ToString());

    private static void AfterEveryGust(Action<Gust> law, int few = Few, bool wild = false) =>
        EveryStorm(gusts =>
        {
            foreach (var gust in gusts)
                law(gust);
        }, few, wild);

    [Fact]
    public void Every_command_is_tried() =>
        Assert.Equal(
            typeof(Command).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(a => a.DerivedType.Name).Order(),
            Storm.Commands.Select(c => c.Name).Order());

    [Fact]
    public void Storms_reach_every_command_s_acceptance_and_every_event()
    {
        var missed = Storm.Commands.Concat(typeof(Event).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(a => a.DerivedType)).ToHashSet();
        var gate = new Lock();
        // Some things come once in a hundred storms: storms go on until all have come, and only a thing that never comes takes them all.
        for (var round = 0; round < 100 && missed.Count > 0; round++)
            Weather.Any(Length).Sample(weather =>
            {
                foreach (var gust in Storm.Of(weather))
                    if (gust.Entry is { } entry)
                        lock (gate)
                        {
                            missed.Remove(gust.Command.GetType());
                            missed.ExceptWith(entry.Events.Select(e => e.GetType()));
                        }
            }, iter: 100);
        Assert.Equal([], missed.Select(t => t.Name));
    }

    [Fact]
    public void Shown_changes_add_up_to_what_a_newcomer_sees() => EveryStorm(gusts =>
    {
        var viewers = new Dictionary<PersonId, Viewer>();
        foreach (var gust in gusts)
        {
            var changes = Published(gust);
            foreach (var person in gust.After.People.Keys)
            {
                if (!viewers.TryGetValue(person, out var viewer))
                    viewers[person] = viewer = new Viewer();
                viewer.Goes(gust.After, person, changes);
            }
        }
        var last = gusts[^1].After;
        foreach (var (person, viewer) in viewers)
            foreach (var audience in last.AudiencesOf(person))
                AssertSame(Pictures.Of(last, audience), viewer.Held[audience.Name], $"{person} in {audience}");
    });

    [Fact]
    public void Touches_never_misses_a_key() => EveryStorm(gusts =>
    {
        var before = Pictures.All(gusts[0].Before);
        foreach (var gust in gusts.Where(g => g.Entry is not null))
        {
            var after = Pictures.All(gust.After);
            var touched = new HashSet<ViewKey>();
            Session.Touches(gust.Before, gust.After, gust.Entry!, touched);
            var names = touched.Select(k => k.ToString()).ToHashSet();
            foreach (var key in before.Keys.Union(after.Keys))
                if (before.GetValueOrDefault(key) != after.GetValueOrDefault(key))
                    Assert.True(names.Contains(key.Key), $"{gust}\nchanged {key.Key} for {key.Audience} from {before.GetValueOrDefault(key)} to {after.GetValueOrDefault(key)}");
            before = after;
        }
    });

    [Fact]
    public void Nobody_is_in_an_audience_that_is_not_theirs() => AfterEveryGust(gust =>
    {
        var session = gust.After;
        foreach (var person in session.People.Values)
        {
            var may = person.Standing switch
            {
                Standing.Waiting => [Audience.Person(person.Id), Audience.Lobby],
                // Whoever was a participant before still reads the room they left.
                Standing.In when person.IsStaff => [Audience.All, Audience.Person(person.Id), Audience.Staff, .. session.House.Visits.TryGetValue(person.Id, out var looksInto) || session.House.Last.TryGetValue(person.Id, out looksInto) ? [Audience.Room(looksInto)] : Array.Empty<Audience>()],
                Standing.In => [Audience.All, Audience.Person(person.Id), .. session.House.Where.TryGetValue(person.Id, out var room) || session.House.Last.TryGetValue(person.Id, out room) ? [Audience.Room(room)] : Array.Empty<Audience>()],
                _ => Array.Empty<Audience>(),
            };
            Assert.Equal(may.Select(a => a.Name).Order(), session.AudiencesOf(person.Id).Select(a => a.Name).Order());
        }
        Assert.Empty(session.AudiencesOf(new("a-stranger")));
    });

    [Fact]
    public void Every_view_goes_to_its_own_kind_of_audience_and_to_no_other() => EveryStorm(gusts =>
    {
        foreach (var (audience, view) in Everything(gusts[^1].After))
        {
            var kind = audience.Split(':')[0];
            var allowed = view switch
            {
                SessionView => "all lobby",
                PlanView or RoomsView or ExerciseView or TeamView => "all",
                PersonView { Standing: Standing.Waiting } => "staff",
                PersonView => "all",
                ScriptView or GroupingView or WatchView => "staff",
                MeView or MineView or BallotView => "person",
                RoomView or BoardView or StepView or RolesView or FloorView or TurnView or PassView => "room",
                NoteView { OnlyMine: true } => "person",
                NoteView => "room",
                MessageView { Rooms.Count: 0 } => "all",
                MessageView => "staff room",
                HelpView => "staff room person",
                PollView { Room: null } => "all",
                TallyView or PollView => "all staff room",
                _ => "",
            };
            Assert.True(allowed.Split(' ').Contains(kind), $"{view} is shown to {audience}");
        }
    });

    [Fact]
    public void A_hidden_note_s_words_reach_nobody_but_their_author() => EveryStorm(gusts =>
    {
        foreach (var gust in gusts.Where((g, i) => i % 6 == 0 || i == gusts.Count - 1))
        {
            var hidden = gust.After.Notes.All.Values.Where(n => n.IsHidden && n.Text.StartsWith("zq", StringComparison.Ordinal)).ToList();
            if (hidden.Count == 0)
                continue;
            foreach (var ((audience, key), written) in Pictures.All(gust.After))
                foreach (var note in hidden)
                    if (audience != "person:" + note.Author)
                        Assert.False(written.Contains(note.Text[..note.Text.IndexOf('z', 2)], StringComparison.Ordinal) || key == "note:" + note.Id, $"{note} is in {key} for {audience}: {written}");
        }
    });

    [Fact]
    public void Words_that_are_not_kept_or_were_taken_back_are_in_no_last_line() => AfterEveryGust(gust =>
    {
        var session = gust.After;
        var gone = session.Notes.All.Values.Where(n => n.IsTakenBack || n.IsHidden || session.ConsentOf(n) == Consent.NotKept).Select(n => n.Text)
            .Concat(session.Talks.Values.SelectMany(t => t.Turns.Values).Where(t => session.ConsentOf(t) == Consent.NotKept).Select(t => t.Text))
            .Where(t => t.StartsWith("zq", StringComparison.Ordinal)).Select(t => t[..t.IndexOf('z', 2)]).ToHashSet();
        foreach (var room in session.House.Order)
            if (session.Talks.GetValueOrDefault(room)?.LastLine is { } line)
                Assert.DoesNotContain(gone, g => line.Contains(g, StringComparison.Ordinal));
    });

    [Fact]
    public void Who_uses_a_stand_in_name_is_named_in_none_of_their_words() => EveryStorm(gusts =>
    {
        var session = gusts[^1].After;
        foreach (var (_, view) in Everything(session))
            switch (view)
            {
                case NoteView note when session.Notes.All[note.Note] is var n && (n.Consent == Consent.StandIn || session.Find(n.Author)?.Consent == Consent.StandIn):
                    Assert.DoesNotContain($"\"{n.Author}\"", Pictures.Written(note));
                    Assert.True(note.IsStandIn && note.AuthorName != session.NameOf(n.Author));
                    break;
                case TurnView turn when session.Talks[turn.Room].Turns[turn.Turn] is var t && (t.Consent == Consent.StandIn || session.Find(t.Speaker)?.Consent == Consent.StandIn):
                    Assert.DoesNotContain($"\"{t.Speaker}\"", Pictures.Written(turn));
                    Assert.True(turn.IsStandIn && turn.SpeakerName != session.NameOf(t.Speaker));
                    break;
            }
    });

    [Fact]
    public void In_one_room_nobody_shares_a_stand_in_name() => EveryStorm(gusts =>
    {
        foreach (var talk in gusts[^1].After.Talks.Values)
            Assert.Equal(talk.StandIns.Count, talk.StandIns.Values.Distinct().Count());
    });

    [Fact]
    public void Under_five_answers_a_tally_tells_how_many_and_nothing_else() => AfterEveryGust(gust =>
    {
        if (gust.Command is not PollCommand asked)
            return;
        foreach (var shown in gust.After.Render(new("tally", asked.Poll.Value)))
        {
            var tally = Assert.IsType<TallyView>(shown.View);
            Assert.True(tally.Answered >= 5 ? tally.IsEnough && tally.Asked >= tally.Answered : tally is { IsEnough: false, Counts.Count: 0, Mean: null, Texts.Count: 0 }, $"{tally} for {shown.To}");
        }
    }, few: 120);

    [Fact]
    public void A_hidden_result_reaches_the_staff_alone() => EveryStorm(gusts =>
    {
        var session = gusts[^1].After;
        foreach (var (audience, view) in Everything(session))
            if (view is TallyView tally && session.Polls[tally.Poll] is { IsOpen: true, Spec.ResultsLive: false })
                Assert.Equal("staff", audience);
    });

    [Fact]
    public void Folding_the_same_log_again_gives_the_same_session_also_from_its_stored_form() => EveryStorm(gusts =>
    {
        var log = gusts.Where(g => g.Entry is not null).Select(g => g.Entry!).ToList();
        var shown = Pictures.All(gusts[^1].After);
        AssertSame(shown, Pictures.All(log.Aggregate(new Session(new("storm")), (s, e) => s.Evolve(e))), "folded again");
        var stored = log.Select(e => JsonSerializer.Serialize(e, Json.Options)).ToList();
        var read = stored.Select(e => JsonSerializer.Deserialize<LogEntry>(e, Json.Options)!).ToList();
        Assert.Equal(stored, read.Select(e => JsonSerializer.Serialize(e, Json.Options)));
        AssertSame(shown, Pictures.All(read.Aggregate(new Session(new("storm")), (s, e) => s.Evolve(e))), "folded from its stored form");
    });

    [Fact]
    public void Everybody_who_is_in_is_in_exactly_one_room() => AfterEveryGust(gust =>
    {
        var session = gust.After;
        var open = session.House.Order.Select(r => session.House.Rooms[r]).Where(r => r.IsOpen).ToList();
        foreach (var person in session.People.Values)
        {
            var lists = open.Where(r => r.Members.Contains(person.Id)).Select(r => r.Id).ToList();
            if (person.IsParticipant && session.House.RoomOf(person.Id) is var at && at != RoomId.Plenary)
                Assert.Equal([at], lists);
            else
                Assert.True(lists.Count == 0 && session.House.RoomOf(person.Id) == RoomId.Plenary, $"{person.Id} is in {string.Join(' ', lists)} after {gust}");
        }
        foreach (var room in open)
            Assert.Equal(room.Members.Count, room.Members.Distinct().Count());
    });

    [Fact]
    public void Rooms_are_open_when_the_house_is() => AfterEveryGust(gust =>
    {
        var house = gust.After.House;
        Assert.All(house.Rooms.Values, room => Assert.Equal(house.IsOpen && house.Order.Contains(room.Id), room.IsOpen));
        Assert.All(gust.After.Polls.Values.Where(p => p is { IsOpen: true, Room: not null }), p => Assert.True(house.Rooms[p.Room!.Value].IsOpen, $"{p.Id} is open in a closed room after {gust}"));
    });

    [Fact]
    public void A_role_has_one_holder_who_is_in_the_room() => AfterEveryGust(gust =>
    {
        foreach (var room in gust.After.House.Order.Select(r => gust.After.House.Rooms[r]).Where(r => r.IsOpen))
            foreach (var (role, holder) in gust.After.Talks[room.Id].Holders)
                Assert.True(room.Members.Contains(holder), $"{holder} is {role} of {room.Id} without being there, after {gust}");
    });

    [Fact]
    public void The_line_to_speak_holds_people_of_the_room_once_each_and_at_most_one_speaks() => AfterEveryGust(gust =>
    {
        foreach (var room in gust.After.House.Order.Select(r => gust.After.House.Rooms[r]).Where(r => r.IsOpen))
        {
            var line = gust.After.Talks[room.Id].Floor.Line;
            Assert.Equal(line.Count, line.Select(p => p.Person).Distinct().Count());
            Assert.True(line.Count(p => p.State == FloorState.Speaking) <= 1);
            Assert.True(line.All(p => room.Members.Contains(p.Person)), $"somebody in line is not in {room.Id} after {gust}");
        }
    });

    [Fact]
    public void A_resend_changes_nothing_and_is_already_so() => AfterEveryGust(gust =>
    {
        if (gust.IsResend)
            Assert.True(gust.Decision is Decision.AlreadySo && ReferenceEquals(gust.Before, gust.After), gust.ToString());
        else if (gust.Entry is { Instance: not null } && gust.After.People.ContainsKey(gust.By))
            Assert.IsType<Decision.AlreadySo>(gust.After.Decide(new(gust.By, false, false), gust.Mark, gust.Command, gust.At.AddMinutes(5), 9));
    });

    /// <summary>Whoever answers "it happened" must have something that happened: an entry without an effect would be stored and shown for nothing.</summary>
    [Fact]
    public void What_is_accepted_has_an_effect() => AfterEveryGust(gust =>
    {
        if (gust.Decision is Decision.Accepted accepted)
            Assert.NotEmpty(accepted.Events);
    });

    [Fact]
    public void Asking_the_same_again_without_a_mark_never_fails_and_shows_nothing_new_when_it_is_already_so() => AfterEveryGust(gust =>
    {
        var again = gust.After.Decide(gust.By == PersonId.System ? Actor.System : new(gust.By, false, false), CommandMark.None, gust.Command, gust.At, 3);
        if (gust.Decision is Decision.AlreadySo && !gust.IsResend && gust.Mark.Instance is not null)
            Assert.IsType<Decision.AlreadySo>(again);
    });

    [Fact]
    public void Wild_commands_are_answered_never_thrown() => AfterEveryGust(gust =>
    {
        if (gust.Decision is Decision.Refused refused)
            Assert.False(string.IsNullOrWhiteSpace(refused.Why.Words));
    }, few: 120, wild: true);

    [Fact]
    public void What_wild_commands_leave_can_be_stored_and_shown() => EveryStorm(gusts =>
    {
        foreach (var entry in gusts.Where(g => g.Entry is not null).Select(g => g.Entry!))
            Assert.Equal(entry.Events.Count, JsonSerializer.Deserialize<LogEntry>(JsonSerializer.Serialize(entry, Json.Options), Json.Options)!.Events.Count);
        Pictures.All(gusts[^1].After);
    }, wild: true);

    private static IEnumerable<(string Audience, View View)> Everything(Session session) =>
        session.AllKeys().SelectMany(session.Render).Select(s => (s.To.Name, s.View));

    /// <summary>What the server sends after an entry: each touched key as it was and as it is, the differences by audience; null takes a view away.</summary>
    private static Dictionary<string, Dictionary<string, string?>> Published(Gust gust)
    {
        var byAudience = new Dictionary<string, Dictionary<string, string?>>();
        if (gust.Entry is null)
            return byAudience;
        var touched = new HashSet<ViewKey>();
        Session.Touches(gust.Before, gust.After, gust.Entry, touched);
        foreach (var key in touched)
        {
            var before = gust.Before.Render(key).ToDictionary(s => s.To.Name, s => Pictures.Written(s.View));
            var after = gust.After.Render(key).ToDictionary(s => s.To.Name, s => Pictures.Written(s.View));
            foreach (var audience in before.Keys.Union(after.Keys))
                if (before.GetValueOrDefault(audience) != after.GetValueOrDefault(audience))
                {
                    if (!byAudience.TryGetValue(audience, out var changes))
                        byAudience[audience] = changes = [];
                    changes[Session.StoreName(key)] = after.GetValueOrDefault(audience);
                }
        }
        return byAudience;
    }

    /// <summary>One browser: what it holds for each audience it is in.</summary>
    private sealed class Viewer
    {
        public Dictionary<string, Dictionary<string, string>> Held { get; } = [];

        public void Goes(Session session, PersonId person, Dictionary<string, Dictionary<string, string?>> published)
        {
            var audiences = session.AudiencesOf(person);
            foreach (var left in Held.Keys.Except(audiences.Select(a => a.Name)).ToList())
                Held.Remove(left);
            foreach (var audience in audiences)
                if (!Held.TryGetValue(audience.Name, out var held))
                    Held[audience.Name] = Pictures.Of(session, audience);
                else if (published.TryGetValue(audience.Name, out var changes))
                    foreach (var (key, view) in changes)
                        if (view is null)
                            held.Remove(key);
                        else
                            held[key] = view;
        }
    }

    private static void AssertSame<TKey>(Dictionary<TKey, string> expected, Dictionary<TKey, string> actual, string what) where TKey : notnull
    {
        foreach (var key in expected.Keys.Union(actual.Keys))
            Assert.True(expected.GetValueOrDefault(key) == actual.GetValueOrDefault(key), $"{what}: {key} should be {expected.GetValueOrDefault(key)} but is {actual.GetValueOrDefault(key)}");
    }
}
