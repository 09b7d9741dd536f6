using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Exercises;
using LiveSessions.Transcripts;

namespace LiveSessions.Tests.Transcripts;

/// <summary>A session that is told as it goes: the log, the book, and an archive that does only what it is told.</summary>
internal sealed class Workshop
{
    public static readonly PersonId Host = new("f-host-id");
    public static readonly BlockId Block = new("rooms");

    private ulong _chance = 11;

    public Workshop(string exercise = "community-conversation-practice")
    {
        var practice = Shelf.Shipped.Exercises[exercise];
        PlannedBlock[] blocks = [new(new("welcome"), "Welcome", "talk", 5, "Good morning.", null, null), new(Block, "In rooms", "rooms", practice.Minutes, null, null, null), new(new("after"), "After", "talk", 5, null, null, null)];
        Book = new(new("s1"));
        Session = new(new("s1"));
        BySystem(new CreateSession(new("Week 1", "Pilot", Now, "America/Los_Angeles", new(2027, 1, 1), blocks, new Dictionary<BlockId, LiveSessions.Exercises.Exercise> { [Block] = practice })));
        BySystem(new JoinAsStaff(Host, "Hostname", true));
    }

    public Session Session { get; private set; }
    public TranscriptBook Book { get; private set; }
    public Redaction Redaction { get; private set; } = Redaction.Empty;
    public DateTimeOffset Now { get; set; } = new(2026, 11, 3, 17, 0, 0, TimeSpan.Zero);
    public List<LogEntry> Log { get; } = [];

    /// <summary>What an archive holds that was only ever told of changes.</summary>
    public Dictionary<string, TranscriptLine> Lines { get; } = [];
    public Dictionary<string, ConversationRecord> Conversations { get; } = [];
    public List<LogEntry> Archived { get; } = [];

    public IEnumerable<TranscriptLine> InOrder => Lines.Values.OrderBy(l => l.Seq).ThenBy(l => l.Id, StringComparer.Ordinal);
    public IEnumerable<string> Said(LineKind kind) => InOrder.Where(l => l.Kind == kind).Select(l => l.Text);
    public TranscriptLine Line(LineKind kind) => InOrder.Last(l => l.Kind == kind);

    /// <summary>Everything the archive holds, as JSON.</summary>
    public IEnumerable<string> LinesAsStored => Lines.Values.Select(l => System.Text.Json.JsonSerializer.Serialize(l, Json.Options));
    public IEnumerable<string> EntriesAsStored => Archived.Select(e => System.Text.Json.JsonSerializer.Serialize(e, Json.Options));

    public Decision BySystem(Command command) => Does(Actor.System, command);
    public Decision Does(PersonId person, Command command) => Does(new Actor(person, false, false), command);

    public Workshop With(PersonId person, Command command)
    {
        var decision = Does(person, command);
        Assert.True(decision is Decision.Accepted, $"{command} came to {decision}");
        return this;
    }

    public PersonId Joins(string id, string name, Consent consent = Consent.Named, bool mayQuote = false)
    {
        Assert.IsType<Decision.Accepted>(BySystem(new JoinSession(new(id), name, null, consent, mayQuote, true)));
        return new(id);
    }

    /// <summary>Everybody who has joined goes into one room.</summary>
    public RoomId OpensOneRoom()
    {
        With(Host, new StartSession()).With(Host, new ProposeGrouping(GroupingRule.Random, 150, 1)).With(Host, new OpenRooms(Block, null));
        return new("r1-1");
    }

    /// <summary>The role is theirs, if it was not already.</summary>
    public Workshop Gives(RoomId room, string role, PersonId person)
    {
        Assert.IsNotType<Decision.Refused>(Does(Host, new LiveSessions.Conversation.GiveRole(room, role, person)));
        return this;
    }

    public Workshop GoesTo(string phase) => With(Host, new LiveSessions.Conversation.AdvanceRooms(phase));

    private Decision Does(Actor by, Command command)
    {
        Now = Now.AddSeconds(1);
        var decision = Session.Decide(by, CommandMark.None, command, Now, _chance = _chance * 6364136223846793005 + 1442695040888963407);
        if (decision is Decision.Accepted accepted)
            Happens(new(Now, by.Person, "browser-1", Log.Count, accepted.Events));
        return decision;
    }

    public void Happens(LogEntry entry)
    {
        var (before, after) = (Session, Session.Evolve(entry));
        (Book, var told) = Book.Apply(before, after, entry);
        foreach (var id in told.Removed)
            Assert.True(Lines.Remove(id), $"{id} was removed but never told");
        foreach (var line in told.Upserted)
            Lines[line.Id] = line;
        foreach (var conversation in told.Conversations)
            Conversations[conversation.Id] = conversation;
        (Redaction, var erased) = Redaction.Apply(before, after, entry);
        Log.Add(entry);
        Archived.Add(Redaction.ForArchive(before.Head, entry, after));
        foreach (var seq in erased)
            Archived[(int)seq] = Redaction.ForArchive(seq, Log[(int)seq], after);
        Session = after;
    }
}
