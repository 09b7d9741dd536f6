using System.Diagnostics;
using System.Globalization;
using System.Text;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

public sealed class Kills_of_redis : KillLaws, IAsyncLifetime
{
    private RedisServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await RedisServer.Start();
    public ValueTask DisposeAsync() => _server.DisposeAsync();
    protected override string ConnectionString => _server.ConnectionString;
    protected override string Directory => _server.Directory;
    protected override Task Kill() => _server.Kill();
    protected override Task Stop() => _server.Stop();
    protected override Task StartAgain() => _server.StartAgain();
}

public sealed class Kills_of_garnet : KillLaws, IAsyncLifetime
{
    private GarnetServer _server = null!;

    // A small file limit, so that what checkpoints cut off is part of the story.
    public async ValueTask InitializeAsync() => _server = await GarnetServer.Start(but => but with { AofSizeLimit = "16m" });
    public ValueTask DisposeAsync() => _server.DisposeAsync();
    protected override string ConnectionString => _server.ConnectionString;
    protected override string Directory => _server.Directory;
    protected override Task Kill() => _server.Kill();
    protected override Task Stop() => _server.Stop();
    protected override Task StartAgain() => _server.StartAgain();

    [Fact]
    public async Task The_log_file_stays_bounded_while_the_same_is_written_over_and_over()
    {
        await using var redis = await Connect();
        var value = new byte[64 * 1024];
        for (var i = 0; i < 3_000; i++)
            await redis.GetDatabase().StringSetAsync($"k{i % 10}", value);
        await Eventually.True(() => Task.FromResult(SizeOf("*aof*") < 40L << 20), "the append-only file is cut", 30);
    }

    private long SizeOf(string pattern) => System.IO.Directory.EnumerateFiles(Directory, pattern, SearchOption.AllDirectories).Sum(SizeOfFile);

    /// <summary>A file of the log that is no longer needed may go while it is being looked at.</summary>
    private static long SizeOfFile(string path)
    {
        try
        {
            return new FileInfo(path).Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}

/// <summary>The same with far too little memory, so that most of it lives in files.</summary>
public sealed class Kills_of_garnet_without_memory : IAsyncLifetime
{
    private GarnetServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await GarnetServer.Start(but => but with { Memory = "24m", Page = "4k", AofSizeLimit = "16m" });
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task What_went_to_files_is_all_there_and_goes_on_before_and_after_a_kill()
    {
        const int Sessions = 200, Entries = 400;
        ReadOnlyMemory<byte>[] entries = [.. Enumerable.Range(0, Entries).Select(n => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes($"{n} {new string('x', 900)}")))];
        var connection = await Connect();
        var log = new RedisSessionLog(connection, NullLogger<RedisSessionLog>.Instance);
        for (var n = 0; n < Sessions; n++)
        {
            await log.Open(Session(n), "e1");
            Assert.Equal(new Done(Entries), await log.Append(Session(n), new("e1", 0), entries));
        }

        Assert.True(Directory.EnumerateFiles(_server.Directory, "hlog_objs*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length) > 30L << 20, "little went to files");
        await GoOn(Entries);
        await connection.DisposeAsync();
        await _server.Kill();
        await _server.StartAgain();
        connection = await Connect();
        log = new RedisSessionLog(connection, NullLogger<RedisSessionLog>.Instance);
        await GoOn(Entries + 1);
        await connection.DisposeAsync();

        async Task GoOn(int length)
        {
            for (var n = 0; n < Sessions; n++)
            {
                Assert.Equal(new Done(length + 1), await log.Append(Session(n), new("e1", length), [entries[0]]));
                var read = await log.Read(Session(n), 0, 1_000);
                Assert.Equal(length + 1, read.Entries.Count);
                Assert.True(read.Entries.Take(Entries).Index().All(e => entries[e.Index].Span.SequenceEqual(e.Item)), $"session {n} holds other words than were stored");
            }
        }
    }

    private static SessionId Session(int n) => new($"s{n}");

    private async Task<IConnectionMultiplexer> Connect() => await ConnectionMultiplexer.ConnectAsync(RedisRegistration.Options(_server.ConnectionString));
}

/// <summary>What was acknowledged outlives the end of the server, kind or not; what was erased does not.</summary>
public abstract class KillLaws
{
    private readonly SessionId _session = new("s1");

    protected abstract string ConnectionString { get; }
    protected abstract string Directory { get; }
    protected abstract Task Kill();
    protected abstract Task Stop();
    protected abstract Task StartAgain();

    protected async Task<IConnectionMultiplexer> Connect() => await ConnectionMultiplexer.ConnectAsync(RedisRegistration.Options(ConnectionString));

    private static RedisSessionLog LogOn(IConnectionMultiplexer redis) => new(redis, NullLogger<RedisSessionLog>.Instance);

    private static ReadOnlyMemory<byte>[] Numbered(long from, int count, string tail = "") =>
        [.. Enumerable.Range(0, count).Select(n => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{from + n} {tail}"))))];

    /// <summary>For the long ones: Assert.Equal takes seconds for tens of thousands, and is asked only to tell where they differ.</summary>
    private static void AreSame(IEnumerable<string> expected, List<string> found)
    {
        if (!expected.SequenceEqual(found))
            Assert.Equal(expected, found);
    }

    private static async Task<List<string>> Everything(RedisSessionLog log, SessionId session)
    {
        var all = new List<string>();
        LogRead read;
        do
        {
            read = await log.Read(session, all.Count, ISessionLog.MaxEntries);
            all.AddRange(read.Entries.Select(Encoding.UTF8.GetString));
        } while (all.Count < read.Length);
        return all;
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_no_batch_is_split_by_kills_in_the_middle_of_writing()
    {
        const int Size = 7;
        var acknowledged = 0L;
        for (var kill = 0; kill < 4; kill++)
        {
            await using (var redis = await Connect())
            {
                var log = LogOn(redis);
                Assert.Equal("e1", (await log.Open(_session, kill == 0 ? "e1" : "wrong")).Epoch);
                var target = acknowledged + 700;
                var reached = new TaskCompletionSource();
                var writing = Task.Run(async () =>
                {
                    try
                    {
                        while (true)
                        {
                            acknowledged = Assert.IsType<Done>(await log.Append(_session, new("e1", acknowledged), Numbered(acknowledged, Size))).Length;
                            if (acknowledged >= target)
                                reached.TrySetResult();
                        }
                    }
                    catch (AppendOutcomeUnknown)
                    {
                    }
                });
                await Task.WhenAny(reached.Task, writing).WaitAsync(TimeSpan.FromSeconds(60));
                Assert.True(reached.Task.IsCompletedSuccessfully, "the writer ended early");
                await Kill();
                await writing.WaitAsync(TimeSpan.FromSeconds(30));
            }

            await StartAgain();
            await using (var redis = await Connect())
            {
                var all = await Everything(LogOn(redis), _session);
                Assert.InRange(all.Count, acknowledged, acknowledged + Size);
                Assert.Equal(0, all.Count % Size);
                Assert.Equal(Enumerable.Range(0, all.Count).Select(n => $"{n} "), all);
                acknowledged = all.Count;
            }
        }
    }

    [Fact]
    public async Task A_long_log_is_all_there_before_and_after_a_kill()
    {
        const int Batches = 60;
        var tail = new string('x', 900);
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            await log.Open(_session, "e1");
            for (var n = 0; n < Batches; n++)
                Assert.Equal(new Done((n + 1) * 1_000), await log.Append(_session, new("e1", n * 1_000), Numbered(n * 1_000, 1_000, tail)));
            AreSame(Enumerable.Range(0, Batches * 1_000).Select(n => $"{n} {tail}"), await Everything(log, _session));
        }

        await Kill();
        await StartAgain();
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            AreSame(Enumerable.Range(0, Batches * 1_000).Select(n => $"{n} {tail}"), await Everything(log, _session));
            Assert.Equal(new Done(Batches * 1_000 + 1), await log.Append(_session, new("e1", Batches * 1_000), Numbered(0, 1)));
        }
    }

    [Fact]
    public async Task A_clean_stop_and_a_start_change_nothing()
    {
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            await log.Open(_session, "e1");
            await log.Append(_session, new("e1", 0), Numbered(0, 1_000));
            await log.Append(_session, new("e1", 1_000), Numbered(1_000, 5));
            await log.SaveSnapshot(_session, "e1", 1_000, "state"u8.ToArray());
        }

        await Stop();
        await StartAgain();
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            Assert.Equal(new LogHead("e1", 1_005), await log.Open(_session, "e2"));
            Assert.Equal(Enumerable.Range(0, 1_005).Select(n => $"{n} "), await Everything(log, _session));
            Assert.Equal(1_000, (await log.LoadSnapshot(_session))!.Position);
        }
    }

    [Fact]
    public async Task Erased_words_leave_the_files_too_and_the_other_sessions_stay()
    {
        const string Canary = "a word that nobody may find again";
        SessionId stays = new("s2");
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            await log.Open(_session, "e1");
            await log.Open(stays, "e1");
            for (var n = 0; n < 3; n++)
            {
                await log.Append(_session, new("e1", n * 500), Numbered(n * 500, 500, Canary));
                await log.Append(stays, new("e1", n * 500), Numbered(n * 500, 500, "kept"));
                await log.SaveSnapshot(_session, "e1", n * 500, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Canary, 1_000))));
                // An earlier rewrite has put some of it into the checkpoint as well.
                if (n == 1)
                    await log.RewriteStorage();
            }

            Assert.NotEmpty(FilesWith(Canary));
            await log.Erase(_session);
            await log.RewriteStorage();
            await IsOutOfTheFiles(Canary);
        }

        await Kill();
        await StartAgain();
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            await Assert.ThrowsAsync<SessionErased>(() => log.Open(_session, "e2"));
            Assert.Equal(1_500, (await Everything(log, stays)).Count);
        }
    }

    [Fact]
    public async Task Many_sessions_are_all_there_and_go_on_and_what_is_erased_leaves_the_files()
    {
        const int Sessions = 200, Entries = 400;
        const string Canary = "a word of an erased session";
        var tail = new string('x', 900);
        string Tail(int n) => n % 50 == 3 ? Canary + tail : tail;
        SessionId Session(int n) => new($"many-{n}");
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            for (var n = 0; n < Sessions; n++)
            {
                await log.Open(Session(n), "e1");
                Assert.Equal(new Done(Entries), await log.Append(Session(n), new("e1", 0), Numbered(0, Entries, Tail(n))));
            }

            for (var n = 0; n < Sessions; n++)
                Assert.Equal(new Done(Entries + 1), await log.Append(Session(n), new("e1", Entries), Numbered(Entries, 1, Tail(n))));
            await AllThere(log, Entries + 1, _ => true);
        }

        await Kill();
        await StartAgain();
        await using (var redis = await Connect())
        {
            var log = LogOn(redis);
            await AllThere(log, Entries + 1, _ => true);
            for (var n = 0; n < Sessions; n++)
                Assert.Equal(new Done(Entries + 2), await log.Append(Session(n), new("e1", Entries + 1), Numbered(Entries + 1, 1, Tail(n))));
            for (var n = 3; n < Sessions; n += 50)
                await log.Erase(Session(n));
            await log.RewriteStorage();
            await IsOutOfTheFiles(Canary);
            await AllThere(log, Entries + 2, n => n % 50 != 3);
        }

        async Task AllThere(RedisSessionLog log, int entries, Func<int, bool> which)
        {
            for (var n = 0; n < Sessions; n++)
                if (which(n))
                    AreSame(Enumerable.Range(0, entries).Select(i => $"{i} {Tail(n)}"), await Everything(log, Session(n)));
        }
    }

    private async Task IsOutOfTheFiles(string words)
    {
        for (var waited = Stopwatch.StartNew(); FilesWith(words) is { Length: > 0 } still; await Task.Delay(100))
            Assert.True(waited.Elapsed.TotalSeconds < 20, $"Not within 20 s: it is still in {string.Join(", ", still)}.");
    }

    private string[] FilesWith(string words)
    {
        var bytes = Encoding.UTF8.GetBytes(words);
        return [.. System.IO.Directory.EnumerateFiles(Directory, "*", SearchOption.AllDirectories).Where(file =>
        {
            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var content = new byte[stream.Length];
                var read = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
                return content.AsSpan(0, read).IndexOf(bytes) >= 0;
            }
            catch (IOException)
            {
                return false; // Gone or held by its owner (the mark that the directory is in use).
            }
        })];
    }

    [Fact]
    public async Task A_log_that_does_not_answer_says_that_the_outcome_is_unknown()
    {
        await using var redis = await Connect();
        var log = LogOn(redis);
        await log.Open(_session, "e1");
        await Kill();
        await Assert.ThrowsAsync<AppendOutcomeUnknown>(() => log.Append(_session, new("e1", 0), Numbered(0, 1))).WaitAsync(TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task An_append_that_was_cut_off_half_way_is_never_seen_and_does_not_stand_in_the_way()
    {
        await using var redis = await Connect();
        var log = LogOn(redis);
        await log.Open(_session, "e1");
        await log.Append(_session, new("e1", 0), Numbered(0, 998));
        // As a crash between the pushes and the new length would leave it.
        await redis.GetDatabase().ListRightPushAsync("ls:{s1}:log:0", ["torn", "torn"]);
        await redis.GetDatabase().ListRightPushAsync("ls:{s1}:log:1", ["torn"]);
        Assert.Equal(998, (await Everything(log, _session)).Count);
        Assert.Equal(new Done(1_003), await log.Append(_session, new("e1", 998), Numbered(998, 5)));
        Assert.Equal(Enumerable.Range(0, 1_003).Select(n => $"{n} "), await Everything(log, _session));

        // And the other way round, which only damage can bring about, is told.
        await redis.GetDatabase().ListTrimAsync("ls:{s1}:log:1", 0, 0);
        await Assert.ThrowsAsync<LogDamaged>(() => log.Append(_session, new("e1", 1_003), Numbered(1_003, 1)));
        await Assert.ThrowsAsync<LogDamaged>(() => log.Read(_session, 0, 1_000).ContinueWith(_ => log.Read(_session, 1_000, 10)).Unwrap());
    }

    [Fact]
    public async Task A_store_that_was_emptied_is_seen_by_its_epoch()
    {
        await using var redis = await Connect();
        var log = LogOn(redis);
        await log.Open(_session, "e1");
        await log.Append(_session, new("e1", 0), Numbered(0, 3));
        await redis.GetServers()[0].FlushAllDatabasesAsync();
        Assert.Equal(new Replaced(null, 0), await log.Append(_session, new("e1", 3), Numbered(3, 1)));
        Assert.Equal(new LogHead("e2", 0), await log.Open(_session, "e2"));
        Assert.Equal(new Replaced("e2", 0), await log.Append(_session, new("e1", 3), Numbered(3, 1)));
    }
}
