using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;

namespace LiveSessions.Sessions;

public sealed partial record Session
{
    private const string System = "";

    /// <summary>
    /// The keys of the views that an entry may have changed. Naming one too many costs a comparison; naming one too few would leave somebody with an old view, and a law forbids it.
    /// </summary>
    public static void Touches(Session before, Session after, LogEntry entry, HashSet<ViewKey> keys)
    {
        for (var i = 0; i < entry.Events.Count; i++)
            Touch(before, after, entry.Events[i], keys);
    }

    private static void Touch(Session before, Session after, Event happened, HashSet<ViewKey> keys)
    {
        switch (happened)
        {
            case SessionCreated or SessionStarted or SessionEnded:
                keys.UnionWith([new("session", System), new("plan", System), new("script", System), new("rooms", System)]);
                after.TouchPeople(keys);
                break;
            case RosterEntered e:
                keys.UnionWith(e.Teams.Select(t => new ViewKey("team", t.Team.Value)));
                keys.UnionWith(e.People.Select(p => new ViewKey("person", p.Person.Value)));
                break;
            case PersonJoined e: after.TouchPerson(e.Person, keys); after.TouchWordsOf(e.Person, keys); break;
            case StaffJoined e: after.TouchPerson(e.Person, keys); after.TouchWordsOf(e.Person, keys); keys.Add(new("session", System)); break;
            case PersonAdmitted e: after.TouchPerson(e.Person, keys); break;
            case PersonRemoved e:
                after.TouchPerson(e.Person, keys);
                keys.Add(new("session", System));
                after.TouchRoom(before.House.RoomOf(e.Person), keys);
                before.TouchPresence(e.Person, keys);
                foreach (var visited in before.House.Visits.Where(v => v.Key == e.Person))
                    after.TouchRoom(visited.Value, keys);
                break;
            case ConsentChosen e:
                after.TouchPerson(e.Person, keys);
                after.TouchWordsOf(e.Person, keys);
                TouchLastLines(before, after, keys);
                break;
            case PersonRenamed e: after.TouchPerson(e.Person, keys); after.TouchWordsOf(e.Person, keys); keys.Add(new("session", System)); break;
            case PersonCame e: after.TouchPresence(e.Person, keys); break;
            case PersonWentAway e: after.TouchPresence(e.Person, keys); break;
            case ClocksResumed or ClocksPaused: keys.Add(new("plan", System)); after.TouchAllRooms(keys); break;
            case PlanEvent: keys.Add(new("plan", System)); break;
            case GroupingProposed or PersonPlaced: keys.Add(new("grouping", System)); break;
            case RoomsOpened:
                before.TouchAllRooms(keys);
                after.TouchAllRooms(keys);
                after.TouchPeople(keys);
                keys.UnionWith([new("grouping", System), new("exercise", System)]);
                break;
            case PersonMoved e:
                keys.UnionWith([new("me", e.Person.Value), new("grouping", System)]);
                after.TouchRoom(e.From, keys);
                after.TouchRoom(e.To, keys);
                break;
            case RoomVisited e: keys.Add(new("me", e.Person.Value)); after.TouchRoom(e.Room, keys); break;
            case RoomLeft e: keys.Add(new("me", e.Person.Value)); after.TouchRoom(e.Room, keys); break;
            case MessageSent: keys.Add(new("message", (after.House.Messages[^1].Number).ToString(global::System.Globalization.CultureInfo.InvariantCulture))); after.TouchMessages(keys); break;
            case HelpCalled or HelpCalledOff or HelpClaimed or HelpArrived or HelpResolved: after.TouchHelps(keys); break;
            case RoomsExtended or RecallBegun or RecallCancelled: after.TouchAllRooms(keys); break;
            case RoomsMerged e:
                before.TouchAllRooms(keys);
                after.TouchAllRooms(keys);
                foreach (var room in (RoomId[])[e.From, e.Into])
                {
                    after.TouchConversation(room, keys);
                    keys.UnionWith(after.Notes.In(room).Select(n => new ViewKey("note", n.Id.Value)));
                }
                after.TouchPeople(keys);
                after.TouchHelps(keys);
                break;
            case RoomsClosed: before.TouchAllRooms(keys); after.TouchAllRooms(keys); after.TouchPeople(keys); after.TouchHelps(keys); break;
            case PollEvent e:
                keys.UnionWith([new("poll", e.Poll.Value), new("tally", e.Poll.Value)]);
                if (e is BallotCast cast)
                    keys.Add(new("ballot", BallotKey(cast.Poll, cast.Voter)));
                break;
            case NoteAdded e:
                after.TouchNote(e.Note, keys);
                keys.Add(new("board", e.Room.Value));
                keys.Add(new("mine", e.Author.Value));
                break;
            case NotesRevealed e:
                keys.UnionWith(after.Notes.In(e.Room).Select(n => new ViewKey("note", n.Id.Value)));
                keys.UnionWith([new("board", e.Room.Value), new("watch", e.Room.Value)]);
                break;
            case NoteEdited e: after.TouchNote(e.Note, keys); break;
            case NoteMoved e: after.TouchNote(e.Note, keys); break;
            case NoteHeld e: after.TouchNote(e.Note, keys); break;
            case NoteTakenBack e: after.TouchNote(e.Note, keys); keys.Add(new("board", after.Notes.All[e.Note].Room.Value)); break;
            case TurnWritten e:
                keys.UnionWith([new("turn", e.Turn.Value), new("floor", e.Room.Value), new("watch", e.Room.Value), new("mine", e.Speaker.Value)]);
                break;
            case TurnCorrected e: keys.UnionWith([new("turn", e.Turn.Value), new("watch", e.Room.Value)]); break;
            case TurnHeld e: keys.Add(new("turn", e.Turn.Value)); break;
            case StandInGiven e: after.TouchWordsOf(e.Person, keys); break;
            case FloorPassed e:
                keys.UnionWith([new("floor", e.Room.Value), new("watch", e.Room.Value), new("pass", PassKey(e.Room, after.Talks[e.Room].Passes[^1].Number))]);
                keys.UnionWith(after.Talks[e.Room].Passes.Select(p => new ViewKey("pass", PassKey(e.Room, p.Number))));
                break;
            case ConversationEvent e:
                after.TouchConversation(e.Room, keys);
                // A room that goes furthest leaves the others a step behind.
                if (e is PhaseBegun && before.Furthest != after.Furthest)
                    keys.UnionWith(after.House.Order.Select(r => new ViewKey("watch", r.Value)));
                break;
            default: throw new InvalidOperationException($"No view knows about {happened.GetType().Name}.");
        }
    }

    /// <summary>A last line that is not kept any more is told no longer.</summary>
    private static void TouchLastLines(Session before, Session after, HashSet<ViewKey> keys)
    {
        foreach (var room in after.House.Order)
            if (before.Talks.GetValueOrDefault(room)?.LastLine != after.Talks.GetValueOrDefault(room)?.LastLine)
                keys.Add(new("watch", room.Value));
    }

    private void TouchNote(NoteId note, HashSet<ViewKey> keys)
    {
        var room = Notes.All[note].Room;
        keys.Add(new("note", note.Value));
        keys.Add(new("watch", room.Value));
    }

    private void TouchPerson(PersonId person, HashSet<ViewKey> keys)
    {
        keys.UnionWith([new("person", person.Value), new("me", person.Value), new("mine", person.Value), new("grouping", System)]);
        keys.UnionWith(Polls.Values.Where(p => p.Room is null).Select(p => new ViewKey("tally", p.Id.Value)));
    }

    private void TouchPresence(PersonId person, HashSet<ViewKey> keys)
    {
        keys.Add(new("person", person.Value));
        // A closed room still counts who was in it, also somebody who was taken out since and has come back.
        foreach (var room in House.Rooms.Values)
            if (room.Members.Contains(person))
                keys.Add(new("watch", room.Id.Value));
    }

    private void TouchPeople(HashSet<ViewKey> keys) => keys.UnionWith(People.Keys.Select(p => new ViewKey("me", p.Value)));

    private void TouchWordsOf(PersonId person, HashSet<ViewKey> keys)
    {
        foreach (var note in NotesBy.GetValueOrDefault(person) ?? [])
            keys.Add(new("note", note.Value));
        foreach (var (_, turn) in TurnsBy.GetValueOrDefault(person) ?? [])
            keys.Add(new("turn", turn.Value));
    }

    private void TouchRoom(RoomId room, HashSet<ViewKey> keys)
    {
        if (room == RoomId.Plenary)
            return;
        keys.UnionWith([new("room", room.Value), new("watch", room.Value), new("floor", room.Value), new("roles", room.Value), new("step", room.Value)]);
        foreach (var poll in Polls.Values.Where(p => p.Room == room))
            keys.Add(new("tally", poll.Id.Value));
    }

    private void TouchConversation(RoomId room, HashSet<ViewKey> keys)
    {
        TouchRoom(room, keys);
        keys.Add(new("board", room.Value));
    }

    private void TouchAllRooms(HashSet<ViewKey> keys)
    {
        keys.Add(new("rooms", System));
        foreach (var room in House.Order)
        {
            TouchRoom(room, keys);
            keys.Add(new("board", room.Value));
        }
    }

    private void TouchHelps(HashSet<ViewKey> keys)
    {
        foreach (var help in House.Helps)
            keys.UnionWith([new("help", help.Id.Value), new("watch", help.Room.Value)]);
    }

    private void TouchMessages(HashSet<ViewKey> keys)
    {
        for (var i = House.Messages.Count - 1; i >= 0 && House.Messages[i].Number == House.Messages[^1].Number; i--)
            keys.Add(new("message", Number(House.Messages[i].Number)));
    }

    /// <summary>Every key there is a view for, for a first load.</summary>
    public IEnumerable<ViewKey> AllKeys()
    {
        foreach (var one in (string[])["session", "plan", "script", "grouping", "rooms", "exercise"])
            yield return new(one, System);
        foreach (var person in People.Keys)
        {
            yield return new("person", person.Value);
            yield return new("me", person.Value);
            yield return new("mine", person.Value);
        }
        foreach (var team in Teams.Keys)
            yield return new("team", team.Value);
        foreach (var room in House.Rooms.Keys)
            foreach (var kind in (string[])["room", "watch", "board", "step", "roles", "floor"])
                yield return new(kind, room.Value);
        foreach (var help in House.Helps)
            yield return new("help", help.Id.Value);
        foreach (var message in House.Messages)
            yield return new("message", Number(message.Number));
        foreach (var poll in Polls.Values)
        {
            yield return new("poll", poll.Id.Value);
            yield return new("tally", poll.Id.Value);
            foreach (var voter in poll.Ballots.Keys)
                yield return new("ballot", BallotKey(poll.Id, voter));
        }
        foreach (var note in Notes.All.Keys)
            yield return new("note", note.Value);
        foreach (var talk in Talks.Values)
        {
            foreach (var turn in talk.Turns.Keys)
                yield return new("turn", turn.Value);
            foreach (var pass in talk.Passes)
                yield return new("pass", PassKey(talk.Room, pass.Number));
        }
    }

    /// <summary>The view under a key, for each audience that may see it; nothing when there is none.</summary>
    public IEnumerable<Shown> Render(ViewKey key) => Info is null ? [] : key.Kind switch
    {
        "session" => RenderSession(),
        "plan" => [To.Everyone(Plan.Show(Info.StartsAt, StartedAt))],
        "script" => [To.Staff(new ScriptView(Plan.Blocks.Where(b => b.Plan.Script is not null).ToDictionary(b => b.Plan.Id, b => b.Plan.Script!)))],
        "me" => Find(new(key.Id)) is { Standing: not (Standing.Expected or Standing.Removed) } p ? [To.Person(p.Id, RenderMe(p))] : [],
        "mine" => Find(new(key.Id)) is { Standing: not (Standing.Expected or Standing.Removed) } p
            ? [To.Person(p.Id, new MineView(NotesBy.GetValueOrDefault(p.Id) ?? [], [.. (TurnsBy.GetValueOrDefault(p.Id) ?? []).Select(t => t.Turn)]))] : [],
        "person" => RenderPerson(new(key.Id)),
        "team" => Teams.TryGetValue(new(key.Id), out var name) ? [To.Everyone(new TeamView(new(key.Id), name))] : [],
        "grouping" => RenderGrouping(),
        "rooms" => [To.Everyone(new RoomsView(House.IsOpen, House.Block, House.Order.Length, House.OpenedAt, House.EndsAt, House.RecallEndsAt))],
        "exercise" => House.Block is { } block && Info.Exercises.TryGetValue(block, out var exercise) ? [To.Everyone(new ExerciseView(exercise))] : [],
        "room" => RenderRoom(new(key.Id)),
        "watch" => RenderWatch(new(key.Id)),
        "help" => House.Helps.Find(h => h.Id.Value == key.Id) is { } help ? RenderHelp(help) : [],
        "message" => House.Messages.Find(m => Number(m.Number) == key.Id) is { } message ? RenderMessage(message) : [],
        "poll" => Polls.TryGetValue(new(key.Id), out var poll) ? poll.Render(AskedBy(poll)).Where(s => s.View is PollView) : [],
        "tally" => Polls.TryGetValue(new(key.Id), out var poll) ? poll.Render(AskedBy(poll)).Where(s => s.View is TallyView) : [],
        "ballot" => RenderBallot(key.Id),
        "board" => Talks.TryGetValue(new(key.Id), out var talk) ? [To.Room(talk.Room, new BoardView(talk.Room, talk.Kind is { HidesNotes: true }, Notes.CountIn(talk.Room)))] : [],
        "note" => Notes.All.TryGetValue(new(key.Id), out var note)
            ? Notes.Render(note, HidesName(note.Author, note.Consent), ConsentOf(note), NameOf(note.Author), Talks.GetValueOrDefault(note.Room)?.StandIns.GetValueOrDefault(note.Author)) : [],
        "step" => Talks.TryGetValue(new(key.Id), out var talk) && talk.ShowStep() is { } step ? [To.Room(talk.Room, step)] : [],
        "roles" => Talks.TryGetValue(new(key.Id), out var talk) ? [To.Room(talk.Room, talk.ShowRoles(House.Rooms[talk.Room].Members))] : [],
        "floor" => Talks.TryGetValue(new(key.Id), out var talk) ? [To.Room(talk.Room, talk.ShowFloor())] : [],
        "turn" => FindTurn(new(key.Id)) is var (talk, turn) && turn is not null ? [To.Room(talk!.Room, talk.Show(turn, HidesName(turn.Speaker, turn.Consent), ConsentOf(turn), NameOf(turn.Speaker)))] : [],
        "pass" => RenderPass(key.Id),
        _ => throw new InvalidOperationException($"There is no view {key}."),
    };

    /// <summary>The name of a key in one person's store: what is theirs alone needs no name of its own.</summary>
    public static string StoreName(ViewKey key) => key.Kind switch
    {
        "me" or "mine" => key.Kind,
        "ballot" => "ballot:" + key.Id[(key.Id.IndexOf('/', StringComparison.Ordinal) + 1)..],
        _ => key.ToString(),
    };

    private static string BallotKey(PollId poll, PersonId voter) => $"{voter}/{poll}";

    private static string PassKey(RoomId room, long number) => $"{room}-{Number(number)}";

    private static string Number(long number) => number.ToString(global::System.Globalization.CultureInfo.InvariantCulture);

    private Shown[] RenderSession()
    {
        var view = new SessionView(Info!.Title, Info.Programme, Info.StartsAt, Info.TimeZone, Info.RetentionUntil, Stage, StartedAt, EndedAt,
            [.. People.Values.Where(p => p is { IsStaff: true, IsIn: true }).OrderBy(p => !p.IsOwner).ThenBy(p => p.Name, StringComparer.Ordinal).Select(p => p.Name)]);
        return [To.Everyone(view), To.Lobby(view)];
    }

    private MeView RenderMe(Person p) => new(
        p.Id, p.Name, p.Team, p.Standing, p.IsStaff, p.IsOwner, p.Consent, p.MayQuote, House.RoomOf(p.Id),
        House.Visits.TryGetValue(p.Id, out var visiting) ? visiting : null, House.Last.TryGetValue(p.Id, out var last) ? last : null);

    private Shown[] RenderPerson(PersonId id)
    {
        if (Find(id) is not { Standing: not Standing.Removed } p)
            return [];
        var view = new PersonView(p.Id, p.Name, p.Team, p.Standing, p.IsStaff, p.IsHere);
        return [p.Standing == Standing.Waiting ? To.Staff(view) : To.Everyone(view)];
    }

    private Shown[] RenderGrouping()
    {
        if (House.Proposal is not { } proposal)
            return [];
        var placed = proposal.Rooms.SelectMany(r => r.Members).ToHashSet();
        return [To.Staff(new GroupingView(proposal.Rule, proposal.Size, proposal.Seed, proposal.Rooms, [.. Participants().Select(p => p.Person).Where(p => !placed.Contains(p))]))];
    }

    private Shown[] RenderRoom(RoomId id) => House.Rooms.GetValueOrDefault(id) is not { } r ? [] :
        [To.Room(id, new RoomView(id, r.Number, r.Name, r.Members, [.. House.VisitorsOf(id)], r.IsOpen, r.EndsAt, r.Extra, r.ExtendedBy))];

    private Shown[] RenderWatch(RoomId id)
    {
        if (House.Rooms.GetValueOrDefault(id) is not { } r || !House.Order.Contains(id) || Talks.GetValueOrDefault(id) is not { } talk)
            return [];
        return
        [
            To.Staff(new WatchView(
                id, r.Number, r.Name, r.Members, [.. House.VisitorsOf(id)], r.Members.Count(m => Find(m)?.IsHere == true), talk.Phase?.Id, talk.Phase is null ? null : talk.EndsAt,
                Math.Max(0, Furthest - talk.Index), talk.LastLine, talk.LastAt, Notes.CountIn(id), talk.Turns.Count, House.OpenHelp(id)?.Id, r.EndsAt, r.Extra)),
        ];
    }

    private IEnumerable<Shown> RenderHelp(Help help)
    {
        var view = House.Show(help, help.Room == RoomId.Plenary ? "Everyone together" : House.Rooms[help.Room].Name);
        return [To.Staff(view), help.Room == RoomId.Plenary ? To.Person(help.By, view) : To.Room(help.Room, view)];
    }

    private static IEnumerable<Shown> RenderMessage(Message m)
    {
        var view = new MessageView(m.Number, m.From, m.Text, m.At, m.Rooms);
        return m.Rooms.IsEmpty ? [To.Everyone(view)] : [To.Staff(view), .. m.Rooms.Select(r => To.Room(r, view))];
    }

    private IEnumerable<Shown> RenderBallot(string id)
    {
        var slash = id.IndexOf('/', StringComparison.Ordinal);
        var (voter, poll) = (new PersonId(id[..slash]), new PollId(id[(slash + 1)..]));
        return Polls.GetValueOrDefault(poll)?.Ballots.GetValueOrDefault(voter) is { } ballot ? [To.Person(voter, new BallotView(poll, ballot))] : [];
    }

    private (Talk? Talk, Turn? Turn) FindTurn(TurnId id) =>
        TurnRooms.TryGetValue(id, out var room) && Talks.TryGetValue(room, out var talk) ? (talk, talk.Turns[id]) : (null, null);

    private IEnumerable<Shown> RenderPass(string id)
    {
        var dash = id.LastIndexOf('-');
        var room = new RoomId(id[..dash]);
        return Talks.GetValueOrDefault(room)?.Passes.Find(p => Number(p.Number) == id[(dash + 1)..]) is { } pass
            ? [To.Room(room, new PassView(pass.Number, room, pass.Phase, pass.Person, pass.ForNow, pass.At))]
            : [];
    }
}
