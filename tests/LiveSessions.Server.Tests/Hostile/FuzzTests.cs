using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>
/// Generated messages over real sockets, to every method and command, by somebody in a room and by a host. Nothing falls over, nothing is written but what was acknowledged, memory
/// stays. A short part in every run; <c>HOSTILE=long</c> sends 10,000 for each method and command and 100,000 that are hardly messages.
/// </summary>
public sealed class FuzzTests : IAsyncLifetime
{
    private const int OnOneLine = 36;

    /// <summary>A fresh server grows into its heap. Memory is looked at when a tenth of the messages has been sent, and at the end: what grows in between grows with what is sent.</summary>
    private const int WarmPart = 10;
    private static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("HOSTILE_SEED"), out var seed) ? seed : 20261123;
    private readonly ScratchDirectory _directory = new();
    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private ServerNode _node = null!;
    private Workshop _workshop = null!;
    private Seat _host = null!, _ada = null!;
    private LiveClient _witness = null!;
    private List<string> _ids = [];

    public async ValueTask InitializeAsync()
    {
        // A process of its own, whose memory and log lines are its own.
        _redis = await RedisServer.Start();
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString);
        _node = await ServerNode.Start(new NodeSettings(_directory.Path, _redis.ConnectionString, null)
        {
            // What comes too fast is not looked at, and here it is to be looked at (GuardTests and SwarmTests send fast).
            More = ["--Live:CommandsPerSecond", "5000", "--Live:CommandsAtOnce", "5000"],
        });
        var site = await Site.SetUp(_node.Address, await _node.SetUpPath());
        _workshop = await site.Workshop(people: 4);
        (_host, _ada) = (_workshop.Host, await _workshop.Comes(1));
        _witness = await new LiveClient(await _workshop.Comes(3), _node.Address).IsIn();
        await using var host = await new LiveClient(_host, _node.Address).IsIn();
        await using var ada = await new LiveClient(_ada, _node.Address).IsIn();
        await _workshop.OpenAndWrite(host, ada);
        _ids = [.. Enumerable.Range(1, 4).Select(n => _workshop.Person(n).Value), host.Person.Value, "plenary", "first", "practice", "welcome", "new1", "new2", "nobody"];
        _ids.Add(ada.One<Sessions.MeView>("me")!.Room.Value);
    }

    public async ValueTask DisposeAsync()
    {
        await _witness.DisposeAsync();
        await _node.Stop();
        await _node.DisposeAsync();
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Generated_messages_to_every_method_and_command_change_nothing_but_what_is_acknowledged()
    {
        var many = int.TryParse(Environment.GetEnvironmentVariable("HOSTILE_FRAMES"), out var asked) ? asked : 10_000;
        var each = Hostile.Long ? many : 8;
        var kinds = Frames.Commands.Keys.Select(c => (Name: c, IsCommand: true)).Concat(((string[])["Enter", "Resume", "Glimpse", "Act"]).Select(m => (Name: m, IsCommand: false))).ToList();
        var before = await Head();
        var memory = Memory();
        var (sent, closed, over) = (0L, 0L, 0);
        var (accepted, mayBe) = (new HashSet<string>(), new HashSet<string>());
        var wrong = new List<string>();
        var gate = new Lock();
        // Two at a time: a person may have three lines.
        await Parallel.ForEachAsync(kinds, new ParallelOptions { MaxDegreeOfParallelism = 2 }, async (kind, _) =>
        {
            var (name, isCommand) = kind;
            // What ends or empties the session, and the method that may be any command, is tried by somebody who may not; everything else by the host too.
            var asHost = name is not ("endSession" or "removePerson" or "recallEveryone" or "Act");
            var frames = new Frames(Seed + name.Sum(c => c), "fuzz-" + Guid.NewGuid().ToString("n"), _ids);
            for (var done = 0; done < each;)
            {
                await using var line = await BareLine.Open(asHost && done / OnOneLine % 2 == 1 ? _host : _ada, _node.Address);
                // All at once, as somebody who does not wait for answers would.
                var batch = Enumerable.Range(0, Math.Min(OnOneLine, each - done)).Select(n => isCommand ? frames.ForCommand(name, $"f{n}") : frames.ForMethod(name, $"f{n}")).ToList();
                foreach (var frame in batch)
                    if (!await line.Send(frame.Bytes))
                        break;
                var answers = await line.Answers(batch.Count);
                // What closed the line was read, and nothing behind it.
                var read = Math.Min(batch.Count, answers.Count + 1);
                done += read;
                lock (gate)
                {
                    foreach (var frame in batch.Where(f => !f.MustBeRefused))
                        mayBe.Add($"{frames.Instance} {frame.Number}");
                    foreach (var (n, answer) in answers)
                    {
                        if (answer.Contains("\"kind\":\"accepted\"", StringComparison.Ordinal))
                            accepted.Add($"{frames.Instance} {batch[n].Number}");
                        if (batch[n].MustBeRefused && !answer.Contains("\"error\"", StringComparison.Ordinal) && !answer.Contains("\"kind\":\"refused\"", StringComparison.Ordinal))
                            wrong.Add($"{name} was not refused: {Encoding.UTF8.GetString(batch[n].Bytes)} -> {answer}");
                    }
                    sent += read;
                    if (answers.Count < batch.Count)
                        closed++;
                }
            }
            lock (gate)
                if (++over == kinds.Count / WarmPart)
                    memory = Memory();
        });
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(5)));
        // Every right one that was acknowledged is stored, and nothing is that was not asked for rightly.
        var stored = (await IsWhole(before)).Select(e => $"{e.Instance![(e.Instance!.IndexOf('.', StringComparison.Ordinal) + 1)..]} {e.Number}").ToHashSet();
        Assert.Empty(accepted.Except(stored));
        Assert.Empty(stored.Except(mayBe));
        Tells("generated messages", $"{each:N0} for each of {kinds.Count} methods and commands (seed {Seed})", sent, accepted.Count, closed, memory);
    }

    [Fact]
    public async Task Messages_that_are_none_change_nothing()
    {
        var (many, closed, memory, before) = (Hostile.Long ? 100_000 : 200, 0L, Memory(), await Head());
        var frames = new Frames(Seed, "fuzz-" + Guid.NewGuid().ToString("n"), _ids);
        var dice = new Random(Seed);
        var isWarm = false;
        for (var sent = 0; sent < many;)
        {
            await using var line = await BareLine.Open(_ada, _node.Address);
            for (var n = 0; n < OnOneLine && sent < many; n++, sent++)
            {
                var bytes = frames.Raw();
                // In one piece or in two, as a network may cut it.
                var cut = dice.Next(4) == 0 ? dice.Next(bytes.Length) : bytes.Length;
                if (!await line.Send(bytes.AsMemory(0, cut)) || cut < bytes.Length && !await line.Send(bytes.AsMemory(cut)))
                    break;
            }
            if (!await line.IsServed())
                closed++;
            if (sent >= many / WarmPart && !isWarm)
                (isWarm, memory) = (true, Memory());
        }
        // Bits may fall so that a message is right after all; whatever was written is in the log as somebody's command.
        await IsWhole(before);
        Tells("messages that are none", $"{many:N0} (seed {Seed})", many, 0, closed, memory);
    }

    /// <returns>What the generated messages left in the log.</returns>
    private async Task<IReadOnlyList<LogEntry>> IsWhole(long before)
    {
        // The witness is on the line it came with, and is served.
        await _witness.Does(new Sessions.RenameMe($"Witness {Guid.NewGuid():n}"[..30]));
        Assert.Equal(1, _witness.Entered);
        var entries = await Entries();
        // What is stored can be folded by anybody from the start.
        var session = entries.Aggregate(new Sessions.Session(_workshop.Session), (s, e) => s.Evolve(e));
        Assert.Equal(entries.Count, session.Head);
        // The server told of no fault of its own.
        var faults = Directory.GetFiles(Path.Combine(_directory.Path, "logs")).SelectMany(Lines).Where(l => l.Contains("\"@x\"", StringComparison.Ordinal) || l.Contains("\"@l\":\"Error\"", StringComparison.Ordinal) || l.Contains("\"@l\":\"Fatal\"", StringComparison.Ordinal)).ToList();
        Assert.True(faults.Count == 0, $"{faults.Count} faults, the first: {faults.FirstOrDefault()}");
        return [.. entries.Skip((int)before).Where(e => e.Instance?.Contains(".fuzz-", StringComparison.Ordinal) == true)];
    }

    private static string[] Lines(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd().Split('\n');
    }

    private async Task<IReadOnlyList<LogEntry>> Entries() => [.. (await LiveHouse.AllOf(Log, _workshop.Session)).Entries.Select(EntryBytes.Read)];

    private async Task<long> Head() => (await Log.Read(_workshop.Session, 0, 1)).Length;

    private RedisSessionLog Log => new(_connection, NullLogger<RedisSessionLog>.Instance);

    /// <summary>Resident memory of the server, in MB.</summary>
    private double Memory() => long.Parse(File.ReadLines($"/proc/{_node.ProcessId}/status").Single(l => l.StartsWith("VmRSS", StringComparison.Ordinal)).Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), System.Globalization.CultureInfo.InvariantCulture) / 1024.0;

    private void Tells(string what, string howMuch, long sent, long accepted, long closed, double memory)
    {
        var now = Memory();
        Hostile.Tell(what, howMuch, $"{sent:N0} sent, {accepted:N0} right ones acknowledged and stored, {closed:N0} lines closed, 0 faults; server memory {memory:0} to {now:0} MB");
        if (Hostile.Long)
            Assert.True(now - memory < 50, $"the server's memory went from {memory:0} to {now:0} MB");
    }

    /// <summary>A socket that waits for one answer at a time.</summary>
    private sealed class BareLine : IAsyncDisposable
    {
        private readonly ClientWebSocket _socket = new();
        private readonly byte[] _buffer = new byte[256 * 1024];
        private readonly Queue<string> _messages = new();
        private readonly MemoryStream _begun = new();
        private const int MostKept = 4_096;

        public static async Task<BareLine> Open(Seat seat, Uri server)
        {
            var line = new BareLine();
            line._socket.Options.SetRequestHeader("Cookie", seat.Cookie);
            line._socket.Options.SetRequestHeader("Origin", server.GetLeftPart(UriPartial.Authority));
            using var limit = new CancellationTokenSource(ServerProcess.Patience);
            await line._socket.ConnectAsync(new Uri($"ws://{server.Authority}/hub?session={seat.Session}"), limit.Token);
            await line.Send(Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}\u001e"));
            Assert.Equal("{}", await line.Next(m => m == "{}"));
            Assert.NotNull(await line.Ask(Encoding.UTF8.GetBytes("{\"type\":1,\"invocationId\":\"f\",\"target\":\"Enter\",\"arguments\":[{\"instance\":\"fuzz-fuzz\"}]}\u001e")));
            return line;
        }

        public async Task<bool> Send(ReadOnlyMemory<byte> bytes)
        {
            using var limit = new CancellationTokenSource(ServerProcess.Patience);
            try
            {
                await _socket.SendAsync(bytes, WebSocketMessageType.Text, true, limit.Token);
                return true;
            }
            catch (Exception e) when (e is WebSocketException || e is OperationCanceledException && !limit.IsCancellationRequested)
            {
                return false;
            }
        }

        /// <summary>The completion, or null when the line was closed.</summary>
        public async Task<string?> Ask(byte[] bytes) => await Send(bytes) ? await Next(m => m.StartsWith("{\"type\":3,\"invocationId\":\"f\"", StringComparison.Ordinal)) : null;

        /// <summary>The answers to f0, f1 and so on, as many as there are before the line is closed. What fits nothing is answered first.</summary>
        public async Task<Dictionary<int, string>> Answers(int most)
        {
            const string Begins = "{\"type\":3,\"invocationId\":\"f";
            var answers = new Dictionary<int, string>();
            while (answers.Count < most && await Next(m => m.StartsWith(Begins, StringComparison.Ordinal) && m[Begins.Length] != '"') is { } answer)
                answers[int.Parse(answer[Begins.Length..answer.IndexOf('"', Begins.Length)], System.Globalization.CultureInfo.InvariantCulture)] = answer;
            return answers;
        }

        /// <summary>Whether the line is still open for the next question.</summary>
        public async Task<bool> IsServed() => await Ask(Encoding.UTF8.GetBytes("\u001e{\"type\":1,\"invocationId\":\"f\",\"target\":\"NoSuchMethod\",\"arguments\":[{}]}\u001e")) is not null;

        private async Task<string?> Next(Func<string, bool> wanted)
        {
            using var limit = new CancellationTokenSource(ServerProcess.Patience);
            try
            {
                while (true)
                {
                    while (_messages.TryDequeue(out var message))
                    {
                        if (wanted(message))
                            return message;
                        if (message.StartsWith("{\"type\":7", StringComparison.Ordinal))
                            return null;
                    }
                    var read = await _socket.ReceiveAsync(_buffer.AsMemory(), limit.Token);
                    if (read.MessageType == WebSocketMessageType.Close)
                        return null;
                    Take(_buffer.AsSpan(0, read.Count));
                }
            }
            catch (Exception e) when (e is WebSocketException || e is OperationCanceledException && !limit.IsCancellationRequested)
            {
                return null;
            }
        }

        private void Take(ReadOnlySpan<byte> bytes)
        {
            for (int end; (end = bytes.IndexOf((byte)0x1e)) >= 0; bytes = bytes[(end + 1)..])
            {
                Keep(bytes[..end]);
                var message = _begun.GetBuffer().AsSpan(0, (int)_begun.Length);
                // What everybody is shown is not an answer.
                if (!message.StartsWith("{\"type\":1,"u8))
                    _messages.Enqueue(Encoding.UTF8.GetString(message));
                _begun.SetLength(0);
            }
            Keep(bytes);
        }

        /// <summary>Answers are short; the whole board, which stands in the first one, grows with what is sent and says nothing here.</summary>
        private void Keep(ReadOnlySpan<byte> bytes) => _begun.Write(bytes[..Math.Min(bytes.Length, Math.Max(0, MostKept - (int)_begun.Length))]);

        public ValueTask DisposeAsync()
        {
            _socket.Abort();
            _socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
