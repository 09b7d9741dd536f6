using System.Collections.Immutable;
using System.Globalization;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Sessions;

namespace LiveSessions.Transcripts.Wording;

/// <summary>
/// What was asked and how many answered what; never who. Under five answers only their number is told. Choices that were made from notes are their authors' words, answers in words their writers'.
/// </summary>
internal static class PollWording
{
    public static void Tell(Page page, PollOpened e)
    {
        if (page.Book.Polls.TryGetValue(e.Poll, out var again))
        {
            DropAnswers(page, again);
            Remember(page, e.Poll, again with { Asked = null, Answers = [] });
            page.Change(again.Line, draft => draft with { Word = teller => Word(teller, e.Poll, again.Owners, null) });
            return;
        }
        var room = e.Room ?? RoomId.Plenary;
        var owners = OwnersOf(page.After, e);
        var line = page.Write(LineKind.Poll, room, page.PhaseOf(room), owners.SelectMany(o => o), teller => Word(teller, e.Poll, owners, null));
        Remember(page, e.Poll, new(line, owners, null, ImmutableDictionary<PersonId, Consent>.Empty, []));
    }

    /// <summary>A ballot is told with the result only; what is kept here is how its words may be.</summary>
    public static void Tell(Page page, BallotCast e)
    {
        var poll = page.Book.Polls[e.Poll];
        Remember(page, e.Poll, poll with { Voters = poll.Voters.SetItem(e.Voter, page.After.Find(e.Voter)?.Consent ?? Consent.Named) });
    }

    public static void Tell(Page page, PollClosed e)
    {
        var told = page.Book.Polls[e.Poll];
        var poll = page.After.Polls[e.Poll];
        var asked = poll.Room is { } room ? page.Before.House.Rooms.GetValueOrDefault(room)?.Members.Count ?? 0 : page.After.People.Values.Count(p => p.IsParticipant);
        DropAnswers(page, told);
        page.Change(told.Line, draft => draft with { Word = teller => Word(teller, e.Poll, told.Owners, asked) });
        Remember(page, e.Poll, told with { Asked = asked, Answers = Answers(page, poll, told) });
    }

    private static Worded Word(Teller teller, PollId id, ImmutableArray<ImmutableArray<PersonId>> owners, int? asked)
    {
        var poll = teller.Session.Polls[id];
        var question = $"Asked: {poll.Spec.Question}";
        if (asked is not { } people)
            return new(question);
        var tally = poll.Tally(people);
        var answered = $"{question} {tally.Answered} of {tally.Asked} answered";
        if (!tally.IsEnough)
            return new($"{answered}; under {Limits.AnswersBeforeResult} answers no result is kept.");
        if (poll.Spec.Options.Count == 0)
            return new($"{answered}, in their own words.");
        var counts = poll.Spec.Options.Select((option, i) => $"{(owners[i].All(teller.Keeps) ? option : Redaction.Blank)} ({tally.Counts[i]})");
        var mean = tally.Mean is { } m ? string.Create(CultureInfo.InvariantCulture, $" Mean {m:0.0#}.") : "";
        return new($"{answered}: {string.Join("; ", counts)}.{mean}");
    }

    /// <summary>Answers in words, one line each, in no order that tells who wrote them.</summary>
    private static ImmutableList<string> Answers(Page page, Poll poll, ToldPoll told)
    {
        if (poll.Ballots.Count < Limits.AnswersBeforeResult)
            return [];
        var room = poll.Room ?? RoomId.Plenary;
        var answers = poll.Ballots.Where(b => b.Value.Text is not null).OrderBy(b => b.Value.Text, StringComparer.Ordinal).ThenBy(b => b.Key.Value, StringComparer.Ordinal);
        var lines = ImmutableList.CreateBuilder<string>();
        foreach (var (voter, ballot) in answers)
        {
            var line = page.Write(LineKind.Poll, room, page.PhaseOf(room), [voter], teller => teller.Keeps(voter) ? new(ballot.Text!) : null);
            page.Hold(line, voter, told.Voters[voter]);
            lines.Add(line);
        }
        return lines.ToImmutable();
    }

    private static void DropAnswers(Page page, ToldPoll poll)
    {
        foreach (var line in poll.Answers)
            page.Drop(line);
    }

    /// <summary>Whose words each choice is: notes of the room that read the same; nobody's for a choice that came with the exercise.</summary>
    public static ImmutableArray<ImmutableArray<PersonId>> OwnersOf(Session session, PollOpened e) =>
    [
        .. e.Spec.Options.Select(option => e.Room is { } room
            ? session.Notes.In(room).Where(n => n.AsChoice == option).Select(n => n.Author).Distinct().ToImmutableArray()
            : []),
    ];

    private static void Remember(Page page, PollId id, ToldPoll poll) => page.Remember(book => book with { Polls = book.Polls.SetItem(id, poll) });
}
