using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>Where servers that lost Redis tell each other that they have looked: in the Redis that is there now.</summary>
internal interface IMeetingPlace
{
    /// <summary>Which Redis is there, so that one that never went is told from one that began anew or took another's place; null where that cannot be known. Never fails.</summary>
    Task<string?> Which();

    /// <summary>This server has looked at what that Redis has, and given it back what it lacked.</summary>
    Task Sign(string which);

    /// <summary>Which of some servers have not signed there yet.</summary>
    Task<IReadOnlyList<string>> Missing(IReadOnlyList<string> servers, string which);
}

/// <summary>
/// The servers that lost Redis wait for one another before any of them puts something behind a log: one may have folded an entry that Redis lost and that no other had heard of (docs/decisions/0040). Each looks at what it holds, gives
/// back what is missing, and signs; whoever has the signatures of all that were there goes on. Where the same Redis is there that was, nothing is lost and nobody waits.
/// </summary>
/// <param name="others">Who was there when Redis went; null where that is not known.</param>
/// <param name="before">Which Redis it was; null where that is not known.</param>
/// <param name="look">Ends when everything this server holds is compared.</param>
internal sealed class Meeting(IMeetingPlace place, IReadOnlyList<string>? others, string? before, Func<Task> look, TimeProvider time, ILogger log)
{
    /// <summary>How long the others are waited for: one that went with Redis does not come.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <summary>Servers find a Redis that is back within a quarter of a second of each other, where nothing holds one of them up.</summary>
    private static readonly TimeSpan Unknown = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(30);
    private readonly Lock _lock = new();
    private Task<bool>? _held;

    public IReadOnlyList<string>? Others => others;

    public bool IsOver => Volatile.Read(ref _held) is { IsCompleted: true };

    /// <summary>Which Redis it is held in, once that is known.</summary>
    public string? Here { get; private set; }

    /// <summary>Begins it, once Redis answers again. Never fails.</summary>
    /// <returns>When it is over: whether all others are known to have looked, or have nothing to look for.</returns>
    public Task<bool> Hold()
    {
        lock (_lock)
            return _held ??= Run();
    }

    private async Task<bool> Run()
    {
        var began = time.GetTimestamp();
        var looked = look();
        var here = Here = await place.Which();
        _ = Sign(looked, here);
        if (here is not null && (here == before || others is []))
            return true;
        if (here is null || others is null)
        {
            await Task.Delay(Unknown, time);
            return false;
        }
        try
        {
            while (await place.Missing(others, here) is { Count: > 0 } missing)
            {
                if (time.GetElapsedTime(began) >= Longest)
                {
                    log.OthersNotBack(string.Join(", ", missing), Longest.TotalSeconds);
                    return false;
                }
                await Task.Delay(Step, time);
            }
            return true;
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            log.MeetingFailed(e);
            await Task.Delay(Unknown, time);
            return false;
        }
    }

    private async Task Sign(Task looked, string? here)
    {
        if (here is null)
            return;
        try
        {
            await looked;
            await place.Sign(here);
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            // If it went again there is another meeting. Else the others wait for as long as they do for one that is gone.
            log.MeetingFailed(e);
        }
    }
}

/// <summary>The meeting place in Redis. Which one it is says its own name of each of its lives (<c>run_id</c>) with that of what it copies (<c>master_replid</c>), for all servers of a cluster that are written to: <see href="https://redis.io/docs/latest/commands/info/"/>.</summary>
internal sealed class RedisMeetingPlace(IConnectionMultiplexer redis, string node) : IMeetingPlace
{
    /// <summary>Longer than any meeting; then a signature is of no use to anybody.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    public async Task<string?> Which()
    {
        try
        {
            var lives = await Task.WhenAll(redis.GetServers().Where(s => s is { IsConnected: true, IsReplica: false }).Select(Life));
            return lives.Length == 0 || lives.Contains(null) ? null : string.Join(' ', lives.Order(StringComparer.Ordinal));
        }
        catch (Exception e) when (e is RedisException or RedisCommandException or TimeoutException or ObjectDisposedException)
        {
            return null;
        }
    }

    private static async Task<string?> Life(IServer server)
    {
        var told = (await server.InfoAsync().Within()).SelectMany(part => part).ToLookup(line => line.Key, line => line.Value);
        return told["run_id"].FirstOrDefault() is { Length: > 0 } run ? $"{run}/{told["master_replid"].FirstOrDefault()}" : null;
    }

    public async Task Sign(string which)
    {
        var db = redis.GetDatabase();
        await Task.WhenAll(db.HashSetAsync(Keys.Looked, node, which).Within(), db.KeyExpireAsync(Keys.Looked, Kept).Within());
    }

    public async Task<IReadOnlyList<string>> Missing(IReadOnlyList<string> servers, string which)
    {
        var signed = await redis.GetDatabase().HashGetAsync(Keys.Looked, [.. servers.Select(s => (RedisValue)s)]).Within();
        return [.. servers.Where((_, i) => signed[i] != which)];
    }
}
