using System.Collections.Immutable;
using System.Globalization;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Transcripts.Wording;

namespace LiveSessions.Transcripts;

/// <summary>
/// What of a log's entries the archive may keep, folded beside the session. Words that are not kept are blanked before they are ever stored; a name is stored only for who is named; a stricter choice
/// names the entries that must be written over. What was once held back is never given again: a looser choice does not cover words already written. Who cast which ballot is never stored.
/// </summary>
public sealed record Redaction
{
    /// <summary>Stands where words or a name are not kept.</summary>
    public const string Blank = "(not kept)";

    /// <summary>Stands for the name of a person under a stand-in name.</summary>
    public const string StandIn = "(stand-in)";

    public static Redaction Empty { get; } = new();

    private Redaction() { }

    /// <summary>The entries that carry something of a person, with their strictest consent since.</summary>
    private ImmutableDictionary<PersonId, Rising<Consent>> Traces { get; init; } = ImmutableDictionary<PersonId, Rising<Consent>>.Empty;

    /// <summary>Whose words the choices of a poll are, by the entry that opened it.</summary>
    private ImmutableDictionary<(long Seq, PollId Poll), ImmutableArray<ImmutableArray<PersonId>>> Choices { get; init; } =
        ImmutableDictionary<(long, PollId), ImmutableArray<ImmutableArray<PersonId>>>.Empty;

    /// <summary>Voters in the order in which they first answered a poll.</summary>
    private ImmutableDictionary<(PollId Poll, PersonId Voter), int> Voters { get; init; } = ImmutableDictionary<(PollId, PersonId), int>.Empty;
    private ImmutableDictionary<PollId, int> VoterCounts { get; init; } = ImmutableDictionary<PollId, int>.Empty;

    /// <summary>Notices one entry.</summary>
    /// <returns>And the positions of earlier entries that must now be written over in the archive, each as <see cref="ForArchive"/> gives it.</returns>
    public (Redaction Next, IReadOnlyList<long> Erased) Apply(Session before, Session after, LogEntry entry)
    {
        var next = this;
        var erased = new SortedSet<long>();
        foreach (var happened in entry.Events)
        {
            foreach (var (person, consent) in PeopleIn(happened, after))
                next = next.Trace(before.Head, person, consent);
            next = happened switch
            {
                PollOpened e => next.Open(before.Head, e, after),
                BallotCast e => next.Vote(e),
                PersonJoined e => next.Tighten(e.Person, after, erased),
                ConsentChosen e => next.Tighten(e.Person, after, erased),
                _ => next,
            };
        }
        erased.Remove(before.Head);
        return (next, [.. erased]);
    }

    /// <summary>The entry as the archive may keep it; the same object when nothing is held back.</summary>
    /// <param name="seq">The entry's position, already noticed by <see cref="Apply"/>.</param>
    /// <param name="now">The session after the newest entry noticed.</param>
    public LogEntry ForArchive(long seq, LogEntry entry, Session now)
    {
        var events = entry.Events.Select(e => Redact(seq, e, now)).ToList();
        if (entry.Events.Zip(events).All(pair => ReferenceEquals(pair.First, pair.Second)))
            return entry;
        return events.OfType<BallotCast>().FirstOrDefault() is { } cast
            ? entry with { By = cast.Voter, Instance = null, Number = 0, Events = events }
            : entry with { Events = events };
    }

    private Event Redact(long seq, Event happened, Session now) => happened switch
    {
        // People on a roster have not been asked yet.
        RosterEntered e => e with { People = [.. e.People.Select(p => p with { Name = Blank })] },
        PersonJoined e => NameOf(seq, e.Person) is { } name ? e with { Name = name } : e,
        StaffJoined e => NameOf(seq, e.Person) is { } name ? e with { Name = name } : e,
        PersonRenamed e => NameOf(seq, e.Person) is { } name ? e with { Name = name } : e,
        NoteAdded e => Keeps(seq, e.Author) ? e : e with { Text = Blank },
        NoteEdited { Text: not null } e => Keeps(seq, now.Notes.All[e.Note].Author) ? e : e with { Text = Blank },
        TurnWritten e => Keeps(seq, e.Speaker) ? e : e with { Text = Blank },
        TurnCorrected e => Keeps(seq, SpeakerOf(e, now)) ? e : e with { Text = Blank },
        HelpCalled { Words: not null } e => Keeps(seq, e.By) ? e : e with { Words = null },
        MessageSent e => Keeps(seq, e.From) ? e : e with { Text = Blank },
        PollOpened e when Choices.TryGetValue((seq, e.Poll), out var owners) && owners.Any(o => !o.All(p => Keeps(seq, p))) =>
            e with { Spec = e.Spec with { Options = [.. e.Spec.Options.Select((option, i) => owners[i].All(p => Keeps(seq, p)) ? option : Blank)] } },
        BallotCast e => e with
        {
            Voter = new(string.Create(CultureInfo.InvariantCulture, $"v{Voters[(e.Poll, e.Voter)]}")),
            Ballot = e.Ballot.Text is null || Keeps(seq, e.Voter) ? e.Ballot : e.Ballot with { Text = Blank },
        },
        _ => happened,
    };

    private bool Keeps(long seq, PersonId person) => ConsentOf(seq, person) != Consent.NotKept;

    /// <summary>What stands for the name, or null when it may be kept.</summary>
    private string? NameOf(long seq, PersonId person) => ConsentOf(seq, person) switch { Consent.Named => null, Consent.StandIn => StandIn, _ => Blank };

    private Consent ConsentOf(long seq, PersonId person) => Traces[person].TryGet(seq, out var consent) ? consent : throw new KeyNotFoundException($"Entry {seq} carries nothing of {person}.");

    private static PersonId SpeakerOf(TurnCorrected e, Session session) => session.Talks[e.Room].Turns[e.Turn].Speaker;

    /// <summary>Whose name or words an event carries, and how they may be kept: as chosen now, and never looser than the note or turn they belong to.</summary>
    private static IEnumerable<(PersonId Person, Consent Consent)> PeopleIn(Event happened, Session after)
    {
        return happened switch
        {
            PersonJoined e => [Now(e.Person)],
            StaffJoined e => [Now(e.Person)],
            PersonRenamed e => [Now(e.Person)],
            NoteAdded e => [Now(e.Author)],
            NoteEdited e => [OfNote(after.Notes.All[e.Note])],
            TurnWritten e => [Now(e.Speaker)],
            TurnCorrected e => [OfTurn(after.Talks[e.Room].Turns[e.Turn])],
            HelpCalled e => [Now(e.By)],
            MessageSent e => [Now(e.From)],
            BallotCast e => [Now(e.Voter)],
            PollOpened e => PollWording.OwnersOf(after, e).SelectMany(o => o).Distinct().Select(Now),
            _ => [],
        };

        (PersonId, Consent) Now(PersonId person) => (person, after.Find(person)?.Consent ?? Consent.Named);
        (PersonId, Consent) OfNote(Note note) => (note.Author, after.ConsentOf(note));
        (PersonId, Consent) OfTurn(Turn turn) => (turn.Speaker, after.ConsentOf(turn));
    }

    private Redaction Trace(long seq, PersonId person, Consent consent)
    {
        var traces = Traces.GetValueOrDefault(person) ?? Rising<Consent>.None;
        return this with { Traces = Traces.SetItem(person, seq > traces.Last ? traces.With(seq, consent) : traces.Select((at, then) => at == seq && consent > then ? consent : then)) };
    }

    private Redaction Open(long seq, PollOpened e, Session after)
    {
        var owners = PollWording.OwnersOf(after, e);
        return owners.All(o => o.IsEmpty) ? this : this with { Choices = Choices.SetItem((seq, e.Poll), owners) };
    }

    private Redaction Vote(BallotCast e)
    {
        if (Voters.ContainsKey((e.Poll, e.Voter)))
            return this;
        var number = VoterCounts.GetValueOrDefault(e.Poll) + 1;
        return this with { Voters = Voters.Add((e.Poll, e.Voter), number), VoterCounts = VoterCounts.SetItem(e.Poll, number) };
    }

    private Redaction Tighten(PersonId person, Session after, SortedSet<long> erased)
    {
        var now = after.Find(person)!.Consent;
        if (!Traces.TryGetValue(person, out var traces))
            return this;
        var tightened = traces.Select((seq, then) =>
        {
            if (then < now)
                erased.Add(seq);
            return then < now ? now : then;
        });
        return this with { Traces = Traces.SetItem(person, tightened) };
    }
}
