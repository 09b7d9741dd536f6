using Microsoft.Extensions.DependencyInjection.Extensions;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

public static class RedisRegistration
{
    /// <summary>
    /// Everything that is kept in Redis: the one that <c>ConnectionStrings:Redis</c> names, else one embedded in this process with its files in
    /// <c>Data:Directory</c>/garnet (default <c>data</c>). Call it before whatever uses it, so that it stops last.
    /// </summary>
    public static IServiceCollection AddSessionRedis(this IServiceCollection services, IConfiguration configuration)
    {
        // Whoever asks what time it is hears what every other server would say.
        services.TryAddSingleton(_ => new SharedClock(TimeProvider.System));
        services.TryAddSingleton<TimeProvider>(provider => provider.GetRequiredService<SharedClock>());
        if (Named(configuration) is { } named)
            services.AddSingleton<IConnectionMultiplexer>(provider => Connect(named, provider));
        else
        {
            var directory = Path.Combine(configuration["Data:Directory"] ?? "data", "garnet");
            services.AddSingleton(provider => EmbeddedGarnet.Start(new EmbeddedGarnetOptions(directory), provider.GetRequiredService<ILoggerFactory>()));
            // The connection is made after the embedded store and so is closed before it.
            services.AddSingleton<IConnectionMultiplexer>(provider => Connect(provider.GetRequiredService<EmbeddedGarnet>().ConnectionString, provider));
        }

        services.AddSingleton<RedisSessionLog>();
        services.AddSingleton<ISessionLog>(provider => provider.GetRequiredService<RedisSessionLog>());
        services.AddSingleton<NodeRoster>();
        services.AddSingleton<HeadHints>();
        services.AddSingleton<RedisReturn>();
        services.AddSingleton<Deadlines>();
        services.AddSingleton<Presence>();
        services.AddSingleton<Leases>();
        services.AddHostedService<ClockReader>();
        services.AddHostedService<RedisCheck>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeRoster>());
        return services;
    }

    /// <summary>The Redis that is to be used; null for the embedded one.</summary>
    internal static string? Named(IConfiguration configuration) => configuration.GetConnectionString("Redis") is { Length: > 0 } named ? named : null;

    /// <summary>The options that every connection of the product has, whatever the connection string leaves out.</summary>
    public static ConfigurationOptions Options(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = options.AsyncTimeout = options.SyncTimeout = (int)Patience.Limit.TotalMilliseconds;
        options.KeepAlive = 10;
        options.HeartbeatConsistencyChecks = true;
        // Looked at with every heartbeat, so both decide how soon a Redis that is back is found.
        options.ReconnectRetryPolicy = new LinearRetry(250);
        options.HeartbeatInterval = TimeSpan.FromMilliseconds(250);
        options.ClientName = "live-sessions";
        // What was not yet sent when the connection broke is not sent over the next one: for the same reason as in RedisSessionLog.Append.
        options.BacklogPolicy = new BacklogPolicy { QueueWhileDisconnected = true, AbortPendingOnConnectionFailure = true };
        // For CONFIG GET and BGREWRITEAOF. What the server allows this user is the server's own matter.
        options.AllowAdmin = true;
        return options;
    }

    private static ConnectionMultiplexer Connect(string connectionString, IServiceProvider provider)
    {
        var log = provider.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RedisRegistration).FullName!);
        var redis = ConnectionMultiplexer.Connect(Options(connectionString));
        redis.ConnectionFailed += (_, lost) => log.RedisLost($"{lost.EndPoint}", $"{lost.ConnectionType}, {lost.FailureType}");
        redis.ConnectionRestored += (_, back) => log.RedisBack($"{back.EndPoint}", $"{back.ConnectionType}");
        return redis;
    }
}
