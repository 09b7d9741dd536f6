using System.Collections.Immutable;
using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Rooms;

/// <param name="Team">The team whose home it is, or null for a mixed room.</param>
public sealed record Room(RoomId Id, int Number, string Name, TeamId? Team, ImmutableList<PersonId> Members, bool IsOpen, DateTimeOffset EndsAt, int Extra, PersonId? ExtendedBy);

public sealed record Help(HelpId Id, RoomId Room, PersonId By, string? Words, DateTimeOffset At, HelpState State, PersonId? ClaimedBy)
{
    public bool IsOpen => State is HelpState.Waiting or HelpState.OnTheWay or HelpState.Here;
}

public sealed record Message(long Number, PersonId From, string Text, DateTimeOffset At, ImmutableArray<RoomId> Rooms);

public sealed record Proposal(GroupingRule Rule, int Size, long Seed, ImmutableList<PlacedRoom> Rooms);

/// <summary>All rooms: who is where, calls for help, messages. Whoever is in no room is in the plenary, so everybody is in exactly one.</summary>
public sealed record House
{
    public static House Empty { get; } = new();

    public Proposal? Proposal { get; init; }
    public int Openings { get; init; }
    public bool IsOpen { get; init; }
    public BlockId? Block { get; init; }
    public GroupingRule Rule { get; init; }
    public DateTimeOffset? OpenedAt { get; init; }
    public DateTimeOffset? EndsAt { get; init; }
    public DateTimeOffset? RecallEndsAt { get; init; }
    public int MaxSize { get; init; }

    /// <summary>Every room there has been; <see cref="Order"/> has those of the latest opening.</summary>
    public ImmutableDictionary<RoomId, Room> Rooms { get; init; } = ImmutableDictionary<RoomId, Room>.Empty;
    public ImmutableArray<RoomId> Order { get; init; } = [];
    public ImmutableDictionary<PersonId, RoomId> Where { get; init; } = ImmutableDictionary<PersonId, RoomId>.Empty;

    /// <summary>The room each person left at the last recall; it stays readable for them.</summary>
    public ImmutableDictionary<PersonId, RoomId> Last { get; init; } = ImmutableDictionary<PersonId, RoomId>.Empty;
    public ImmutableDictionary<PersonId, RoomId> Visits { get; init; } = ImmutableDictionary<PersonId, RoomId>.Empty;
    public ImmutableList<Help> Helps { get; init; } = [];
    public ImmutableList<Message> Messages { get; init; } = [];

    public RoomId RoomOf(PersonId person) => Where.GetValueOrDefault(person, RoomId.Plenary);

    public IEnumerable<PersonId> VisitorsOf(RoomId room) => Visits.Where(v => v.Value == room).Select(v => v.Key).OrderBy(p => p.Value, StringComparer.Ordinal);

    public Help? OpenHelp(RoomId room) => Helps.LastOrDefault(h => h.Room == room && h.IsOpen);

    /// <summary>Where a late comer goes: the own team's room, else the least full that fits, the lower number first.</summary>
    public RoomId? FittingRoom(TeamId? team)
    {
        var open = Order.Select(id => Rooms[id]).Where(r => r.IsOpen).ToList();
        if (!IsOpen || open.Count == 0)
            return null;
        if (Rule == GroupingRule.HomeTeams && team is not null && open.Find(r => r.Team == team) is { } home)
            return home.Id;
        return open.OrderBy(r => r.Members.Count >= MaxSize).ThenBy(r => r.Members.Count).ThenBy(r => r.Number).First().Id;
    }

    public static Decision Decide(House house, RoomCommand command, Scene scene, HouseFacts facts) => (house, command) switch
    {
        (_, CloseRooms) when !scene.IsSystem => Decision.Refuse(Refusal.ServerOnly),
        (_, CallHelp call) => house.Call(call, scene),
        (_, CallOffHelp off) => house.CallOff(off, scene),
        _ when !scene.IsStaff => Decision.Refuse(Refusal.FacilitatorOnly),
        (_, SendMessage send) => house.Send(send, scene),
        (_, VisitRoom visit) => house.Visit(visit.Room, scene),
        (_, LeaveRoom) => house.Visits.TryGetValue(scene.By, out var room) ? Decision.Accept(house.Leaving(scene.By, room)) : Decision.Already,
        (_, ClaimHelp claim) => house.Claim(claim, scene),
        (_, ResolveHelp resolve) => house.Resolve(resolve),
        ({ IsOpen: true }, ProposeGrouping or OpenRooms) => Decision.Refuse(Refusal.RoomsAreOpen),
        (_, ProposeGrouping propose) => house.Propose(propose, scene, facts),
        (_, PlacePerson place) => house.Place(place, scene),
        (_, OpenRooms) when scene.Stage != SessionStage.Running => Decision.Refuse(Refusal.NotStarted),
        (_, OpenRooms open) => house.Open(open, scene, facts),
        ({ IsOpen: false }, CancelRecall or CloseRooms) => Decision.Already,
        ({ IsOpen: false }, _) => Decision.Refuse(Refusal.RoomsAreClosed),
        (_, ExtendRooms extend) => house.Extend(extend, scene),
        (_, RecallEveryone { Seconds: < Limits.RecallSeconds }) => Decision.Refuse(Refusal.RecallTooShort),
        (_, RecallEveryone { Seconds: > 600 }) => Decision.Refuse(Refusal.BadNumber),
        (_, RecallEveryone recall) => Decision.Accept(new RecallBegun(scene.Now.AddSeconds(recall.Seconds))),
        ({ RecallEndsAt: null }, CancelRecall) => Decision.Already,
        (_, CancelRecall) => Decision.Accept(new RecallCancelled()),
        ({ RecallEndsAt: { } at }, CloseRooms) when scene.Now >= at => Decision.Accept(new RoomsClosed()),
        (_, CloseRooms) => Decision.Already,
        _ => throw new NotSupportedException(command.GetType().Name),
    };

    private Decision Propose(ProposeGrouping propose, Scene scene, HouseFacts facts)
    {
        if (propose.Size is < 2 or > 150 || !Enum.IsDefined(propose.Rule))
            return Decision.Refuse(Refusal.BadNumber);
        var people = scene.Participants();
        if (people.Count < 2)
            return Decision.Refuse(Refusal.NobodyToGroup);
        var rooms = Grouping.Make(propose.Rule, propose.Size, propose.Seed, people, Openings + 1, facts.TeamNames);
        return rooms.Count > Limits.Rooms ? Decision.Refuse(Refusal.TooMany) : Decision.Accept(new GroupingProposed(propose.Rule, propose.Size, propose.Seed, rooms));
    }

    private Decision Place(PlacePerson place, Scene scene)
    {
        if (scene.Person(place.Person) is not { IsIn: true, IsStaff: false })
            return Decision.Refuse(Refusal.NotThere);
        if (IsOpen)
        {
            var from = RoomOf(place.Person);
            if (from == place.Room)
                return Decision.Already;
            return place.Room != RoomId.Plenary && Rooms.GetValueOrDefault(place.Room) is not { IsOpen: true }
                ? Decision.Refuse(Refusal.NotThere)
                : Decision.Accept(new PersonMoved(place.Person, from, place.Room));
        }
        if (Proposal is not { } proposal)
            return Decision.Refuse(Refusal.NoGrouping);
        var now = proposal.Rooms.FirstOrDefault(r => r.Members.Contains(place.Person))?.Room ?? RoomId.Plenary;
        if (now == place.Room)
            return Decision.Already;
        return place.Room != RoomId.Plenary && proposal.Rooms.All(r => r.Room != place.Room)
            ? Decision.Refuse(Refusal.NotThere)
            : Decision.Accept(new PersonPlaced(place.Person, place.Room));
    }

    private Decision Open(OpenRooms open, Scene scene, HouseFacts facts)
    {
        if (facts.ExerciseOf(open.Block) is not { } exercise)
            return Decision.Refuse(Refusal.NotThere);
        if (Proposal is not { } proposal)
            return Decision.Refuse(Refusal.NoGrouping);
        var minutes = open.Minutes ?? facts.MinutesOf(open.Block);
        if (minutes is < 1 or > Limits.BlockMinutes)
            return Decision.Refuse(Refusal.BadNumber);
        // Whoever went away for good since the preview stays out; whoever came since goes where a late comer would.
        var rooms = proposal.Rooms.Select(r => r with { Members = [.. r.Members.Where(p => scene.Person(p) is { IsIn: true, IsStaff: false })] }).Where(r => r.Members.Count > 0).ToList();
        if (rooms.Count == 0)
            return Decision.Refuse(Refusal.NobodyToGroup);
        var placed = rooms.SelectMany(r => r.Members).ToHashSet();
        var late = scene.Participants().Where(p => !placed.Contains(p.Person)).ToList();
        foreach (var person in late)
        {
            var home = proposal.Rule == GroupingRule.HomeTeams && person.Team is { } team ? rooms.FindIndex(r => r.Members.Any(m => scene.Person(m)?.Team == team)) : -1;
            var at = home >= 0 ? home : rooms.IndexOf(rooms.MinBy(r => r.Members.Count)!);
            rooms[at] = rooms[at] with { Members = [.. rooms[at].Members, person.Person] };
        }
        return Decision.Accept(new RoomsOpened(open.Block, proposal.Rule, rooms, exercise, scene.Now.AddMinutes(minutes)));
    }

    private Decision Visit(RoomId room, Scene scene)
    {
        if (!Rooms.TryGetValue(room, out var there))
            return Decision.Refuse(Refusal.NotThere);
        if (Visits.GetValueOrDefault(scene.By) == room)
            return Decision.Already;
        var events = new List<Event>();
        if (Visits.TryGetValue(scene.By, out var before))
            events.AddRange(Leaving(scene.By, before));
        events.Add(new RoomVisited(scene.By, there.Id));
        if (OpenHelp(room) is { State: HelpState.OnTheWay or HelpState.Waiting } help && (help.ClaimedBy ?? scene.By) == scene.By)
            events.Add(new HelpArrived(help.Id, scene.By));
        return Decision.Accept(events);
    }

    private List<Event> Leaving(PersonId person, RoomId room)
    {
        var events = new List<Event> { new RoomLeft(person, room) };
        if (OpenHelp(room) is { State: HelpState.Here } help && help.ClaimedBy == person)
            events.Add(new HelpResolved(help.Id));
        return events;
    }

    private Decision Send(SendMessage send, Scene scene)
    {
        if (Messages.Count >= Limits.Messages)
            return Decision.Refuse(Refusal.TooMany);
        if (Texts.Judge(send.Text) is { } refusal)
            return Decision.Refuse(refusal);
        return send.Rooms.Count > Limits.Rooms || send.Rooms.Any(r => !Rooms.ContainsKey(r))
            ? Decision.Refuse(Refusal.NotThere)
            : Decision.Accept(new MessageSent(scene.By, send.Text.Trim(), [.. send.Rooms.Distinct()]));
    }

    private Decision Call(CallHelp call, Scene scene)
    {
        if (Helps.Find(h => h.Id == call.Help) is { } same)
            return same.By == scene.By ? Decision.Already : Decision.Refuse(Refusal.IdInUse);
        // A room calls once; in the plenary each person calls for themselves.
        if (Helps.Any(h => h.IsOpen && h.Room == scene.Room && (h.Room != RoomId.Plenary || h.By == scene.By)))
            return Decision.Already;
        if (Helps.Count >= Limits.Messages)
            return Decision.Refuse(Refusal.TooMany);
        var words = string.IsNullOrWhiteSpace(call.Words) ? null : Texts.CleanName(call.Words, Limits.Question);
        return words is null && !string.IsNullOrWhiteSpace(call.Words)
            ? Decision.Refuse(Refusal.TooLong)
            : Decision.Accept(new HelpCalled(call.Help, scene.Room, scene.By, words));
    }

    private Decision CallOff(CallOffHelp off, Scene scene) =>
        Helps.Find(h => h.Id == off.Help) is not { } help || !scene.IsStaff && help.By != scene.By && (help.Room != scene.Room || help.Room == RoomId.Plenary) ? Decision.Refuse(Refusal.NotThere)
        : help.State == HelpState.CalledOff ? Decision.Already
        : !help.IsOpen ? Decision.Refuse(Refusal.HelpIsDone)
        : Decision.Accept(new HelpCalledOff(help.Id));

    private Decision Claim(ClaimHelp claim, Scene scene) =>
        Helps.Find(h => h.Id == claim.Help) is not { } help ? Decision.Refuse(Refusal.NotThere)
        : help.ClaimedBy == scene.By && help.IsOpen ? Decision.Already
        : help.State != HelpState.Waiting ? Decision.Refuse(Refusal.HelpIsDone)
        : Visits.GetValueOrDefault(scene.By) == help.Room ? Decision.Accept(new HelpClaimed(help.Id, scene.By), new HelpArrived(help.Id, scene.By))
        : Decision.Accept(new HelpClaimed(help.Id, scene.By));

    private Decision Resolve(ResolveHelp resolve) =>
        Helps.Find(h => h.Id == resolve.Help) is not { } help ? Decision.Refuse(Refusal.NotThere)
        : help.IsOpen ? Decision.Accept(new HelpResolved(help.Id))
        : Decision.Already;

    private Decision Extend(ExtendRooms extend, Scene scene)
    {
        if (extend.Minutes is 0 or < -30 or > 60)
            return Decision.Refuse(Refusal.BadNumber);
        if (extend.Room is { } id && Rooms.GetValueOrDefault(id) is not { IsOpen: true })
            return Decision.Refuse(Refusal.NotThere);
        var endsAt = extend.Room is { } one ? Rooms[one].EndsAt : EndsAt!.Value;
        return endsAt.AddMinutes(extend.Minutes) <= scene.Now && extend.Minutes < 0
            ? Decision.Refuse(Refusal.NoMoreTime)
            : Decision.Accept(new RoomsExtended(extend.Minutes, extend.Room, scene.By));
    }

    public House Evolve(RoomEvent happened, DateTimeOffset at, long position, HouseFacts facts) => happened switch
    {
        GroupingProposed g => this with { Proposal = new(g.Rule, g.Size, g.Seed, [.. g.Rooms]) },
        PersonPlaced p => this with { Proposal = Proposal! with { Rooms = Proposal.Rooms.ConvertAll(r => Placed(r, p)) } },
        RoomsOpened o => Opened(o, at, facts),
        PersonMoved m => Moved(m.Person, m.To),
        RoomVisited v => this with { Visits = Visits.SetItem(v.Person, v.Room) },
        RoomLeft l => this with { Visits = Visits.Remove(l.Person) },
        MessageSent s => this with { Messages = Messages.Add(new(position, s.From, s.Text, at, [.. s.Rooms])) },
        HelpCalled c => this with { Helps = Helps.Add(new(c.Help, c.Room, c.By, c.Words, at, HelpState.Waiting, null)) },
        HelpCalledOff c => With(c.Help, h => h with { State = HelpState.CalledOff }),
        HelpClaimed c => With(c.Help, h => h with { State = HelpState.OnTheWay, ClaimedBy = c.By }),
        HelpArrived c => With(c.Help, h => h with { State = HelpState.Here, ClaimedBy = c.By }),
        HelpResolved c => With(c.Help, h => h with { State = HelpState.Done }),
        RoomsExtended { Room: { } room } e => this with { Rooms = Rooms.SetItem(room, Longer(Rooms[room], e)) },
        RoomsExtended e => this with { EndsAt = EndsAt!.Value.AddMinutes(e.Minutes), Rooms = Rooms.SetItems(Order.Select(id => KeyValuePair.Create(id, Longer(Rooms[id], e)))) },
        RecallBegun r => this with { RecallEndsAt = r.EndsAt },
        RecallCancelled => this with { RecallEndsAt = null },
        RoomsMerged m => Merged(m),
        RoomsClosed => Closed(),
        _ => throw new NotSupportedException(happened.GetType().Name),
    };

    private static PlacedRoom Placed(PlacedRoom room, PersonPlaced p)
    {
        var without = room.Members.Where(m => m != p.Person);
        return room with { Members = room.Room == p.Room ? [.. without, p.Person] : [.. without] };
    }

    private static Room Longer(Room room, RoomsExtended e) => room with { EndsAt = room.EndsAt.AddMinutes(e.Minutes), Extra = room.Extra + e.Minutes, ExtendedBy = e.By };

    private House Opened(RoomsOpened o, DateTimeOffset at, HouseFacts facts)
    {
        var rooms = o.Rooms.Select((r, i) => new Room(r.Room, i + 1, r.Name, o.Rule == GroupingRule.HomeTeams ? facts.TeamOf(r.Members[0]) : null, [.. r.Members], true, o.EndsAt, 0, null)).ToList();
        return this with
        {
            IsOpen = true,
            Block = o.Block,
            Rule = o.Rule,
            Openings = Openings + 1,
            OpenedAt = at,
            EndsAt = o.EndsAt,
            RecallEndsAt = null,
            Proposal = null,
            MaxSize = o.Exercise.GroupSize.Max,
            Rooms = Rooms.SetItems(rooms.Select(r => KeyValuePair.Create(r.Id, r))),
            Order = [.. rooms.Select(r => r.Id)],
            Where = rooms.SelectMany(r => r.Members.Select(m => KeyValuePair.Create(m, r.Id))).ToImmutableDictionary(),
            Last = ImmutableDictionary<PersonId, RoomId>.Empty,
        };
    }

    /// <summary>One person to one room; also out of every other.</summary>
    public House Moved(PersonId person, RoomId to)
    {
        var rooms = Rooms;
        if (Where.TryGetValue(person, out var from))
            rooms = rooms.SetItem(from, rooms[from] with { Members = rooms[from].Members.Remove(person) });
        if (to == RoomId.Plenary)
            return this with { Rooms = rooms, Where = Where.Remove(person) };
        rooms = rooms.SetItem(to, rooms[to] with { Members = rooms[to].Members.Add(person) });
        return this with { Rooms = rooms, Where = Where.SetItem(person, to), Last = Last.Remove(person) };
    }

    private House Merged(RoomsMerged m)
    {
        var source = Rooms[m.From];
        var into = Rooms[m.Into];
        return this with
        {
            Rooms = Rooms.SetItem(m.From, source with { Members = [], IsOpen = false }).SetItem(m.Into, into with { Members = into.Members.AddRange(source.Members), Team = null }),
            Where = Where.SetItems(source.Members.Select(p => KeyValuePair.Create(p, m.Into))),
            Order = Order.Remove(m.From),
            Visits = Visits.SetItems(Visits.Where(v => v.Value == m.From).Select(v => KeyValuePair.Create(v.Key, m.Into)).ToList()),
            Helps = Helps.ConvertAll(h => h.IsOpen && h.Room == m.From ? h with { Room = m.Into } : h),
        };
    }

    private House Closed() => this with
    {
        IsOpen = false,
        RecallEndsAt = null,
        EndsAt = null,
        Last = Where,
        Where = ImmutableDictionary<PersonId, RoomId>.Empty,
        Rooms = Rooms.SetItems(Order.Select(id => KeyValuePair.Create(id, Rooms[id] with { IsOpen = false }))),
        Visits = ImmutableDictionary<PersonId, RoomId>.Empty,
        Helps = Helps.ConvertAll(h => h.IsOpen ? h with { State = HelpState.Done } : h),
    };

    /// <summary>Every end moves by the length of a pause, or by as much of it as the rooms have seen. A countdown to come back runs on.</summary>
    public House Resumed(TimeSpan pause, DateTimeOffset at)
    {
        if (!IsOpen)
            return this;
        var seen = at - OpenedAt!.Value < pause ? at - OpenedAt.Value : pause;
        return this with { EndsAt = EndsAt + seen, Rooms = Rooms.SetItems(Order.Select(id => KeyValuePair.Create(id, Rooms[id] with { EndsAt = Rooms[id].EndsAt + seen }))) };
    }

    private House With(HelpId id, Func<Help, Help> change) => this with { Helps = Helps.ConvertAll(h => h.Id == id ? change(h) : h) };

    public HelpView Show(Help help, string roomName)
    {
        var place = help.State == HelpState.Waiting ? Helps.Count(h => h.State == HelpState.Waiting && h.At <= help.At && (h.At < help.At || string.CompareOrdinal(h.Id.Value, help.Id.Value) <= 0)) : 0;
        return new(help.Id, help.Room, roomName, help.By, help.Words, help.At, help.State, place, help.ClaimedBy);
    }
}

/// <summary>What the rooms need to know of the plan and the teams.</summary>
public sealed record HouseFacts(
    IReadOnlyDictionary<TeamId, string> TeamNames,
    Func<PersonId, TeamId?> TeamOf,
    Func<BlockId, Exercises.Exercise?> ExerciseOf,
    Func<BlockId, int> MinutesOf);
