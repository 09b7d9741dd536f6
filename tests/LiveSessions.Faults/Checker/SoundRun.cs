using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using LiveSessions.Transcripts;

namespace LiveSessions.Faults.Checker;

/// <summary>
/// A run in which everything is as promised, made by the real rules: people in rooms write, vote, move and come back, on one make-believe server that appends, answers and shows in order. What a test
/// tampers with afterwards is the only fault in it.
/// </summary>
internal sealed class SoundRun
{
    public static readonly SessionId Id = new("s1");
    private readonly Dictionary<string, long> _told = [];
    private readonly List<Sitting> _people = [];
    private Session _session = new(Id);
    private long _ticks;

    private sealed record Sitting(PersonId Person, ClientHistory History)
    {
        public int Line { get; set; }
        public long Number { get; set; }
        public HashSet<string> Audiences { get; set; } = [];
        public Dictionary<string, long> Positions { get; set; } = [];
    }

    public List<LogEntry> Log { get; } = [];

    public static Evidence Make()
    {
        var run = new SoundRun();
        foreach (var step in World.Running(World.practice))
            run.Append(step.By, CommandMark.None, step.Command!);
        foreach (var who in World.Everybody.Take(6).Append(World.host))
            run.Comes(who.Id, who.Name);
        run.Does(World.host, new ProposeGrouping(GroupingRule.HomeTeams, 6, 7));
        run.Does(World.host, new OpenRooms(World.rooms, null));
        run.Does(World.host, new AdvanceRooms("b_concerns"));
        run.Does(World.host, new OpenPoll(new("p1"), World.Spec("single", "a", "b")));
        for (var round = 0; round < 6; round++)
        {
            foreach (var who in World.Everybody.Take(6))
            {
                run.Does(who, round % 2 == 0 ? new RenameMe($"{who.Name} {round}") : new CastBallot(new("p1"), new([round % 4 / 2], null)));
                run.Does(who, new AddNote(new($"n{who.Id}{round}"), round == 3 ? "nowhere" : "trust", "words", NoteColour.Sun));
            }
            run.ComesBack(World.Everybody[round]);
            run.SendsAgain(World.Everybody[round]);
        }
        run.Does(World.host, new ClosePoll(new("p1")));
        return run.Evidence();
    }

    private Evidence Evidence()
    {
        var (state, book, redaction) = (new Session(Id), new TranscriptBook(Id), Redaction.Empty);
        foreach (var entry in Log)
        {
            var after = state.Evolve(entry);
            (book, _) = book.Apply(state, after, entry);
            (redaction, _) = redaction.Apply(state, after, entry);
            state = after;
        }
        var rendered = HistoryChecker.Render(_session);
        foreach (var person in _people)
            person.History.Views = _session.AudiencesOf(person.Person).ToDictionary(a => a.Name, a => rendered.GetValueOrDefault(a.Name) ?? new Dictionary<string, string>());
        return new(Id, Log, [.. _people.Select(p => p.History)], new(
            Log.Count, [.. Log.Select((e, i) => KeyValuePair.Create((long)i, System.Text.Json.JsonSerializer.Serialize(redaction.ForArchive(i, e, state), Json.Options)))],
            book.Lines.ToDictionary(l => l.Key, l => l.Value.Text)));
    }

    private When Now()
    {
        _ticks++;
        return new(_ticks, World.Noon.AddMilliseconds(_ticks));
    }

    private void Comes(PersonId person, string name)
    {
        var one = new Sitting(person, new ClientHistory(name, Now) { Person = person, Instance = $"tab-{name.Split(' ')[0]}" });
        _people.Add(one);
        Enters(one);
    }

    private void Enters(Sitting one)
    {
        one.Line = one.History.Opens("one");
        var call = one.History.AsksAll(one.Line, "Enter", one.Positions);
        one.Audiences = [.. _session.AudiencesOf(one.Person).Select(a => a.Name)];
        one.History.IsTold(one.Line, "Enter", call, _session.Head, one.Audiences.Select(a => new AudienceTold(a, _session.Head, !one.Positions.ContainsKey(a))));
        one.Positions = one.Audiences.ToDictionary(a => a, _ => _session.Head);
    }

    private void ComesBack(Who who)
    {
        var one = _people.Single(p => p.Person == who.Id);
        one.History.Closes(one.Line);
        Does(World.host, new SendMessage($"{who.Name} is away", []));
        Enters(one);
    }

    /// <summary>The last command again, under its number: the same answer.</summary>
    private void SendsAgain(Who who)
    {
        var one = _people.Single(p => p.Person == who.Id);
        var mark = new CommandMark($"{one.Person}.{one.History.Instance}", one.Number);
        one.History.Sends(one.Line, one.Number, "again");
        if (_session.Applied.TryGetPosition(mark, out var position))
            one.History.Hears(one.Line, one.Number, Answer.AlreadySo(position));
        else
            one.History.HearsNothing(one.Line, one.Number, "the line broke");
    }

    private void Does(Who who, Command command)
    {
        var one = _people.Single(p => p.Person == who.Id);
        one.History.Sends(one.Line, ++one.Number, command.GetType().Name);
        var answer = Append(one.Person, new($"{one.Person}.{one.History.Instance}", one.Number), command);
        one.History.Hears(one.Line, one.Number, answer);
    }

    private Answer Append(PersonId by, CommandMark mark, Command command)
    {
        var actor = by == PersonId.System ? Actor.System : new(by, false, false);
        var at = World.Noon.AddSeconds(Log.Count);
        switch (_session.Decide(actor, mark, command, at, 7))
        {
            case Decision.Accepted accepted:
                var entry = new LogEntry(at, by, mark.Instance, mark.Number, accepted.Events);
                var before = _session;
                _session = _session.Evolve(entry);
                Log.Add(entry);
                Show(before, entry);
                return Answer.Accepted(_session.Head);
            case Decision.Refused refused:
                return Answer.Refused(refused.Why);
            default:
                return Answer.AlreadySo(_session.Head);
        }
    }

    private void Show(Session before, LogEntry entry)
    {
        var keys = new HashSet<ViewKey>();
        Session.Touches(before, _session, entry, keys);
        var now = _people.ToDictionary(p => p, p => _session.AudiencesOf(p.Person).Select(a => a.Name).ToHashSet());
        foreach (var audience in keys.SelectMany(_session.Render).Select(s => s.To.Name).Distinct())
        {
            foreach (var one in _people.Where(p => p.Audiences.Contains(audience) && now[p].Contains(audience)))
            {
                one.History.IsShown(one.Line, audience, _told.GetValueOrDefault(audience), _session.Head);
                one.Positions[audience] = _session.Head;
            }
            _told[audience] = _session.Head;
        }
        foreach (var one in _people.Where(p => !p.Audiences.SetEquals(now[p])))
        {
            one.History.IsTold(one.Line, "Moved", 0, _session.Head, now[one].Select(a => one.Audiences.Contains(a) ? new AudienceTold(a, 0, false) : new AudienceTold(a, _session.Head, true)));
            one.Audiences = now[one];
            one.Positions = one.Audiences.ToDictionary(a => a, _ => _session.Head);
        }
    }
}
