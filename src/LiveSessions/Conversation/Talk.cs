using System.Collections.Immutable;
using LiveSessions.Board;
using LiveSessions.Conversation.Phases;
using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Sessions;

namespace LiveSessions.Conversation;

/// <param name="Consent">How its speaker's words were kept when it was written.</param>
public sealed record Turn(TurnId Id, RoomId Room, string Phase, PersonId Speaker, PersonId By, Consent Consent, string Text, TurnForm Form, DateTimeOffset At, bool IsHeld, ImmutableList<CorrectedFrom> Earlier)
{
    /// <summary>Its speaker has chosen since that their words are not kept; choosing otherwise again does not bring it back.</summary>
    public bool IsWithdrawn { get; init; }

    public Turn Tightened(Consent consent) => this with { Consent = consent == Consent.StandIn && Consent == Consent.Named ? consent : Consent, IsWithdrawn = IsWithdrawn || consent == Consent.NotKept };
}

public sealed record Pass(long Number, string Phase, PersonId Person, bool ForNow, DateTimeOffset At);

/// <summary>One room's run of an exercise.</summary>
public sealed record Talk(RoomId Room, Exercise Exercise)
{
    /// <summary>Position among the exercise's phases; -1 before the first.</summary>
    public int Index { get; init; } = -1;
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset EndsAt { get; init; }
    public int Extra { get; init; }
    public PersonId? ExtendedBy { get; init; }

    /// <summary>By role, in one order everywhere, so that every node stores and shows the same bytes.</summary>
    public ImmutableSortedDictionary<string, PersonId> Holders { get; init; } = ImmutableSortedDictionary.Create<string, PersonId>(StringComparer.Ordinal);


    /// <summary>How often each person has held each role.</summary>
    public ImmutableDictionary<(string Role, PersonId Person), int> Held { get; init; } = ImmutableDictionary<(string, PersonId), int>.Empty;
    public Floor Floor { get; init; } = Floor.None;
    public ImmutableDictionary<TurnId, Turn> Turns { get; init; } = ImmutableDictionary<TurnId, Turn>.Empty;
    public ImmutableDictionary<PersonId, int> Heard { get; init; } = ImmutableDictionary<PersonId, int>.Empty;
    public ImmutableList<Pass> Passes { get; init; } = [];
    public ImmutableDictionary<PersonId, string> StandIns { get; init; } = ImmutableDictionary<PersonId, string>.Empty;
    public ImmutableSortedSet<int> Observed { get; init; } = [];

    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    /// <summary>The last words that may be told to the staff, and when something last happened, to the second.</summary>
    public string? LastLine { get; init; }

    /// <summary>Whose words the last line is, and the note it stands on, or null for a turn.</summary>
    public (PersonId By, NoteId? Note)? LastFrom { get; init; }
    public DateTimeOffset LastAt { get; init; }

    public Phase? Phase => Index < 0 ? null : Exercise.Phases[Index];
    public PhaseKind? Kind => Phase is { } phase ? PhaseKind.Of(phase.Type) : null;
    public int HeardOf(PersonId person) => Heard.GetValueOrDefault(person);
    private int HeldOf(string role, PersonId person) => Held.GetValueOrDefault((role, person));
    private int IndexOf(string phase)
    {
        for (var i = 0; i < Exercise.Phases.Count; i++)
            if (Exercise.Phases[i].Id == phase)
                return i;
        return -1;
    }

    public static Decision Decide(Talk? talk, ConversationCommand command, Scene scene)
    {
        if (talk is null || scene.RoomOf(talk.Room) is not { } room)
            return Decision.Refuse(Refusal.NoConversation);
        if (!room.IsOpen)
            return Decision.Refuse(Refusal.RoomsAreClosed);
        if (!scene.IsStaff && !room.Members.Contains(scene.By))
            return Decision.Refuse(Refusal.NotThere);
        var leads = scene.IsStaff || talk.Holders.GetValueOrDefault(Roles.Leader) == scene.By;
        var writes = leads || talk.Holders.GetValueOrDefault(Roles.NoteTaker) == scene.By;
        // Nobody holds the lead (they went away, or never came): the room goes on by itself.
        var goesOn = leads || room.Leader is not { } leader || scene.Person(leader) is not { IsHere: true };
        return command switch
        {
            AdvancePhase advance => talk.Advance(advance, goesOn, room, scene),
            ExtendPhase when !scene.IsStaff => Decision.Refuse(Refusal.FacilitatorOnly),
            ExtendPhase extend => talk.Extend(extend, scene),
            GiveRole give => talk.Give(give, leads, room, scene),
            WriteTurn write => talk.Write(write, writes, room, scene),
            CorrectTurn correct => talk.Correct(correct, scene),
            HoldTurn hold => talk.Hold(hold, scene),
            RaiseHand => talk.Raise(scene),
            LowerHand => talk.Floor.Find(scene.By) is { State: FloorState.Waiting or FloorState.Speaking } && talk.Floor.Kind == FloorKind.Hands ? Decision.Accept(new HandLowered(talk.Room, scene.By)) : Decision.Already,
            GiveFloor when !leads => Decision.Refuse(Refusal.LeaderOnly),
            GiveFloor give => talk.GiveFloorTo(give.Person, room),
            PassFloor pass => talk.PassBy(pass, writes, scene),
            FinishTurn finish => talk.Finish(finish, writes, scene),
            MarkObserved mark => talk.Mark(mark, scene),
            _ => throw new NotSupportedException(command.GetType().Name),
        };
    }

    private Decision Advance(AdvancePhase advance, bool leads, RoomFacts room, Scene scene)
    {
        if (Phase?.Id != advance.From)
            return IndexOf(advance.From) is var from && from >= 0 && from < Index ? Decision.Already : Decision.Refuse(Refusal.NotThere);
        if (!leads)
            return Decision.Refuse(Refusal.LeaderOnly);
        if (Index + 1 >= Exercise.Phases.Count)
            return Decision.Refuse(Refusal.LastPhase);
        return PhaseKind.Of(Exercise.Phases[Index + 1].Type).MergesRooms
            ? Decision.Refuse(Refusal.MergeTogether)
            : Decision.Accept([.. Begin(Index + 1, room.Members, scene, [])]);
    }

    /// <summary>Everything that happens when the room goes from its step to another: reveal, roles, floor, poll.</summary>
    /// <param name="noteTexts">The room's visible notes, for dots that are put on notes.</param>
    public IEnumerable<Event> Begin(int index, IReadOnlyList<PersonId> members, Scene scene, IReadOnlyList<string> noteTexts)
    {
        var phase = Exercise.Phases[index];
        var kind = PhaseKind.Of(phase.Type);
        if (Kind is { HidesNotes: true } && !kind.HidesNotes)
            yield return new NotesRevealed(Room);
        if (Kind is { OpensPoll: true } && Phase?.Poll is { } open)
            yield return new PollClosed(RoomPoll(open));
        yield return new PhaseBegun(Room, phase.Id, scene.Now.AddMinutes(phase.Minutes));
        // The first change of roles only settles them: nobody has done anything yet.
        if (kind.RotatesRoles && Exercise.Phases.Take(index).Any(p => PhaseKind.Of(p.Type).TakesTurns && p.Type != PhaseType.Rotate))
            yield return new RolesChanged(Room, Roles.Next(Exercise, Holders, members, HeldOf));
        if (kind.Floor != FloorKind.None)
            yield return new FloorOpened(Room, kind.Floor, kind.Floor == FloorKind.Round ? InOrder(members) : []);
        if (kind.OpensPoll && Ask(phase, noteTexts) is { } spec)
            yield return new PollOpened(RoomPoll(phase.Poll!), spec, Room);
    }

    private PollId RoomPoll(string poll) => new($"{Room}-{poll}");

    private PollSpec? Ask(Phase phase, IReadOnlyList<string> noteTexts)
    {
        if (Exercise.Polls.FirstOrDefault(p => p.Id == phase.Poll) is not { } poll)
            return null;
        var options = poll.Options.Count == 0 && poll.Kind == "dots" ? noteTexts : poll.Options;
        return Poll.Complete(new(poll.Kind, poll.Question, options, Math.Max(1, poll.Votes), false));
    }

    /// <summary>Least heard first; among equals the order of the room, after whoever leads.</summary>
    private PersonId[] InOrder(IReadOnlyList<PersonId> members)
    {
        var leader = Holders.GetValueOrDefault(Roles.Leader);
        var start = Math.Max(0, members.ToList().IndexOf(leader));
        return [.. members.Skip(start).Concat(members.Take(start)).OrderBy(HeardOf)];
    }

    private Decision Extend(ExtendPhase extend, Scene scene) =>
        extend.Minutes is 0 or < -30 or > 30 ? Decision.Refuse(Refusal.BadNumber)
        : extend.Minutes < 0 && EndsAt.AddMinutes(extend.Minutes) <= scene.Now ? Decision.Refuse(Refusal.NoMoreTime)
        : Decision.Accept(new PhaseExtended(Room, extend.Minutes, scene.By));

    private Decision Give(GiveRole give, bool leads, RoomFacts room, Scene scene)
    {
        if (Exercise.Roles.All(r => r.Key != give.Role))
            return Decision.Refuse(Refusal.NoSuchRole);
        if (give.Person is { } to && !room.Members.Contains(to))
            return Decision.Refuse(Refusal.NotInRoom);
        var holder = Holders.TryGetValue(give.Role, out var h) ? h : (PersonId?)null;
        if (holder == give.Person)
            return Decision.Already;
        var free = holder is null || scene.Person(holder.Value) is not { IsHere: true };
        var own = give.Person == scene.By && free || give.Person is null && holder == scene.By;
        if (!leads && !own)
            return Decision.Refuse(Refusal.LeaderOnly);
        return Decision.Accept(new RolesChanged(Room, give.Person is { } person ? Holders.SetItem(give.Role, person) : Holders.Remove(give.Role)));
    }

    private Decision Write(WriteTurn write, bool writesForOthers, RoomFacts room, Scene scene)
    {
        if (Turns.TryGetValue(write.Turn, out var same))
            return same.By == scene.By && same.Text == write.Text ? Decision.Already : Decision.Refuse(Refusal.IdInUse);
        if (Kind is not { TakesTurns: true })
            return Decision.Refuse(Refusal.NoTalkNow);
        if (write.Speaker != scene.By && !writesForOthers)
            return Decision.Refuse(Refusal.LeaderOnly);
        if (!room.Members.Contains(write.Speaker) && !(scene.IsStaff && write.Speaker == scene.By))
            return Decision.Refuse(Refusal.NotInRoom);
        if (Texts.Judge(write.Text) is { } refusal)
            return Decision.Refuse(refusal);
        if (!Enum.IsDefined(write.Form))
            return Decision.Refuse(Refusal.Malformed);
        return Turns.Count >= Limits.Turns
            ? Decision.Refuse(Refusal.TooMany)
            : Decision.Accept([.. StandInFor(write.Speaker, scene), new TurnWritten(Room, write.Turn, Phase!.Id, write.Speaker, scene.By, write.Text, write.Form)]);
    }

    /// <summary>A stand-in name is given with the first words that need it.</summary>
    public IEnumerable<Event> StandInFor(PersonId person, Scene scene) =>
        scene.Person(person)?.Consent == Consent.StandIn && !StandIns.ContainsKey(person)
            ? [new StandInGiven(Room, person, Conversation.StandIns.Choose(StandIns.Values, scene.Chance))]
            : [];

    private Decision Correct(CorrectTurn correct, Scene scene) =>
        !Turns.TryGetValue(correct.Turn, out var turn) ? Decision.Refuse(Refusal.NotThere)
        : turn.Speaker != scene.By && turn.By != scene.By && !scene.IsStaff ? Decision.Refuse(Refusal.NotYours)
        : Texts.Judge(correct.Text) is { } refusal ? Decision.Refuse(refusal)
        : turn.Text == correct.Text ? Decision.Already
        : Decision.Accept(new TurnCorrected(Room, turn.Id, scene.By, correct.Text));

    private Decision Hold(HoldTurn hold, Scene scene) =>
        !Turns.TryGetValue(hold.Turn, out var turn) ? Decision.Refuse(Refusal.NotThere)
        : turn.Speaker != scene.By && !scene.IsStaff ? Decision.Refuse(Refusal.NotYours)
        : turn.IsHeld == hold.Held ? Decision.Already
        : Decision.Accept(new TurnHeld(Room, turn.Id, hold.Held));

    private Decision Raise(Scene scene) =>
        Floor.Kind == FloorKind.None || scene.IsStaff ? Decision.Refuse(Refusal.NoRound)
        : Floor.Find(scene.By) is { State: FloorState.Waiting or FloorState.Speaking } ? Decision.Already
        : Floor.Kind == FloorKind.Round && Floor.Find(scene.By) is { State: FloorState.PassedForNow } ? Decision.Already
        : Decision.Accept(new HandRaised(Room, scene.By));

    private Decision GiveFloorTo(PersonId person, RoomFacts room) =>
        Floor.Kind == FloorKind.None ? Decision.Refuse(Refusal.NoRound)
        : !room.Members.Contains(person) ? Decision.Refuse(Refusal.NotInRoom)
        : Floor.Speaking == person ? Decision.Already
        : Decision.Accept(new FloorGiven(Room, person));

    private Decision PassBy(PassFloor pass, bool writes, Scene scene)
    {
        var who = pass.Person ?? scene.By;
        if (who != scene.By && !writes)
            return Decision.Refuse(Refusal.LeaderOnly);
        return Floor.Find(who) switch
        {
            null => Decision.Refuse(Refusal.NoRound),
            { State: FloorState.Passed } => Decision.Already,
            { State: FloorState.PassedForNow } when pass.ForNow => Decision.Already,
            { State: FloorState.HasSpoken } => Decision.Already,
            _ => Decision.Accept(new FloorPassed(Room, who, pass.ForNow)),
        };
    }

    private Decision Finish(FinishTurn finish, bool writes, Scene scene)
    {
        var who = finish.Person ?? scene.By;
        if (who != scene.By && !writes)
            return Decision.Refuse(Refusal.LeaderOnly);
        return Floor.Find(who) switch
        {
            { State: FloorState.Speaking } => Decision.Accept(new TurnFinished(Room, who)),
            { State: FloorState.HasSpoken } => Decision.Already,
            _ => Decision.Refuse(Floor.Speaking is null ? Refusal.NoRound : Refusal.NotSpeaking),
        };
    }

    private Decision Mark(MarkObserved mark, Scene scene) =>
        Holders.GetValueOrDefault(Roles.Observer) != scene.By || !Holders.TryGetValue(Roles.Leader, out var leader) ? Decision.Refuse(Refusal.ObserverOnly)
        : mark.Item < 0 || mark.Item >= Exercise.ObserverList.Count ? Decision.Refuse(Refusal.NotAChoice)
        : Observed.Contains(mark.Item) == mark.Seen ? Decision.Already
        : Decision.Accept(new ObservedMarked(Room, Phase?.Id ?? "", leader, scene.By, mark.Item, mark.Seen));

    public Talk Evolve(ConversationEvent happened, DateTimeOffset at, long position, Func<PersonId, PersonFacts?> person) => happened switch
    {
        ConversationOpened o => WithRoles(o.Holders) with { LastAt = at },
        PhaseBegun b => this with { Index = IndexOf(b.Phase), StartedAt = at, EndsAt = b.EndsAt, Extra = 0, ExtendedBy = null, Floor = Floor.None, LastAt = at },
        PhaseExtended e => this with { EndsAt = EndsAt.AddMinutes(e.Minutes), Extra = Extra + e.Minutes, ExtendedBy = e.By },
        RolesChanged r => WithRoles(r.Holders) with { LastAt = at },
        StandInGiven s => this with { StandIns = StandIns.SetItem(s.Person, s.Name) },
        FloorOpened f => this with { Floor = Floor.Open(f.Kind, f.Order, at) },
        HandRaised h => this with { Floor = Floor.Raise(h.Person, at, HeardOf) },
        HandLowered h => this with { Floor = Floor.Lower(h.Person, at) },
        FloorGiven g => this with { Floor = Floor.Give(g.Person, at) },
        FloorPassed p => this with { Floor = Floor.PassBy(p.Person, p.ForNow, at), Passes = Passes.Add(new(position, Phase?.Id ?? "", p.Person, p.ForNow, at)), LastAt = at },
        TurnFinished f => this with { Floor = Floor.Finish(f.Person, at), LastAt = at },
        TurnWritten t => Written(t, at, person(t.Speaker)?.Consent ?? Consent.Named),
        TurnCorrected c => With(c.Turn, t => t with { Text = c.Text, Earlier = Wordings.Add(t.Earlier, new(at, t.Text), first => first with { Left = first.Left + 1 }) }) with { LastAt = at },
        TurnHeld h => With(h.Turn, t => t with { IsHeld = h.Held }),
        ObservedMarked m => this with { Observed = m.Seen ? Observed.Add(m.Item) : Observed.Remove(m.Item) },
        _ => throw new NotSupportedException(happened.GetType().Name),
    };

    private Talk WithRoles(IReadOnlyDictionary<string, PersonId> holders)
    {
        var held = Held;
        foreach (var (role, person) in holders)
            if (!Holders.TryGetValue(role, out var before) || before != person)
                held = held.SetItem((role, person), HeldOf(role, person) + 1);
        var newLeader = Holders.GetValueOrDefault(Roles.Leader) != holders.GetValueOrDefault(Roles.Leader);
        return this with { Holders = holders.ToImmutableSortedDictionary(StringComparer.Ordinal), Held = held, Observed = newLeader ? [] : Observed };
    }

    private Talk Written(TurnWritten t, DateTimeOffset at, Consent consent)
    {
        var written = this with
        {
            Turns = Turns.Add(t.Turn, new(t.Turn, Room, t.Phase, t.Speaker, t.By, consent, t.Text, t.Form, at, false, [])),
            Heard = Heard.SetItem(t.Speaker, HeardOf(t.Speaker) + 1),
            LastAt = at,
        };
        return consent == Consent.NotKept ? written : written with { LastLine = Short(Texts.Plain(t.Text)), LastFrom = (t.Speaker, null) };
    }

    /// <summary>The speaker of these turns chose more strictly since.</summary>
    public Talk Tightened(IEnumerable<TurnId> turns, Consent consent) =>
        this with { Turns = Turns.SetItems(turns.Select(id => KeyValuePair.Create(id, Turns[id].Tightened(consent)))) };

    /// <summary>Something happened on the board here. That it happened again within the same second is nothing new.</summary>
    public Talk Noted(DateTimeOffset at) => at - LastAt < OneSecond ? this : this with { LastAt = at };

    /// <summary>A note was written here that everybody sees.</summary>
    public Talk Noted(NoteId note, PersonId author, string words, DateTimeOffset at) => this with { LastAt = at, LastLine = Short(words), LastFrom = (author, note) };

    /// <summary>A note was taken back: its words are told no longer.</summary>
    public Talk Unnoted(NoteId note, DateTimeOffset at) => (LastFrom?.Note == note ? Wordless : this) with { LastAt = at };

    /// <summary>Somebody's words are not kept any more.</summary>
    public Talk Forget(PersonId person) => LastFrom?.By == person ? Wordless : this;

    private Talk Wordless => this with { LastLine = null, LastFrom = null };

    private static string Short(string words)
    {
        var line = words.ReplaceLineEndings(" ");
        return line.Length <= 120 ? line : string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[117]) ? 117 : 118), "…");
    }

    /// <summary>A member came in.</summary>
    public Talk Join(PersonId person, DateTimeOffset at) => this with { Floor = Floor.Join(person, at) };

    /// <summary>A member is no longer in the room: out of the line, and their role is free.</summary>
    public Talk Leave(PersonId person, DateTimeOffset at) => this with
    {
        Floor = Floor.Drop(person, at),
        Holders = Holders.RemoveRange(Holders.Where(h => h.Value == person).Select(h => h.Key)),
    };

    /// <summary>The end moves by the pause, or by as much of it as the step has seen.</summary>
    public Talk Resumed(TimeSpan pause, DateTimeOffset at) => this with { EndsAt = EndsAt + (at - StartedAt < pause ? at - StartedAt : pause) };

    private Talk With(TurnId id, Func<Turn, Turn> change) => this with { Turns = Turns.SetItem(id, change(Turns[id])) };

    public StepView? ShowStep() => Phase is { } phase ? new(Room, phase.Id, Index, StartedAt, EndsAt, Extra, ExtendedBy, Floor.Kind, Kind!.TakesTurns) : null;

    public RolesView ShowRoles(IReadOnlyList<PersonId> members)
    {
        var again = Exercise.Phases.Skip(Index + 1).Any(p => p.Type == PhaseType.Rotate) && Index >= 0;
        var settling = !Exercise.Phases.Take(Index + 1).Any(p => PhaseKind.Of(p.Type).TakesTurns && p.Type != PhaseType.Rotate);
        return new(Room, Holders, again && !settling ? Roles.Next(Exercise, Holders, members, HeldOf) : null, [.. Observed]);
    }

    public FloorView ShowFloor()
    {
        var order = Floor.Line.OrderBy(p => p.State switch { FloorState.Speaking => 0, FloorState.Waiting => 1, FloorState.PassedForNow => 2, _ => 3 });
        return new(Room, Floor.Kind, Floor.Speaking, Floor.Since, [.. order.Select(p => new FloorPlace(p.Person, p.State, HeardOf(p.Person)))]);
    }

    public TurnView Show(Turn turn, bool hides, Consent consent, string name)
    {
        return new(
            turn.Id, Room, turn.Phase, hides ? null : turn.Speaker, hides ? StandIns.GetValueOrDefault(turn.Speaker, "Somebody") : name, hides, consent == Consent.NotKept,
            turn.By == turn.Speaker ? null : turn.By, turn.Text, turn.Form, turn.At, turn.IsHeld, turn.Earlier);
    }
}
