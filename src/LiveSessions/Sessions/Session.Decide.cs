using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Conversation.Phases;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;

namespace LiveSessions.Sessions;

public sealed partial record Session
{
    /// <summary>The one rule everything asked goes through: against this state, at this time, by this actor.</summary>
    /// <param name="chance">64 random bits.</param>
    public Decision Decide(Actor by, CommandMark mark, Command command, DateTimeOffset now, ulong chance)
    {
        if (Applied.Contains(mark))
            return Decision.Already;
        var actor = by.IsSystem ? by : by with { IsStaff = Find(by.Person) is { IsStaff: true, IsIn: true } };
        var scene = SceneFor(actor, now, chance);
        if (Gate(actor, command) is { } refusal)
            return Decision.Refuse(refusal);
        return command switch
        {
            SessionCommand c => DecideSession(c, scene),
            StartBlock c => WithPollsClosed(c, RunOfShow.Decide(Plan, c, scene)),
            PlanCommand c => RunOfShow.Decide(Plan, c, scene),
            OpenRooms c => WithConversations(House.Decide(House, c, scene, HouseFacts), scene),
            CloseRooms c => WithRoomsEnded(House.Decide(House, c, scene, HouseFacts)),
            RoomCommand c => House.Decide(House, c, scene, HouseFacts),
            PollCommand c => Poll.Decide(Polls.GetValueOrDefault(c.Poll), c, scene, c is OpenPoll ? PreparedPoll(c.Poll) : null, c is OpenPoll ? Polls.Values.Count(p => p.Room is null) : 0),
            AddNote c => WithStandIn(Notes.Decide(Notes, c, scene), scene),
            BoardCommand c => Notes.Decide(Notes, c, scene),
            AdvanceRooms c => AdvanceAll(c, scene),
            ExtendPhase { Room: null } c => ExtendAll(c, scene),
            AdvancePhase c => Advance(c, scene),
            WriteTurn c when TurnRooms.TryGetValue(c.Turn, out var room) && room != scene.Room => Decision.Refuse(Refusal.IdInUse),
            ConversationCommand c => Talk.Decide(Talks.GetValueOrDefault(RoomOf(c, scene)), c, scene),
            _ => throw new UnreachableException(command.GetType().Name),
        };
    }

    /// <summary>What holds for every command, before any feature is asked.</summary>
    private Refusal? Gate(Actor by, Command command)
    {
        if (command is CreateSession or EnterRoster or JoinSession or JoinAsStaff or MarkHere or MarkAway && !by.IsSystem)
            return Refusal.ServerOnly;
        if (Info is null)
            return command is CreateSession ? null : Refusal.NoSession;
        if (!by.IsSystem)
        {
            switch (Find(by.Person)?.Standing)
            {
                case Standing.In: break;
                case Standing.Waiting when command is ChooseConsent or RenameMe: break;
                case Standing.Waiting: return Refusal.NotAdmitted;
                case Standing.Removed: return Refusal.Removed;
                default: return Refusal.NotThere;
            }
        }
        if (Stage == SessionStage.Ended && command is not (ChooseConsent or MarkHere or MarkAway or EndSession or JoinAsStaff or CreateSession))
            return Refusal.SessionEnded;
        return null;
    }

    private Decision DecideSession(SessionCommand command, Scene scene) => (Find(scene.By), command) switch
    {
        (_, CreateSession create) => Info is null ? Create(create.Info) : SameInfo(create.Info) ? Decision.Already : Decision.Refuse(Refusal.SessionExists),
        (_, EnterRoster roster) => Enter(roster),
        (_, JoinSession join) => Join(join),
        (_, JoinAsStaff join) => JoinStaff(join),
        (_, MarkHere here) => Find(here.Person) is not { } p ? Decision.Refuse(Refusal.NotThere) : p.IsHere ? Decision.Already : Decision.Accept(new PersonCame(p.Id)),
        (_, MarkAway away) => Find(away.Person) is not { } p ? Decision.Refuse(Refusal.NotThere) : p.IsHere ? Decision.Accept(new PersonWentAway(p.Id)) : Decision.Already,
        (null, ChooseConsent or RenameMe) => Decision.Refuse(Refusal.NotThere),
        ({ } me, ChooseConsent choose) => !Enum.IsDefined(choose.Consent) ? Decision.Refuse(Refusal.NotAChoice)
            : (choose.MayQuote && choose.Consent != Consent.NotKept) is var mayQuote && me.Consent == choose.Consent && me.MayQuote == mayQuote ? Decision.Already
            : Decision.Accept([new ConsentChosen(me.Id, choose.Consent, mayQuote), .. choose.Consent == Consent.StandIn ? StandInsForEarlier(me.Id, scene) : []]),
        ({ } me, RenameMe rename) => Texts.CleanName(rename.Name) is not { } name ? Decision.Refuse(Refusal.BadName)
            : name == me.Name ? Decision.Already
            : Decision.Accept(new PersonRenamed(me.Id, name)),
        _ when !scene.IsStaff => Decision.Refuse(Refusal.FacilitatorOnly),
        (_, AdmitPeople admit) => Admit(admit),
        (_, RemovePerson remove) => Remove(remove, scene),
        (_, StartSession) => Stage != SessionStage.Gathering ? Decision.Already
            : Plan.Blocks.IsEmpty ? Decision.Refuse(Refusal.BadPlan)
            : Decision.Accept(new SessionStarted(), new BlockStarted(Plan.Blocks[0].Plan.Id)),
        (_, EndSession) => Stage == SessionStage.Ended ? Decision.Already : Decision.Accept([.. Ending()]),
        _ => throw new UnreachableException(command.GetType().Name),
    };

    /// <summary>A stand-in name covers what was written before too: one for each conversation that has words of the person and no name for them yet.</summary>
    private IEnumerable<Event> StandInsForEarlier(PersonId person, Scene scene) =>
        Talks.Values.Where(t => !t.StandIns.ContainsKey(person) && (t.Turns.Values.Any(turn => turn.Speaker == person) || Notes.All.Values.Any(n => n.Room == t.Room && n.Author == person)))
            .OrderBy(t => t.Room.Value, StringComparer.Ordinal)
            .Select((talk, i) => new StandInGiven(talk.Room, person, StandIns.Choose(talk.StandIns.Values, scene.Chance + (ulong)i)));

    private bool SameInfo(SessionInfo info) => Info!.Title == Texts.CleanName(info.Title) && Info.StartsAt == info.StartsAt && Info.Blocks.Count == info.Blocks.Count;

    private static Decision Create(SessionInfo info)
    {
        if (Texts.CleanName(info.Title) is not { } title)
            return Decision.Refuse(Refusal.BadName);
        if (info.Blocks.Count is 0 or > Limits.Blocks || info.Blocks.Any(b => b.Minutes is < 1 or > Limits.BlockMinutes || Texts.CleanName(b.Title) is null)
            || info.Blocks.Select(b => b.Id).Distinct().Count() != info.Blocks.Count
            || info.Blocks.Where(b => b.Poll is not null).Any(b => Poll.Complete(SpecOf(b.Poll!)) is null)
            || info.Exercises.Any(e => e.Value.Phases.Count == 0 || e.Value.Board.Count == 0 || info.Blocks.All(b => b.Id != e.Key)))
            return Decision.Refuse(Refusal.BadPlan);
        return Decision.Accept(new SessionCreated(info with { Title = title }));
    }

    private Decision Enter(EnterRoster roster)
    {
        var allTeams = roster.Teams.Select(t => t with { Name = Texts.CleanName(t.Name)! }).ToList();
        var everybody = roster.People.Select(p => p with { Name = Texts.CleanName(p.Name)! }).ToList();
        if (allTeams.Any(t => t.Name is null) || everybody.Any(p => p.Name is null))
            return Decision.Refuse(Refusal.BadName);
        if (People.Count + everybody.Count(p => Find(p.Person) is null) > Limits.People)
            return Decision.Refuse(Refusal.SessionFull);
        var teams = allTeams.Where(t => !Teams.TryGetValue(t.Team, out var name) || name != t.Name).ToList();
        var people = everybody.Where(p => Find(p.Person) is not { } now || now.Standing == Standing.Expected && (now.Name != p.Name || now.Team != p.Team)).ToList();
        return teams.Count + people.Count == 0 ? Decision.Already : Decision.Accept(new RosterEntered(teams, people));
    }

    private Decision Join(JoinSession join)
    {
        if (Texts.CleanName(join.Name) is not { } name)
            return Decision.Refuse(Refusal.BadName);
        if (!Enum.IsDefined(join.Consent))
            return Decision.Refuse(Refusal.NotAChoice);
        var person = Find(join.Person);
        switch (person?.Standing)
        {
            case Standing.Removed: return Decision.Refuse(Refusal.Removed);
            // Somebody who is here keeps what they chose; a personal link opened again only lets them in.
            case Standing.In: return Decision.Already;
            case Standing.Waiting when !join.ByLink: return Decision.Already;
            case null when People.Count >= Limits.People: return Decision.Refuse(Refusal.SessionFull);
        }
        var team = join.Team is { } t && Teams.ContainsKey(t) ? t : person?.Team;
        var joined = new PersonJoined(join.Person, name, team, join.Consent, join.MayQuote && join.Consent != Consent.NotKept, !join.ByLink);
        return join.ByLink ? Decision.Accept([joined, .. Seated(join.Person, team)]) : Decision.Accept(joined);
    }

    private Decision JoinStaff(JoinAsStaff join) =>
        Texts.CleanName(join.Name) is not { } name ? Decision.Refuse(Refusal.BadName)
        : Find(join.Person) is { Standing: Standing.Removed } != join.Again ? Decision.Refuse(join.Again ? Refusal.NotThere : Refusal.Removed)
        // Every connection says so again; whoever took another name in the session keeps it.
        : Find(join.Person) is { IsStaff: true, IsIn: true } same && same.IsOwner == join.IsOwner ? Decision.Already
        // Whoever sat in a room as a participant gets up first: staff look in, they do not belong to a room.
        : House.RoomOf(join.Person) is var room && room != RoomId.Plenary ? Decision.Accept(new PersonMoved(join.Person, room, RoomId.Plenary), new StaffJoined(join.Person, name, join.IsOwner))
        : Decision.Accept(new StaffJoined(join.Person, name, join.IsOwner));

    private Decision Admit(AdmitPeople admit)
    {
        var waiting = People.Values.Where(p => p.Standing == Standing.Waiting && (admit.People.Count == 0 || admit.People.Contains(p.Id))).OrderBy(p => p.Id.Value, StringComparer.Ordinal).ToList();
        if (waiting.Count == 0)
            return admit.People.All(p => Find(p) is not null) ? Decision.Already : Decision.Refuse(Refusal.NotThere);
        // Each goes to the room that fits when those before have sat down.
        var house = House;
        var events = new List<Event>();
        foreach (var person in waiting)
        {
            events.Add(new PersonAdmitted(person.Id));
            if (house.FittingRoom(person.Team) is { } room)
            {
                events.Add(new PersonMoved(person.Id, RoomId.Plenary, room));
                house = house.Moved(person.Id, room);
            }
        }
        return Decision.Accept(events);
    }

    /// <summary>A late comer sits down while rooms are open.</summary>
    private IEnumerable<Event> Seated(PersonId person, TeamId? team) =>
        House.FittingRoom(team) is { } room ? [new PersonMoved(person, RoomId.Plenary, room)] : [];

    private Decision Remove(RemovePerson remove, Scene scene) =>
        Find(remove.Person) is not { } person ? Decision.Refuse(Refusal.NotThere)
        : person.Standing == Standing.Removed ? Decision.Already
        : person.IsOwner || person.Id == scene.By ? Decision.Refuse(Refusal.OwnerOnly)
        : Decision.Accept(new PersonRemoved(person.Id));

    private IEnumerable<Event> Ending() =>
        [.. House.IsOpen ? RoomsEnded([new RoomsClosed()]) : [], .. Polls.Values.Where(p => p is { IsOpen: true, Room: null }).Select(p => new PollClosed(p.Id)), new SessionEnded()];

    /// <summary>Going on to another block closes the polls of the block before.</summary>
    private Decision WithPollsClosed(StartBlock start, Decision decision)
    {
        if (decision is not Decision.Accepted accepted || Plan.Now is not { } now || now == start.Block)
            return decision;
        var open = Plan.Find(now)?.Plan.Poll is { } poll && Polls.GetValueOrDefault(poll.Poll) is { IsOpen: true } p ? p : null;
        return open is null ? decision : Decision.Accept([new PollClosed(open.Id), .. accepted.Events]);
    }

    private static PollSpec SpecOf(PlannedPoll poll) => new(poll.Kind, poll.Question, poll.Options, Math.Max(1, poll.Votes), poll.ResultsLive);

    private PollSpec? PreparedPoll(PollId id) =>
        Plan.Blocks.Select(b => b.Plan.Poll).FirstOrDefault(p => p?.Poll == id) is { } poll ? SpecOf(poll) : null;

    /// <summary>With the rooms, each room's conversation opens: first roles, first step.</summary>
    private Decision WithConversations(Decision decision, Scene scene)
    {
        if (decision is not Decision.Accepted { Events: [RoomsOpened opened] })
            return decision;
        var events = new List<Event> { opened };
        foreach (var room in opened.Rooms)
        {
            var talk = new Talk(room.Room, opened.Exercise);
            var here = room.Members.OrderByDescending(m => Find(m)?.IsHere).ToList();
            var holders = Roles.First(opened.Exercise, here);
            events.Add(new ConversationOpened(room.Room, holders));
            events.AddRange((talk with { Holders = holders }).Begin(0, room.Members, scene, []));
        }
        return Decision.Accept(events);
    }

    private Decision WithRoomsEnded(Decision decision) =>
        decision is Decision.Accepted accepted ? Decision.Accept([.. RoomsEnded(accepted.Events)]) : decision;

    /// <summary>When rooms close: what was hidden is shown, and the rooms' polls end.</summary>
    private IEnumerable<Event> RoomsEnded(IReadOnlyList<Event> closing) =>
    [
        .. House.Order.Where(r => Talks.GetValueOrDefault(r)?.Kind is { HidesNotes: true }).Select(r => new NotesRevealed(r)),
        .. Polls.Values.Where(p => p is { IsOpen: true, Room: not null }).OrderBy(p => p.Id.Value, StringComparer.Ordinal).Select(p => new PollClosed(p.Id)),
        .. closing,
    ];

    private Decision WithStandIn(Decision decision, Scene scene) =>
        decision is Decision.Accepted { Events: [NoteAdded added] } && Talks.GetValueOrDefault(added.Room) is { } talk
            ? Decision.Accept([.. talk.StandInFor(added.Author, scene), added])
            : decision;

    private static RoomId RoomOf(ConversationCommand command, Scene scene) => command switch
    {
        GiveRole c => c.Room,
        GiveFloor c => c.Room,
        ExtendPhase { Room: { } room } => room,
        _ => scene.Room,
    };

    /// <summary>One room goes on; dots over notes need the room's notes, which only the session knows.</summary>
    private Decision Advance(AdvancePhase advance, Scene scene)
    {
        var talk = Talks.GetValueOrDefault(advance.Room);
        var decision = Talk.Decide(talk, advance, scene);
        return decision is Decision.Accepted && talk is not null
            ? Decision.Accept([.. OpenPollsOnly(talk.Begin(talk.Index + 1, House.Rooms[talk.Room].Members, scene, NoteTexts(talk.Room)))])
            : decision;
    }

    /// <summary>A room closes its poll when it goes on; one that was never asked, or is closed already, is left alone.</summary>
    private IEnumerable<Event> OpenPollsOnly(IEnumerable<Event> events) =>
        events.Where(e => e is not PollClosed closed || Polls.GetValueOrDefault(closed.Poll) is { IsOpen: true });

    private string[] NoteTexts(RoomId room) =>
        [.. Notes.In(room).Where(n => !n.IsTakenBack && ConsentOf(n) != Consent.NotKept).OrderBy(n => n.Column, StringComparer.Ordinal).ThenBy(n => n.Rank)
            .Select(n => n.AsChoice).OfType<string>().Take(Limits.Options)];

    /// <summary>Every room that is before the step goes to it; where the step brings rooms together, they come together in twos.</summary>
    private Decision AdvanceAll(AdvanceRooms advance, Scene scene)
    {
        if (!scene.IsStaff)
            return Decision.Refuse(Refusal.FacilitatorOnly);
        if (!House.IsOpen)
            return Decision.Refuse(Refusal.RoomsAreClosed);
        var events = new List<Event>();
        var found = false;
        var going = new List<RoomId>();
        foreach (var room in House.Order)
        {
            if (Talks.GetValueOrDefault(room) is not { } talk)
                continue;
            var index = talk.Exercise.Phases.ToList().FindIndex(p => p.Id == advance.To);
            found |= index >= 0;
            if (index > talk.Index)
                going.Add(room);
        }
        if (!found)
            return Decision.Refuse(Refusal.NotThere);
        var merged = new Dictionary<RoomId, RoomId>();
        if (going.Count > 0 && Talks[going[0]].Exercise.Phases.First(p => p.Id == advance.To) is var to && PhaseKind.Of(to.Type).MergesRooms)
            InTwos(going, merged);
        foreach (var room in going)
        {
            var talk = Talks[room];
            if (merged.TryGetValue(room, out var into))
            {
                if (talk.Kind is { HidesNotes: true })
                    events.Add(new NotesRevealed(room));
                events.AddRange(Polls.Values.Where(p => p is { IsOpen: true } && p.Room == room).OrderBy(p => p.Id.Value, StringComparer.Ordinal).Select(p => new PollClosed(p.Id)));
                events.Add(new RoomsMerged(room, into));
                continue;
            }
            var members = House.Rooms[room].Members.AddRange(merged.Where(m => m.Value == room).SelectMany(m => House.Rooms[m.Key].Members));
            events.AddRange(OpenPollsOnly(talk.Begin(talk.Exercise.Phases.ToList().FindIndex(p => p.Id == advance.To), members, scene, NoteTexts(room))));
        }
        events.AddRange(NewNames(merged, scene));
        return events.Count == 0 ? Decision.Already : Decision.Accept(events);
    }

    /// <summary>The last of an odd number joins the two before it, if that still fits; otherwise, as a lone room, it goes on as it is.</summary>
    private void InTwos(List<RoomId> rooms, Dictionary<RoomId, RoomId> merged)
    {
        for (var i = 0; i + 1 < rooms.Count; i += 2)
            merged[rooms[i + 1]] = rooms[i];
        if (rooms.Count >= 3 && rooms.Count % 2 == 1 && rooms.TakeLast(3).Sum(r => House.Rooms[r].Members.Count) <= House.MaxSize)
            merged[rooms[^1]] = rooms[^3];
    }

    /// <summary>Where two people of rooms that came together had the same stand-in name, the one who came over gets a new one.</summary>
    private IEnumerable<Event> NewNames(Dictionary<RoomId, RoomId> merged, Scene scene)
    {
        foreach (var together in merged.GroupBy(m => m.Value, m => m.Key))
        {
            var names = Talks[together.Key].StandIns;
            foreach (var (person, name) in together.SelectMany(from => Talks[from].StandIns.OrderBy(s => s.Key.Value, StringComparer.Ordinal)).Where(s => !names.ContainsKey(s.Key)).ToList())
            {
                var free = names.ContainsValue(name) ? StandIns.Choose(names.Values, scene.Chance) : name;
                names = names.SetItem(person, free);
                if (free != name)
                    yield return new StandInGiven(together.Key, person, free);
            }
        }
    }

    private Decision ExtendAll(ExtendPhase extend, Scene scene)
    {
        if (!scene.IsStaff)
            return Decision.Refuse(Refusal.FacilitatorOnly);
        if (!House.IsOpen)
            return Decision.Refuse(Refusal.RoomsAreClosed);
        var events = new List<Event>();
        foreach (var room in House.Order)
            switch (Talk.Decide(Talks.GetValueOrDefault(room), extend with { Room = room }, scene))
            {
                case Decision.Accepted accepted: events.AddRange(accepted.Events); break;
                case Decision.Refused refused: return refused;
            }
        return Decision.Accept(events);
    }
}
