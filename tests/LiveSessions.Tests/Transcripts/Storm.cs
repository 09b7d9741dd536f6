using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;

namespace LiveSessions.Tests.Transcripts;

/// <summary>People who do what comes into their heads. Every word is unique and says whose it is.</summary>
internal sealed class Storm
{
    private static readonly string[] exercises = ["community-conversation-practice", "one-two-four-all", "partner-mapping", "ending-role-play"];
    private readonly List<PersonId> _people = [];
    private readonly List<(string Token, PersonId Owner, bool Held)> _words = [];
    private Chance _chance;
    private int _next;

    public Storm(ulong seed)
    {
        (Seed, _chance) = (seed, new(seed));
        W = new(exercises[_chance.Below(exercises.Length)]);
        Names[Workshop.Host] = ["Hostname"];
        for (var i = _chance.Below(8) + 5; i > 0; i--)
            Join();
    }

    public ulong Seed { get; }
    public Workshop W { get; }
    public Dictionary<PersonId, List<string>> Names { get; } = [];

    /// <summary>Words whose owner has chosen "not kept" at any time since they were written.</summary>
    public IEnumerable<(string Token, PersonId Owner)> HeldBack => _words.Where(w => w.Held).Select(w => (w.Token, w.Owner));

    public void Blow(int steps)
    {
        W.Does(Workshop.Host, new StartSession());
        W.Does(Workshop.Host, new ProposeGrouping(GroupingRule.Random, _chance.Below(4) + 2, 5));
        W.Does(Workshop.Host, new OpenRooms(Workshop.Block, null));
        for (var i = 0; i < steps; i++)
            Step();
    }

    private void Join()
    {
        var id = $"qid{_people.Count}q";
        Names[W.Joins(id, Name(id), (Consent)_chance.Below(3), _chance.Below(2) == 0)] = [Name(id)];
        _people.Add(new(id));
        W.BySystem(new MarkHere(new(id)));
    }

    private static string Name(string id) => $"Nomen{id.Replace('q', 'x')}";

    private T One<T>(IReadOnlyList<T> items) => items[_chance.Below(items.Count)];

    /// <summary>Fresh words of somebody, kept in mind with how they may be kept.</summary>
    private string Words(PersonId owner)
    {
        var token = $"word{_next++}z";
        _words.Add((token, owner, W.Session.Find(owner)?.Consent == Consent.NotKept));
        return token;
    }

    private void Step()
    {
        var session = W.Session;
        var person = _chance.Below(8) == 0 ? Workshop.Host : One(_people);
        var room = session.ActsIn(person);
        var notes = session.Notes.All.Values.OrderBy(n => n.Id.Value, StringComparer.Ordinal).ToList();
        var turns = session.TurnRooms.Keys.OrderBy(t => t.Value, StringComparer.Ordinal).ToList();
        var columns = session.Talks.GetValueOrDefault(new RoomId("r1-1"))?.Exercise.Board;
        switch (_chance.Below(30))
        {
            case 0 or 1 or 2: W.Does(person, new AddNote(new($"n{_next}"), One(columns!).Id, Words(person), NoteColour.Rose)); break;
            case 3 when notes.Count > 0: One(notes).Use(n => W.Does(_chance.Below(2) == 0 ? n.Author : Workshop.Host, new EditNote(n.Id, Words(n.Author, n), null))); break;
            case 4 when notes.Count > 0: W.Does(person, new MoveNote(One(notes).Id, One(columns!).Id, null)); break;
            case 5 when notes.Count > 0: One(notes).Use(n => W.Does(n.Author, new HoldNote(n.Id, !n.IsHeld))); break;
            case 6 when notes.Count > 0: One(notes).Use(n => W.Does(n.Author, new TakeBackNote(n.Id))); break;
            case 7 or 8 or 9: W.Does(person, new WriteTurn(new($"t{_next}"), person, Words(person), TurnForm.Verbatim)); break;
            case 10 or 11: One(_people).Use(speaker => W.Does(person, new WriteTurn(new($"t{_next}"), speaker, Words(speaker), TurnForm.Paraphrase))); break;
            case 12 when turns.Count > 0: One(turns).Use(t => session.Talks[session.TurnRooms[t]].Turns[t]).Use(t => W.Does(_chance.Below(2) == 0 ? t.Speaker : Workshop.Host, new CorrectTurn(t.Id, Words(t.Speaker, t)))); break;
            case 13: W.Does(person, new PassFloor(null, _chance.Below(2) == 0)); break;
            case 14: W.Does(person, new CallHelp(new($"h{_next}"), Words(person))); break;
            case 15 when session.House.Helps.Count > 0: One(session.House.Helps).Use(h => W.Does(Workshop.Host, One<Command>([new ClaimHelp(h.Id), new ResolveHelp(h.Id), new CallOffHelp(h.Id), new VisitRoom(h.Room)]))); break;
            case 16: W.Does(Workshop.Host, new SendMessage(Words(Workshop.Host), session.House.Order.IsEmpty || _chance.Below(2) == 0 ? [] : [One(session.House.Order)])); break;
            case 17 or 18: Choose(person, (Consent)_chance.Below(3)); break;
            case 19: W.Does(Workshop.Host, new AdvanceRooms(One(session.Talks[new("r1-1")].Exercise.Phases).Id)); break;
            case 20: W.Does(Workshop.Host, new AdvancePhase(One(session.House.Order), session.Talks[session.House.Order[0]].Phase?.Id ?? "")); break;
            case 21: W.Does(Workshop.Host, new GiveRole(One(session.House.Order), One<string>(["facilitator", "note_taker", "observer"]), One(_people))); break;
            case 22: W.Does(person, new MarkObserved(_chance.Below(4), _chance.Below(3) > 0)); break;
            case 23: W.Does(Workshop.Host, One<Command>([new OpenPoll(new("text"), new("text", "Why?", [], 1, true)), new ClosePoll(new("text")), new OpenPoll(new("one"), new("single", "Which?", ["A", "B"], 1, true)), new ClosePoll(new("one"))])); break;
            case 24: W.Does(person, new CastBallot(new("text"), new([], Words(person)))); break;
            case 25: W.Does(person, session.Polls.Values.FirstOrDefault(p => p.Room == room) is { } dots ? new CastBallot(dots.Id, new([0], null)) : new CastBallot(new("one"), new([_chance.Below(2)], null))); break;
            case 26: W.Does(Workshop.Host, One<Command>([new PlacePerson(person, One(session.House.Order)), new PlacePerson(person, RoomId.Plenary), new ExtendRooms(2, null), new ExtendPhase(null, 1), new PauseClocks(), new ResumeClocks(), new StartBlock(Workshop.Block)])); break;
            case 27 when _people.Count < 20 && _chance.Below(3) == 0: Join(); break;
            case 28: Rename(person); break;
            case 29 when _chance.Below(6) == 0: Reopen(); break;
        }
    }

    /// <summary>New words for something old are held back with it.</summary>
    private string Words(PersonId owner, Note note) => Held(Words(owner), owner, W.Session.ConsentOf(note));
    private string Words(PersonId owner, Turn turn) => Held(Words(owner), owner, W.Session.ConsentOf(turn));

    private string Held(string token, PersonId owner, Consent consent)
    {
        _words[^1] = (token, owner, consent == Consent.NotKept);
        return token;
    }

    private void Choose(PersonId person, Consent consent)
    {
        if (W.Does(person, new ChooseConsent(consent, _chance.Below(2) == 0)) is Decision.Accepted && consent == Consent.NotKept)
            for (var i = 0; i < _words.Count; i++)
                if (_words[i].Owner == person)
                    _words[i] = _words[i] with { Held = true };
    }

    private void Rename(PersonId person)
    {
        var name = $"{Names[person][0]}y{Names[person].Count}";
        if (W.Does(person, new RenameMe(name)) is Decision.Accepted)
            Names[person].Add(name);
    }

    private void Reopen()
    {
        W.Does(Workshop.Host, new RecallEveryone(20));
        W.Now = W.Now.AddSeconds(30);
        W.BySystem(new CloseRooms());
        W.Does(Workshop.Host, new ProposeGrouping(GroupingRule.Random, _chance.Below(4) + 2, 9));
        W.Does(Workshop.Host, new OpenRooms(Workshop.Block, null));
    }
}

internal static class Using
{
    public static TResult Use<T, TResult>(this T it, Func<T, TResult> use) => use(it);
}
