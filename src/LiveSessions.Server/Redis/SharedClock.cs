using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>
/// The time of day that all servers share: that of Redis' own clock, counted on by this machine's steady counter from the best reading there is. A machine whose clock is wrong, or is set while the server runs,
/// changes nothing. Before the first reading it is the machine's own time. Durations and timers are the machine's.
/// </summary>
public sealed class SharedClock(TimeProvider machine) : TimeProvider
{
    /// <summary>How much a counter may run away from Redis' clock: 100 parts in a million, twice what machines are made to.</summary>
    private const double Drift = 1e-4;
    private Reading? _held;

    /// <param name="Stamp">The machine's counter when it was that time.</param>
    /// <param name="Within">How wrong it may be, either way: half of what asking took.</param>
    private sealed record Reading(long Stamp, DateTimeOffset At, TimeSpan Within);

    /// <summary>Whether Redis has been asked yet.</summary>
    public bool IsRead => Volatile.Read(ref _held) is not null;

    /// <summary>How far the shared time is ahead of this machine's.</summary>
    public TimeSpan Ahead => GetUtcNow() - machine.GetUtcNow();

    public override TimeZoneInfo LocalTimeZone => machine.LocalTimeZone;
    public override long TimestampFrequency => machine.TimestampFrequency;
    public override DateTimeOffset GetUtcNow() => Volatile.Read(ref _held) is { } held ? held.At + machine.GetElapsedTime(held.Stamp) : machine.GetUtcNow();
    public override long GetTimestamp() => machine.GetTimestamp();
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>
    /// Redis said what time it was, between two readings of the counter. It is taken when it is at least as exact as what is held, or when the two cannot both be right: then Redis' clock was set, or another
    /// Redis answers.
    /// </summary>
    public void Heard(long asked, DateTimeOffset said, long answered)
    {
        var half = machine.GetElapsedTime(asked, answered) / 2;
        var reading = new Reading(asked + (answered - asked) / 2, said, half);
        if (Volatile.Read(ref _held) is { } held)
        {
            var age = machine.GetElapsedTime(held.Stamp, reading.Stamp);
            var within = held.Within + age * Drift;
            if (half > within && (held.At + age - said).Duration() <= half + within)
                return;
        }
        Volatile.Write(ref _held, reading);
    }
}

/// <summary>Asks Redis for the time: before the server takes anybody in, then every two seconds, and at once when Redis is back.</summary>
internal sealed class ClockReader(IConnectionMultiplexer redis, SharedClock clock, ILogger<ClockReader> log) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstBeat = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(2);

    /// <summary>What is worth a word to whoever runs the machine.</summary>
    private static readonly TimeSpan Wrong = TimeSpan.FromSeconds(1);

    /// <summary>KEYS any one key, the same on every server, so that in a cluster all ask the same machine.</summary>
    private const string Time = "return redis.call('TIME')";
    private TimeSpan _told;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestStart);
        // The first call opens the way and is slow; the next are as exact as they get.
        for (var i = 0; i < 3 && !limit.IsCancellationRequested; i++)
            await Read(limit.Token);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var back = new SemaphoreSlim(0);
        void Back(object? sender, ConnectionFailedEventArgs restored) => back.Release();
        redis.ConnectionRestored += Back;
        try
        {
            while (true)
            {
                await back.WaitAsync(clock.IsRead ? Beat : FirstBeat, stoppingToken);
                await Read(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the server.
        }
        finally
        {
            redis.ConnectionRestored -= Back;
        }
    }

    /// <summary>While Redis is away the last reading holds.</summary>
    private async Task Read(CancellationToken ct)
    {
        try
        {
            var asked = clock.GetTimestamp();
            var said = (long[])(await redis.GetDatabase().ScriptEvaluateAsync(Time, [Keys.Nodes]).Within(ct))!;
            clock.Heard(asked, DateTimeOffset.UnixEpoch.AddSeconds(said[0]).AddMicroseconds(said[1]), clock.GetTimestamp());
            if ((clock.Ahead - _told).Duration() <= Wrong)
                return;
            _told = clock.Ahead;
            log.ClockWrong(_told.TotalSeconds);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            log.ClockUnread(e);
        }
    }
}
