using System.Text.Json;
using CsCheck;
using LiveSessions.Log;
using LiveSessions.Sessions;
using LiveSessions.Transcripts;

namespace LiveSessions.Tests.Transcripts;

/// <summary>What holds for every story: whatever people do and choose, in whatever order. LAWS_ITERATIONS makes it longer.</summary>
public sealed class TranscriptLaws
{
    private static readonly long iterations = long.TryParse(Environment.GetEnvironmentVariable("LAWS_ITERATIONS"), out var n) ? n : 40;

    private static void ForAnyStory(Action<Storm> holds) => Gen.ULong.Sample(seed =>
    {
        var storm = new Storm(seed);
        storm.Blow(250);
        holds(storm);
    }, iter: iterations, threads: 2);

    [Fact]
    public void No_words_that_are_not_kept_and_no_name_of_their_owner_is_in_any_line_or_entry() => ForAnyStory(storm =>
    {
        var stored = string.Join('\n', storm.W.LinesAsStored.Concat(storm.W.EntriesAsStored));
        foreach (var (token, owner) in storm.HeldBack)
            Assert.False(stored.Contains(token, StringComparison.Ordinal), $"seed {storm.Seed}: {owner}'s {token} is kept in {stored.Split('\n').FirstOrDefault(l => l.Contains(token, StringComparison.Ordinal))}");
        foreach (var person in storm.W.Session.People.Values.Where(p => p.Consent != Consent.Named))
            foreach (var name in storm.Names[person.Id])
                Assert.False(stored.Contains(name, StringComparison.Ordinal), $"seed {storm.Seed}: {person.Id}'s name {name} is kept");
    });

    [Fact]
    public void Words_that_are_kept_and_visible_are_in_a_line() => ForAnyStory(storm =>
    {
        var lines = storm.W.Lines.Values.Select(l => l.Text).ToHashSet();
        foreach (var note in storm.W.Session.Notes.All.Values.Where(n => n is { IsHidden: false, IsTakenBack: false } && storm.W.Session.ConsentOf(n) != Consent.NotKept))
            Assert.Contains(note.PlainText, lines);
        foreach (var turn in storm.W.Session.Talks.Values.SelectMany(t => t.Turns.Values).Where(t => storm.W.Session.ConsentOf(t) != Consent.NotKept))
            Assert.Contains(Texts.Plain(turn.Text), lines);
    });

    [Fact]
    public void No_id_of_a_person_is_in_any_line() => ForAnyStory(storm =>
    {
        var lines = string.Join('\n', storm.W.LinesAsStored.Concat(storm.W.Conversations.Values.Select(c => JsonSerializer.Serialize(c, Json.Options))));
        foreach (var person in storm.W.Session.People.Keys)
            Assert.False(lines.Contains(person.Value, StringComparison.Ordinal), $"seed {storm.Seed}: {person} is in a line");
    });

    [Fact]
    public void Hidden_notes_are_in_no_line() => ForAnyStory(storm =>
    {
        foreach (var note in storm.W.Session.Notes.All.Values.Where(n => n.IsHidden))
            Assert.DoesNotContain(storm.W.Lines.Values, l => l.Text.Contains(note.PlainText, StringComparison.Ordinal));
    });

    [Fact]
    public void Changes_add_up_to_the_book_and_the_same_log_gives_the_same_book() => ForAnyStory(storm =>
    {
        var again = new TranscriptBook(new("s1"));
        var session = new Session(new("s1"));
        foreach (var entry in storm.W.Log)
        {
            var stored = JsonSerializer.Deserialize<LogEntry>(JsonSerializer.SerializeToUtf8Bytes(entry, Json.Options), Json.Options)!;
            var after = session.Evolve(stored);
            (again, _) = again.Apply(session, after, stored);
            session = after;
        }
        Assert.Equal(Stored(storm.W.Book.Lines.Values), Stored(storm.W.Lines.Values));
        Assert.Equal(Stored(again.Lines.Values), Stored(storm.W.Lines.Values));
        Assert.Equal(Stored(again.Conversations), Stored(storm.W.Conversations.Values));
    });

    [Fact]
    public void New_names_told_once_for_many_entries_come_to_the_same_book() => ForAnyStory(storm =>
    {
        var (late, session, lines) = (new TranscriptBook(new("s1")), new Session(new("s1")), new Dictionary<string, TranscriptLine>());
        foreach (var (i, entry) in storm.W.Log.Index())
        {
            var after = session.Evolve(entry);
            (late, var told) = late.Apply(session, after, entry, settles: false);
            Keep(told);
            session = after;
            if (i % 50 != 49 && i != storm.W.Log.Count - 1)
                continue;
            (late, told) = late.Settle(session);
            Keep(told);
        }
        Assert.Equal(Stored(storm.W.Lines.Values), Stored(lines.Values));
        Assert.Equal(Stored(storm.W.Lines.Values), Stored(late.Lines.Values));

        void Keep(Telling told)
        {
            foreach (var id in told.Removed)
                lines.Remove(id);
            foreach (var line in told.Upserted)
                lines[line.Id] = line;
        }
    });

    [Fact]
    public void Every_line_belongs_to_a_conversation_and_a_step_of_it() => ForAnyStory(storm =>
    {
        foreach (var line in storm.W.Lines.Values)
        {
            var conversation = storm.W.Conversations[line.Conversation];
            Assert.True(line.Phase is null || conversation.Phases.Any(p => p.Id == line.Phase), $"seed {storm.Seed}: {line}");
            Assert.False(string.IsNullOrWhiteSpace(line.Text));
        }
    });

    [Fact]
    public void The_archived_entries_fold_to_a_session_with_the_same_rooms_notes_and_counts() => ForAnyStory(storm =>
    {
        var replayed = storm.W.Archived.Aggregate(new Session(new("s1")), (s, e) => s.Evolve(e));
        Assert.Equal(storm.W.Session.House.Where.OrderBy(w => w.Key.Value), replayed.House.Where.OrderBy(w => w.Key.Value));
        Assert.Equal(storm.W.Session.Notes.All.Keys.OrderBy(k => k.Value), replayed.Notes.All.Keys.OrderBy(k => k.Value));
        foreach (var poll in storm.W.Session.Polls.Values)
            Assert.Equal(poll.Tally(9).Counts, replayed.Polls[poll.Id].Tally(9).Counts);
    });

    private static IEnumerable<string> Stored<T>(IEnumerable<T> items) => items.Select(i => JsonSerializer.Serialize(i, Json.Options)).Order(StringComparer.Ordinal);
}
