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
    private readonly IConnectionMultiplexer _redis;
    private readonly HeadHints _hints;
    private readonly NodeRoster _roster;
    private readonly RedisMeetingPlace _place;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private volatile bool _isAway;

    /// <summary>The Redis in which all were when they last met.</summary>
    private volatile string? _which;
    private readonly Lock _calling = new();
    private volatile Meeting? _meeting;
    private readonly long _startedAt;
    private long _backAt;

    public RedisReturn(IConnectionMultiplexer redis, HeadHints hints, NodeRoster roster, TimeProvider time, ILogger<RedisReturn> log)
    {
        (_redis, _hints, _roster, _time, _log) = (redis, hints, roster, time, log);
        _place = new(redis, roster.Node);
        _startedAt = time.GetTimestamp();
        redis.ConnectionFailed += Went;
        redis.ConnectionRestored += CameBack;
        _isAway = !redis.IsConnected;
        _ = Learn();
    }

    /// <summary>It is gone: what is there afterwards may be something else.</summary>
    public event Action? IsGone;

    /// <summary>It is back: look at what is there. What is returned ends when that is done.</summary>
    public event Func<Task>? IsBack;

    // Whether there are others is asked when it goes: in the first moment after its return none has told yet that it lives.
    private void Went(object? sender, ConnectionFailedEventArgs e)
    {
        if (e.ConnectionType != ConnectionType.Interactive)
            return;
        lock (_calling)
        {
            _meeting = Call();
            _isAway |= _meeting is not null;
        }
        IsGone?.Invoke();
    }

    /// <summary>A new meeting; null where nobody else is there.</summary>
    private Meeting? Call()
    {
        // If it goes again before all have met, those who were missing are waited for still.
        var open = _meeting is { IsOver: false } last ? last : null;
        if (open is null && _hints.IsAlone)
            return null;
        var others = open?.Others is { } missing ? missing.Union(_roster.LastOthers ?? []).ToList() : _roster.LastOthers;
        return new(_place, others, _which, Look, _time, _log);
    }

    private void CameBack(object? sender, ConnectionFailedEventArgs e)
    {
        if (e.ConnectionType != ConnectionType.Interactive)
            return;
        if (_isAway)
        {
            Volatile.Write(ref _backAt, _time.GetTimestamp());
            _isAway = false;
        }
        _ = _meeting is { } meeting ? Meet(meeting) : Task.WhenAll(Look(), Learn());
    }

    private async Task<bool> Meet(Meeting meeting)
    {
        var haveAllLooked = await meeting.Hold();
        // Another Redis that was not met in is not one that never went.
        if (_meeting == meeting)
            _which = meeting.Here;
        return haveAllLooked;
    }

    private Task Look() => Task.WhenAll((IsBack?.GetInvocationList() ?? []).Select(look => ((Func<Task>)look)()));

    private async Task Learn() => _which = await _place.Which();

    /// <summary>After a return: ends once the other servers have looked at what they hold and given back what was missing, or are not heard of.</summary>
    public async Task OthersLooked()
    {
        var here = await _place.Which();
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

    /// <summary>Waits while other servers, which may have folded more of a log than is there, should have it first. Ends within <see cref="Patience.Limit"/> and three seconds.</summary>
    public async Task OthersFirst()
    {
        var began = _time.GetTimestamp();
        long? reached = null;
        while (_isAway && _time.GetElapsedTime(began) < Patience.Limit && (reached is not { } since || _time.GetElapsedTime(since) < Told))
        {
            if (_redis.IsConnected)
                reached ??= _time.GetTimestamp();
            await Task.Delay(Step, _time);
        }
        var backAt = Volatile.Read(ref _backAt);
        var left = backAt != 0 ? ForOthers - _time.GetElapsedTime(backAt) : _hints.IsAlone ? TimeSpan.Zero : AfterStart - _time.GetElapsedTime(_startedAt);
        if (left > TimeSpan.Zero)
        {
            var waited = Task.Delay(left, _time);
            if (_meeting is not { } meeting || await Task.WhenAny(Meet(meeting), waited) == waited || !await meeting.Hold())
                await waited;
        }
    }

    public void Dispose()
    {
        _redis.ConnectionFailed -= Went;
        _redis.ConnectionRestored -= CameBack;
    }
}
