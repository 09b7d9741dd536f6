using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Sessions;
using Microsoft.Extensions.Logging;

namespace LiveSessions.Simulation;

/// <summary>
/// One life of one server: the product's desk and publisher, reached over fake lines. What stands round the desk in the product (hub, attendance, pulse) is done here in the same order and
/// with the same waits, because those speak to SignalR and Redis.
/// </summary>
internal sealed class Node : ILogger
{
    private readonly Run _run;
    private readonly DeskNeeds _needs;
    private readonly CleanText _clean;
    private readonly HashSet<Wire> _wires = [];
    private Chance _chance;
    private Task<SessionDesk?>? _opening;
    private bool _isDead;
    private TimeSpan _openedAt;
    private long? _openedWith;

    // What the product has in RedisReturn.
    private Meeting? _meeting;
    private string _which;
    private TimeSpan _backAt;
    private int _timesGone;
    private Task _closing = Task.CompletedTask;

    public Node(Run run, int number, TimeSpan skew, CleanText clean)
    {
        (_run, Number, _clean) = (run, number, clean);
        _chance = run.ChanceOf($"node {number}");
        Log = new(run.Log, run, () => _isDead);
        // A server that has just started waits less than one that lost the log; to start takes it the rest.
        (_which, _backAt) = (run.Log.Which, run.Machine.Elapsed);
        _needs = new(new SkewedClock(run.Machine, skew), this, Wrote, (_, _) => { }, (_, _) => { }, _ => 0) { Scheduler = run.Machine.Tasks, Chance = Dice, OthersLooked = () => run.Twist.NobodyWaits ? Task.CompletedTask : _meeting?.Hold() ?? Task.CompletedTask };
        Beat();
    }

    public int Number { get; }
    public NodeLog Log { get; }
    public bool IsDead => _isDead;
    private string Name => $"n{Number}";
    public TimeProvider Time => _needs.Time;

    private SessionDesk? OpenDesk => _opening is { IsCompletedSuccessfully: true, Result: { } desk } ? desk : null;

    /// <summary>The process is gone: the desk and all lines with it, in the middle of whatever they did.</summary>
    public void Die()
    {
        _isDead = true;
        foreach (var wire in _wires.ToList())
            wire.NodeDied();
        _wires.Clear();
    }

    /// <summary>The desk is put away, as one that nobody has used for a while.</summary>
    public void PutAway()
    {
        if (OpenDesk is not { } desk)
            return;
        _opening = null;
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _closing = closed.Task;
        _run.Machine.Start(async () =>
        {
            await desk.DisposeAsync();
            closed.SetResult();
        });
    }

    /// <summary>From which length on it has all entries that could be lost now, and how far it knows the log.</summary>
    public (long From, long Head)? Knows => OpenDesk is { } desk ? (_run.Machine.Elapsed - _openedAt > TimeSpan.FromSeconds(2) ? 0 : _openedWith ?? desk.Session.Head, desk.Session.Head) : null;

    /// <summary>The log is gone for a while, and may be another one afterwards.</summary>
    public void LogGoes(TimeSpan away)
    {
        Log.AwayUntil = _run.Machine.Ticks + away.Ticks;
        Log.Slow = default;
        var meeting = new Meeting(new Place(this), [.. _run.Living().Where(n => n != this).Select(n => n.Name)], _which, () => OpenDesk?.LookAgain() ?? Task.CompletedTask, Time, this);
        // Who waits for an answer may hear of it before the node is told.
        _run.Machine.After(TimeSpan.FromMilliseconds(_chance.Below(4)), Log.Break);
        _run.Machine.After(TimeSpan.FromMilliseconds(_chance.Below(4)), () =>
        {
            _meeting = meeting;
            _timesGone++;
            OpenDesk?.Doubt();
        });
        _run.Machine.After(away, () =>
        {
            if (_isDead)
                return;
            _run.Tell($"node {Number} finds the log again");
            _backAt = _run.Machine.Elapsed;
            _run.Machine.Start(async () =>
            {
                await meeting.Hold();
                if (_meeting == meeting && meeting.Here is { } here)
                    _which = here;
            });
        });
    }

    /// <summary>Who does not hold the session leaves its log to those who may for a moment.</summary>
    private async Task OthersFirst()
    {
        while (_run.Machine.Ticks < Log.AwayUntil)
        {
            await _run.Machine.Wait(TimeSpan.FromMilliseconds(20));
            _backAt = _run.Machine.Elapsed;
        }
        if (_backAt + TimeSpan.FromSeconds(3) - _run.Machine.Elapsed is var left && left <= TimeSpan.Zero)
            return;
        var waited = _run.Machine.Wait(left);
        if (_meeting?.Hold() is not { } meeting)
        {
            await waited;
            return;
        }
        await _run.Machine.Either(meeting, waited);
        if (!meeting.IsCompleted || !await meeting)
            await waited;
    }

    /// <summary>Where nodes sign that they have looked, as far away as the log.</summary>
    private sealed class Place(Node node) : IMeetingPlace
    {
        public async Task<string?> Which()
        {
            try
            {
                await node.Log.Reach();
                return node._run.Log.Which;
            }
            catch (LogAway)
            {
                return null;
            }
        }

        public async Task Sign(string which)
        {
            await node.Log.Reach();
            node._run.Log.Signed[node.Name] = which;
        }

        public async Task<IReadOnlyList<string>> Missing(IReadOnlyList<string> servers, string which)
        {
            await node.Log.Reach();
            return [.. servers.Where(s => node._run.Log.Signed.GetValueOrDefault(s) != which)];
        }
    }

    private async Task<SessionDesk?> Open(bool begin)
    {
        // The product puts away what was not used for ten minutes: nothing is under way there any more.
        await _closing;
        while (true)
        {
            var times = _timesGone;
            if (_run.IsSetBack)
                await OthersFirst();
            var desk = await SessionDesk.Open(_run.Session, begin, Log, _needs, CancellationToken.None);
            if (desk is null || times == _timesGone)
                return desk;
            await desk.DisposeAsync();
        }
    }

    private async Task<SessionDesk?> Desk(bool begin = false)
    {
        if (_opening is null)
            (_openedAt, _openedWith) = (_run.Machine.Elapsed, null);
        var opening = _opening ??= Open(begin);
        try
        {
            if (await opening is { } desk)
            {
                if (_openedWith is null)
                    _run.Tell($"node {Number} has opened the log, {_openedWith = desk.Session.Head} entries");
                return desk;
            }
        }
        catch (Exception e)
        {
            if (_opening == opening)
                _opening = null;
            throw new LiveSessionsUnavailable("The log could not be reached.", e);
        }
        if (_opening == opening)
            _opening = null;
        return null;
    }

    public async Task<Answer> Act(Actor by, CommandMark mark, Command command) =>
        await Desk(command is CreateSession) is { } desk ? await desk.Act(by, mark, command) : Answer.Refused(Refusal.NoSession);

    // The hub.

    public async Task<object> Call(Wire wire, object message) => message switch
    {
        Enter enter => await Enter(wire, enter.Positions, enter.Tables),
        Resume resume => await Enter(wire, resume.Positions, false),
        Act act => await Act(new Actor(wire.Person, false, false), new CommandMark($"{wire.Person}.{act.Instance}", act.Number), act.Command is ICarriesRichText rich ? rich.WithCleanText(_clean.Clean) : act.Command),
        _ => throw new NotSupportedException(),
    };

    private async Task<RawJson> Enter(Wire wire, IReadOnlyDictionary<string, long>? positions, bool packs)
    {
        if (await Desk() is not { } desk)
            throw new NotTaken();
        if (wire.IsStaff)
            await desk.Act(Actor.System, CommandMark.None, new JoinAsStaff(wire.Person, wire.Name, wire.Person.Value == "host"));
        var line = wire.LineHere(_needs.Time);
        if (await desk.Enter(line, positions, packs) is not { } snapshot)
            throw new NotTaken();
        _wires.Add(wire);
        if (desk.Session.Find(wire.Person) is { IsHere: false })
            _run.Machine.Start(() => Quietly(() => desk.Act(Actor.System, CommandMark.None, new MarkHere(wire.Person))));
        return snapshot;
    }

    /// <summary>The line's end was noticed here.</summary>
    public void Left(Wire wire)
    {
        _wires.Remove(wire);
        if (_isDead || wire.Line is not { } line)
            return;
        _run.Machine.Start(() => Quietly(async () =>
        {
            if (await Desk() is not { } desk)
                return;
            desk.Leave(line);
            await _run.Machine.Wait(Attendance.Grace);
            if (!_run.IsConnected(wire.Person))
                await desk.Act(Actor.System, CommandMark.None, new MarkAway(wire.Person));
        }));
    }

    // What nodes tell each other, and the pulse.

    private void Wrote(SessionId session, string epoch, long head, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        if (!_isDead)
            _run.Hint(this, epoch, head, entries);
    }

    public void Follow(string epoch, long head, IReadOnlyList<byte[]>? entries)
    {
        if (!_isDead)
            OpenDesk?.Follow(epoch, head, entries);
    }

    private void Beat()
    {
        if (_isDead)
            return;
        _run.Machine.After(TimeSpan.FromSeconds(1), Beat);
        if (OpenDesk is not { } desk)
            return;
        // SignalR's own pings, which keep a quiet line.
        foreach (var wire in _wires)
            wire.Ping();
        if (!_run.Twist.NoHeads)
            foreach (var line in desk.Lines)
                line.Send(nameof(Heads), new Heads(desk.Session.Head, 0, _needs.Time.GetUtcNow()));
        if (!_run.Twist.NoHintsNoLooks)
            desk.Look();
        if (desk.Session.House.RecallEndsAt is { } recall && recall <= _needs.Time.GetUtcNow())
            _run.Machine.Start(() => Quietly(() => desk.Act(Actor.System, CommandMark.None, new CloseRooms())));
    }

    private ulong Dice()
    {
        var thrown = _chance.Next();
        return _run.Twist.RulesFail && thrown % 16 == 0 ? throw new InvalidOperationException("A rule failed.") : thrown;
    }

    private static async Task Quietly(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (LiveSessionsUnavailable)
        {
        }
    }

    // What the desk has to say of itself: rules may not fail, and it may only fail because the log is away.

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
    public bool IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Warning)
            _run.Tell($"node {Number}: {formatter(state, exception)}");
        if (eventId.Id == 1002)
            _run.Violated(Law.Rules, $"{formatter(state, exception)} {exception}");
        else if (logLevel >= LogLevel.Error && exception is not (null or LogAway or LiveSessionsUnavailable { InnerException: null or LogAway }))
            _run.Violated(Law.Desk, $"{formatter(state, exception)} {exception}");
    }
}

/// <summary>The hub says no, with words: the browser sends it again.</summary>
internal sealed class NotTaken : Exception;
