using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Rehearsal;
using LiveSessions.Server.Live;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Simulation;

/// <summary>
/// One connection between a tab and a node. Calls and answers keep their order, as on a WebSocket; what is shown may besides come late, twice or in another order, which the positions in it must make harmless; only what is told at a position of before is not overtaken.
/// When the wire breaks, whatever is under way is lost, and the two ends notice each in its own time.
/// </summary>
internal sealed class Wire
{
    private static readonly Rates Rates = new(20, 40, 10);
    private readonly Run _run;
    private readonly Node _node;
    private readonly Tab _tab;
    private readonly string _id;
    private readonly CancellationTokenSource _over = new();
    private readonly Dictionary<string, int> _counts = [];

    // Until when nothing that is shown later of an audience arrives, and up to where it was told.
    private readonly Dictionary<string, long> _notBefore = [], _toldUpTo = [];
    private readonly Queue<(object Message, Action<object?> Answered)> _calls = new();
    private Chance _chance;
    private long _lastUp, _lastDown;
    private bool _isBroken, _isCalling;

    public Wire(Run run, Tab tab, Node node, int number)
    {
        (_run, _tab, _node) = (run, tab, node);
        _id = $"{tab.Instance}-{number}";
        _chance = run.ChanceOf(_id);
    }

    public PersonId Person => _tab.Person;
    public bool IsStaff => _tab.IsStaff;
    public string Name => _tab.Name;
    public LiveLine? Line { get; private set; }
    public Node Node => _node;
    public bool IsBroken => _isBroken;

    /// <summary>Until then, or until it asks what it missed, nothing that is shown arrives, although the wire is whole.</summary>
    public long MuteUntil { get; set; }

    public LiveLine LineHere(TimeProvider time) => Line ??= new(new Connection(this), _run.Session, Person, IsStaff, Name, Person.Value == "host", Rates) { Since = time.GetTimestamp(), Time = time };

    // Up: calls, one at a time, in order.

    public void Call(object message, Action<object?> answered)
    {
        var at = Math.Max(_lastUp, _run.Machine.Ticks + Delay(_chance.Next()).Ticks);
        _lastUp = at;
        _run.Machine.After(TimeSpan.FromTicks(at - _run.Machine.Ticks), () =>
        {
            if (_isBroken || _over.IsCancellationRequested)
                return;
            _calls.Enqueue((message, answered));
            Serve();
        });
    }

    private void Serve()
    {
        if (_isCalling || !_calls.TryDequeue(out var call))
            return;
        _isCalling = true;
        if (call.Message is Resume)
            MuteUntil = 0;
        _run.Machine.Start(async () =>
        {
            object? answer;
            try
            {
                answer = await _node.Call(this, call.Message);
            }
            catch (Exception e) when (e is LiveSessionsUnavailable or NotTaken)
            {
                answer = null;
            }
            _isCalling = false;
            if (_node.IsDead || (_run.Twist.LosesAnswers && !_run.IsCalm && _chance.Below(20) == 0))
                return;
            if (_run.Twist.SaysRefused && answer is Answer { Kind: "accepted" } && _chance.Below(4) == 0)
                answer = Answer.Refused(Refusal.NotThere);
            if (answer is RawJson raw)
                Told((Snapshot)(answer = JsonSerializer.Deserialize<Snapshot>(raw.ToArray(), Json.Options)!.Plain()));
            Down(() => call.Answered(answer));
            Serve();
        });
    }

    // Down.

    private void Down(Action arrive)
    {
        var at = Math.Max(_lastDown, _run.Machine.Ticks + Delay(_chance.Next()).Ticks);
        _lastDown = at;
        _run.Machine.After(TimeSpan.FromTicks(at - _run.Machine.Ticks), () =>
        {
            if (!_isBroken)
                arrive();
        });
    }

    private void Send(SerializedHubMessage message)
    {
        if (_isBroken || message.Message is not InvocationMessage { Target: var target, Arguments: [var argument, ..] })
            return;
        switch (target)
        {
            case "Show":
                Shown(_run.Read(message, (RawJson)argument!));
                break;
            case "Moved":
                if (_run.Machine.Ticks < MuteUntil)
                    break;
                var snapshot = JsonSerializer.Deserialize<Snapshot>(((RawJson)argument!).ToArray(), Json.Options)!.Plain();
                Told(snapshot);
                Down(() => _tab.Moved(this, snapshot));
                break;
            case "Heads":
                Down(() => _tab.HeardHeads(this, (Heads)argument!));
                break;
            case "Dismissed":
                Down(() => _tab.Dismissed(this, (Dismissed)argument!));
                break;
        }
    }

    private void Told(Snapshot snapshot)
    {
        foreach (var audience in snapshot.Audiences)
            _toldUpTo[audience.Audience] = audience.UpTo;
    }

    public void Ping() => Down(() => _tab.Heard(this));

    private void Shown(Show show)
    {
        if (_run.Machine.Ticks < MuteUntil)
            return;
        // Chance follows from what the message is and not from when its turn came: the order of audiences in a batch means nothing.
        var count = _counts[show.Audience] = _counts.GetValueOrDefault(show.Audience) + 1;
        var chance = _run.ChanceOf($"{_id} {show.Audience} {count}");
        var told = Twisted(show, ref chance);
        if (!_run.IsRough || _run.IsCalm)
        {
            Down(() => _tab.Shown(this, told, show));
            return;
        }
        for (var copies = chance.Below(8) == 0 ? 2 : 1; copies > 0; copies--)
        {
            var at = Math.Max(_notBefore.GetValueOrDefault(show.Audience), _run.Machine.Ticks + (Delay(chance.Next()) + TimeSpan.FromMilliseconds(chance.Below(3) == 0 ? chance.Below(700) : 0)).Ticks);
            // What is told at the very position of what came before it cannot be told from what is old once something newer is there; on a WebSocket nothing overtakes it.
            if (show.UpTo == _toldUpTo.GetValueOrDefault(show.Audience))
                _notBefore[show.Audience] = at;
            _toldUpTo[show.Audience] = show.UpTo;
            _run.Machine.After(TimeSpan.FromTicks(at - _run.Machine.Ticks), () =>
            {
                if (!_isBroken)
                    _tab.Shown(this, told, show);
            });
        }
    }

    private Show Twisted(Show show, ref Chance chance) =>
        _run.Twist.HidesHoles ? show with { After = 0 }
        : _run.Twist.LosesChanges && chance.Below(10) == 0 ? show with { Changes = [.. show.Changes.Skip(1)] }
        : show;

    private TimeSpan Delay(ulong bits)
    {
        var chance = new Chance(bits);
        return TimeSpan.FromMicroseconds(_run.IsCalm ? 500 + chance.Below(20_000) : chance.Below(20) == 0 ? chance.Below(2_000_000) : 500 + chance.Below(60_000));
    }

    // Ends.

    /// <summary>The network fails: whatever is under way is lost, and each end notices when it does.</summary>
    public void Break()
    {
        if (_isBroken)
            return;
        _isBroken = true;
        _run.Machine.After(Noticed(), () => _tab.Lost(this));
        _run.Machine.After(Noticed(), Over);
    }

    /// <summary>At once on a reset, within the time-out of 10 s otherwise.</summary>
    private TimeSpan Noticed() => TimeSpan.FromMilliseconds(_chance.Below(3) > 0 ? _chance.Below(100) : _chance.Below(10_000));

    /// <summary>The tab closes it.</summary>
    public void Close()
    {
        _isBroken = true;
        _run.Machine.After(Noticed(), Over);
    }

    public void NodeDied()
    {
        _isBroken = true;
        _over.Cancel();
        _run.Machine.After(Noticed(), () => _tab.Lost(this));
    }

    private void Over()
    {
        if (_over.IsCancellationRequested)
            return;
        _over.Cancel();
        _node.Left(this);
    }

    /// <summary>The node closes it: what it sent before still arrives.</summary>
    private void Aborted()
    {
        Down(() =>
        {
            _isBroken = true;
            _tab.Lost(this);
        });
        Over();
    }

    private sealed class Connection(Wire wire) : HubConnectionContext(new DefaultConnectionContext(wire._id), new HubConnectionContextOptions { KeepAliveInterval = TimeSpan.FromSeconds(3) }, NullLoggerFactory.Instance)
    {
        public override CancellationToken ConnectionAborted => wire._over.Token;

        public override ValueTask WriteAsync(SerializedHubMessage message, CancellationToken cancellationToken = default)
        {
            wire.Send(message);
            return default;
        }

        public override void Abort() => wire.Aborted();
    }
}
