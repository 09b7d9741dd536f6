using LiveSessions.Log;
using LiveSessions.Rehearsal;

namespace LiveSessions.Simulation;

/// <summary>What one asked, when, and what came of it. Moments are the machine's, so before and after are known for sure.</summary>
internal sealed class Asked(PersonId person, string instance, long number, Command command, long moment)
{
    public PersonId Person => person;
    public CommandMark Mark { get; } = new($"{person}.{instance}", number);
    public Command Command => command;
    public long Number => number;
    public long AskedAt => moment;
    public long AnsweredAt { get; set; }
    public int TimesSent { get; set; }

    /// <summary>A copy of it may turn up when it is answered already.</summary>
    public bool HasStrays { get; set; }
    public Answer? Answer { get; set; }
    public override string ToString() => $"{Mark.Instance} {Mark.Number} {Command.GetType().Name}, sent {TimesSent} times, answered {(Answer is null ? "never" : $"{Answer.Kind} {Answer.Position}{Answer.Reason}")}";
}

/// <summary>
/// One browser tab: the client's own store, with the rules of the live line (docs/protocol.md) on the simulation's clock. Commands wait in the outbox, go one at a time and in order, and
/// are sent again under the same number until there is an answer.
/// </summary>
internal sealed class Tab
{
    private static readonly TimeSpan EarlyFor = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan BehindFor = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    /// <summary>So long, at most, somebody waits who knows of entries that they were not told, before they ask.</summary>
    public static readonly TimeSpan LongestPatience = TimeSpan.FromSeconds(20);
    private readonly Run _run;
    private readonly Queue<Asked> _outbox = new();
    private readonly List<Action> _held = [];

    /// <summary>How long the log was when one was last moved to another room on this wire.</summary>
    private long _movedAt;
    private Chance _chance;
    private Wire? _wire;
    private bool _isEntered, _isSending, _isFilling, _isResuming;
    private int _failed, _wires;
    private long _next, _heardAt, _seen;
    private long? _behindSince;
    private TimeSpan _patience = BehindFor;
    private long _acked;

    public Tab(Run run, PersonId person, string name, bool isStaff, int number)
    {
        (_run, Person, Name, IsStaff) = (run, person, name, isStaff);
        Instance = $"tab-{person}-{number}";
        Tape = run.Records ? new(Instance) : null;
        _chance = run.ChanceOf(Instance);
        run.Machine.After(TimeSpan.Zero, Connect);
        run.Machine.After(Silence, WatchSilence);
    }

    public PersonId Person { get; }
    public string Name { get; }
    public bool IsStaff { get; }
    public string Instance { get; }
    public Store Store { get; } = new();

    /// <summary>Everything the store was told, when the run records it.</summary>
    public Tape? Tape { get; }
    public List<Asked> Everything { get; } = [];
    public Wire? Wire => _wire;

    /// <summary>Closed for good, with whatever was in the outbox.</summary>
    public bool IsGone { get; private set; }
    public bool IsDismissed { get; private set; }
    public bool IsEntered => _isEntered;

    /// <summary>Since when it has known of entries that it was not told, and how long it waits before it asks for them.</summary>
    public string Behind => _behindSince is { } since ? $"behind since {TimeSpan.FromTicks(since).TotalSeconds:0.0} s, asks after {_patience.TotalSeconds:0.0} s" : "not behind";
    public bool IsQuiet => IsGone || IsDismissed || (_isEntered && _outbox.Count == 0 && !Store.HasHole && !_isResuming && _behindSince is null);

    public void Ask(Command command)
    {
        var asked = new Asked(Person, Instance, ++_next, command, _run.Machine.Moment());
        Everything.Add(asked);
        _outbox.Enqueue(asked);
        Pump();
    }

    public void CloseForGood()
    {
        IsGone = true;
        _wire?.Close();
        _wire = null;
        _isEntered = false;
    }

    /// <summary>Out of the network for a moment.</summary>
    public void Drop() => _wire?.Break();

    // The line.

    private void Connect()
    {
        if (IsGone || IsDismissed || _wire is not null)
            return;
        if (_run.NodeFor(_chance.Below(1_000)) is not { } node)
        {
            _failed++;
            ConnectLater();
            return;
        }
        var wire = _wire = new Wire(_run, this, node, ++_wires);
        _heardAt = _run.Machine.Ticks;
        _held.Clear();
        _movedAt = 0;
        var positions = Store.Positions;
        wire.Call(new Enter(Instance, positions.Count == 0 ? null : positions, Tables: Instance[^1] % 2 == 0), answer => Entered(wire, answer as Snapshot));
    }

    private void ConnectLater()
    {
        var most = Math.Min(5_000, 200 * Math.Pow(2, Math.Max(1, _failed)));
        _run.Machine.After(TimeSpan.FromMilliseconds(200 + _chance.Below((int)(most - 200) + 1)), Connect);
    }

    private void Entered(Wire wire, Snapshot? snapshot)
    {
        if (wire != _wire)
            return;
        if (snapshot is null)
        {
            wire.Close();
            Lost(wire);
            // Whoever was removed finds no seat any more and gives up.
            IsDismissed = _run.IsRemoved(Person);
            return;
        }
        _heardAt = _run.Machine.Ticks;
        Take(snapshot, true);
        _isEntered = true;
        _failed = 0;
        _isResuming = false;
        foreach (var tell in _held.ToList())
            tell();
        _held.Clear();
        Pump();
    }

    public void Lost(Wire wire)
    {
        if (wire != _wire)
            return;
        _wire = null;
        _isEntered = _isSending = _isResuming = false;
        _behindSince = null;
        _failed++;
        ConnectLater();
    }

    private void WatchSilence()
    {
        if (IsGone || IsDismissed)
            return;
        if (_wire is { } wire && _run.Machine.Ticks - _heardAt >= Silence.Ticks)
        {
            wire.Close();
            Lost(wire);
        }
        _run.Machine.After(TimeSpan.FromSeconds(1), WatchSilence);
    }

    // The outbox.

    private void Pump()
    {
        if (!_isEntered || _isSending || !_outbox.TryPeek(out var asked))
            return;
        _isSending = true;
        asked.TimesSent++;
        var wire = _wire!;
        var act = new Act(Instance, asked.Number, asked.Command);
        asked.HasStrays |= _run.Stray(Person, act) || asked.TimesSent > 1;
        wire.Call(act, answer =>
        {
            if (wire != _wire)
                return;
            _heardAt = _run.Machine.Ticks;
            if (answer is Answer given)
                Answered(asked, given);
            else
                _run.Machine.After(TimeSpan.FromMilliseconds(50 + _chance.Below(400)), () =>
                {
                    if (wire != _wire)
                        return;
                    _isSending = false;
                    Pump();
                });
        });
    }

    private void Answered(Asked asked, Answer answer)
    {
        (asked.Answer, asked.AnsweredAt) = (answer, _run.Machine.Moment());
        _acked = Math.Max(_acked, answer.Position ?? 0);
        _outbox.Dequeue();
        _isSending = false;
        Pump();
    }

    // What one hears.

    public void Heard(Wire wire)
    {
        if (wire == _wire)
            _heardAt = _run.Machine.Ticks;
    }

    public void Shown(Wire wire, Show told, Show sent)
    {
        if (wire != _wire)
            return;
        _heardAt = _run.Machine.Ticks;
        if (!_isEntered)
        {
            _held.Add(() => Shown(wire, told, sent));
            return;
        }
        var before = Store.Positions;
        var taken = Store.Take(told);
        Tape?.Show(told, taken);
        if (taken == Taken.Applied)
        {
            if (!before.TryGetValue(sent.Audience, out var held) || sent.After > held)
                _run.Violated(Law.Contiguous, $"{Instance} held {sent.Audience} up to {held} and took a message that follows {sent.After}");
            _seen = Math.Max(_seen, Store.Seen);
            _behindSince = null;
            _patience = BehindFor;
        }
        NotBack(before);
        Fill();
    }

    public void Moved(Wire wire, Snapshot snapshot)
    {
        if (wire != _wire)
            return;
        _heardAt = _run.Machine.Ticks;
        _movedAt = Math.Max(_movedAt, snapshot.Head);
        if (_isEntered)
            Take(snapshot, false);
        else
            _held.Add(() => Moved(wire, snapshot));
    }

    private void Take(Snapshot snapshot, bool fresh)
    {
        if (fresh && snapshot.Head < _acked)
            _run.Violated(Law.OwnWords, $"{Instance} was answered at {_acked} and then shown a snapshot of {snapshot.Head}");
        var before = Store.Positions;
        Store.Take(snapshot, fresh);
        Tape?.Snapshot(snapshot, fresh);
        _seen = fresh ? snapshot.Head : Math.Max(_seen, snapshot.Head);
        _behindSince = null;
        NotBack(before);
        Fill();
    }

    /// <summary>Nothing that is held ever goes back in time.</summary>
    private void NotBack(IReadOnlyDictionary<string, long> before)
    {
        foreach (var (audience, position) in Store.Positions)
            if (before.TryGetValue(audience, out var was) && position < was)
                _run.Violated(Law.Contiguous, $"{Instance} held {audience} up to {was} and went back to {position}");
    }

    private void Fill()
    {
        if (!Store.HasHole || _isFilling)
            return;
        _isFilling = true;
        _run.Machine.After(EarlyFor, () =>
        {
            _isFilling = false;
            if (Store.HasHole)
                Resume();
        });
    }

    public void HeardHeads(Wire wire, Heads heads)
    {
        if (wire != _wire)
            return;
        _heardAt = _run.Machine.Ticks;
        var now = _run.Machine.Ticks;
        if (heads.Head <= _seen)
            _behindSince = null;
        else if ((_behindSince ??= now) + _patience.Ticks < now)
        {
            _behindSince = now;
            _patience = _patience * 2 < LongestPatience ? _patience * 2 : LongestPatience;
            Resume();
        }
    }

    private void Resume()
    {
        if (!_isEntered || _isResuming || _wire is not { } wire)
            return;
        _isResuming = true;
        wire.Call(new Resume(Store.Positions), answer =>
        {
            if (wire != _wire)
                return;
            _isResuming = false;
            _heardAt = _run.Machine.Ticks;
            // As the browser does: an answer made before one was moved knows nothing of the new room, and would take it away again.
            if (answer is Snapshot { Head: var head } && head < _movedAt)
                Resume();
            else if (answer is Snapshot snapshot)
                Take(snapshot, false);
            else
                Fill();
        });
    }

    public void Dismissed(Wire wire, Dismissed why)
    {
        if (wire != _wire)
            return;
        IsDismissed = true;
        wire.Close();
        _wire = null;
        _isEntered = false;
    }
}
