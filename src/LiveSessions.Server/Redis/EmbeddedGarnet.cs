using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Garnet;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>Where and how big. Sizes as Garnet writes them: <c>64m</c>, <c>1g</c>.</summary>
public sealed record EmbeddedGarnetOptions(string Directory)
{
    /// <summary>
    /// What may be held in memory: by default half of what this process may use, taken as it is needed. More goes to files and is read back when asked for:
    /// nothing is dropped, but words that went there stay until the file is given up, so this is a way out of need and not a way to run.
    /// </summary>
    public string Memory { get; init; } = $"{Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2 >> 20, 64)}m";

    /// <summary>How much goes to files at a time. A list or a hash takes some hundred bytes of it, however long it is.</summary>
    public string Page { get; init; } = "1m";

    /// <summary>When the append-only file grows past this, a checkpoint is taken and what it covers is cut off.</summary>
    public string AofSizeLimit { get; init; } = "64m";

    /// <summary>The port on loopback; by default whichever is free.</summary>
    public int? Port { get; init; }
}

/// <summary>The embedded store cannot run, in words for the one who started the server.</summary>
public sealed class EmbeddedGarnetFault(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// A Redis-protocol server inside this process, for running without anything installed. It listens on loopback only, behind a password that lives as long
/// as the process, and an answer to a write means that the write is on disk. One process per directory.
/// </summary>
public sealed class EmbeddedGarnet : IAsyncDisposable, IDisposable
{
    /// <summary>Old log files go whole, so this much is written through to push one out of use (two segments and a page).</summary>
    internal const int RewriteBallastMegabytes = 12;

    private const int PortTries = 5;
    private static readonly TimeSpan LastCheckpoint = TimeSpan.FromSeconds(30);

    private readonly GarnetServer _server;
    private readonly FileStream _lock;
    private readonly ILogger _log;
    private readonly string _password;
    private int _closed;

    private EmbeddedGarnet(GarnetServer server, FileStream @lock, ILogger log, int port, string password, string directory)
    {
        (_server, _lock, _log, Port, _password, Directory) = (server, @lock, log, port, password, directory);
    }

    public int Port { get; }
    public string Directory { get; }

    /// <summary>How to connect to it, in StackExchange.Redis' own form. Holds the password: never log it.</summary>
    public string ConnectionString => $"127.0.0.1:{Port},password={_password}";

    /// <summary>Starts it, with everything that was kept in the directory. Ends with a <see cref="EmbeddedGarnetFault"/> when the directory cannot be used or a server runs on it.</summary>
    public static EmbeddedGarnet Start(EmbeddedGarnetOptions options, ILoggerFactory loggers)
    {
        var log = loggers.CreateLogger<EmbeddedGarnet>();
        var directory = Path.GetFullPath(options.Directory);
        var claim = Claim(directory);
        try
        {
            var password = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
            for (var attempt = 1; ; attempt++)
            {
                var port = options.Port ?? FreePort();
                try
                {
                    var garnet = new EmbeddedGarnet(Run(options, directory, port, password, loggers), claim, log, port, password, directory);
                    garnet.ProveWhole();
                    log.GarnetUp(port, directory);
                    return garnet;
                }
                catch (Exception e) when (CannotListen(e) && options.Port is null && attempt < PortTries)
                {
                    log.GarnetPortTaken(port);
                }
                catch (Exception e) when (CannotListen(e))
                {
                    throw new EmbeddedGarnetFault($"The embedded store cannot listen on 127.0.0.1:{port}: {e.Message}", e);
                }
            }
        }
        catch (Exception e)
        {
            claim.Dispose();
            if (e is EmbeddedGarnetFault)
                throw;
            throw new EmbeddedGarnetFault($"The embedded store could not start on its files in {directory}: {e.Message}", e);
        }
    }

    /// <summary>
    /// Garnet reads files that lost their content without a complaint. So every start leaves a new mark in the store and beside it, and the next one must find the same
    /// in both places; a start that was cut off in between leaves both marks beside it.
    /// </summary>
    private void ProveWhole()
    {
        try
        {
            var file = Path.Combine(Directory, "mark");
            var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
            using var redis = ConnectionMultiplexer.Connect(RedisRegistration.Options(ConnectionString));
            var db = redis.GetDatabase();
            var kept = (string?)db.StringGet(Keys.Mark);
            if (File.Exists(file) && (kept is null || !File.ReadAllLines(file).Contains(kept)))
                throw new EmbeddedGarnetFault(
                    $"The files of the embedded store in {Directory} are damaged or were put together from different copies: what was kept there is not all there. "
                    + "Put back a copy of the whole directory, or move it away to begin with an empty store.");
            WriteMark(file, kept ?? "", mark);
            db.StringSet(Keys.Mark, mark);
            WriteMark(file, mark);
        }
        catch
        {
            _server.Dispose(deleteDir: false);
            throw;
        }
    }

    private static void WriteMark(string file, params string[] lines)
    {
        var next = file + ".next";
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            stream.Write(Encoding.ASCII.GetBytes(string.Join('\n', lines)));
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }

    private static GarnetServer Run(EmbeddedGarnetOptions options, string directory, int port, string password, ILoggerFactory loggers)
    {
        string[] arguments =
        [
            "--bind", "127.0.0.1", "--port", $"{port}", "--auth", "Password", "--password", password, "-q",
            "--lua", "--lua-transaction-mode",
            "--aof", "--aof-commit-freq", "0", "--aof-commit-wait", "--recover", "--fail-on-recovery-error",
            "--aof-memory", "8m", "--aof-page-size", "4m", "--aof-segment-size", "4m", "--aof-size-limit", options.AofSizeLimit,
            "--memory", options.Memory, "--page", options.Page, "--segment", "16m", "--object-log-segment", "16m", "--index", "4m",
            "--storage-tier", "--logdir", Path.Combine(directory, "log"), "--checkpointdir", Path.Combine(directory, "checkpoints"),
            "--compaction-type", "Lookup", "--compaction-max-segments", "8",
            "--device-type", "RandomAccess",
        ];

        // Garnet adds a listener that writes every trace of the process to the console; that is not its to decide.
        var listeners = Trace.Listeners.Cast<TraceListener>().ToHashSet();
        GarnetServer? server = null;
        try
        {
            server = new GarnetServer(arguments, new QuietLoggers(loggers, "Garnet"));
            server.Start();
            return server;
        }
        catch
        {
            server?.Dispose(deleteDir: false);
            throw;
        }
        finally
        {
            foreach (var added in Trace.Listeners.Cast<TraceListener>().Where(l => !listeners.Contains(l)).ToArray())
                Trace.Listeners.Remove(added);
        }
    }

    private static FileStream Claim(string directory)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        try
        {
            if (OperatingSystem.IsWindows())
                System.IO.Directory.CreateDirectory(directory);
            else
            {
                System.IO.Directory.CreateDirectory(directory, OwnerOnly);
                File.SetUnixFileMode(directory, OwnerOnly);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedGarnetFault($"The directory {directory} cannot be used: {e.Message} Choose another with the setting Data:Directory.", e);
        }

        try
        {
            return new FileStream(Path.Combine(directory, "in-use"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedGarnetFault($"The directory {directory} cannot be written to. Give it to the user that runs the server, or choose another with the setting Data:Directory.", e);
        }
        catch (IOException e)
        {
            throw new EmbeddedGarnetFault(
                $"Another server is running on {directory}. Stop it first, or give this one its own directory (setting Data:Directory). "
                + "To run several servers together, give them one Redis (setting ConnectionStrings:Redis).", e);
        }
    }

    private static bool CannotListen(Exception e) => e is SocketException or { InnerException: SocketException };

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 1)
            return;
        try
        {
            using var cut = new CancellationTokenSource(LastCheckpoint);
            await _server.Store.CommitAOFAsync(cut.Token);
            await using var redis = await ConnectionMultiplexer.ConnectAsync($"{ConnectionString},allowAdmin=true,connectTimeout=5000");
            await redis.GetServers()[0].ExecuteAsync("SAVE").WaitAsync(cut.Token);
        }
        catch (Exception e)
        {
            _log.GarnetNoLastCheckpoint(e);
        }

        _server.Dispose(deleteDir: false);
        await _lock.DisposeAsync();
        _log.GarnetDown();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
