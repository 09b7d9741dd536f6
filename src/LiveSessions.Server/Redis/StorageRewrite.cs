using System.Globalization;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>
/// Has every server write its files anew with only what it still holds, so that erased words leave the disk too: BGREWRITEAOF on Redis and Valkey,
/// a checkpoint on Garnet, whose old log files only go whole and so are first pushed out of use.
/// </summary>
internal static class StorageRewrite
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    public static async Task Run(IConnectionMultiplexer redis, ILogger log, CancellationToken ct)
    {
        foreach (var server in redis.GetServers().Where(s => s.IsConnected && !s.IsReplica))
            await (await IsGarnet(server, ct) ? Checkpoint(redis, server, log, ct) : RewriteAof(server, ct));
        log.StorageRewritten();
    }

    public static async Task<bool> IsGarnet(IServer server, CancellationToken ct)
    {
        var info = await server.InfoAsync("server").Within(ct);
        return info.SelectMany(section => section).Any(line => line.Key.Contains("garnet", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task RewriteAof(IServer server, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience.LongLimit);
        // One that is under way began before the erasure, so wait for it and begin another.
        await Settled(server, limit.Token);
        while (true)
        {
            try
            {
                await server.ExecuteAsync("BGREWRITEAOF").Within(limit.Token);
                break;
            }
            catch (RedisServerException e) when (e.Message.Contains("in progress", StringComparison.OrdinalIgnoreCase))
            {
                await Settled(server, limit.Token);
            }
        }

        await Settled(server, limit.Token);
    }

    private static async Task Settled(IServer server, CancellationToken ct)
    {
        while (await Persistence(server, "aof_rewrite_in_progress", ct) == "1" || await Persistence(server, "aof_rewrite_scheduled", ct) == "1"
               || await Persistence(server, "rdb_bgsave_in_progress", ct) == "1")
            await Task.Delay(Pace, ct);
    }

    private static async Task<string?> Persistence(IServer server, string field, CancellationToken ct) =>
        (await server.InfoAsync("persistence").Within(ct)).SelectMany(s => s).FirstOrDefault(line => line.Key == field).Value;

    private static async Task Checkpoint(IConnectionMultiplexer redis, IServer server, ILogger log, CancellationToken ct)
    {
        // What was written until now is to be gone from the files.
        var written = await AofAddress(server, "TailAddress", ct);
        var db = redis.GetDatabase();
        var ballast = new byte[1 << 20];
        for (var i = 0; i < EmbeddedGarnet.RewriteBallastMegabytes; i++)
            await db.StringSetAsync(Keys.Ballast, ballast).Within(ct);
        await db.KeyDeleteAsync(Keys.Ballast).Within(ct);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience.LongLimit);
        while (true)
        {
            try
            {
                await server.ExecuteAsync("SAVE").WaitAsync(limit.Token);
                // What is cut off goes with the next write, and without one stays. That SAVE is answered does not yet say that anything was cut off.
                await db.StringSetAsync(Keys.Ballast, "").Within(limit.Token);
                await db.KeyDeleteAsync(Keys.Ballast).Within(limit.Token);
                if (written is null || await AofAddress(server, "CommittedBeginAddress", limit.Token) >= written)
                    return;
                log.NotOutOfFiles();
            }
            catch (RedisServerException e) when (e.Message.Contains("progress", StringComparison.OrdinalIgnoreCase))
            {
                // As below.
            }
            catch (TimeoutException)
            {
                // It takes its time, and the next SAVE is told that one is in progress.
            }
            await Task.Delay(Pace, limit.Token);
        }
    }

    /// <summary>A place in Garnet's append-only file: what was written before <c>CommittedBeginAddress</c> is cut off, and its whole files go; <c>TailAddress</c> is where the next goes. Null where there is no such file.</summary>
    private static async Task<long?> AofAddress(IServer server, string field, CancellationToken ct) =>
        long.TryParse(await Persistence(server, field, ct), NumberStyles.None, CultureInfo.InvariantCulture, out var address) ? address : null;
}
