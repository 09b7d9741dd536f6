using System.Diagnostics;
using System.Globalization;
using System.Net.NetworkInformation;
using LiveSessions.Board;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>
/// Somebody with a seat opens sockets by the hundred, sends on all of them as fast as they take it, reads nothing, and opens another for each that is closed. The others go on. A short part in
/// every run; <c>HOSTILE=long</c> does it with 1,000 sockets, three times, and looks at the others' times.
/// </summary>
public sealed class SwarmTests : IAsyncLifetime
{
    private const int Others = 12;

    /// <summary>The goal is twice. Four rounds of eleven had more on a machine of two cores (docs/security.md): each wave of sockets that come back is some collections of 10 to 30 ms.</summary>
    private const double MostTimesAsLong = 4;
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
        var (sockets, seconds, rounds) = Hostile.Long ? (1_000, 20, 3) : (60, 2, 1);
        if (Hostile.Long)
            await HaveMachinesOfTheirOwn();
        await Times(1);
        var times = new List<double>();
        for (var round = 0; round < rounds; round++)
            times.Add(await HowManyTimesAsLong(sockets, seconds));

        // Everybody is on the line they came with, and was answered all the time.
        Assert.All(_others, o => Assert.Equal((1, (Log.Dismissed?)null), (o.Entered, o.Dismissal)));
        if (Hostile.Long)
            Assert.True(times.Order().ElementAt(rounds / 2) <= MostTimesAsLong, $"others' p99 beside the swarm was {string.Join(", ", times.Select(t => t.ToString("0.0", CultureInfo.InvariantCulture)))} times what it was before");
    }

    /// <summary>One swarm, with calm before it, until the server has let go of the last of its sockets.</summary>
    /// <returns>How many times the others' p99 before it their p99 beside it was.</returns>
    private async Task<double> HowManyTimesAsLong(int sockets, int seconds)
    {
        var calm = await Times(Hostile.Long ? 20 : 1);
        var before = Connections();

        using var swarm = new SwarmProcess(_node.Address, _bad, sockets);
        if (Hostile.Long)
            await TakesWhatIsLeft(swarm.Id);
        await swarm.Begin();
        await Task.Delay(1_000);
        var busy = await Times(seconds);
        var (opened, sent) = await swarm.Stop();
        var gone = Stopwatch.StartNew();
        while (Connections() > before && gone.Elapsed < TimeSpan.FromSeconds(40))
            await Task.Delay(50);
        var took = gone.Elapsed;
        Assert.True(Connections() <= before, $"{Connections() - before} of its sockets are still served {took.TotalSeconds:0} s after it stopped");

        var (p50, p99, longest) = (At(busy, 0.5), At(busy, 0.99), busy.Max());
        Hostile.Tell("a swarm of sockets at full rate that read nothing", $"{sockets} sockets for {seconds} s, {opened:N0} opened, {sent / 1_000_000:N0} MB sent; 12 others write 120 times a second",
            string.Create(CultureInfo.InvariantCulture, $"others' answers p50 {At(calm, 0.5):0.0} to {p50:0.0} ms, p99 {At(calm, 0.99):0.0} to {p99:0.0} ms, longest {longest:0} ms; its sockets gone {took.TotalSeconds:0.0} s after it stopped"));
        Assert.True(longest < 8_000, $"an answer took {longest:0} ms");
        return p99 / At(calm, 0.99);
    }

    /// <summary>
    /// The server has one processor core and everybody else the other, where the swarm, a process of its own, runs only while nobody else has anything to do: somebody who is a nuisance from afar
    /// has a machine of their own and takes no time from a browser of others.
    /// </summary>
    private async Task HaveMachinesOfTheirOwn()
    {
        Assert.True(Environment.ProcessorCount >= 2, "two processor cores are needed");
        await RunsOn("0", _node.ProcessId);
        await RunsOn("0", _redis.ProcessId);
        await RunsOn("1", Environment.ProcessId);
    }

    private static async Task TakesWhatIsLeft(int process)
    {
        await RunsOn("1", process);
        await Told("chrt", ["-a", "-i", "-p", "0", $"{process}"]);
    }

    private static Task RunsOn(string cores, int process) => Told("taskset", ["-acp", cores, $"{process}"]);

    private static async Task Told(string program, string[] arguments)
    {
        using var set = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
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

    /// <summary>The swarm is a process of its own, so that neither its threads nor its garbage are the others'.</summary>
    private sealed class SwarmProcess : IDisposable
    {
        private readonly ServerProcess _process;

        public SwarmProcess(Uri server, Seat seat, int sockets) =>
            _process = ServerProcess.Start(ServerNode.DotNet(), [typeof(Swarm).Assembly.Location, Swarm.Word, $"{server}", seat.Session.Value, seat.Cookie, $"{sockets}"]);

        public int Id => _process.Id;

        public async Task Begin()
        {
            await Eventually.True(() => Said is [Swarm.Ready], "the swarm is ready");
            await Tell(Swarm.Begin);
        }

        /// <summary>It sends no more and leaves its sockets open.</summary>
        public async Task<(long Opened, long Sent)> Stop()
        {
            await Tell(Swarm.Stop);
            await Eventually.True(() => Said.Length == 3, "the swarm has stopped");
            return (long.Parse(Said[1], CultureInfo.InvariantCulture), long.Parse(Said[2], CultureInfo.InvariantCulture));
        }

        private string[] Said => _process.Said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        private async Task Tell(string word)
        {
            await _process.Input.WriteLineAsync(word);
            await _process.Input.FlushAsync();
        }

        public void Dispose() => _process.Dispose();
    }
}
