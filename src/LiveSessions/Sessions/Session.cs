using System.Collections.Immutable;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Conversation.Phases;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;

namespace LiveSessions.Sessions;

/// <summary>
/// A whole session, folded from its log. Immutable: a batch is decided against successive values, and the last is kept only once the batch is stored.
/// This part holds the state and what features may know of each other; <c>Session.Decide.cs</c>, <c>Session.Evolve.cs</c> and <c>Session.Show.cs</c> route to the features.
/// </summary>
public sealed partial record Session(SessionId Id) : IFacts
{
    /// <summary>Entries folded so far.</summary>
    public long Head { get; private set; }

    /// <summary>When the last entry happened; the next is not earlier.</summary>
    public DateTimeOffset LastAt { get; private set; } = DateTimeOffset.MinValue;
    public SessionInfo? Info { get; init; }
    public SessionStage Stage { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public ImmutableDictionary<PersonId, Person> People { get; init; } = ImmutableDictionary<PersonId, Person>.Empty;
    public ImmutableDictionary<TeamId, string> Teams { get; init; } = ImmutableDictionary<TeamId, string>.Empty;
    public RunOfShow Plan { get; init; } = RunOfShow.Empty;
    public House House { get; init; } = House.Empty;
    public ImmutableDictionary<PollId, Poll> Polls { get; init; } = ImmutableDictionary<PollId, Poll>.Empty;
    public Notes Notes { get; init; } = Notes.Empty;
    public ImmutableDictionary<RoomId, Talk> Talks { get; init; } = ImmutableDictionary.Create<RoomId, Talk>(null, ReferenceEqualityComparer.Instance);

    /// <summary>Notes and turns by author or speaker, in order.</summary>
    public ImmutableDictionary<PersonId, ImmutableList<NoteId>> NotesBy { get; init; } = ImmutableDictionary<PersonId, ImmutableList<NoteId>>.Empty;
    public ImmutableDictionary<PersonId, ImmutableList<(RoomId Room, TurnId Turn)>> TurnsBy { get; init; } = ImmutableDictionary<PersonId, ImmutableList<(RoomId, TurnId)>>.Empty;

    /// <summary>The room each turn was written in.</summary>
    public ImmutableDictionary<TurnId, RoomId> TurnRooms { get; init; } = ImmutableDictionary<TurnId, RoomId>.Empty;

    /// <summary>Every command that was accepted, by its mark, with the position after it: a resend is "already so" and gets the same position.</summary>
    public Marks Applied { get; private set; } = Marks.Empty;

    public Person? Find(PersonId person) => People.GetValueOrDefault(person);

    /// <summary>The stricter of the consent at the time of writing and the consent now.</summary>
    public Consent EffectiveConsent(PersonId author, Consent whenWritten) =>
        Find(author) is { } person && person.Consent > whenWritten ? person.Consent : whenWritten;

    /// <summary>How a note's words are kept: by the strictest choice since it was written.</summary>
    public Consent ConsentOf(Note note) => note.IsWithdrawn ? Consent.NotKept : EffectiveConsent(note.Author, note.Consent);

    /// <summary>How a turn's words are kept: by the strictest choice since it was written.</summary>
    public Consent ConsentOf(Turn turn) => turn.IsWithdrawn ? Consent.NotKept : EffectiveConsent(turn.Speaker, turn.Consent);

    /// <summary>A stand-in name covers the words once and for all: neither choosing "not kept" later nor having chosen it before shows who wrote them.</summary>
    public bool HidesName(PersonId author, Consent whenWritten) => whenWritten == Consent.StandIn || Find(author)?.Consent == Consent.StandIn;

    public string NameOf(PersonId person) => Find(person)?.Name ?? "Somebody";

    /// <summary>The room a person acts in: where they are, or, for staff, where they look in.</summary>
    public RoomId ActsIn(PersonId person) => House.Visits.TryGetValue(person, out var visited) ? visited : House.RoomOf(person);

    PersonFacts? IFacts.Person(PersonId id) => Find(id)?.Facts;
    RoomFacts? IFacts.RoomOf(RoomId id) => RoomFactsOf(id);
    IReadOnlyList<PersonFacts> IFacts.Participants() => Participants();

    private IReadOnlyList<PersonFacts> Participants() =>
        [.. People.Values.Where(p => p.IsParticipant).OrderBy(p => p.Id.Value, StringComparer.Ordinal).Select(p => p.Facts)];

    private Scene SceneFor(Actor by, DateTimeOffset now, ulong chance) => new(
        by.Person, by.IsStaff || by.IsSystem, by.IsSystem, now, chance, ActsIn(by.Person), Stage, this);

    private RoomFacts? RoomFactsOf(RoomId id)
    {
        if (House.Rooms.GetValueOrDefault(id) is not { } room)
            return null;
        var talk = Talks.GetValueOrDefault(id);
        return new(
            id, room.Name, room.IsOpen, room.Members, talk?.Phase, talk?.Kind?.HidesNotes ?? false, talk?.Exercise.Board ?? [],
            talk is not null && talk.Holders.TryGetValue(Roles.Leader, out var leader) ? leader : null,
            talk is not null && talk.Holders.TryGetValue(Roles.NoteTaker, out var writer) ? writer : null);
    }

    private HouseFacts HouseFacts => new(
        Teams, person => Find(person)?.Team, block => Info?.Exercises.GetValueOrDefault(block), block => Plan.Find(block)?.Minutes ?? 0);

    /// <summary>The furthest step any of the rooms is in; reckoned once for one state of the rooms.</summary>
    private int Furthest
    {
        get
        {
            if (_furthest is { } known && ReferenceEquals(known.Talks, Talks) && known.Order == House.Order)
                return known.Step;
            var step = House.Order.Select(o => Talks.GetValueOrDefault(o)?.Index ?? -1).DefaultIfEmpty(-1).Max();
            _furthest = new(Talks, House.Order, step);
            return step;
        }
    }

    private FurthestStep? _furthest;

    private sealed record FurthestStep(ImmutableDictionary<RoomId, Talk> Talks, ImmutableArray<RoomId> Order, int Step);

    /// <summary>Whether everybody whom a poll asks has answered it; of the key of its tally.</summary>
    public bool HasAllAnswers(ViewKey key) => key.Kind == "tally" && Polls.TryGetValue(new(key.Id), out var poll) && !poll.Ballots.IsEmpty && poll.Ballots.Count >= AskedBy(poll);

    /// <summary>How many people a poll asks.</summary>
    private int AskedBy(Poll poll) => poll.Room is { } room ? House.Rooms.GetValueOrDefault(room)?.Members.Count ?? 0 : Voters;

    /// <summary>How many there are whom a poll of everybody asks; counted once for one state of the people.</summary>
    private int Voters
    {
        get
        {
            if (_voters is not { } counted || counted.People != People)
                _voters = counted = new(People, People.Values.Count(p => p.IsParticipant));
            return counted.Number;
        }
    }

    private VoterCount? _voters;

    private sealed record VoterCount(ImmutableDictionary<PersonId, Person> People, int Number);

    /// <summary>The audiences a person belongs to now.</summary>
    public IReadOnlyList<Audience> AudiencesOf(PersonId id)
    {
        if (Find(id) is not { Standing: not (Standing.Removed or Standing.Expected) } person)
            return [];
        if (person.Standing == Standing.Waiting)
            return [Audience.Person(id), Audience.Lobby];
        var audiences = new List<Audience>(5) { Audience.All, Audience.Person(id) };
        if (person.IsStaff)
            audiences.Add(Audience.Staff);
        if (House.Visits.TryGetValue(id, out var visited))
            audiences.Add(Audience.Room(visited));
        else if (House.Where.TryGetValue(id, out var room))
            audiences.Add(Audience.Room(room));
        else if (House.Last.TryGetValue(id, out var last))
            audiences.Add(Audience.Room(last));
        return audiences;
    }
}
