using System.Text;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Server.Tests.Redis;

public sealed class Session_log_on_redis(SharedRedis redis) : SessionLogLaws
{
    protected override async Task<ISessionLog> Log() => new RedisSessionLog(await redis.Connection, NullLogger<RedisSessionLog>.Instance);
}

public sealed class Session_log_on_garnet(SharedGarnet garnet) : SessionLogLaws
{
    protected override async Task<ISessionLog> Log() => new RedisSessionLog(await garnet.Connection, NullLogger<RedisSessionLog>.Instance);
}

public sealed class Session_log_in_memory : SessionLogLaws
{
    private readonly InMemorySessionLog _log = new();
    protected override Task<ISessionLog> Log() => Task.FromResult<ISessionLog>(_log);
}

/// <summary>What every session log does, wherever it is kept.</summary>
public abstract class SessionLogLaws
{
    private readonly SessionId _session = new($"s{Guid.NewGuid():N}");

    protected abstract Task<ISessionLog> Log();

    private static ReadOnlyMemory<byte>[] Batch(params string[] entries) => [.. entries.Select(e => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(e)))];
    private static ReadOnlyMemory<byte>[] Numbered(int from, int count) => Batch([.. Enumerable.Range(from, count).Select(n => $"entry {n}")]);
    private static string[] Words(IEnumerable<byte[]> entries) => [.. entries.Select(Encoding.UTF8.GetString)];

    private async Task<ISessionLog> Opened()
    {
        var log = await Log();
        await log.Open(_session, "e1");
        return log;
    }

    private async Task<List<string>> Everything(ISessionLog log, int page = ISessionLog.MaxEntries)
    {
        var all = new List<string>();
        while (true)
        {
            var read = await log.Read(_session, all.Count, page);
            all.AddRange(Words(read.Entries));
            if (all.Count >= read.Length)
                return all;
            Assert.NotEmpty(read.Entries);
        }
    }

    [Fact]
    public async Task The_first_to_open_gives_the_epoch_and_the_others_find_it()
    {
        var log = await Log();
        Assert.Equal(new LogHead("e1", 0), await log.Open(_session, "e1"));
        Assert.Equal(new Done(2), await log.Append(_session, new("e1", 0), Batch("a", "b")));
        Assert.Equal(new LogHead("e1", 2), await log.Open(_session, "e2"));
    }

    [Fact]
    public async Task A_log_that_nobody_opened_is_not_there()
    {
        var log = await Log();
        var read = await log.Read(_session, 0, 10);
        Assert.Null(read.Epoch);
        Assert.Equal(0, read.Length);
        Assert.Empty(read.Entries);
        Assert.Equal(new Replaced(null, 0), await log.Append(_session, new("e1", 0), Batch("a")));
        Assert.Null(await log.LoadSnapshot(_session));
        Assert.False(await log.SaveSnapshot(_session, "e1", 0, "state"u8.ToArray()));
    }

    [Fact]
    public async Task Entries_come_back_byte_for_byte_in_order()
    {
        var log = await Opened();
        string[] entries = ["", "naïve ☃ 漢字 🏛", "{\"a\":\"\\u0000\"}", "two\r\nlines\0and a zero", new('x', 16 * 1024), "12", "-0"];
        Assert.Equal(new Done(entries.Length), await log.Append(_session, new("e1", 0), Batch(entries)));
        Assert.Equal(entries, Words((await log.Read(_session, 0, 100)).Entries));
    }

    [Fact]
    public async Task Who_is_behind_appends_nothing_and_gets_what_is_missing()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0), Batch("a", "b", "c"));
        var behind = Assert.IsType<Behind>(await log.Append(_session, new("e1", 1), Batch("x")));
        Assert.Equal(3, behind.Length);
        Assert.Equal(["b", "c"], Words(behind.Missing));
        Assert.Equal(["a", "b", "c"], await Everything(log));
    }

    [Fact]
    public async Task Who_is_far_behind_gets_a_thousand_entries_and_reads_on()
    {
        var log = await Opened();
        for (var n = 0; n < 2_500; n += 500)
            await log.Append(_session, new("e1", n), Numbered(n, 500));
        var behind = Assert.IsType<Behind>(await log.Append(_session, new("e1", 700), Batch("x")));
        Assert.Equal(2_500, behind.Length);
        Assert.Equal(Enumerable.Range(700, 1_000).Select(n => $"entry {n}"), Words(behind.Missing));
        behind = Assert.IsType<Behind>(await log.Append(_session, new("e1", 2_499), Batch("x")));
        Assert.Equal(["entry 2499"], Words(behind.Missing));
    }

    [Fact]
    public async Task Another_epoch_or_a_log_shorter_than_claimed_is_told_apart()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0), Batch("a"));
        Assert.Equal(new Replaced("e1", 1), await log.Append(_session, new("e0", 1), Batch("x")));
        Assert.Equal(new Replaced("e1", 1), await log.Append(_session, new("e1", 2), Batch("x")));
        Assert.Equal(["a"], await Everything(log));
    }

    [Fact]
    public async Task A_log_of_the_same_length_with_other_entries_is_told_apart_by_its_hash()
    {
        var log = await Opened();
        var ab = LogHash.None.After(Batch("a", "b"));
        Assert.Equal(new Done(2), await log.Append(_session, new("e1", 0, LogHash.None), Batch("a", "b")));
        Assert.Equal(ab, (await log.Read(_session, 0, 1)).Hash);
        Assert.Equal(new Replaced("e1", 2), await log.Append(_session, new("e1", 2, LogHash.None.After(Batch("a", "x"))), Batch("lost")));
        Assert.Equal(new Replaced("e1", 2), await log.Append(_session, new("e1", 2, LogHash.None.After(Batch("b", "a"))), Batch("lost")));
        Assert.Equal(new Done(3), await log.Append(_session, new("e1", 2, ab), Batch("c")));
        Assert.Equal(ab.After("c"u8), (await log.Read(_session, 3, 1)).Hash);
        Assert.IsType<Behind>(await log.Append(_session, new("e1", 2, ab), Batch("x")));
        Assert.Equal(["a", "b", "c"], await Everything(log));
    }

    [Fact]
    public async Task Who_appends_without_a_hash_leaves_none_and_whoever_comes_next_gives_it()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0, LogHash.None), Batch("a"));
        Assert.Equal(new Done(2), await log.Append(_session, new("e1", 1), Batch("b")));
        Assert.Null((await log.Read(_session, 0, 1)).Hash);
        var hash = LogHash.None.After(Batch("a", "b"));
        Assert.Equal(new Done(3), await log.Append(_session, new("e1", 2, hash), Batch("c")));
        Assert.Equal(hash.After("c"u8), (await log.Read(_session, 0, 1)).Hash);
        await log.Erase(_session);
        Assert.Null((await log.Read(_session, 0, 1)).Hash);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(999)]
    [InlineData(1_000)]
    public async Task Batches_of_any_size_make_one_unbroken_log(int size)
    {
        var log = await Opened();
        var total = Math.Max(size * 3, 30);
        for (var n = 0; n < total; n += size)
            Assert.Equal(new Done(Math.Min(n + size, total)), await log.Append(_session, new("e1", n), Numbered(n, Math.Min(size, total - n))));
        Assert.Equal(Enumerable.Range(0, total).Select(n => $"entry {n}"), await Everything(log));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(998, 5)]
    [InlineData(999, 1)]
    [InlineData(1_000, 1)]
    [InlineData(500, 1_000)]
    [InlineData(1_000, 1_000)]
    [InlineData(2_100, 1_000)]
    [InlineData(2_200, 10)]
    [InlineData(9_000, 10)]
    public async Task A_read_gives_just_what_it_was_asked_for(int from, int max)
    {
        var log = await Opened();
        for (var n = 0; n < 2_200; n += 1_000)
            await log.Append(_session, new("e1", n), Numbered(n, Math.Min(1_000, 2_200 - n)));
        var read = await log.Read(_session, from, max);
        Assert.Equal(("e1", 2_200L), (read.Epoch, read.Length));
        Assert.Equal(Enumerable.Range(0, 2_200).Skip(from).Take(max).Select(n => $"entry {n}"), Words(read.Entries));
    }

    [Fact]
    public async Task Reading_is_bounded_whatever_is_asked()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0), Numbered(0, 1_000));
        await log.Append(_session, new("e1", 1_000), Numbered(1_000, 500));
        Assert.Equal(1_000, (await log.Read(_session, 100, int.MaxValue)).Entries.Count);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.Read(_session, -1, 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.Append(_session, new("e1", 1_500), Numbered(0, 1_001)));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => log.Append(_session, new("e1", 1_500), []));
    }

    [Fact]
    public async Task Two_writers_who_race_lose_nothing_and_double_nothing()
    {
        var log = await Opened();
        const int Batches = 500, Size = 3;
        var seen = await Task.WhenAll(Writer("ada"), Writer("ben")).WaitAsync(TimeSpan.FromMinutes(1));

        var all = await Everything(log, 777);
        Assert.Equal(2 * Batches * Size, all.Count);
        foreach (var name in (string[])["ada", "ben"])
            Assert.Equal(Enumerable.Range(0, Batches * Size).Select(n => $"{name} {n}"), all.Where(e => e.StartsWith(name, StringComparison.Ordinal)));
        // A batch is never split, and each writer's own copy, made of what it wrote and what it was told, is the log as far as it got.
        for (var i = 0; i < all.Count; i += Size)
            Assert.Single(all.Skip(i).Take(Size).Select(e => e.Split(' ')[0]).Distinct());
        Assert.All(seen, copy => Assert.Equal(all.Take(copy.Count), copy));
        Assert.Equal(all, seen.MaxBy(copy => copy.Count));

        async Task<List<string>> Writer(string name)
        {
            var mine = new List<string>();
            for (var batch = 0; batch < Batches; batch++)
            {
                var entries = Enumerable.Range(batch * Size, Size).Select(n => $"{name} {n}").ToArray();
                while (true)
                {
                    var answer = await log.Append(_session, new("e1", mine.Count), Batch(entries));
                    await Task.Yield();
                    if (answer is Done)
                        break;
                    mine.AddRange(Words(Assert.IsType<Behind>(answer).Missing));
                }

                mine.AddRange(entries);
            }

            return mine;
        }
    }

    [Fact]
    public async Task The_newest_snapshot_is_kept_and_never_one_that_runs_ahead()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0), Numbered(0, 10));
        Assert.True(await log.SaveSnapshot(_session, "e1", 5, "five"u8.ToArray()));
        Assert.True(await log.SaveSnapshot(_session, "e1", 10, "ten"u8.ToArray()));
        Assert.False(await log.SaveSnapshot(_session, "e1", 5, "five"u8.ToArray()));
        Assert.False(await log.SaveSnapshot(_session, "e1", 11, "eleven"u8.ToArray()));
        Assert.False(await log.SaveSnapshot(_session, "e0", 10, "other"u8.ToArray()));
        var snapshot = await log.LoadSnapshot(_session);
        Assert.Equal(("e1", 10L, "ten"), (snapshot!.Epoch, snapshot.Position, Encoding.UTF8.GetString(snapshot.Bytes)));
    }

    [Fact]
    public async Task A_snapshot_of_many_megabytes_comes_back_whole()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0), Numbered(0, 1));
        var bytes = new byte[12 * 1024 * 1024];
        new Random(7).NextBytes(bytes);
        Assert.True(await log.SaveSnapshot(_session, "e1", 1, bytes));
        var snapshot = await log.LoadSnapshot(_session);
        Assert.True(bytes.AsSpan().SequenceEqual(snapshot!.Bytes));
    }

    [Fact]
    public async Task The_largest_batch_of_the_largest_entries_fits()
    {
        var log = await Opened();
        var entry = new string('é', 8 * 1024);
        Assert.Equal(new Done(1_000), await log.Append(_session, new("e1", 0), Batch([.. Enumerable.Repeat(entry, 1_000)])));
        Assert.Equal(new Done(1_001), await log.Append(_session, new("e1", 1_000), Batch("last")));
        var read = await log.Read(_session, 1, 1_000);
        Assert.Equal(1_000, read.Entries.Count);
        Assert.All(read.Entries.SkipLast(1), e => Assert.Equal(16 * 1024, e.Length));
    }

    [Fact]
    public async Task An_erased_session_is_gone_and_does_not_begin_anew()
    {
        var log = await Opened();
        for (var n = 0; n < 3_000; n += 1_000)
            await log.Append(_session, new("e1", n), Numbered(n, 1_000));
        await log.SaveSnapshot(_session, "e1", 1_000, "state"u8.ToArray());

        await log.Erase(_session);
        await log.Erase(_session);

        Assert.Equal(new Replaced(null, 0), await log.Append(_session, new("e1", 3_000), Batch("late")));
        Assert.Null((await log.Read(_session, 0, 10)).Epoch);
        Assert.Null(await log.LoadSnapshot(_session));
        Assert.False(await log.SaveSnapshot(_session, "e1", 1_000, "late"u8.ToArray()));
        await Assert.ThrowsAsync<SessionErased>(() => log.Open(_session, "e2"));
    }

    [Fact]
    public async Task A_log_that_has_grown_since_is_not_erased()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0), Numbered(0, 3));
        Assert.False(await log.Erase(_session, 2));
        Assert.Equal(3, (await Everything(log)).Count);
        Assert.True(await log.Erase(_session, 3));
        Assert.Null((await log.Read(_session, 0, 10)).Epoch);
        Assert.True(await log.Erase(_session, 3));
    }

    [Fact]
    public async Task Rewriting_the_storage_changes_nothing_that_stands()
    {
        var log = await Opened();
        await log.Append(_session, new("e1", 0), Numbered(0, 1_000));
        var writes = Task.Run(async () =>
        {
            for (var n = 1_000; n < 1_500; n++)
                Assert.IsType<Done>(await log.Append(_session, new("e1", n), Numbered(n, 1)));
        });
        await Task.WhenAll(log.RewriteStorage(), log.RewriteStorage());
        await writes;
        Assert.Equal(Enumerable.Range(0, 1_500).Select(n => $"entry {n}"), await Everything(log));
    }
}
