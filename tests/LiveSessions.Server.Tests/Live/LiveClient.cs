using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Live;

/// <summary>A command, how often it was sent and what the server said.</summary>
internal sealed class Asked(long number, Command command)
{
    public long Number => number;
    public Command Command => command;
    public int TimesSent { get; set; }
    public TaskCompletionSource<Answer> Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public Answer? Answer => Answered.Task.IsCompletedSuccessfully ? Answered.Task.Result : null;
}

/// <summary>
/// A browser as far as the server can tell: one instance, a store of views, an outbox that sends again with the same mark, and a line that is made again, to the next server in
/// the list, for as long as it lives. Remembers what it asked, what was answered and every message.
/// </summary>
internal sealed class LiveClient : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<Uri> _servers;
    private readonly SessionId _session;
    private readonly string _cookie;
    private readonly CancellationTokenSource _over = new();
    private readonly LinkedList<Asked> _waiting = [];
    private readonly SemaphoreSlim _news = new(0);
    private readonly ViewStore _store = new();
    private readonly List<HeardShow> _held = [];
    private readonly Task _living;
    private TaskCompletionSource<HubConnection> _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HubConnection? _line;
    private readonly ConditionalWeakTable<HubConnection, LiveClient> _dropped = [];
    private bool _entered;
    private bool _isAway;
    private int _server;
    private int _lineNumber;
    private long _next;
    private long _seen;
    private long _behindSince;
    private bool _resuming;
    private HubConnection? _leaving;

    // Commands that were put on a line and are not answered.
    private int _calling;
    private string? _lastTrouble;

    public LiveClient(Seat seat, params IReadOnlyList<Uri> servers)
    {
        (_session, _cookie, _servers) = (seat.Session, seat.Cookie, servers);
        Server = servers[0];
        _living = Task.WhenAll(Task.Run(KeepLine), Task.Run(Pump));
    }

    public string Instance { get; } = $"t{Guid.NewGuid():n}"[..20];
    public ConcurrentQueue<Asked> Asked { get; } = new();

    /// <summary>Every message, by the hub's name for it, with the answers to Enter and Resume.</summary>
    public ConcurrentQueue<(string Method, JsonElement Body)> Heard { get; } = new();

    /// <summary>Pages of before there were tables say nothing of them, and are told everything unpacked.</summary>
    public bool KnowsTables { get; init; } = true;

    /// <summary>In a long storm every message is too much to remember.</summary>
    public bool Remembers { get; init; } = true;

    /// <summary>Where everything is written down for the history checker, or null.</summary>
    public ClientHistory? History
    {
        get;
        init
        {
            field = value;
            value?.Instance = Instance;
        }
    }

    /// <summary>The server of the line there is now, or the last one.</summary>
    public Uri Server { get; private set; }

    public PersonId Person { get; private set; }
    public Dismissed? Dismissal { get; private set; }
    public Heads? LastHeads { get; private set; }
    public int Entered { get; private set; }
    public int Resumed { get; private set; }
    public bool IsOpen => _open.Task.IsCompletedSuccessfully;
    public bool HasUnsent
    {
        get
        {
            lock (_gate)
                return _waiting.Count > 0;
        }
    }

    /// <summary>Commands without an answer.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count;
        }
    }

    /// <summary>How it stands, for whoever waits for it in vain.</summary>
    public string How
    {
        get
        {
            lock (_gate)
                return $"{Person} at {Server}, line {_line?.State.ToString() ?? "none"}, entered {_entered} ({Entered} times), open {IsOpen}, {_waiting.Count} waiting, heard the head {LastHeads?.Head}, dismissed {Dismissal?.Why ?? "no"}, away {_isAway}, last trouble: {_lastTrouble ?? "none"}";
        }
    }

    /// <summary>Enters, or fails.</summary>
    public async Task<LiveClient> IsIn()
    {
        try
        {
            await Eventually.True(() => Entered > 0, "a client is in its session", 30);
        }
        catch (Xunit.Sdk.TrueException e)
        {
            throw new TimeoutException($"{e.Message} {How}", e);
        }
        return this;
    }

    public T Read<T>(Func<ViewStore, T> read)
    {
        lock (_gate)
            return read(_store);
    }

    public T? One<T>(string key) where T : View => Read(s => s.One<T>(key));

    /// <summary>Waits for a view to be as described.</summary>
    public async Task<T> Sees<T>(string key, Func<T, bool>? so = null, int seconds = 15) where T : View
    {
        T? seen = null;
        var what = $"{Person} sees {key} as it should be";
        try
        {
            await Eventually.True(() => (seen = One<T>(key)) is { } view && (so is null || so(view)), what, seconds);
        }
        catch (Exception) when (seen is not null)
        {
            Assert.Fail($"{what}; it is {seen}");
        }
        return seen!;
    }

    /// <summary>Puts a command in line; the answer comes when the server has one, also after a drop.</summary>
    public Task<Answer> Ask(Command command) => Put(command).Answered.Task.WaitAsync(TimeSpan.FromMinutes(2));

    /// <summary>Asks and expects it to happen.</summary>
    public async Task<long> Does(Command command)
    {
        var one = Put(command);
        var answer = await one.Answered.Task.WaitAsync(TimeSpan.FromMinutes(2));
        // What was sent again after a broken line may have happened the first time.
        Assert.True(answer.Kind == "accepted" || answer.Kind == "alreadySo" && one.TimesSent > 1, $"{command} was answered {answer}");
        return answer.Position!.Value;
    }

    private Asked Put(Command command)
    {
        Asked one;
        lock (_gate)
        {
            one = new(++_next, command);
            _waiting.AddLast(one);
        }
        Asked.Enqueue(one);
        _news.Release();
        return one;
    }

    /// <summary>Calls the hub once on the line there is now, with no second try.</summary>
    public async Task<T> Call<T>(string method, object argument) =>
        await (await _open.Task.WaitAsync(ServerProcess.Patience)).InvokeAsync<T>(method, argument, _over.Token).WaitAsync(ServerProcess.Patience);

    public async Task Glimpse(Glimpse glimpse) => await (await _open.Task.WaitAsync(ServerProcess.Patience)).SendAsync("Glimpse", glimpse);

    /// <summary>Everything as somebody would see it who comes now.</summary>
    public async Task<ViewStore> Whole() => ViewStore.Of(HeardSnapshot.Of(await Call<JsonElement>("Enter", new Enter(Instance, null))));

    public async Task<HeardSnapshot> Since(IReadOnlyDictionary<string, long> positions) => HeardSnapshot.Of(await Call<JsonElement>("Resume", new Resume(positions)));

    /// <summary>The line breaks; the client comes back unless it is told to stay away.</summary>
    /// <param name="next">The server it tries first, or the next one in its list.</param>
    public async Task Drop(bool stayAway = false, Uri? next = null)
    {
        _isAway = stayAway;
        if (next is not null)
            // It goes on to the server after the one it was at.
            _server = (_servers.ToList().IndexOf(next) + _servers.Count - 1) % _servers.Count;
        var line = _line;
        // Whoever waits for a line already goes on waiting for the same one.
        lock (_gate)
            if (_open.Task.IsCompleted)
                _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        if (line is null)
            return;
        _dropped.AddOrUpdate(line, this);
        await Close(line);
    }

    public void ComeBack() => _isAway = false;

    private async Task KeepLine()
    {
        for (var failed = 0; !_over.IsCancellationRequested && Dismissal is null;)
        {
            try
            {
                if (_isAway || failed > 0)
                    await Task.Delay(Random.Shared.Next(20, Math.Min(1_000, 50 << Math.Min(failed, 5))), _over.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (_isAway)
                continue;
            failed = await Once() ? 1 : failed + 1;
            _server++;
        }
    }

    private async Task<bool> Once()
    {
        var server = _servers[_server % _servers.Count];
        var line = Make(server);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        line.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        var wasOpen = false;
        var number = 0;
        try
        {
            lock (_gate)
                (_entered, _line) = (false, line);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_over.Token);
            limit.CancelAfter(TimeSpan.FromSeconds(15));
            await line.StartAsync(limit.Token);
            Server = server;
            _lineNumber = number = History?.Opens($"{server}") ?? 0;
            var positions = Read(s => s.Positions);
            var call = History?.AsksAll(_lineNumber, "Enter", positions) ?? 0;
            var body = await line.InvokeAsync<JsonElement>("Enter", KnowsTables ? new Enter(Instance, positions, Tables: true, Leaves: true) : new { Instance, positions }, limit.Token);
            Remember("Enter", body);
            var snapshot = HeardSnapshot.Of(body);
            lock (_gate)
            {
                Person = snapshot.Person;
                History?.Person = Person;
                Told("Enter", call, snapshot);
                _store.Take(snapshot, fresh: true);
                _seen = snapshot.Head;
                _entered = wasOpen = true;
                foreach (var show in _held)
                    _store.Take(show);
                _held.Clear();
            }
            Entered++;
            // What says that the server leaves may overtake the first answer.
            if (_leaving != line)
                _open.TrySetResult(line);
            await closed.Task.WaitAsync(_over.Token);
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            // The line could not be made, or the client's life is over: tried again, or not.
            _lastTrouble = e.Message;
        }
        lock (_gate)
        {
            if (number > 0)
                History?.Closes(number);
            (_entered, _line) = (false, null);
            _held.Clear();
            _behindSince = 0;
            if (_open.Task.IsCompleted)
                _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        await Close(line);
        return wasOpen;
    }

    /// <summary>A line whose server has just ended may tell of it once more while it is put away.</summary>
    private static async Task Close(HubConnection line)
    {
        try
        {
            await line.DisposeAsync();
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or IOException or OperationCanceledException)
        {
            // It is gone either way.
        }
    }

    private HubConnection Make(Uri server)
    {
        var line = new HubConnectionBuilder().WithUrl(new Uri(server, $"/hub?session={_session}"), http =>
        {
            http.Transports = HttpTransportType.WebSockets;
            http.SkipNegotiation = true;
            http.Headers["Cookie"] = _cookie;
            http.Headers["Origin"] = server.GetLeftPart(UriPartial.Authority);
        }).AddJsonProtocol(json =>
        {
            Json.Configure(json.PayloadSerializerOptions);
            json.PayloadSerializerOptions.MaxDepth = 64;
            json.PayloadSerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine(JsonTypes.Default, new DefaultJsonTypeInfoResolver());
        }).Build();
        line.KeepAliveInterval = TimeSpan.FromSeconds(3);
        line.ServerTimeout = TimeSpan.FromSeconds(10);
        line.On<JsonElement>("Show", body => Hear(line, "Show", body, () =>
        {
            var show = HeardShow.Of(body);
            History?.IsShown(_lineNumber, show.Audience, show.After, show.UpTo);
            if (_entered)
                _store.Take(show);
            else
                _held.Add(show);
        }));
        line.On<JsonElement>("Moved", body => Hear(line, "Moved", body, () =>
        {
            var snapshot = HeardSnapshot.Of(body);
            Told("Moved", 0, snapshot);
            _store.Take(snapshot, fresh: false);
        }));
        line.On<JsonElement>("Heads", body => Hear(line, "Heads", body, () =>
        {
            var heads = body.Deserialize<Heads>(Json.Options)!;
            History?.HearsHeads(_lineNumber, heads.Head, heads.Archived);
            Behind(heads);
        }));
        line.On<JsonElement>("Glimpsed", body => Hear(line, "Glimpsed", body, () => { }));
        line.On<JsonElement>("Leaving", body => Hear(line, "Leaving", body, () =>
        {
            _leaving = line;
            if (_open.Task.IsCompleted)
                _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (KnowsTables)
                _ = LeaveOnceAnswered(line, body.Deserialize<Leaving>(Json.Options)!);
        }));
        line.On<JsonElement>("Dismissed", body => Hear(line, "Dismissed", body, () => Dismissal = body.Deserialize<Dismissed>(Json.Options)));
        return line;
    }

    /// <summary>As a page does that said it would (<see cref="Enter.Leaves"/>).</summary>
    private async Task LeaveOnceAnswered(HubConnection line, Leaving leaving)
    {
        await Task.Delay(leaving.InMilliseconds);
        while (Volatile.Read(ref _calling) > 0 && line.State == HubConnectionState.Connected)
            await Task.Delay(20);
        await Close(line);
    }

    private void Hear(HubConnection line, string method, JsonElement body, Action take)
    {
        Remember(method, body);
        lock (_gate)
        {
            if (line != _line)
                return;
            take();
            _seen = Math.Max(_seen, _store.Seen);
        }
        if (method == "Show" && Read(s => s.HasHole))
            _ = FillHole(TimeSpan.FromMilliseconds(300));
    }

    private void Told(string method, int call, HeardSnapshot snapshot) =>
        History?.IsTold(_lineNumber, method, call, snapshot.Head, snapshot.Audiences.Select(a => new AudienceTold(a.Audience, a.UpTo, a.Whole)));

    private void Remember(string method, JsonElement body)
    {
        if (Remembers)
            Heard.Enqueue((method, body));
    }

    /// <summary>The log moved on and nothing came: not for us, or the last message was lost. Ask.</summary>
    private void Behind(Heads heads)
    {
        LastHeads = heads;
        if (heads.Head <= _seen)
            _behindSince = 0;
        else if (_behindSince == 0)
            _behindSince = Stopwatch.GetTimestamp();
        else if (Stopwatch.GetElapsedTime(_behindSince).TotalSeconds > 2.5)
        {
            _behindSince = 0;
            _ = FillHole(TimeSpan.Zero, always: true);
        }
    }

    private async Task FillHole(TimeSpan patience, bool always = false)
    {
        lock (_gate)
        {
            if (_resuming)
                return;
            _resuming = true;
        }
        try
        {
            await Task.Delay(patience);
            if (_line is not { } line || !always && !Read(s => s.HasHole))
                return;
            var positions = Read(s => s.Positions);
            var call = History?.AsksAll(_lineNumber, "Resume", positions) ?? 0;
            var body = await line.InvokeAsync<JsonElement>("Resume", new Resume(positions), _over.Token);
            Remember("Resume", body);
            var snapshot = HeardSnapshot.Of(body);
            lock (_gate)
                if (line == _line)
                {
                    Told("Resume", call, snapshot);
                    _store.Take(snapshot, fresh: false);
                    _seen = Math.Max(_seen, snapshot.Head);
                }
            Resumed++;
        }
        catch (Exception)
        {
            // The line broke: coming back asks again.
        }
        finally
        {
            lock (_gate)
                _resuming = false;
        }
    }

    private async Task Pump()
    {
        try
        {
            while (true)
            {
                await _news.WaitAsync(_over.Token);
                Asked one;
                lock (_gate)
                    one = _waiting.First!.Value;
                var answer = await Send(one);
                lock (_gate)
                    _waiting.RemoveFirst();
                one.Answered.TrySetResult(answer);
            }
        }
        catch (Exception) when (_over.IsCancellationRequested)
        {
            lock (_gate)
                foreach (var left in _waiting)
                    left.Answered.TrySetCanceled();
        }
    }

    /// <summary>Why there was no answer: the line had ended before the command was put on it.</summary>
    public const string NeverSent = "the line had ended before";

    /// <summary>Why there was no answer: <see cref="Drop"/>.</summary>
    public const string OwnDrop = "the client dropped the line";

    private async Task<Answer> Send(Asked one)
    {
        while (true)
        {
            var open = _open.Task;
            var line = await open.WaitAsync(_over.Token);
            var number = _lineNumber;
            Interlocked.Increment(ref _calling);
            try
            {
                one.TimesSent++;
                History?.Sends(number, one.Number, one.Command.GetType().Name);
                var answer = await line.InvokeAsync<Answer>("Act", new Act(Instance, one.Number, one.Command), _over.Token);
                History?.Hears(number, one.Number, answer);
                return answer;
            }
            catch (Exception e) when (!_over.IsCancellationRequested && e is not OutOfMemoryException)
            {
                History?.HearsNothing(number, one.Number, e is InvalidOperationException ? NeverSent : _dropped.TryGetValue(line, out _) ? OwnDrop : e.Message);
                await Task.Delay(Random.Shared.Next(20, 200), _over.Token);
            }
            finally
            {
                Interlocked.Decrement(ref _calling);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _living;
    }
}
