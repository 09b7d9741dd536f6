using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using LiveSessions.Board;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>
/// Somebody with a seat opens sockets by the hundred, sends on all of them as fast as they take it, reads nothing, and opens another for each that is closed. The others go on. A short part in
/// every run; <c>HOSTILE=long</c> does it with 1,000 sockets and looks at the others' times.
/// </summary>
public sealed class SwarmTests : IAsyncLifetime
{
    private const int Others = 12;
    private readonly ScratchDirectory _directory = new();
    private readonly List<LiveClient> _others = [];
    private RedisServer _redis = null!;
    private ServerNode _node = null!;
    private Seat _bad = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.Start();
        // A process of its own, so that its end of the sockets is not ours.
        _node = await ServerNode.Start(new NodeSettings(_directory.Path, _redis.ConnectionString, null));
        var site = await Site.SetUp(_node.Address, await _node.SetUpPath());
        var workshop = await site.Workshop(Others + 1);
        await using var host = await new LiveClient(workshop.Host, _node.Address).IsIn();
        for (var n = 1; n <= Others; n++)
            _others.Add(await new LiveClient(await workshop.Comes(n), _node.Address) { Remembers = false }.IsIn());
        _bad = await workshop.Comes(Others + 1);
        await workshop.OpenAndWrite(host, _others[0]);
        foreach (var (one, n) in _others.Select((o, n) => (o, n)))
            await one.Does(new AddNote(new($"mine{n}"), "trust", "at first", NoteColour.Sun));
    }

    public async ValueTask DisposeAsync()
    {
        if (Hostile.Long)
            await RunsOn($"0-{Environment.ProcessorCount - 1}", Environment.ProcessId);
        foreach (var one in _others)
            await one.DisposeAsync();
        await _node.DisposeAsync();
        await _redis.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task A_swarm_of_sockets_that_send_and_do_not_read_holds_nobody_up_and_is_gone_soon()
    {
        var (sockets, seconds) = Hostile.Long ? (1_000, 20) : (60, 2);
        if (Hostile.Long)
            await HaveMachinesOfTheirOwn();
        await Times(1);
        var calm = await Times(Hostile.Long ? 20 : 1);
        var before = Connections();

        var swarm = new Swarm(_node.Address, _bad, sockets);
        await Task.Delay(1_000);
        var busy = await Times(seconds);
        var (opened, sent) = swarm.Stop();
        var gone = Stopwatch.StartNew();
        await Eventually.True(() => Connections() <= before, "none of its sockets is served", 40);
        var took = gone.Elapsed;
        swarm.Close();

        // Everybody is on the line they came with, and was answered all the time.
        Assert.All(_others, o => Assert.Equal((1, (Log.Dismissed?)null), (o.Entered, o.Dismissal)));
        var (p50, p99, longest) = (At(busy, 0.5), At(busy, 0.99), busy.Max());
        Hostile.Tell("a swarm of sockets at full rate that read nothing", $"{sockets} sockets for {seconds} s, {opened:N0} opened, {sent / 1_000_000:N0} MB sent; 12 others write 120 times a second",
            string.Create(CultureInfo.InvariantCulture, $"others' answers p50 {At(calm, 0.5):0.0} to {p50:0.0} ms, p99 {At(calm, 0.99):0.0} to {p99:0.0} ms, longest {longest:0} ms; its sockets gone {took.TotalSeconds:0.0} s after it stopped"));
        Assert.True(longest < 8_000, $"an answer took {longest:0} ms");
    }

    /// <summary>The server has one processor core and everybody else the other, where the swarm takes what the others leave: somebody who is a nuisance from afar takes no time from a browser of others.</summary>
    private async Task HaveMachinesOfTheirOwn()
    {
        Assert.True(Environment.ProcessorCount >= 2, "two processor cores are needed");
        await RunsOn("0", _node.ProcessId);
        await RunsOn("0", _redis.ProcessId);
        await RunsOn("1", Environment.ProcessId);
    }

    private static async Task RunsOn(string cores, int process)
    {
        using var set = Process.Start(new ProcessStartInfo("taskset", ["-acp", cores, $"{process}"]) { RedirectStandardOutput = true })!;
        await set.WaitForExitAsync();
        Assert.Equal(0, set.ExitCode);
    }

    /// <summary>The others write ten times a second each.</summary>
    /// <returns>How long each answer took, in ms.</returns>
    private async Task<List<double>> Times(int seconds)
    {
        var times = new List<double>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(_others.Select(async (one, n) =>
        {
            await Task.Delay(n * 8);
            for (var next = clock.Elapsed; clock.Elapsed.TotalSeconds < seconds; next += TimeSpan.FromMilliseconds(100))
            {
                if (next - clock.Elapsed is var early && early > TimeSpan.Zero)
                    await Task.Delay(early);
                var asked = Stopwatch.GetTimestamp();
                await one.Does(new EditNote(new($"mine{n}"), $"edit at {asked}", null));
                lock (times)
                    times.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
        }));
        return times;
    }

    private static double At(List<double> times, double part) => times.Order().ElementAt((int)Math.Min(times.Count - 1, Math.Ceiling(part * times.Count)));

    /// <summary>Connections that the server's end holds.</summary>
    private int Connections() => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections().Count(c => c.LocalEndPoint.Port == _node.Address.Port && c.State == TcpState.Established);

    /// <summary>All sockets on one thread that does nothing else, so that the others' clients do not wait for it.</summary>
    private sealed class Swarm
    {
        private readonly IPEndPoint _server;
        private readonly byte[] _greeting;
        private readonly byte[][] _noise;
        private readonly Socket?[] _sockets;
        private readonly Thread _thread;
        private volatile bool _over;
        private long _opened, _sent;

        public Swarm(Uri server, Seat seat, int sockets)
        {
            _server = new(IPAddress.Loopback, server.Port);
            _sockets = new Socket?[sockets];
            _greeting =
            [
                .. Encoding.ASCII.GetBytes($"GET /hub?session={seat.Session} HTTP/1.1\r\nHost: {server.Authority}\r\nOrigin: {server.GetLeftPart(UriPartial.Authority)}\r\nCookie: {seat.Cookie}\r\n" +
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
                .. Message("""{"protocol":"json","version":1}"""), .. Message("""{"type":1,"invocationId":"e","target":"Enter","arguments":[{"instance":"bad-bad-bad"}]}"""),
            ];
            _noise =
            [
                Twenty("""{"type":1,"invocationId":"1","target":"Act","arguments":[{"instance":"bad-bad-bad","number":1,"command":{"type":"renameMe","name":"Me"}}]}"""),
                Twenty("""{"type":6}"""), Twenty("""{"type":1,"target":"Resume","arguments":[{"positions":{}}]}"""), Twenty("""{"type":1,"target":"NoSuchMethod","arguments":[{}]}"""),
            ];
            _thread = new(Bother) { IsBackground = true, Name = "Swarm" };
            _thread.Start();
        }

        private static byte[] Twenty(string message) => [.. Enumerable.Repeat(Message(message), 20).SelectMany(m => m)];

        /// <summary>As one frame of a browser, with a mask that changes nothing.</summary>
        private static byte[] Message(string text)
        {
            var bytes = Encoding.UTF8.GetBytes(text + "\u001e");
            return bytes.Length < 126
                ? [0x81, (byte)(0x80 | bytes.Length), 0, 0, 0, 0, .. bytes]
                : [0x81, 0x80 | 126, (byte)(bytes.Length >> 8), (byte)bytes.Length, 0, 0, 0, 0, .. bytes];
        }

        private void Bother()
        {
            // Where all share the cores it takes what it can get, as the others do.
            if (Hostile.Long)
                Assert.Equal(0, SetPriority(which: 0, who: 0, Lowest));
            var moved = true;
            while (!_over)
            {
                // Nobody takes anything in: a machine of its own would wait too, and this one has others to run.
                if (!moved)
                    Thread.Sleep(1);
                moved = false;
                for (var n = 0; n < _sockets.Length && !_over; n++)
                    try
                    {
                        if (_sockets[n] is { } open)
                        {
                            _sent += open.Send(_noise[n % _noise.Length]);
                            moved = true;
                        }
                        else
                        {
                            var socket = _sockets[n] = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                            socket.Connect(_server);
                            socket.Send(_greeting);
                            socket.Blocking = false;
                            _opened++;
                            moved = true;
                        }
                    }
                    catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
                    {
                        // Nobody takes it in; the next.
                    }
                    catch (SocketException)
                    {
                        // It was closed; another one.
                        _sockets[n]?.Dispose();
                        _sockets[n] = null;
                        moved = true;
                    }
            }
        }

        private const int Lowest = 19;

        /// <summary>Linux: of the calling thread alone.</summary>
        [DllImport("libc", EntryPoint = "setpriority")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int SetPriority(int which, int who, int priority);

        /// <summary>Sends no more and leaves its sockets open.</summary>
        public (long Opened, long Sent) Stop()
        {
            _over = true;
            _thread.Join();
            return (_opened, _sent);
        }

        public void Close()
        {
            foreach (var socket in _sockets)
                socket?.Dispose();
        }
    }
}
