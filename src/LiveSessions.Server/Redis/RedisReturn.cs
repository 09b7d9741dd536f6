using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>
/// When Redis went and came back. It may lack the last of what it had (docs/decisions/0037): who holds it in memory gives it back, the servers wait for one another (0040), and one that does not hold a session leaves its log to those that may
/// for a moment.
/// </summary>
public sealed class RedisReturn : IDisposable
{
    /// <summary>How long after its return a log is left to others that are not known to have looked at it.</summary>
    private static readonly TimeSpan ForOthers = TimeSpan.FromSeconds(3);

    /// <summary>It may have come back in the moment before this server started; what a server needs until it takes anybody in is mostly longer.</summary>
    private static readonly TimeSpan AfterStart = TimeSpan.FromSeconds(1);

    /// <summary>That it is back is told within this, once it can be talked to. In a cluster another of its servers may be away for good.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private readonly IRedisSeen _redis;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile bool _isAway;

    /// <summary>The Redis in which all were when they last met.</summary>
    private volatile string? _which;
    private readonly Lock _calling = new();
    private volatile Meeting? _meeting;
    private readonly long _startedAt;
    private long _backAt, _timesGone;

    public RedisReturn(IConnectionMultiplexer redis, HeadHints hints, NodeRoster roster, TimeProvider time, ILogger<RedisReturn> log) : this(new RedisSeen(redis, hints, roster), time, log)
    {
    }

    internal RedisReturn(IRedisSeen redis, TimeProvider time, ILogger log)
    {
        (_redis, _time, _log) = (redis, time, log);
        _startedAt = time.GetTimestamp();
        redis.Went += Went;
        redis.CameBack += CameBack;
        _isAway = !redis.IsConnected;
        _ = Arrive();
    }

    /// <summary>It is gone: what is there afterwards may be something else.</summary>
    public event Action? IsGone;

    /// <summary>It is back: look at what is there. What is returned ends when that is done.</summary>
    public event Func<Task>? IsBack;

    // Whether there are others is asked when it goes: in the first moment after its return none has told yet that it lives.
    private void Went()
    {
        lock (_calling)
        {
            _meeting = Call();
            _isAway |= _meeting is not null;
        }
        // Whoever sees that it went sees that it is away.
        Interlocked.Increment(ref _timesGone);
        IsGone?.Invoke();
    }

    /// <summary>A new meeting; null where nobody else is there.</summary>
    private Meeting? Call()
    {
        // If it goes again before all have met, those who were missing are waited for still.
        var open = _meeting is { IsOver: false } last ? last : null;
        if (open is null && _redis.IsAlone)
            return null;
        var others = open?.Others is { } missing ? missing.Union(_redis.LastOthers ?? []).ToList() : _redis.LastOthers;
        return new(_redis.Place, others, _which, Look, _time, _log);
    }

    private void CameBack()
    {
        if (_isAway)
        {
            Volatile.Write(ref _backAt, _time.GetTimestamp());
            _isAway = false;
        }
        _ = _meeting is { } meeting ? Meet(meeting) : Arrive();
    }

    private async Task<bool> Meet(Meeting meeting)
    {
        var haveAllLooked = await meeting.Hold();
        // Another Redis that was not met in is not one that never went.
        if (_meeting == meeting)
            _which = meeting.Here;
        return haveAllLooked;
    }

    private async Task Look()
    {
        foreach (var look in (IsBack?.GetInvocationList() ?? []).Select(look => ((Func<Task>)look)()).ToList())
            await look;
    }

    /// <summary>Nobody is waited for, but those who wait hear that this server is there, and what it holds is compared.</summary>
    private async Task Arrive()
    {
        var meeting = new Meeting(_redis.Place, [], null, Look, _time, _log);
        await meeting.Hold();
        // It may have gone meanwhile: what the next meeting finds is newer.
        if (_meeting is null)
            _which = meeting.Here;
    }

    /// <summary>After a return: ends once the other servers have looked at what they hold and given back what was missing, or are not heard of.</summary>
    public async Task OthersLooked()
    {
        var here = await _redis.Place.Which();
        Meeting? meeting;
        lock (_calling)
        {
            // Whoever asked it something as it went hears so sooner than it is told here.
            if (_meeting is not { IsOver: false } && here is not null && here != _which)
                _meeting = Call();
            meeting = _meeting;
        }
        if (meeting is not null)
            await Meet(meeting);
    }

    /// <summary>Opens what is read from Redis, once others that may have folded more of it have had the time to give it back; anew if Redis went meanwhile: what was read before and what was read afterwards need not be one log.</summary>
    /// <param name="open">Reads it; null where there is nothing.</param>
    /// <exception cref="TimeoutException">Redis stays away.</exception>
    public async Task<T?> Open<T>(Func<Task<T?>> open) where T : class, IAsyncDisposable
    {
        while (true)
        {
            var times = Volatile.Read(ref _timesGone);
            await OthersFirst();
            var opened = await open();
            if (opened is null || times == Volatile.Read(ref _timesGone))
                return opened;
            await opened.DisposeAsync();
        }
    }

    /// <summary>
    /// Waits while other servers, which may have folded more of a log than is there, should have it first. Ends within <see cref="Patience.Limit"/> and three seconds. Nothing is asked of a Redis that is away: it
    /// would be answered the moment there is a connection again, before anybody has given back anything.
    /// </summary>
    private async Task OthersFirst()
    {
        var began = _time.GetTimestamp();
        long? reached = null;
        while (_isAway)
        {
            if (!_redis.IsConnected)
            {
                reached = null;
                if (_time.GetElapsedTime(began) >= Patience.Limit)
                    throw new TimeoutException("Redis is away.");
            }
            else if (_time.GetElapsedTime(reached ??= _time.GetTimestamp()) >= Told)
            {
                CameBack();
                break;
            }
            await Task.Delay(Step, _time);
        }
        var backAt = Volatile.Read(ref _backAt);
        var left = backAt != 0 ? ForOthers - _time.GetElapsedTime(backAt) : _redis.IsAlone ? TimeSpan.Zero : AfterStart - _time.GetElapsedTime(_startedAt);
        if (left > TimeSpan.Zero)
        {
            var waited = Task.Delay(left, _time);
            if (_meeting is not { } meeting || await Task.WhenAny(Meet(meeting), waited) == waited || !await meeting.Hold())
                await waited;
        }
    }

    public void Dispose()
    {
        _redis.Went -= Went;
        _redis.CameBack -= CameBack;
        (_redis as IDisposable)?.Dispose();
    }
}

/// <summary>What a server sees of Redis, and of the servers beside it.</summary>
internal interface IRedisSeen
{
    /// <summary>The connection is gone.</summary>
    event Action? Went;

    /// <summary>There is one again.</summary>
    event Action? CameBack;

    bool IsConnected { get; }

    /// <summary>No other server is there.</summary>
    bool IsAlone { get; }

    /// <summary>Who else was there when they were last heard of; null where that is not known.</summary>
    IReadOnlyList<string>? LastOthers { get; }

    IMeetingPlace Place { get; }
}

internal sealed class RedisSeen : IRedisSeen, IDisposable
{
    private readonly IConnectionMultiplexer _redis;
    private readonly HeadHints _hints;
    private readonly NodeRoster _roster;

    public RedisSeen(IConnectionMultiplexer redis, HeadHints hints, NodeRoster roster)
    {
        (_redis, _hints, _roster, Place) = (redis, hints, roster, new RedisMeetingPlace(redis, roster.Node));
        redis.ConnectionFailed += Failed;
        redis.ConnectionRestored += Restored;
    }

    public event Action? Went;
    public event Action? CameBack;
    public bool IsConnected => _redis.IsConnected;
    public bool IsAlone => _hints.IsAlone;
    public IReadOnlyList<string>? LastOthers => _roster.LastOthers;
    public IMeetingPlace Place { get; }

    private void Failed(object? sender, ConnectionFailedEventArgs e) => Tell(e, Went);
    private void Restored(object? sender, ConnectionFailedEventArgs e) => Tell(e, CameBack);

    // What is heard and what is asked have a connection each.
    private static void Tell(ConnectionFailedEventArgs e, Action? told)
    {
        if (e.ConnectionType == ConnectionType.Interactive)
            told?.Invoke();
    }

    public void Dispose()
    {
        _redis.ConnectionFailed -= Failed;
        _redis.ConnectionRestored -= Restored;
    }
}
