using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>
/// When Redis went and came back. It may lack the last of what it had (docs/decisions/0037): who holds it in memory gives it back, and a server that does not hold a session leaves its log to those that may for a moment.
/// </summary>
public sealed class RedisReturn : IDisposable
{
    /// <summary>How long after its return a log is left to others.</summary>
    private static readonly TimeSpan ForOthers = TimeSpan.FromSeconds(2);

    /// <summary>That it is back is told within this, once it can be talked to. In a cluster another of its servers may be away for good.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);
    private readonly IConnectionMultiplexer _redis;
    private readonly HeadHints _hints;
    private readonly TimeProvider _time;
    private volatile bool _isAway;
    private long _backAt;

    public RedisReturn(IConnectionMultiplexer redis, HeadHints hints, TimeProvider time)
    {
        (_redis, _hints, _time) = (redis, hints, time);
        redis.ConnectionFailed += Went;
        redis.ConnectionRestored += CameBack;
    }

    /// <summary>It is gone: what is there afterwards may be something else.</summary>
    public event Action? IsGone;

    /// <summary>It is back: look at what is there.</summary>
    public event Action? IsBack;

    // Whether there are others is asked when it goes: in the first moment after its return none has told yet that it lives.
    private void Went(object? sender, ConnectionFailedEventArgs e)
    {
        if (e.ConnectionType != ConnectionType.Interactive)
            return;
        IsGone?.Invoke();
        if (!_hints.IsAlone)
            _isAway = true;
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
        IsBack?.Invoke();
    }

    /// <summary>Waits while other servers, which may have folded more of a log than is there, should have it first. Ends within <see cref="Patience.Limit"/> and two seconds.</summary>
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
        if (Volatile.Read(ref _backAt) is not 0 and var at && ForOthers - _time.GetElapsedTime(at) is var left && left > TimeSpan.Zero)
            await Task.Delay(left, _time);
    }

    public void Dispose()
    {
        _redis.ConnectionFailed -= Went;
        _redis.ConnectionRestored -= CameBack;
    }
}
