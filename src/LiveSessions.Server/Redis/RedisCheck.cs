using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>Looks once, at the start, whether Redis is set to keep what it acknowledges, and says so in the log if it is not.</summary>
internal sealed class RedisCheck(IConnectionMultiplexer redis, ILogger<RedisCheck> log) : BackgroundService
{
    private static readonly (string Setting, string Wanted)[] Safe = [("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var server in redis.GetServers())
            try
            {
                if (await StorageRewrite.IsGarnet(server, stoppingToken))
                    continue;
                foreach (var (setting, wanted) in Safe)
                    if ((await server.ConfigGetAsync(setting).Within(stoppingToken)).FirstOrDefault(line => line.Key == setting).Value is var value && value != wanted)
                        log.RedisUnsafe($"{server.EndPoint}", setting, value ?? "unknown", wanted);
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                log.RedisSettingsUnknown($"{server.EndPoint}", e);
            }
    }
}
