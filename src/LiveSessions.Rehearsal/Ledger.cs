using System.Collections.Concurrent;
using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using Microsoft.Extensions.Logging;

namespace LiveSessions.Rehearsal;

/// <summary>A text that somebody asked to keep, as the server has acknowledged it.</summary>
/// <param name="Whose">Whose words they are.</param>
internal sealed record Kept(string Key, string Whose, string Text, bool IsNote)
{
    public bool IsTakenBack { get; init; }
    public bool IsHeld { get; init; }
}

/// <summary>One command that was answered.</summary>
/// <param name="Room">The room whose people see the effect; empty when it is not for them, as a note written in silence.</param>
/// <param name="Again">The line broke under it: it waited for the line to come back, which says nothing about the server.</param>
internal sealed record Asked(string By, Command Command, string Room, long At, long AnsweredAt, Answer Answer, bool Again)
{
    public bool IsTimed => Answer.Kind == "accepted" && !Again;
}

/// <summary>When one person's view of a room had come up to a position, and whether by a message of its own.</summary>
internal readonly record struct Receipt(long UpTo, long At, bool IsLive);

/// <summary>The book of everything asked and heard, all in one process and by one clock.</summary>
internal sealed class Ledger : ILoggerProvider
{
    private readonly ConcurrentQueue<Asked> _asked = new();
    private readonly ConcurrentDictionary<string, Kept> _kept = new();
    private readonly ConcurrentDictionary<(string Poll, string Voter), byte> _votes = new();
    private readonly ConcurrentDictionary<(string Person, string Audience), List<Receipt>> _receipts = new();
    private readonly ConcurrentQueue<string> _faults = new(), _doorFailures = new();
    private int _sent, _again, _breaks, _holes, _glimpses, _failures;

    public IReadOnlyCollection<Asked> Asked => _asked;
    public IReadOnlyDictionary<string, Kept> Texts => _kept;
    public IReadOnlyCollection<(string Poll, string Voter)> Votes => [.. _votes.Keys];

    /// <summary>What the client library itself complained about: a message it could not read, say.</summary>
    public IReadOnlyCollection<string> Faults => _faults;
    public int Sent => _sent;
    public int Again => _again;
    public int Breaks => _breaks;
    public int Holes => _holes;
    public int Glimpses => _glimpses;
    public int LineFailures => _failures;

    /// <summary>Requests at the door that the server could not answer, by what it said.</summary>
    public IReadOnlyCollection<string> DoorFailures => _doorFailures;

    public void DoorFailed(string what) => _doorFailures.Enqueue(what);

    public void SentAgain() => Interlocked.Increment(ref _again);
    public void LineBroke() => Interlocked.Increment(ref _breaks);
    public void HoleFound() => Interlocked.Increment(ref _holes);
    public void GlimpseHeard() => Interlocked.Increment(ref _glimpses);
    public void LineFailed(Exception e)
    {
        if (Interlocked.Increment(ref _failures) <= 5)
            LastLineFailure = e.Message;
    }

    public string? LastLineFailure { get; private set; }

    public void Heard(string person, string audience, long upTo, bool isLive)
    {
        if (!audience.StartsWith("room:", StringComparison.Ordinal))
            return;
        var list = _receipts.GetOrAdd((person, audience), _ => []);
        lock (list)
            list.Add(new(upTo, Stopwatch.GetTimestamp(), isLive));
    }

    /// <summary>Sends a command for a person and writes down when it was asked, when answered, and what must now be there.</summary>
    public async Task<Answer> Ask(Line line, string by, string room, Command command)
    {
        Interlocked.Increment(ref _sent);
        var at = Stopwatch.GetTimestamp();
        var (answer, again) = await line.Ask(command);
        _asked.Enqueue(new(by, command, room, at, Stopwatch.GetTimestamp(), answer, again));
        if (!answer.IsRefused)
            Count(by, command);
        return answer;
    }

    private void Count(string by, Command command)
    {
        switch (command)
        {
            case AddNote add: _kept["note:" + add.Note] = new("note:" + add.Note, by, add.Text, true); break;
            case WriteTurn write: _kept["turn:" + write.Turn] = new("turn:" + write.Turn, write.Speaker.Value, write.Text, false); break;
            case EditNote { Text: { } text } edit: Change("note:" + edit.Note, k => k with { Text = text }); break;
            case CorrectTurn correct: Change("turn:" + correct.Turn, k => k with { Text = correct.Text }); break;
            case HoldNote hold: Change("note:" + hold.Note, k => k with { IsHeld = hold.Held }); break;
            case HoldTurn hold: Change("turn:" + hold.Turn, k => k with { IsHeld = hold.Held }); break;
            case TakeBackNote back: Change("note:" + back.Note, k => k with { IsTakenBack = true }); break;
            case CastBallot cast: _votes[(cast.Poll.Value, by)] = 1; break;
        }
    }

    private void Change(string key, Func<Kept, Kept> change) =>
        _kept.AddOrUpdate(key, k => throw new InvalidOperationException($"{k} was changed before it was there."), (_, was) => change(was));

    /// <summary>Milliseconds from asking to the answer, for every accepted command.</summary>
    public Percentiles Acknowledged() =>
        new([.. _asked.Where(a => a.IsTimed).Select(a => Stopwatch.GetElapsedTime(a.At, a.AnsweredAt).TotalMilliseconds)]);

    /// <summary>The kinds of command that were answered slowest, with how many there were and their 99th percentile.</summary>
    public IReadOnlyList<(string Kind, int Count, double P99)> Slowest(int most) =>
    [
        .. _asked.Where(a => a.IsTimed).GroupBy(a => a.Command.GetType().Name)
            .Select(g => (g.Key, g.Count(), new Percentiles(g.Select(a => Stopwatch.GetElapsedTime(a.At, a.AnsweredAt).TotalMilliseconds)).Of(99)))
            .OrderByDescending(k => k.Item3).Take(most),
    ];

    /// <summary>
    /// Milliseconds from asking to each room-mate's receipt, for every accepted command whose effect the room sees. Whoever was not on the line then, or was still coming in, is counted
    /// apart: they got it with everything else on coming back.
    /// </summary>
    public (Percentiles Delivered, int Later) Delivered()
    {
        var byRoom = _receipts.GroupBy(r => r.Key.Audience).ToDictionary(g => g.Key, g => g.ToList());
        var times = new List<double>();
        var later = 0;
        foreach (var asked in _asked)
        {
            if (!asked.IsTimed || asked.Answer.Position is not { } position || !IsSeenByRoom(asked.Command) || !byRoom.TryGetValue("room:" + asked.Room, out var mates))
                continue;
            foreach (var ((person, _), receipts) in mates)
            {
                if (person == asked.By)
                    continue;
                lock (receipts)
                {
                    var index = receipts.FindIndex(r => r.UpTo >= position);
                    // Who came into the room afterwards was not waiting for it, and who left it is told no more.
                    if (index <= 0)
                        continue;
                    if (!receipts[index].IsLive)
                        later++;
                    else
                        times.Add(Stopwatch.GetElapsedTime(asked.At, receipts[index].At).TotalMilliseconds);
                }
            }
        }
        return (new(times), later);
    }

    private static bool IsSeenByRoom(Command command) => command is
        AddNote or EditNote or MoveNote or HoldNote or TakeBackNote or WriteTurn or CorrectTurn or HoldTurn or RaiseHand or LowerHand or GiveFloor or PassFloor or FinishTurn or GiveRole
        or AdvancePhase or MarkObserved or CallHelp;

    public ILogger CreateLogger(string categoryName) => new Listener(this);

    public void Dispose() { }

    private sealed class Listener(Ledger ledger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            // A broken socket is what some people are here for; anything else is news.
            if (eventId.Name is "ReceivedInvocationBindingFailure" or "ArgumentBindingFailure" or "ErrorProcessingMessage" or "ErrorInvokingClientSideMethod" && ledger._faults.Count < 20)
                ledger._faults.Enqueue($"{eventId.Name}: {formatter(state, exception)} {exception?.Message}");
        }
    }
}

/// <summary>Exact percentiles: every value is kept and sorted; nearest rank.</summary>
internal sealed class Percentiles
{
    private readonly double[] _sorted;

    public Percentiles(IEnumerable<double> values) => _sorted = [.. values.Order()];

    public int Count => _sorted.Length;
    public double Max => Count == 0 ? double.NaN : _sorted[^1];
    public double Of(double percent) => Count == 0 ? double.NaN : _sorted[Math.Clamp((int)Math.Ceiling(percent / 100 * Count) - 1, 0, Count - 1)];
}
