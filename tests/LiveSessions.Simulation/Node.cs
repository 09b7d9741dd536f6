using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Sessions;
using Microsoft.Extensions.Logging;

namespace LiveSessions.Simulation;

/// <summary>
/// One life of one server: the product's desk, publisher and return after a break, reached over fake lines. What stands round them in the product (hub, attendance, pulse) is done here in the same order and
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

    private readonly Seen _seen;
    private readonly RedisReturn _return;
    private readonly TimeSpan _startsUntil;
    private Task _closing = Task.CompletedTask;

    /// <param name="logIsAwayUntil">Ticks of the machine's clock; past where the log is there.</param>
    public Node(Run run, int number, TimeSpan skew, CleanText clean, long logIsAwayUntil)
    {
        (_run, Number, _clean) = (run, number, clean);
        _chance = run.ChanceOf($"node {number}");
        Log = new(run.Log, run, () => _isDead) { AwayUntil = logIsAwayUntil };
        _startsUntil = run.Machine.Elapsed + StartsFor;
        _seen = new(this);
        _return = new(_seen, new SkewedClock(run.Machine, skew), this);
        _return.IsGone += () => OpenDesk?.Doubt();
        _return.IsBack += () => OpenDesk?.LookAgain() ?? Task.CompletedTask;
        FindTheLogAgain();
        _needs = new(new SkewedClock(run.Machine, skew), this, Wrote, (_, _) => { }, (_, _) => { }, _ => 0) { Scheduler = run.Machine.Tasks, Chance = Dice, OthersLooked = () => run.Twist.NobodyWaits ? Task.CompletedTask : _return.OthersLooked() };
        Beat();
    }

    public int Number { get; }
    public NodeLog Log { get; }
    public bool IsDead => _isDead;
    private string Name => $"n{Number}";
    public TimeProvider Time => _needs.Time;

    private SessionDesk? OpenDesk => _opening is { IsCompletedSuccessfully: true, Result: { } desk } ? desk : null;

    /// <summary>From the moment in which a process has begun until it takes anybody in.</summary>
    private static readonly TimeSpan StartsFor = TimeSpan.FromSeconds(0.5);

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
    public void LoseTheLog(TimeSpan away)
    {
        Log.AwayUntil = _run.Machine.Ticks + away.Ticks;
        Log.Slow = default;
        // Who waits for an answer may hear of it before the node is told.
        _run.Machine.After(TimeSpan.FromMilliseconds(_chance.Below(4)), Log.Break);
        _run.Machine.After(TimeSpan.FromMilliseconds(_chance.Below(4)), () =>
        {
            if (!_isDead)
                _seen.Lose();
        });
        FindTheLogAgain();
    }

    /// <summary>When the log can be reached again, unless it went once more until then.</summary>
    public void FindTheLogAgain() => _run.Machine.After(TimeSpan.FromTicks(Log.AwayUntil - _run.Machine.Ticks) + TimeSpan.FromMilliseconds(_chance.Below(4)), () =>
    {
        if (!_isDead && _seen.IsConnected)
            _seen.Find();
    });

    /// <summary>The log and the other nodes, as this one sees them.</summary>
    private sealed class Seen(Node node) : IRedisSeen
    {
        private bool _wasThere = node._run.Machine.Ticks >= node.Log.AwayUntil;

        public event Action? Went;
        public event Action? CameBack;
        public bool IsConnected => node._run.Machine.Ticks >= node.Log.AwayUntil;
        public bool IsAlone => node._run.Living().All(n => n == node);
        public IReadOnlyList<string>? LastOthers => [.. node._run.Living().Where(n => n != node).Select(n => n.Name)];
        public IMeetingPlace Place { get; } = new Place(node);

        public void Lose()
        {
            _wasThere = false;
            Went?.Invoke();
        }

        public void Find()
        {
            if (_wasThere)
                return;
            _wasThere = true;
            node._run.Tell($"node {node.Number} finds the log again");
            CameBack?.Invoke();
        }
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
        if (_startsUntil > _run.Machine.Elapsed)
            await _run.Machine.Wait(_startsUntil - _run.Machine.Elapsed);
        return await _return.Open(() => SessionDesk.Open(_run.Session, begin, Log, _needs, CancellationToken.None));
    }

    private async Task<SessionDesk?> Desk(bool begin = false)
    {
        if (_opening is null)
            _openedWith = null;
        var opening = _opening ??= Open(begin);
        try
        {
            if (await opening is { } desk)
            {
                if (_openedWith is null)
                {
                    _run.Tell($"node {Number} has opened the log, {_openedWith = desk.Session.Head} entries");
                    _openedAt = _run.Machine.Elapsed;
                }
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
