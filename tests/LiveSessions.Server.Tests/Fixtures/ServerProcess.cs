using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>A server process that a test started: what it said, and its end, kind or not. Only ever this process is ended.</summary>
internal sealed class ServerProcess : IDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<ServerProcess, bool> _running = new();
    private readonly Process _process;
    private readonly StringBuilder _said = new();

    /// <summary>A test run that is told to end takes its servers with it.</summary>
    static ServerProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        foreach (var server in _running.Keys)
            server.Dispose();
    };

    private ServerProcess(Process process)
    {
        _process = process;
        _running[this] = true;
    }

    public int Id => _process.Id;
    public bool HasEnded => _process.HasExited;
    public int ExitCode => _process.ExitCode;
    public StreamWriter Input => _process.StandardInput;

    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public static ServerProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, Action<string>? heard = null)
    {
        if (!File.Exists(program))
            throw new InvalidOperationException($"{program} is not installed. These tests run on the real server, so install it; they are not skipped.");
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var server = new ServerProcess(new Process { StartInfo = start });
        DataReceivedEventHandler hear = (_, line) =>
        {
            if (line.Data is null)
                return;
            lock (server._said)
                server._said.AppendLine(line.Data);
            heard?.Invoke(line.Data);
        };
        server._process.OutputDataReceived += hear;
        server._process.ErrorDataReceived += hear;
        server._process.Start();
        Undertaker.Watch(server.Id);
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return server;
    }

    /// <summary>Asks again and again until the answer is yes; fails with what the server said when it ended or never came up.</summary>
    public async Task Until(Func<Task<bool>> ready, string what, TimeSpan? patience = null)
    {
        var limit = patience ?? Patience;
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (_process.HasExited)
            {
                // Its last words may still be on their way.
                await Ended();
                throw new InvalidOperationException($"{what} ended with {_process.ExitCode} while starting:\n{Said}");
            }
            try
            {
                if (await ready())
                    return;
            }
            catch (Exception e) when (e is SocketException or IOException)
            {
                // Not listening yet.
            }

            if (clock.Elapsed > limit)
                throw new TimeoutException($"{what} did not come up in {limit.TotalSeconds:0} s:\n{Said}");
            await Task.Delay(20);
        }
    }

    /// <summary>kill -9: no farewell, no flush.</summary>
    public async Task Kill()
    {
        if (!_process.HasExited)
            _process.Kill();
        await Ended();
    }

    /// <summary>SIGTERM.</summary>
    public async Task Stop()
    {
        if (!_process.HasExited)
            using (var term = Process.Start("/bin/kill", ["-TERM", $"{_process.Id}"]))
                await term.WaitForExitAsync();
        await Ended();
    }

    public async Task Ended()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
    }

    public void Dispose()
    {
        if (!_running.TryRemove(this, out _))
            return;
        if (!_process.HasExited)
            _process.Kill();
        Undertaker.Ended(_process.Id);
        _process.Dispose();
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public static async Task<bool> Answers(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        return true;
    }
}

/// <summary>A directory for one test's server, gone afterwards.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("live-sessions-").FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A server that was just killed may still be letting go; the system's own sweep takes the rest.
        }
    }
}
