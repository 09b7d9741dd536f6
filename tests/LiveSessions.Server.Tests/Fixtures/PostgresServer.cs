using System.Diagnostics;

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>A real PostgreSQL cluster of a test's own, on a free loopback port. Runs as the user postgres when the tests run as root, which PostgreSQL refuses.</summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private readonly string _programs = FindPrograms();
    private readonly ScratchDirectory _directory = new();
    private int _databases;
    private int _over;

    private PostgresServer(int port, string? directory)
    {
        (Port, Data) = (port, Path.Combine(directory ?? _directory.Path, "data"));
        // A test run that is told to end takes its server with it.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    public int Port { get; }
    private string Data { get; }

    /// <summary>The postmaster's process id, from its own file.</summary>
    public int ProcessId => int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), System.Globalization.CultureInfo.InvariantCulture);

    /// <param name="directory">Where its files lie, synced from the first; a directory of its own when null.</param>
    public static async Task<PostgresServer> Start(string? directory = null)
    {
        var server = new PostgresServer(ServerProcess.FreePort(), directory);
        if (Environment.UserName == "root")
            await Run("/bin/chown", ["postgres", server._directory.Path, Path.GetDirectoryName(server.Data)!]);
        await server.AsPostgres("initdb", ["-D", server.Data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", .. directory is null ? ["--no-sync"] : Array.Empty<string>()]);
        Undertaker.WatchPostmaster(Path.Combine(server.Data, "postmaster.pid"));
        await server.StartAgain();
        return server;
    }

    /// <summary>A fresh, empty database, by its connection string.</summary>
    public async Task<string> NewDatabase()
    {
        var name = $"t{Interlocked.Increment(ref _databases)}";
        await AsPostgres("psql", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-q", "-c", $"create database {name}"]);
        return ConnectionString(name);
    }

    /// <summary>A copy of a database while it is used, as pg_dump makes it. The folder must be writable for the user postgres.</summary>
    public Task Dump(string database, string file) => AsPostgres("pg_dump", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-Fc", "-f", file, database]);

    /// <summary>The database is lost, and a copy put back in its place.</summary>
    public async Task PutBack(string database, string file)
    {
        await AsPostgres("dropdb", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "--force", database]);
        await AsPostgres("createdb", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", database]);
        await AsPostgres("pg_restore", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-d", database, file]);
    }

    public string ConnectionString(string database = "postgres") => $"Host=127.0.0.1;Port={Port};Username=postgres;Database={database};Timeout=10";

    // Each test has a database of its own, and the pools of those that are over keep their connections for a while.
    public Task StartAgain() => AsPostgres("pg_ctl",
        ["-D", Data, "-w", "-t", "30", "-l", Path.Combine(_directory.Path, "log"), "-o", $"-p {Port} -c max_connections=400 -c listen_addresses=127.0.0.1 -c unix_socket_directories={_directory.Path}", "start"]);

    public Task Stop() => AsPostgres("pg_ctl", ["-D", Data, "-m", "fast", "-w", "-t", "30", "stop"]);

    /// <summary>kill -9 of the postmaster; its children end by themselves.</summary>
    public async Task Kill()
    {
        using var postmaster = Process.GetProcessById(ProcessId);
        postmaster.Kill();
        var clock = Stopwatch.StartNew();
        while (!postmaster.HasExited && clock.Elapsed < ServerProcess.Patience)
            await Task.Delay(20);
    }

    private Task AsPostgres(string program, IEnumerable<string> arguments)
    {
        var path = Path.Combine(_programs, program);
        return Environment.UserName == "root" ? Run("/sbin/runuser", ["-u", "postgres", "--", path, .. arguments]) : Run(path, arguments);
    }

    private static async Task Run(string program, IEnumerable<string> arguments)
    {
        // pg_ctl leaves the server behind with our pipes in hand, so nothing is read from them; the log file says what went wrong.
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false, WorkingDirectory = "/" };
        foreach (var part in (string[])["-c", "exec \"$@\" >/dev/null 2>&1", "sh", program, .. arguments])
            start.ArgumentList.Add(part);
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    private static string FindPrograms() =>
        (Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [])
        .Select(version => Path.Combine(version, "bin"))
        .Append("/usr/bin").Append("/usr/local/bin")
        .FirstOrDefault(bin => File.Exists(Path.Combine(bin, "initdb")))
        ?? throw new InvalidOperationException("PostgreSQL (initdb) is not installed. These tests run on the real server, so install it; they are not skipped.");

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _over, 1) == 1)
            return;
        if (File.Exists(Path.Combine(Data, "postmaster.pid")))
            await AsPostgres("pg_ctl", ["-D", Data, "-m", "immediate", "-w", "-t", "30", "stop"]);
        _directory.Dispose();
    }
}
