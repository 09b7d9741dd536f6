using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Sessions;

namespace LiveSessions.Tests.Laws;

/// <summary>Picks what a command names out of what there is in a session, and now and then what there is not.</summary>
internal sealed class Dice(ulong seed, Session session, bool wild)
{
    private Chance _chance = new(seed);

    public int Below(int count) => _chance.Below(count);
    public ulong Bits() => _chance.Next();
    public bool Once(int inSo) => Below(inSo) == 0;

    public T Of<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>Names something that is not there, once in so often.</summary>
    private bool Astray => Once(wild ? 3 : 12);

    public PersonId Person() => Astray || session.People.IsEmpty ? new(Of(["nobody", "system", "p99", "x"])) : Of(Sorted(session.People.Keys, p => p.Value));
    public PersonId Newcomer() => new("p" + Below(14));
    public PersonId Participant() => session.People.Values.Where(p => p.IsParticipant).Select(p => p.Id).OrderBy(p => p.Value, StringComparer.Ordinal).ToArray() is { Length: > 0 } all && !Astray ? Of(all) : Person();
    public PersonId Facilitator() => session.People.Values.Where(p => p is { IsStaff: true, IsIn: true }).Select(p => p.Id).OrderBy(p => p.Value, StringComparer.Ordinal).ToArray() is { Length: > 0 } all ? Of(all) : Person();
    public TeamId? Team() => Once(3) ? null : Astray || session.Teams.IsEmpty ? new("t99") : Of(Sorted(session.Teams.Keys, t => t.Value));
    public BlockId Block() => Astray || session.Plan.Blocks.IsEmpty ? new("b99") : Of(session.Plan.Blocks).Plan.Id;
    public BlockId RoomsBlock() => session.Info is { Exercises.Count: > 0 } info && !Astray ? Of(Sorted(info.Exercises.Keys, b => b.Value)) : Block();
    public RoomId Room() => Once(8) ? RoomId.Plenary : Astray || session.House.Rooms.IsEmpty ? new("r99-9")
        : !session.House.Order.IsEmpty && !Once(5) ? Of(session.House.Order) : Of(Sorted(session.House.Rooms.Keys, r => r.Value));
    public RoomId ProposedRoom() => session.House.Proposal is { } proposal && !proposal.Rooms.IsEmpty ? Of(proposal.Rooms).Room : Room();
    public PollId Poll() => Astray || session.Polls.IsEmpty ? new(Of(["before", "q1", "q2", "q3", "r1-1-dots"])) : Of(Sorted(session.Polls.Keys, p => p.Value));
    public NoteId Note() => Astray || session.Notes.All.IsEmpty ? new("n" + Below(40)) : Of(Sorted(session.Notes.All.Keys, n => n.Value));
    public TurnId Turn() => Astray || session.TurnRooms.IsEmpty ? new("w" + Below(40)) : Of(Sorted(session.TurnRooms.Keys, t => t.Value));
    public HelpId Help() => Astray || session.House.Helps.IsEmpty ? new("h" + Below(10)) : Of(session.House.Helps).Id;
    public string Column(RoomId room) => Astray || !session.Talks.TryGetValue(room, out var talk) ? Of(["mine", "aspirations", "", "nowhere"]) : Of(talk.Exercise.Board).Id;
    public string Role(RoomId room) => Astray || !session.Talks.TryGetValue(room, out var talk) ? Of(["facilitator", "note_taker", "observer", "", "king"]) : Of(talk.Exercise.Roles).Key;
    public string Phase(RoomId room) => Astray || !session.Talks.TryGetValue(room, out var talk) ? Of(["frame", "two", "", "nowhere"]) : Of(talk.Exercise.Phases).Id;
    public string PhaseNow(RoomId room) => session.Talks.GetValueOrDefault(room)?.Phase?.Id is { } now && !Astray ? now : Phase(room);
    public string NextPhase() => session.House.Order is [var first, ..] && session.Talks.GetValueOrDefault(first) is { Phase: not null } talk && !Once(6)
        ? talk.Exercise.Phases[Math.Min(talk.Index + 1, talk.Exercise.Phases.Count - 1)].Id : Phase(Room());

    public int Number(int upTo) => Astray ? Of([0, -1, int.MaxValue, int.MinValue, 31, -31, 100_000, 601]) : 1 + Below(upTo);
    public int Minutes() => Once(4) ? -Number(20) : Number(20);

    public T Choice<T>() where T : struct, Enum => Astray && wild ? (T)Enum.ToObject(typeof(T), Of([-1, 99, int.MaxValue])) : Of(Enum.GetValues<T>());

    /// <summary>Words that occur nowhere else, so that a leak can be found by looking for them.</summary>
    public string Words() => Astray ? Of(["", "  ", new string('x', 2_001), "<b>", "&amp;<p>", "\u202Eabc", "<", "&", "\ud800"]) : Token() + Of(["", " <b>strong</b>", "<p>one</p><p>two</p>", " &amp; more"]);

    public string Name() => Astray ? Of(["", " ", "\u0000", new string('n', 81), "\u202E", "\ud800", "ﬁ"]) : "Name " + Of(["Ada", "Ben", "Caz", "Dov"]) + Below(5);

    public Ballot Ballot(PollId poll)
    {
        var spec = session.Polls.GetValueOrDefault(poll)?.Spec;
        if (spec?.Kind == "text" && !Astray)
            return new([], Token());
        var options = Math.Max(1, spec?.Options.Count ?? 4);
        return Astray ? new(Of<int[]>([[], [-1], [int.MaxValue], [0, 0], [0, 1, 2, 3, 4, 5, 6], [options]]), Once(3) ? Words() : null) : new([Below(options)], null);
    }

    public PollSpec? Spec() => Once(3) ? null : Astray
        ? new(Of(["", "riddle", "single", "dots"]), Words(), Of<string[]>([[], [""], ["one"], [.. Enumerable.Range(0, 51).Select(i => "o" + i)]]), Number(10), Once(2))
        : Of<PollSpec>([new("single", "Which?", ["yes", "no"], 0, Once(2)), new("multi", "Which ones?", ["a", "b", "c"], 0, Once(2)), new("scale", "How much?", [], 0, Once(2)),
            new("text", "What?", [], 0, Once(2)), new("dots", "Where?", ["a", "b", "c"], 3, Once(2)), new("rag", "Clear?", [], 0, Once(2))]);

    private string Token() => $"zq{Bits() % 1_000_000_000:x}z";

    private static T[] Sorted<T>(IEnumerable<T> items, Func<T, string> by) => [.. items.OrderBy(by, StringComparer.Ordinal)];
}
