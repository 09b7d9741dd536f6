using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>
/// Which nodes are alive. A node renews its mark every two seconds and counts as gone six seconds after the last time, by Redis' own clock, so that nodes whose clocks
/// differ agree. While a node is alone nothing needs to be told to others.
/// </summary>
public sealed class NodeRoster(IConnectionMultiplexer redis, TimeProvider time, ILogger<NodeRoster> log) : BackgroundService
{
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan Lapse = TimeSpan.FromSeconds(6);

    /// <summary>KEYS nodes; ARGV node, lapse (ms). Answers all living nodes.</summary>
    private const string Renew = """
        local t = redis.call('TIME')
        local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
        redis.call('ZADD', KEYS[1], string.format('%d', now + tonumber(ARGV[2])), ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%d', now))
        return redis.call('ZRANGE', KEYS[1], 0, -1)
        """;

    // Unknown counts as "not alone": telling nobody is free, not telling somebody is not.
    private volatile IReadOnlyList<string>? _others;
    private volatile bool _heard;

    /// <summary>This node's name among the others; new with every start.</summary>
    public string Node { get; } = $"n{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}";

    /// <summary>Whether any other node lives, as of the last beat or greeting. True while it is not known.</summary>
    public bool OthersAlive => _heard || _others is not { Count: 0 };

    /// <summary>Whether any other node lived when Redis last answered.</summary>
    public bool OthersWereAlive => LastOthers is { Count: > 0 };

    /// <summary>The other nodes that lived when Redis last answered; null before it has.</summary>
    public IReadOnlyList<string>? LastOthers { get; private set; }

    private long _heardAt, _backAt;

    /// <summary>How long ago Redis last answered a beat.</summary>
    public TimeSpan UnheardFor => time.GetElapsedTime(Volatile.Read(ref _heardAt));

    /// <summary>The other living nodes, as of the last beat.</summary>
    public IReadOnlyList<string> Others => _others ?? [];

    /// <summary>Another node has come up. It may have read a log just before this node knew of it, so tell the heads of open sessions now.</summary>
    public event Action? OtherCame;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Join(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var beat = new PeriodicTimer(Beat, time);
        redis.ConnectionRestored += TellAtOnce;
        try
        {
            while (await beat.WaitForNextTickAsync(stoppingToken))
                await (_listening ? Refresh(stoppingToken) : Join(stoppingToken));
        }
        finally
        {
            redis.ConnectionRestored -= TellAtOnce;
        }

        // Nobody is let in before it is known that Redis is back; the next beat may be two seconds away.
        void TellAtOnce(object? sender, ConnectionFailedEventArgs back)
        {
            if (back.ConnectionType == ConnectionType.Interactive && _listening)
                _ = Refresh(stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await redis.GetDatabase().SortedSetRemoveAsync(Keys.Nodes, Node).Within(cancellationToken);
            await redis.GetSubscriber().PublishAsync(Keys.Hello, $"-{Node}").Within(cancellationToken);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or OperationCanceledException or ObjectDisposedException)
        {
            log.RosterFailed(Node, e);
        }
    }

    private volatile bool _listening;

    /// <summary>Listens first, then enters the roster, then greets: from then on every node that lives knows of this one, and the other way round.</summary>
    private async Task Join(CancellationToken ct)
    {
        try
        {
            var greetings = await redis.GetSubscriber().SubscribeAsync(Keys.Hello).Within(ct);
            greetings.OnMessage(greeting => Greeted(greeting.Message.ToString()));
            _listening = true;
            await Greet(ct);
            log.NodeUp(Node, Others.Count);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            log.RosterFailed(Node, e);
        }
    }

    /// <summary>Has every other node know of this one now, and tell it (<see cref="OtherCame"/>) what it may have missed.</summary>
    private async Task Greet(CancellationToken ct)
    {
        // On the roster first: whoever is greeted looks there.
        await Refresh(ct);
        await redis.GetSubscriber().PublishAsync(Keys.Hello, $"+{Node}").Within(ct);
    }

    private async Task Greeted(string greeting)
    {
        if (greeting.Length < 2 || greeting[1..] == Node)
            return;
        if (greeting[0] == '+')
        {
            _heard = true;
            Came();
        }
        else
        {
            LastOthers = LastOthers?.Where(n => n != greeting[1..]).ToArray();
        }

        await Refresh(CancellationToken.None);
    }

    private void Came()
    {
        try
        {
            OtherCame?.Invoke();
        }
        catch (Exception e)
        {
            log.HintFailed(e);
        }
    }

    private async Task Refresh(CancellationToken ct)
    {
        try
        {
            var alive = (string[])(await redis.GetDatabase().ScriptEvaluateAsync(Renew, [Keys.Nodes], [Node, (long)Lapse.TotalMilliseconds]).Within(ct))!;
            var now = time.GetTimestamp();
            if (time.GetElapsedTime(Volatile.Read(ref _heardAt), now) > Lapse - Beat)
                _backAt = now;
            // Names may have lapsed because Redis was away. Whoever was there has two beats to say that they live, or the first to find Redis would take itself to be alone.
            var others = alive.Where(n => n != Node).ToArray();
            if (time.GetElapsedTime(_backAt, now) < 2 * Beat)
                others = [.. others.Union(LastOthers ?? [])];
            var before = _others;
            (_others, _heard) = (others, false);
            Volatile.Write(ref _heardAt, now);
            LastOthers = others;
            if (before is null || before.SequenceEqual(others))
                return;
            log.NodesChanged(Node, others.Length);
            // A greeting may get lost; a new name on the roster says the same.
            if (others.Except(before).Any())
                Came();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            _others = null;
            log.RosterFailed(Node, e);
        }
    }
}
