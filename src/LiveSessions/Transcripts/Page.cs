using System.Collections.Immutable;
using System.Globalization;
using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Transcripts;

/// <summary>One entry while it is being told: what the wordings write on. Lives for one <see cref="TranscriptBook.Apply"/>, which itself is pure.</summary>
internal sealed class Page(TranscriptBook book, Session before, Session after, LogEntry entry)
{
    private readonly SortedSet<string> _touched = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _conversations = new(StringComparer.Ordinal);
    private TranscriptBook _book = book;
    private int _event = -1;
    private int _part;

    public Session Before => before;
    public Session After => after;
    public DateTimeOffset At => entry.At;
    public long Seq => before.Head;
    public TranscriptBook Book => _book;

    public void Begin(int index) => (_event, _part) = (index, 0);

    /// <summary>The conversation of a room; the plenary's begins with its first line.</summary>
    public string ConversationOf(RoomId room)
    {
        if (room != RoomId.Plenary)
            return _book.Rooms[room];
        var id = _book.Prefix + RoomId.Plenary;
        if (!_book.Talks.ContainsKey(id))
        {
            var blocks = after.Plan.Blocks.Select(b => new PhaseRecord(b.Plan.Id.Value, b.Plan.Kind, b.Plan.Text ?? b.Plan.Title, [], null, null));
            Open(new(id, _book.Session, RoomId.Plenary, "Everyone together", null, null, null, At, null, 0, [.. blocks], []), RoomId.Plenary, []);
        }
        return id;
    }

    public void Open(ConversationRecord record, RoomId room, IEnumerable<PersonId> people)
    {
        _book = _book with { Talks = _book.Talks.SetItem(record.Id, new(record, [])), Rooms = _book.Rooms.SetItem(room, record.Id) };
        Enter(room, people);
        _conversations.Add(record.Id);
    }

    public void Change(RoomId room, Func<ConversationRecord, ConversationRecord> change)
    {
        var id = ConversationOf(room);
        var talk = _book.Talks[id];
        _book = _book with { Talks = _book.Talks.SetItem(id, talk with { Record = change(talk.Record) }) };
        _conversations.Add(id);
    }

    public void Enter(RoomId room, IEnumerable<PersonId> people)
    {
        var id = ConversationOf(room);
        var talk = _book.Talks[id];
        var were = talk.Were.Union(people);
        _book = _book with { Talks = _book.Talks.SetItem(id, new(talk.Record with { People = were.Count }, were)) };
        _conversations.Add(id);
    }

    public bool IsOpen(RoomId room) => _book.Rooms.TryGetValue(room, out var id) && _book.Talks[id].Record.EndedAt is null;

    /// <summary>The rooms, other than the plenary, whose conversation goes on.</summary>
    public IEnumerable<RoomId> OpenRooms => _book.Rooms.Keys.Where(r => r != RoomId.Plenary && IsOpen(r)).OrderBy(r => r.Value, StringComparer.Ordinal).ToList();

    /// <summary>The step a room is in; in the plenary the block of the plan.</summary>
    public string? PhaseOf(RoomId room) => room == RoomId.Plenary ? after.Plan.Now?.Value : after.Talks.GetValueOrDefault(room)?.Phase?.Id;

    /// <summary>Writes a line.</summary>
    /// <param name="people">Everybody the wording speaks of.</param>
    /// <param name="things">What it must be worded anew for: <c>note:ID</c>, <c>turn:ID</c>, <c>poll:ID</c>.</param>
    public string Write(LineKind kind, RoomId room, string? phase, IEnumerable<PersonId> people, Func<Teller, Worded?> word, params IEnumerable<string> things)
    {
        var then = people.Distinct().ToImmutableDictionary(p => p, p => after.Find(p)?.Consent ?? Consent.Named);
        var draft = new Draft(NextId(), Seq, At, ConversationOf(room), room, phase, kind, then, word);
        Put(draft, things);
        return draft.Id;
    }

    /// <summary>A line of its own for what is written into one and the same line again and again.</summary>
    public void WriteAgain(string id, IEnumerable<PersonId> people, Func<Teller, Worded?> word)
    {
        var draft = _book.Drafts[id];
        var then = people.Where(p => !draft.Then.ContainsKey(p)).Aggregate(draft.Then, (all, p) => all.SetItem(p, after.Find(p)?.Consent ?? Consent.Named));
        Put(draft with { Then = then, Word = word }, []);
    }

    /// <summary>Position of the entry, number of its event, number of the line: no id that a browser made gets into the transcript.</summary>
    private string NextId() => string.Create(CultureInfo.InvariantCulture, $"{_book.Prefix}{Seq}-{_event:D5}-{_part++:D4}");

    private void Put(Draft draft, IEnumerable<string> things)
    {
        var keys = draft.Then.Keys.Select(p => TranscriptBook.PersonKey(p)).Concat(things);
        _book = _book with
        {
            Drafts = _book.Drafts.SetItem(draft.Id, draft),
            About = keys.Aggregate(_book.About, (all, key) => all.SetItem(key, (all.GetValueOrDefault(key) ?? []).Add(draft.Id))),
        };
        _touched.Add(draft.Id);
    }

    public void Change(string draft, Func<Draft, Draft> change)
    {
        _book = _book with { Drafts = _book.Drafts.SetItem(draft, change(_book.Drafts[draft])) };
        _touched.Add(draft);
    }

    /// <summary>The line quotes words that are held back at least so strictly.</summary>
    public void Hold(string draft, PersonId person, Consent atLeast) =>
        Change(draft, d => d.Then[person] < atLeast ? d with { Then = d.Then.SetItem(person, atLeast) } : d);

    /// <summary>The line is gone and never comes back.</summary>
    public void Drop(string draft) => Change(draft, d => d with { Word = _ => null });

    public void Touch(string thing) => _touched.UnionWith(_book.About.GetValueOrDefault(thing) ?? []);

    public void Touch(PersonId person) => Touch(TranscriptBook.PersonKey(person));

    /// <summary>Every line that names this person is worded anew, when the page is settled: somebody who is named again and again has many lines.</summary>
    public void Rename(PersonId person) => _book = _book with { Renamed = _book.Renamed.Add(person) };

    public void Settle()
    {
        foreach (var person in _book.Renamed)
            Touch(person);
        _book = _book with { Renamed = [] };
    }

    /// <summary>The line that a thing was first told in.</summary>
    public string FirstAbout(string thing) => _book.About[thing].MinBy(id => _book.Drafts[id].Seq)!;

    public void Remember(Func<TranscriptBook, TranscriptBook> change) => _book = change(_book);

    /// <summary>A stricter choice also covers what was written before; a looser one does not.</summary>
    public void Tighten(PersonId person)
    {
        var now = after.Find(person)?.Consent ?? Consent.Named;
        foreach (var id in _book.About.GetValueOrDefault(TranscriptBook.PersonKey(person)) ?? [])
            if (_book.Drafts[id].Then[person] < now)
                Hold(id, person, now);
        foreach (var (id, poll) in _book.Polls)
            if (poll.Voters.TryGetValue(person, out var then) && then < now)
                Remember(b => b with { Polls = b.Polls.SetItem(id, poll with { Voters = poll.Voters.SetItem(person, now) }) });
    }

    /// <summary>Words every touched line anew and says what came of it.</summary>
    public (TranscriptBook Book, Telling Told) Close()
    {
        var upserted = new List<TranscriptLine>();
        var removed = new List<string>();
        var told = _book.Told.ToBuilder();
        foreach (var id in _touched)
        {
            var draft = _book.Drafts[id];
            var was = told.GetValueOrDefault(id);
            var line = draft.Tell(after, (person, consent) => KeyOf(draft.Conversation, person, consent));
            if (line is null)
            {
                if (told.Remove(id))
                    removed.Add(id);
            }
            else if (was is null || !Same(was, line))
            {
                told[id] = line;
                upserted.Add(line);
            }
        }
        upserted.Sort((a, b) => a.Seq != b.Seq ? a.Seq.CompareTo(b.Seq) : string.CompareOrdinal(a.Id, b.Id));
        var conversations = _conversations.Select(id => _book.Talks[id].Record).ToList();
        return (_book with { Told = told.ToImmutable() }, new(upserted, removed, conversations));
    }

    /// <summary>The same person under the same kind of name within one conversation: a stand-in name is never tied to the name by it.</summary>
    private string KeyOf(string conversation, PersonId person, Consent consent)
    {
        var key = (conversation, person, consent);
        if (!_book.Keys.TryGetValue(key, out var number))
        {
            number = _book.KeyCounts.GetValueOrDefault(conversation) + 1;
            _book = _book with { Keys = _book.Keys.SetItem(key, number), KeyCounts = _book.KeyCounts.SetItem(conversation, number) };
        }
        return string.Create(CultureInfo.InvariantCulture, $"p{number}");
    }

    private static bool Same(TranscriptLine a, TranscriptLine b) => a.Earlier.SequenceEqual(b.Earlier) && a with { Earlier = b.Earlier } == b;
}
