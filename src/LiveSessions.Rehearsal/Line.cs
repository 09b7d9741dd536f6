using System.Net.WebSockets;
using System.Threading.Channels;
using LiveSessions.Log;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveSessions.Rehearsal;

/// <summary>
/// One person's line to the hub, as a browser keeps it: it comes back by itself, holds what it was shown, finds what it missed, and sends what was not answered again under the same number.
/// </summary>
internal sealed class Line : IAsyncDisposable
{
    private static readonly TimeSpan EarlyFor = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan BehindFor = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan MostBehind = TimeSpan.FromSeconds(20);
    private const int MostTries = 8;

    private sealed record Waiting(long Number, Command Command, TaskCompletionSource<(Answer Answer, bool Again)> Done);

    private readonly Door _door;
    private readonly string _session;
    private readonly Ledger _ledger;
    private readonly Random _chance;
    private readonly string _instance;
    private readonly Channel<Waiting> _outbox = Channel.CreateUnbounded<Waiting>(new() { SingleReader = true });
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _gate = new();
    private readonly List<Show> _held = [];
    private TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HubConnection? _hub;
    private HubConnection? _leaving;
    private WebSocket? _socket;
    private bool _entered;
    private int _calling;
    private double _stayAwaySeconds;
    private long _next;
    private long _seen;
    private DateTime? _behindSince;
    private TimeSpan _patience = BehindFor;
    private Task _running = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private Task? _filling;

    public Line(Door door, string session, Ledger ledger, Random chance, Action<string, long, bool> moved)
    {
        (_door, _session, _ledger, _chance) = (door, session, ledger, chance);
        Store = new() { Moved = moved };
        _instance = "rehearsal-" + Convert.ToHexStringLower(Guid.NewGuid().ToByteArray())[..16];
    }

    public Store Store { get; }

    /// <summary>Heard once a second: entries in the log, and entries the transcript store holds.</summary>
    public Heads? Heads { get; private set; }

    /// <summary>Why the server said this line is over, or null.</summary>
    public Dismissed? Dismissed { get; private set; }

    /// <summary>Told when the line breaks, before it comes back.</summary>
    public Action Broke { get; init; } = () => { };

    public void Start()
    {
        _running = Task.Run(Run);
        _sending = Task.Run(Send);
    }

    /// <summary>Asks for something. Ends when the server has answered, whatever happens to the line meanwhile; tells whether it had to be sent again.</summary>
    public Task<(Answer Answer, bool Again)> Ask(Command command)
    {
        var one = new Waiting(Interlocked.Increment(ref _next), command, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _outbox.Writer.TryWrite(one);
        return one.Done.Task.WaitAsync(_over.Token);
    }

    /// <summary>A typing mark; lossy.</summary>
    public void Glimpse(Glimpse glimpse)
    {
        if (_entered && _hub is { } hub)
            _ = Quietly(() => hub.SendAsync("Glimpse", glimpse));
    }

    /// <summary>The network goes away in the middle of whatever is on its way.</summary>
    public void Cut(double secondsAway)
    {
        _stayAwaySeconds = secondsAway;
        _socket?.Abort();
    }

    /// <summary>Everything this person may see, told anew. Also on the line: what it changed meanwhile is applied as ever.</summary>
    public Task<Snapshot> Anew(CancellationToken ct) => (_hub ?? throw new InvalidOperationException("The line is down.")).InvokeAsync<Snapshot>("Resume", new Resume(new Dictionary<string, long>()), ct);

    /// <summary>Ends once the line is there.</summary>
    public Task WhenOpen(CancellationToken ct)
    {
        lock (_gate)
            return _open.Task.WaitAsync(ct);
    }

    private async Task Run()
    {
        for (var failed = 0; !_over.IsCancellationRequested && Dismissed is null;)
        {
            if (failed > 0)
                await Pause(failed);
            failed = await Once() ? 1 : failed + 1;
        }
    }

    private async Task Pause(int failed)
    {
        var most = Math.Min(5_000, 200 * Math.Pow(2, failed));
        var away = _stayAwaySeconds * 1000;
        _stayAwaySeconds = 0;
        await Quietly(() => Task.Delay(TimeSpan.FromMilliseconds(Math.Max(away, 200 + (most - 200) * _chance.NextDouble())), _over.Token));
    }

    /// <returns>Whether the line was open.</returns>
    private async Task<bool> Once()
    {
        await using var hub = Build();
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        hub.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        hub.On<Show>("Show", show => Heard(show.Plain()));
        hub.On<Snapshot>("Moved", snapshot => Take(snapshot.Plain(), false));
        hub.On<Heads>("Heads", HeardHeads);
        hub.On<Glimpsed>("Glimpsed", _ => _ledger.GlimpseHeard());
        hub.On<Dismissed>("Dismissed", why => Dismissed = why);
        hub.On<Leaving>("Leaving", leaving => _ = LeaveOnceAnswered(hub, leaving));
        var wasOpen = false;
        try
        {
            await hub.StartAsync(_over.Token);
            var positions = Store.Positions;
            var snapshot = await hub.InvokeAsync<Snapshot>("Enter", new Enter(_instance, positions.Count == 0 ? null : positions, Tables: true, Leaves: true), _over.Token);
            lock (_gate)
            {
                Take(snapshot.Plain(), true);
                _hub = hub;
                _entered = wasOpen = true;
                foreach (var show in _held)
                    Heard(show);
                _held.Clear();
                // What says that the server leaves may overtake the first answer.
                if (_leaving != hub)
                    _open.TrySetResult();
            }
            await closed.Task.WaitAsync(_over.Token);
        }
        catch (OperationCanceledException) when (_over.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            _ledger.LineFailed(e);
        }
        lock (_gate)
        {
            _entered = false;
            _hub = null;
            _held.Clear();
            if (_open.Task.IsCompleted)
                _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        if (wasOpen && !_over.IsCancellationRequested)
        {
            _ledger.LineBroke();
            Broke();
        }
        return wasOpen;
    }

    /// <summary>The server is about to end: nothing more is sent until the next line is there, and this one is closed once what was sent is answered.</summary>
    private async Task LeaveOnceAnswered(HubConnection hub, Leaving leaving)
    {
        lock (_gate)
        {
            _leaving = hub;
            if (_open.Task.IsCompleted)
                _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        await Quietly(() => Task.Delay(leaving.InMilliseconds, _over.Token));
        while (Volatile.Read(ref _calling) > 0 && !_over.IsCancellationRequested && hub.State == HubConnectionState.Connected)
            await Quietly(() => Task.Delay(20, _over.Token));
        await Quietly(() => hub.StopAsync(_over.Token));
    }

    private HubConnection Build()
    {
        var hub = new HubConnectionBuilder()
            .WithUrl(new Uri(_door.Url, $"/hub?session={_session}"), options =>
            {
                options.Transports = HttpTransportType.WebSockets;
                options.SkipNegotiation = true;
                options.WebSocketFactory = async (context, ct) =>
                {
                    var socket = new ClientWebSocket();
                    socket.Options.Cookies = _door.Cookies;
                    socket.Options.SetRequestHeader("Origin", _door.Origin);
                    await socket.ConnectAsync(context.Uri, ct);
                    return _socket = socket;
                };
            })
            .AddJsonProtocol(json => Json.Configure(json.PayloadSerializerOptions))
            .ConfigureLogging(logs => logs.SetMinimumLevel(LogLevel.Error).AddProvider(_ledger))
            .Build();
        hub.KeepAliveInterval = TimeSpan.FromSeconds(3);
        hub.ServerTimeout = TimeSpan.FromSeconds(10);
        hub.HandshakeTimeout = TimeSpan.FromSeconds(10);
        return hub;
    }

    private void Heard(Show show)
    {
        lock (_gate)
            if (!_entered)
            {
                _held.Add(show);
                return;
            }
        if (Store.Take(show) == Taken.Applied)
        {
            _seen = Math.Max(_seen, show.UpTo);
            _behindSince = null;
            _patience = BehindFor;
        }
        if (Store.HasHole)
            Fill();
    }

    private void Fill()
    {
        lock (_gate)
            _filling ??= Task.Run(async () =>
            {
                await Quietly(() => Task.Delay(EarlyFor, _over.Token));
                _filling = null;
                if (Store.HasHole)
                {
                    _ledger.HoleFound();
                    await Catch();
                }
            });
    }

    private void Take(Snapshot snapshot, bool fresh)
    {
        Store.Take(snapshot, fresh);
        _seen = fresh ? snapshot.Head : Math.Max(_seen, snapshot.Head);
        _behindSince = null;
    }

    /// <summary>The log moved on and nothing came: either it was not for us, or the last message was lost. Ask, and ask less often while it was not for us.</summary>
    private void HeardHeads(Heads heads)
    {
        Heads = heads;
        var now = DateTime.UtcNow;
        if (heads.Head <= _seen)
            _behindSince = null;
        else if ((_behindSince ??= now) + _patience < now)
        {
            _behindSince = now;
            _patience = _patience * 2 < MostBehind ? _patience * 2 : MostBehind;
            _ = Catch();
        }
    }

    private Task Catch() => Quietly(async () =>
    {
        if (_hub is { } hub)
            Take(await hub.InvokeAsync<Snapshot>("Resume", new Resume(Store.Positions), _over.Token), false);
    });

    private async Task Send()
    {
        try
        {
            await foreach (var one in _outbox.Reader.ReadAllAsync(_over.Token))
                one.Done.TrySetResult(await Send(one));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<(Answer, bool)> Send(Waiting one)
    {
        var failed = 0;
        for (var again = !_entered; ; again = true)
        {
            await WhenOpen(_over.Token);
            Interlocked.Increment(ref _calling);
            try
            {
                if (_hub is { } hub)
                    return (await hub.InvokeAsync<Answer>("Act", new Act(_instance, one.Number, one.Command), _over.Token), again);
            }
            catch (HubException) when (++failed >= MostTries)
            {
                throw;
            }
            catch (Exception) when (!_over.IsCancellationRequested)
            {
                // The line broke, or the server could not take it now.
            }
            finally
            {
                Interlocked.Decrement(ref _calling);
            }
            _ledger.SentAgain();
            await Task.Delay(TimeSpan.FromMilliseconds(50 + 200 * Math.Pow(2, failed) * _chance.NextDouble()), _over.Token);
        }
    }

    private static async Task Quietly(Func<Task> what)
    {
        try
        {
            await what();
        }
        catch (Exception)
        {
            // The line broke or is over; coming back asks again.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_running, _sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }
}
