using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>A real redis-server of a test's own, on a free loopback port, keeping every write on disk before it answers.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/redis-server";
    private readonly ScratchDirectory _directory = new();
    private ServerProcess? _process;

    private readonly string _fsync;

    private RedisServer(int port, string fsync, string? directory) => (Port, _fsync, Directory) = (port, fsync, directory ?? _directory.Path);

    public int Port { get; }
    public int ProcessId => _process!.Id;
    public string Directory { get; }
    public string ConnectionString => $"127.0.0.1:{Port}";

    public static Task<RedisServer> Start() => Start("always");

    /// <param name="fsync">Redis' <c>appendfsync</c>: <c>always</c> or <c>everysec</c>.</param>
    /// <param name="directory">Where its files lie; a directory of its own when null.</param>
    public static async Task<RedisServer> Start(string fsync, string? directory = null)
    {
        var server = new RedisServer(ServerProcess.FreePort(), fsync, directory);
        await server.Run();
        return server;
    }

    private async Task Run()
    {
        _process = ServerProcess.Start(Program,
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", Directory, "--daemonize", "no", "--save", "",
            "--appendonly", "yes", "--appendfsync", _fsync, "--maxmemory-policy", "noeviction",
        ]);
        await _process.Until(async () =>
        {
            if (!await ServerProcess.Answers(Port))
                return false;
            await using var redis = await ConnectionMultiplexer.ConnectAsync($"{ConnectionString},connectTimeout=1000,abortConnect=false");
            try
            {
                await redis.GetDatabase().StringGetAsync("ready?");
                return true;
            }
            catch (RedisException)
            {
                return false; // Still loading its file.
            }
        }, "redis-server");
    }

    public Task Stop() => _process!.Stop();

    /// <summary>kill -9.</summary>
    public Task Kill() => _process!.Kill();

    /// <summary>Starts it again on the same files and the same port.</summary>
    public async Task StartAgain()
    {
        _process!.Dispose();
        await Run();
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
