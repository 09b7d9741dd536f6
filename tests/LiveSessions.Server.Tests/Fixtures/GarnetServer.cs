using System.Runtime.CompilerServices;
using System.Text.Json;
using LiveSessions.Server.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>The product's embedded store in a process of its own, so that a test can kill it. The process is this tests' own program, told so by its environment.</summary>
public sealed class GarnetServer : IAsyncDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly EmbeddedGarnetOptions _options;
    private ServerProcess? _process;

    private GarnetServer(Func<EmbeddedGarnetOptions, EmbeddedGarnetOptions>? but) => _options = (but ?? (same => same))(new EmbeddedGarnetOptions(Directory));

    public string Directory => _directory.Path;
    public int ProcessId => _process!.Id;

    /// <summary>Changes with every start: the port and the password are new.</summary>
    public string ConnectionString { get; private set; } = "";

    public static async Task<GarnetServer> Start(Func<EmbeddedGarnetOptions, EmbeddedGarnetOptions>? but = null)
    {
        var server = new GarnetServer(but);
        await server.StartAgain();
        return server;
    }

    /// <summary>Starts it (again) on the same files.</summary>
    public async Task StartAgain()
    {
        _process?.Dispose();
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = ServerProcess.Start(
            Path.Combine(AppContext.BaseDirectory, typeof(GarnetServer).Assembly.GetName().Name + (OperatingSystem.IsWindows() ? ".exe" : "")),
            [],
            new Dictionary<string, string> { [GarnetChild.Variable] = JsonSerializer.Serialize(_options) },
            line =>
            {
                if (line.StartsWith(GarnetChild.Ready, StringComparison.Ordinal))
                    ready.TrySetResult(line[GarnetChild.Ready.Length..]);
            });
        await _process.Until(() => Task.FromResult(ready.Task.IsCompleted), "The embedded store");
        ConnectionString = await ready.Task;
    }

    /// <summary>kill -9 of the whole process.</summary>
    public Task Kill() => _process!.Kill();

    /// <summary>The clean stop of the product: last checkpoint, then close.</summary>
    public async Task Stop()
    {
        _process!.Input.Close();
        await _process.Ended();
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}

internal static class GarnetChild
{
    public const string Variable = "LIVE_SESSIONS_GARNET_CHILD";
    public const string Ready = "garnet ready at ";

    /// <summary>In a process that was started as a store, be one until the input closes, and never run a test.</summary>
    [ModuleInitializer]
    internal static void BeAStoreIfAsked()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } options)
            return;
        try
        {
            using (var garnet = EmbeddedGarnet.Start(JsonSerializer.Deserialize<EmbeddedGarnetOptions>(options)!, NullLoggerFactory.Instance))
            {
                Console.WriteLine(Ready + garnet.ConnectionString);
                Console.Out.Flush();
                while (Console.In.ReadLine() is not null)
                {
                }
            }

            Environment.Exit(0);
        }
        catch (EmbeddedGarnetFault fault)
        {
            Console.Error.WriteLine(fault.Message);
            Environment.Exit(2);
        }
    }
}
