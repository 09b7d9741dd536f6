using LiveSessions.Board;
using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Exercises;

namespace LiveSessions.Bench;

/// <summary>A session as it is in the middle of a workshop: people in open rooms, notes on the boards. The same each time.</summary>
internal sealed class Gathering
{
    private static readonly BlockId Block = new("rooms");
    private static readonly DateTimeOffset Now = new(2026, 11, 3, 17, 0, 0, TimeSpan.Zero);
    private static readonly PersonId Host = new("f-host");

    public const string Words = "What would make the next workshop better for people who join late? Perhaps a seat.";

    public Gathering(int people, int roomSize, int notes)
    {
        var practice = Shelf.Shipped.Exercises["community-conversation-practice"];
        BySystem(new CreateSession(new("Week 1", "Pilot", Now, "Europe/London", new(2027, 1, 1), [new(Block, "In rooms", "rooms", practice.Minutes, null, null, null)], new Dictionary<BlockId, Exercise> { [Block] = practice })));
        BySystem(new JoinAsStaff(Host, "Host", true));
        People = [.. Enumerable.Range(0, people).Select(i => new PersonId($"p{i}"))];
        foreach (var person in People)
        {
            BySystem(new JoinSession(person, $"Person {person}", null, Consent.Named, false, true));
            BySystem(new MarkHere(person));
        }
        Does(Host, new StartSession());
        Does(Host, new ProposeGrouping(GroupingRule.Random, roomSize, 1));
        Does(Host, new OpenRooms(Block, null));
        Columns = [.. practice.Board.Select(c => c.Id)];
        for (var i = 0; i < notes; i++)
            Does(People[i % people], new AddNote(new($"n{i}"), Column, $"{Words} {i}", NoteColour.Sun));
    }

    public Session Session { get; private set; } = new(new("s1"));
    public List<LogEntry> Log { get; } = [];
    public IReadOnlyList<PersonId> People { get; }
    public IReadOnlyList<string> Columns { get; }
    public string Column => Columns[0];

    /// <summary>An edit that changes a note.</summary>
    public static EditNote Edit(int note, long number) => new(new($"n{note}"), $"{Words} {note} {number}", null);

    public void BySystem(Command command) => Does(Actor.System, command);
    public void Does(PersonId person, Command command) => Does(new Actor(person, false, false), command);

    private void Does(Actor by, Command command)
    {
        if (!Tries(by, command))
            throw new InvalidOperationException($"{command} was not accepted.");
    }

    public bool Tries(PersonId person, Command command) => Tries(new Actor(person, false, false), command);

    private bool Tries(Actor by, Command command)
    {
        if (Session.Decide(by, CommandMark.None, command, Now, 7) is not Decision.Accepted { Events.Count: > 0 } accepted)
            return false;
        var entry = new LogEntry(Now, by.Person, null, 0, accepted.Events);
        Session = Session.Evolve(entry);
        Log.Add(entry);
        return true;
    }
}
