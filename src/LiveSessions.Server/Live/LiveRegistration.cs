using System.Text.Json.Serialization.Metadata;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace LiveSessions.Server.Live;

public static class LiveRegistration
{
    /// <summary>The hub, the desks, the pulse. Needs <see cref="RedisRegistration.AddSessionRedis"/>.</summary>
    public static IServiceCollection AddLive(this IServiceCollection services)
    {
        services.AddSignalR(hub =>
        {
            // The pulse tells every line something at least every four seconds. SignalR's pings would come besides, to all lines at once.
            hub.KeepAliveInterval = TimeSpan.FromMinutes(1);
            hub.ClientTimeoutInterval = TimeSpan.FromSeconds(10);
            hub.HandshakeTimeout = TimeSpan.FromSeconds(10);
            hub.MaximumReceiveMessageSize = GuardedJson.LongestMessage;
            hub.MaximumParallelInvocationsPerClient = 1;
            hub.StatefulReconnectBufferSize = 0;
            hub.AddFilter<HubFaults>();
        }).AddJsonProtocol(json =>
        {
            Json.Configure(json.PayloadSerializerOptions);
            json.PayloadSerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine(JsonTypes.Default.WithAddedModifier(GuardedJson.Require), RawJsonTypes.Default);
        }).AddStackExchangeRedis();
        services.AddOptions<RedisOptions>().Configure<IConnectionMultiplexer>((options, redis) =>
        {
            options.Configuration.ChannelPrefix = RedisChannel.Literal("ls:hub");
            options.ConnectionFactory = _ => Task.FromResult(redis);
        });
        services.AddSingleton<NodeLines>();
        services.AddSingleton<HubLifetimeManager<SessionHub>>(provider => provider.GetRequiredService<NodeLines>());
        // One protocol, JSON, under our eye.
        foreach (var protocol in services.Where(s => s.ServiceType == typeof(IHubProtocol)).ToList())
            services.Remove(protocol);
        services.AddSingleton<IHubProtocol>(provider => new GuardedJson(
            new JsonHubProtocol(provider.GetRequiredService<IOptions<JsonHubProtocolOptions>>()), provider.GetRequiredService<Budgets>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<GuardedJson>>()));
        services.AddSingleton(provider => new Budgets(Math.Max(100, 5 * provider.GetRequiredService<IConfiguration>().GetValue("Live:CommandsPerSecond", 20.0)), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IHubActivator<SessionHub>, SessionHubs>();
        services.AddSingleton<HubFaults>();
        services.AddSingleton<CleanText>();
        services.AddSingleton(provider => Rates.From(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton<LiveSessionsNode>();
        services.AddSingleton<ILiveSessions>(provider => provider.GetRequiredService<LiveSessionsNode>());
        services.AddSingleton<Dismissals>();
        services.AddSingleton<Broom>();
        services.AddSingleton<Attendance>();
        services.AddSingleton<Bustle>();
        services.AddSingleton(provider => FarewellOptions.From(provider.GetRequiredService<IConfiguration>()));
        services.AddSingleton<Farewell>();
        services.AddSingleton<SignIns>();
        services.AddHostedService(provider => provider.GetRequiredService<SignIns>());
        services.AddHostedService<Pulse>();
        services.AddHostedService<CollectorsThread>();
        return services;
    }

    public static IEndpointRouteBuilder MapLive(this IEndpointRouteBuilder routes)
    {
        routes.MapHub<SessionHub>("/hub", options =>
        {
            options.Transports = HttpTransportType.WebSockets;
            options.CloseOnAuthenticationExpiration = true;
            options.ApplicationMaxBufferSize = 64 * 1024;
            options.TransportMaxBufferSize = 1024 * 1024;
            options.AllowStatefulReconnects = false;
            // Whoever is sent away has so long to say goodbye.
            options.WebSockets.CloseTimeout = TimeSpan.FromSeconds(2);
        }).Add(Budgets.Guard);
        // What was registered last is called first: before SignalR closes its connections.
        var farewell = routes.ServiceProvider.GetRequiredService<Farewell>();
        routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(farewell.Say);
        return routes;
    }
}
