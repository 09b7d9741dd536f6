using LiveSessions.Server.Live;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.FileProviders;
using OpenTelemetry.Metrics;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting.Compact;
using StackExchange.Redis;

namespace LiveSessions.Server;

/// <summary>The parts of the process that belong to no feature: address, logs, meters, health, the web client's files.</summary>
internal static class Hosting
{
    private const string DefaultAddress = "http://localhost:5080";
    private const LogEventLevel Off = LogEventLevel.Fatal + 1;

    /// <summary>Runs until it is stopped. What keeps it from starting is said in a sentence; the exit code is then 1.</summary>
    public static int Run(Func<WebApplication> build)
    {
        try
        {
            using var app = (IDisposable)build();
            ((WebApplication)app).Run();
            return 0;
        }
        catch (Exception e) when (InPlainWords(e) is { } words)
        {
            Console.Error.WriteLine($"\nLive Sessions cannot start. {words}");
            return 1;
        }
    }

    private static string? InPlainWords(Exception e) => e switch
    {
        Programme.TemplateException => e.Message,
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } => $"{e.Message} Another program listens there; end it, or choose another address with --urls.",
        Redis.EmbeddedGarnetFault or Backup.BackupFault => e.Message,
        AggregateException { InnerException: { } inner } => InPlainWords(inner),
        _ => null,
    };

    /// <summary>The embedded store serves its connections on threads of the pool too, which wait while it makes something durable, and needs others for that.</summary>
    private const int ThreadsOfTheEmbeddedStore = 3;

    public static void WatchWorkers(this WebApplicationBuilder builder) =>
        Workers.Watch(Environment.ProcessorCount + (Redis.RedisRegistration.Named(builder.Configuration) is null ? ThreadsOfTheEmbeddedStore : 0));

    public static void UseDefaultAddress(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["urls"]) && string.IsNullOrEmpty(builder.Configuration["http_ports"]) && string.IsNullOrEmpty(builder.Configuration["https_ports"]))
            builder.WebHost.UseUrls(DefaultAddress);
    }

    /// <summary>Bytes that the kernel takes in ahead of the server, for each connection. By itself it goes to megabytes for somebody who only sends.</summary>
    private const int TakenAhead = 64 * 1024;

    /// <summary>Bytes that the server reads ahead of whoever takes them in, for each connection: somebody who waits at a door is not read on. Kestrel's own limit of the same name does not reach its sockets, which read a megabyte.</summary>
    private const int ReadAhead = 32 * 1024;

    /// <summary>Who may stand in front of the door: the kernel would let those behind them try again a second later.</summary>
    private const int InFront = 4096;

    /// <summary>Less than what is read ahead, or a header could never be read to its end.</summary>
    private const int LongestHeaders = 24 * 1024;

    /// <summary>
    /// What a socket brings is handled on the pool's thread that fetched it, and what is sent leaves on the thread that wrote it: half the changes of thread for each message. And a thousand sockets
    /// that only send do not fill the machine's memory before anybody looks at them.
    /// </summary>
    public static void UseLeanSockets(this WebApplicationBuilder builder) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        kestrel.Limits.MaxRequestBufferSize = ReadAhead;
        kestrel.Limits.MaxRequestHeadersTotalSize = LongestHeaders;
    }).UseSockets(sockets =>
    {
        sockets.UnsafePreferInlineScheduling = true;
        sockets.MaxReadBufferSize = ReadAhead;
        sockets.Backlog = InFront;
        sockets.CreateBoundListenSocket = endpoint =>
        {
            var listener = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            // Connections have what their listener has.
            listener.ReceiveBufferSize = TakenAhead;
            return listener;
        };
    }).ConfigureServices(services => services.AddSingleton<IConnectionListenerFactory, PacedDoor>());

    /// <summary>Console for people, a rolling file of compact JSON for machines. Neither ever holds a person's words or name.</summary>
    public static void AddLogs(this WebApplicationBuilder builder)
    {
        var folder = Path.Combine(builder.Configuration["Data:Directory"] ?? "data", "logs");
        // As a provider: the framework's own factory has one logger for each name; Serilog's would make five for each connection.
        // Scopes would say of each line which request and connection it belongs to, and keep that for each socket as long as it is open.
        builder.Services.Configure<LoggerFilterOptions>(options => options.CaptureScopes = false);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddSerilog(
            new LoggerConfiguration()
                .MinimumLevel.Is(builder.Configuration.GetValue("Logs:Level", LogEventLevel.Information))
                .MinimumLevel.Override("Microsoft.AspNetCore", LogEventLevel.Warning)
                .MinimumLevel.Override(HubFaults.SignalRsOwn, LogEventLevel.Fatal)
                .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LogEventLevel.Warning)
                .MinimumLevel.Override("System.Net.Http", LogEventLevel.Warning)
                // Garnet says at every start that it uses the logger it was given.
                .MinimumLevel.Override("Garnet.ArgParser", LogEventLevel.Error)
                // A start that fails is told in plain words by Run.
                .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", Off)
                .Enrich.FromLogContext()
                .Enrich.With<WithoutAddresses>()
                .WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}", formatProvider: System.Globalization.CultureInfo.InvariantCulture)
                .WriteTo.File(new CompactJsonFormatter(), Path.Combine(folder, "live-.json"), rollingInterval: RollingInterval.Day, retainedFileCountLimit: 14, fileSizeLimitBytes: 50_000_000, rollOnFileSizeLimit: true, shared: false)
                .CreateLogger(),
            dispose: true)
            // The framework's own account of each request is nowhere written, and would make an activity for each. For this provider, whose own filter would come before one for all.
            .AddFilter<SerilogLoggerProvider>("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
    }

    /// <summary>ASP.NET puts the address of the request on every line within it, and addresses hold join codes and the tokens of personal links.</summary>
    private sealed class WithoutAddresses : Serilog.Core.ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, Serilog.Core.ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }

    /// <summary>Meters go out by OTLP when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; nothing is sent otherwise.</summary>
    public static void AddMeters(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return;
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(LiveMeter.Name).AddAspNetCoreInstrumentation().AddOtlpExporter());
    }

    public static void AddHealth(this IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<RedisHealth>("redis", tags: ["ready"]).AddCheck<ArchiveHealth>("archive", tags: ["ready"]).AddCheck<StayHealth>("staying", tags: ["ready"]);

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks("/health/live", new() { Predicate = _ => false });
        routes.MapHealthChecks("/health/ready", new()
        {
            Predicate = check => check.Tags.Contains("ready"),
            // A server that is about to end is no error, and yet not ready.
            ResultStatusCodes = { [HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable },
        });
    }

    /// <summary>The built client: beside the program when published, else in the repository's wwwroot.</summary>
    private static string? FindClient()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var dist = Path.Combine(folder.FullName, "wwwroot", "dist");
            if (File.Exists(Path.Combine(dist, "index.html")))
                return dist;
        }
        return null;
    }

    public static void UseWebClient(this WebApplication app)
    {
        if (FindClient() is not { } dist)
            return;
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = new PhysicalFileProvider(dist),
            OnPrepareResponse = file => file.Context.Response.Headers.CacheControl =
                file.Context.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache",
        });
    }

    /// <summary>Every address that is no file and no API is a page of the client, which says so itself when there is nothing there.</summary>
    public static void MapWebClient(this WebApplication app)
    {
        var dist = FindClient();
        app.MapFallback("{*path:nonfile}", async context =>
        {
            if (dist is null || context.Request.Path.StartsWithSegments("/api") || context.Request.Path.StartsWithSegments("/hub") || !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "no-cache";
            await context.Response.SendFileAsync(Path.Combine(dist, "index.html"));
        });
    }

    /// <summary>Whoever sends people here should stop before this server has gone.</summary>
    private sealed class StayHealth(LiveSessionsNode node) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(node.IsEnding ? HealthCheckResult.Degraded("The server is about to end.") : HealthCheckResult.Healthy());
    }

    private sealed class RedisHealth(IConnectionMultiplexer redis) : IHealthCheck
    {
        /// <summary>Somebody who asks is told within two seconds of Redis' last word, even if they ask a little later.</summary>
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1.5);

        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await redis.GetDatabase().PingAsync().WaitAsync(Patience, cancellationToken);
                return HealthCheckResult.Healthy();
            }
            catch (Exception)
            {
                return HealthCheckResult.Unhealthy("Redis does not answer.");
            }
        }
    }

    private sealed class ArchiveHealth(IDbContextFactory<ArchiveDb> archive) : IHealthCheck
    {
        public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            try
            {
                await using var db = await archive.CreateDbContextAsync(cancellationToken);
                return await db.Database.CanConnectAsync(cancellationToken) ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("The archive does not answer.");
            }
            catch (Exception)
            {
                return HealthCheckResult.Unhealthy("The archive does not answer.");
            }
        }
    }
}
