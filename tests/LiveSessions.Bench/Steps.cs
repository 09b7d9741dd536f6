using BenchmarkDotNet.Attributes;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Redis;
using LiveSessions.Sessions;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Bench;

/// <summary>The steps of one note edit, in a session of 150 people in 25 rooms with 500 notes, and of one person's first picture.</summary>
[MemoryDiagnoser]
public class Steps
{
    private readonly CleanText _clean = new();
    private Gathering _gathering = null!;
    private LogEntry _edited = null!;
    private byte[] _editedBytes = null!;
    private byte[][] _log = null!;
    private NoteView _note = null!;
    private Dictionary<string, byte[]> _views = null!;
    private long _number;

    [GlobalSetup]
    public void Make()
    {
        _gathering = new(150, 6, 500);
        var session = _gathering.Session;
        var decision = (Decision.Accepted)session.Decide(new(_gathering.People[3], false, false), CommandMark.None, Gathering.Edit(3, 1), DateTimeOffset.UnixEpoch, 1);
        _edited = new(DateTimeOffset.UnixEpoch, _gathering.People[3], "p3.bench-bench", 17, decision.Events);
        _editedBytes = EntryBytes.Write(_edited).ToArray();
        _log = [.. _gathering.Log.Select(e => EntryBytes.Write(e).ToArray())];
        _note = (NoteView)session.Render(new("note", "n3")).Single().View;
        _views = session.AllKeys().SelectMany(k => session.Render(k).Where(s => s.To == Audience.All || s.To == Audience.Room(_note.Room)).Select(s => (Name: Session.StoreName(k), s.View)))
            .ToDictionary(v => v.Name, v => WireBytes.Of(v.View));
    }

    [Benchmark]
    public Decision Decide() => _gathering.Session.Decide(new(_gathering.People[3], false, false), new("p3.bench-bench", ++_number), Gathering.Edit(3, _number), DateTimeOffset.UnixEpoch, 1);

    [Benchmark]
    public Session FoldOneEntry() => _gathering.Session.Evolve(_edited);

    [Benchmark]
    public ReadOnlyMemory<byte> WriteEntry() => EntryBytes.Write(_edited);

    [Benchmark]
    public LogEntry ReadEntry() => EntryBytes.Read(_editedBytes);

    [Benchmark]
    public IReadOnlyList<Shown> RenderNote() => [.. _gathering.Session.Render(new("note", "n3"))];

    [Benchmark]
    public byte[] SerialiseNote() => WireBytes.Of(_note);

    [Benchmark]
    public string CleanPlainWords() => _clean.Clean(_note.Text);

    [Benchmark]
    public string CleanRichWords() => _clean.Clean("<p>What would make the <b>next</b> workshop <i>better</i></p><ul><li>one</li><li><a href=\"https://example.org\">two</a></li></ul>");

    [Benchmark]
    public Session FoldWholeLog()
    {
        var session = new Session(new("s1"));
        foreach (var bytes in _log)
            session = session.Evolve(EntryBytes.Read(bytes));
        return session;
    }

    [Benchmark]
    public byte[] SnapshotPlain() => new SharedSnapshot().Plain(_views);

    [Benchmark]
    public int SnapshotPacked() => new SharedSnapshot().Packed(_views)?.Parts.Count ?? 0;
}

/// <summary>The write path of a session with a log in memory: what one command costs this process, without Redis and without anybody listening.</summary>
[MemoryDiagnoser]
public class Desk
{
    private readonly InMemorySessionLog _log = new();
    private Gathering _gathering = null!;
    private SessionDesk _desk = null!;
    private long _number;

    [Params(1, 32)]
    public int AtOnce { get; set; }

    [GlobalSetup]
    public async Task Make()
    {
        _gathering = new(150, 6, 150);
        var epoch = (await _log.Open(new("s1"), "e")).Epoch!;
        await _log.Append(new("s1"), new(epoch, 0), [.. _gathering.Log.Select(EntryBytes.Write)]);
        var needs = new DeskNeeds(TimeProvider.System, NullLogger.Instance, (_, _, _, _) => { }, (_, _) => { }, (_, _) => { }, _ => 0);
        _desk = (await SessionDesk.Open(new("s1"), false, _log, needs, CancellationToken.None))!;
    }

    [GlobalCleanup]
    public async Task Close() => await _desk.DisposeAsync();

    [Benchmark(OperationsPerInvoke = 32)]
    public async Task Edit()
    {
        for (var i = 0; i < 32; i += AtOnce)
            await Task.WhenAll(Enumerable.Range(i, AtOnce).Select(n =>
            {
                var number = ++_number;
                return _desk.Act(new(_gathering.People[n], false, false), new("p.bench-bench", number), Gathering.Edit(n, number));
            }));
    }
}
