using System.Collections.Immutable;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;

namespace LiveSessions.Sessions;

public sealed partial record Session
{
    /// <summary>Folds one entry. It happened: an event that does not fit stops the fold, loudly.</summary>
    public Session Evolve(LogEntry entry)
    {
        var next = this;
        for (var i = 0; i < entry.Events.Count; i++)
            next = next.Evolve(entry.Events[i], entry.At);
        // What the events made nobody has yet, so it needs no copy.
        if (ReferenceEquals(next, this))
            next = this with { };
        next.Head = Head + 1;
        next.LastAt = entry.At;
        if (entry.Instance is not null)
            next.Applied = Applied.With(new(entry.Instance, entry.Number), next.Head);
        return next;
    }

    private Session Evolve(Event happened, DateTimeOffset at) => happened switch
    {
        SessionEvent e => EvolveSession(e, at),
        ClocksResumed e => this with { Plan = Plan.Evolve(e, at), House = House.Resumed(e.Pause, at), Talks = Talks.SetItems(OpenTalks().Select(t => KeyValuePair.Create(t.Room, t.Resumed(e.Pause, at)))) },
        PlanEvent e => this with { Plan = Plan.Evolve(e, at) },
        RoomEvent e => EvolveRooms(e, at),
        PollEvent e => this with { Polls = Polls.SetItem(e.Poll, Poll.Evolve(Polls.GetValueOrDefault(e.Poll), e, at)) },
        BoardEvent e => EvolveBoard(e, at),
        ConversationOpened e => this with { Talks = Talks.SetItem(e.Room, new Talk(e.Room, Info!.Exercises[House.Block!.Value]).Evolve(e, at, Head, Facts)) },
        TurnWritten e => WithTalk(e, at) with { TurnRooms = TurnRooms.SetItem(e.Turn, e.Room), TurnsBy = TurnsBy.SetItem(e.Speaker, (TurnsBy.GetValueOrDefault(e.Speaker) ?? []).Add((e.Room, e.Turn))) },
        ConversationEvent e => WithTalk(e, at),
        _ => throw new InvalidOperationException($"The log holds an event this server does not know: {happened.GetType().Name}."),
    };

    private Session WithTalk(ConversationEvent e, DateTimeOffset at) => this with { Talks = Talks.SetItem(e.Room, Talks[e.Room].Evolve(e, at, Head, Facts)) };

    private PersonFacts? Facts(PersonId person) => Find(person)?.Facts;

    private IEnumerable<Talk> OpenTalks() => House.IsOpen ? House.Order.Where(Talks.ContainsKey).Select(r => Talks[r]) : [];

    private Session EvolveSession(SessionEvent happened, DateTimeOffset at) => happened switch
    {
        SessionCreated e => this with { Info = e.Info, Plan = new([.. e.Info.Blocks.Select(b => new BlockRun(b, b.Minutes, null, null, TimeSpan.Zero))], null, null) },
        RosterEntered e => this with
        {
            Teams = Teams.SetItems(e.Teams.Select(t => KeyValuePair.Create(t.Team, t.Name))),
            People = People.SetItems(e.People.Select(p => KeyValuePair.Create(p.Person, new Person(p.Person, p.Name, p.Team, Standing.Expected, false, false, false, Consent.Named, false)))),
        },
        PersonJoined e => this with { People = People.SetItem(e.Person, new(e.Person, e.Name, e.Team, e.Waits ? Standing.Waiting : Standing.In, false, false, Find(e.Person)?.IsHere ?? false, e.Consent, e.MayQuote)) },
        StaffJoined e => this with { People = People.SetItem(e.Person, new(e.Person, e.Name, null, Standing.In, true, e.IsOwner, Find(e.Person)?.IsHere ?? false, Consent.Named, false)) },
        PersonAdmitted e => With(e.Person, p => p with { Standing = Standing.In }),
        PersonRemoved e => WithoutPerson(e.Person, at),
        ConsentChosen e => With(e.Person, p => p with { Consent = e.Consent, MayQuote = e.MayQuote }).Tightened(e.Person, e.Consent),
        PersonRenamed e => With(e.Person, p => p with { Name = e.Name }),
        PersonCame e => With(e.Person, p => p with { IsHere = true }),
        PersonWentAway e => With(e.Person, p => p with { IsHere = false }),
        SessionStarted => this with { Stage = SessionStage.Running, StartedAt = at },
        SessionEnded => this with { Stage = SessionStage.Ended, EndedAt = at, Plan = Plan.End(at) },
        _ => throw new InvalidOperationException($"The log holds an event this server does not know: {happened.GetType().Name}."),
    };

    private Session With(PersonId id, Func<Person, Person> change) => this with { People = People.SetItem(id, change(People[id])) };

    /// <summary>A stricter choice covers what was written before, for good: a looser one later is about later words.</summary>
    private Session Tightened(PersonId person, Consent consent)
    {
        if (consent == Consent.Named)
            return this;
        var notes = Notes.All.SetItems((NotesBy.GetValueOrDefault(person) ?? []).Select(id => KeyValuePair.Create(id, Notes.All[id].Tightened(consent))));
        var talks = Talks.SetItems((TurnsBy.GetValueOrDefault(person) ?? []).GroupBy(t => t.Room, t => t.Turn).Select(g => KeyValuePair.Create(g.Key, Talks[g.Key].Tightened(g, consent))));
        if (consent == Consent.NotKept)
            talks = talks.SetItems(talks.Where(t => t.Value.LastFrom?.By == person).Select(t => KeyValuePair.Create(t.Key, t.Value.Forget(person))).ToList());
        return this with { Notes = Notes with { All = notes }, Talks = talks };
    }

    private Session WithoutPerson(PersonId id, DateTimeOffset at)
    {
        var room = House.RoomOf(id);
        var house = House.Moved(id, RoomId.Plenary);
        house = house with { Visits = house.Visits.Remove(id), Last = house.Last.Remove(id) };
        var talks = Talks.TryGetValue(room, out var talk) ? Talks.SetItem(room, talk.Leave(id, at)) : Talks;
        return With(id, p => p with { Standing = Standing.Removed, IsHere = false }) with { House = house, Talks = talks };
    }

    private Session EvolveRooms(RoomEvent happened, DateTimeOffset at)
    {
        var next = this with { House = House.Evolve(happened, at, Head, HouseFacts) };
        switch (happened)
        {
            case PersonMoved moved:
                var talks = Talks;
                if (talks.TryGetValue(moved.From, out var left))
                    talks = talks.SetItem(moved.From, left.Leave(moved.Person, at));
                if (talks.TryGetValue(moved.To, out var entered))
                    talks = talks.SetItem(moved.To, entered.Join(moved.Person, at));
                return next with { Talks = talks };
            case RoomsMerged merged:
                var into = Talks[merged.Into];
                foreach (var person in House.Rooms[merged.From].Members)
                    into = into.Join(person, at);
                // A stand-in name stays with the notes that carry it.
                if (Talks.TryGetValue(merged.From, out var from))
                    into = into with { StandIns = from.StandIns.Where(s => !into.StandIns.ContainsKey(s.Key)).Aggregate(into.StandIns, (all, s) => all.SetItem(s.Key, s.Value)) };
                return next with { Talks = Talks.SetItem(merged.Into, into), Notes = Notes.Merge(merged.From, merged.Into) };
            default:
                return next;
        }
    }

    private Session EvolveBoard(BoardEvent happened, DateTimeOffset at)
    {
        var consent = happened is NoteAdded { Author: var author } ? Find(author)?.Consent ?? Consent.Named : default;
        var notes = Notes.Evolve(happened, at, consent);
        switch (happened)
        {
            case NoteAdded added:
                var talk = Talks.GetValueOrDefault(added.Room);
                return this with
                {
                    Notes = notes,
                    NotesBy = NotesBy.SetItem(added.Author, (NotesBy.GetValueOrDefault(added.Author) ?? []).Add(added.Note)),
                    Talks = WithTalk(added.Room, !added.Hidden && consent != Consent.NotKept ? talk?.Noted(added.Note, added.Author, Texts.Plain(added.Text), at) : talk?.Noted(at)),
                };
            case NoteMoved moved:
                return this with { Notes = notes, Talks = TalksNoted(moved.Note, at) };
            case NoteEdited edited:
                return this with { Notes = notes, Talks = TalksNoted(edited.Note, at) };
            case NoteTakenBack taken:
                var room = Notes.All[taken.Note].Room;
                return this with { Notes = notes, Talks = WithTalk(room, Talks.GetValueOrDefault(room)?.Unnoted(taken.Note, at)) };
            default:
                return this with { Notes = notes };
        }
    }

    private ImmutableDictionary<RoomId, Talk> TalksNoted(NoteId note, DateTimeOffset at)
    {
        var room = Notes.All[note].Room;
        return WithTalk(room, Talks.GetValueOrDefault(room)?.Noted(at));
    }

    private ImmutableDictionary<RoomId, Talk> WithTalk(RoomId room, Talk? talk) => talk is null ? Talks : Talks.SetItem(room, talk);
}
