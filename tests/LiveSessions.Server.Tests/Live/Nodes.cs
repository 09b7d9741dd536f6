using System.Diagnostics;
using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveSessions.Server.Tests.Live;

/// <summary>What a server is told when it starts.</summary>
internal sealed record NodeSettings(string DataDirectory, string? Redis, string? Archive)
{
    public string LogLevel { get; init; } = "Warning";
    public int Port { get; } = ServerProcess.FreePort();
    public Uri Address => new($"http://127.0.0.1:{Port}");

    public const string ThisVersion = "LiveSessions.Server.dll";

    /// <summary>The program that is started (next), beside this one or by its whole path; another than the product's may be a server that was altered to show that a check can fail, or an earlier version.</summary>
    public string Program { get; set; } = ThisVersion;

    /// <summary>Told to that program before the server's own arguments.</summary>
    public IReadOnlyList<string> First { get; init; } = [];

    /// <summary>Further arguments of the server.</summary>
    public IReadOnlyList<string> More { get; init; } = [];

    public string[] Arguments =>
    [
        "--urls", Address.GetLeftPart(UriPartial.Authority), "--Data:Directory", DataDirectory, "--Logs:Level", LogLevel,
        .. Redis is null ? Array.Empty<string>() : ["--ConnectionStrings:Redis", Redis],
        .. Archive is null ? Array.Empty<string>() : ["--ConnectionStrings:Archive", Archive], .. More,
    ];
}

/// <summary>The server in this process, wired by its own Program, on a real port.</summary>
internal sealed class LiveNode : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Task _running;

    private LiveNode(NodeSettings settings, IHost host, Task running) => (Settings, _host, _running) = (settings, host, running);

    public NodeSettings Settings { get; }
    public Uri Address => Settings.Address;
    public T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();

    public async Task<string> SetUpPath() => await Get<SetUpLink>().Mint(CancellationToken.None) ?? throw new InvalidOperationException("There is an account already.");

    public static async Task<LiveNode> Start(NodeSettings settings)
    {
        var built = new TaskCompletionSource<IHost>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = new HostWatch(built);
        var running = Task.Factory.StartNew(
            () =>
            {
                HostWatch.Mine.Value = watch;
                typeof(Program).Assembly.EntryPoint!.Invoke(null, [settings.Arguments]);
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(built.Task, running);
        if (!built.Task.IsCompleted)
            await running;
        var host = await built.Task;
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var _ = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(started.SetResult);
        await Task.WhenAny(started.Task, running).WaitAsync(TimeSpan.FromMinutes(1));
        if (!started.Task.IsCompleted)
            await running;
        return new(settings, host, running);
    }

    public async ValueTask DisposeAsync()
    {
        _host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        await _running.WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Program builds its host itself; the runtime tells of it here.</summary>
    private sealed class HostWatch : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        public static readonly AsyncLocal<HostWatch?> Mine = new();
        private readonly TaskCompletionSource<IHost> _built;
        private readonly IDisposable _all;
        private IDisposable? _one;

        public HostWatch(TaskCompletionSource<IHost> built)
        {
            _built = built;
            _all = DiagnosticListener.AllListeners.Subscribe(this);
        }

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting" && Mine.Value == this)
                _one = value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == "HostBuilt" && Mine.Value == this)
                _built.TrySetResult((IHost)value.Value!);
        }

        public void OnCompleted() { }
        public void OnError(Exception error) { }

        public void Dispose()
        {
            _one?.Dispose();
            _all.Dispose();
        }
    }
}

/// <summary>The server as a process of its own, which can be killed.</summary>
internal sealed class ServerNode : IAsyncDisposable
{
    private ServerProcess? _process;

    public ServerNode(NodeSettings settings) => Settings = settings;

    public NodeSettings Settings { get; }
    public Uri Address => Settings.Address;
    public string Said => _process?.Said ?? "";
    public int ProcessId => _process!.Id;
    public bool HasEnded => _process is not { HasEnded: false };

    public static async Task<ServerNode> Start(NodeSettings settings)
    {
        var node = new ServerNode(settings);
        await node.StartAgain();
        return node;
    }

    /// <summary>Starts it (again) with the same settings.</summary>
    public async Task StartAgain()
    {
        _process?.Dispose();
        _process = ServerProcess.Start(DotNet(), [Path.Combine(AppContext.BaseDirectory, Settings.Program), .. Settings.First, .. Settings.Arguments]);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        await _process.Until(async () =>
        {
            try
            {
                return (await http.GetAsync(new Uri(Address, "/health/ready"))).IsSuccessStatusCode;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        }, "The server", TimeSpan.FromMinutes(2));
    }

    public async Task<string> SetUpPath()
    {
        string? path = null;
        await Eventually.True(() => (path = Said.Split().FirstOrDefault(w => w.Contains("/setup/", StringComparison.Ordinal))) is not null, "the server tells its set-up link");
        return new Uri(path!).AbsolutePath;
    }

    /// <summary>kill -9.</summary>
    public Task Kill() => _process!.Kill();

    public Task Stop() => _process!.Stop();

    internal static string DotNet() =>
        Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own
        : (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(p => Path.Combine(p, "dotnet")).FirstOrDefault(File.Exists))
        ?? throw new InvalidOperationException("dotnet is not on the PATH.");

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        return ValueTask.CompletedTask;
    }
}
