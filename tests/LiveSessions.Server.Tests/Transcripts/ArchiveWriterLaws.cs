using System.Diagnostics;
using System.Data.Common;
using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using LiveSessions.Tests.Transcripts;
using LiveSessions.Transcripts;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Transcripts;

public sealed class Archive_writer_on_redis_and_sqlite(SharedRedis redis) : ArchiveWriterLaws
{
    private protected override Task<IConnectionMultiplexer> Redis() => redis.Connection;
    private protected override Task<string?> NewPlace() => Task.FromResult<string?>(null);
}

public sealed class Archive_writer_on_garnet_and_postgres(SharedGarnet garnet, SharedPostgres postgres) : ArchiveWriterLaws
{
    private protected override Task<IConnectionMultiplexer> Redis() => garnet.Connection;
    private protected override async Task<string?> NewPlace() => await (await postgres.Running).NewDatabase();
}

/// <summary>What the archive writer promises: the rows are the log, told in words, whatever happens on the way.</summary>
public abstract class ArchiveWriterLaws : IAsyncLifetime
{
    private static readonly ArchiveWriterOptions quick = new(
        Poll: TimeSpan.FromMilliseconds(100), Lease: TimeSpan.FromSeconds(1), Sweep: TimeSpan.FromSeconds(1), Idle: TimeSpan.FromMinutes(1), Busy: double.MaxValue, Patience: TimeSpan.FromSeconds(1),
        ForgetAfter: TimeSpan.FromHours(1));

    private readonly ScratchDirectory _directory = new();
    private readonly SessionId _session = new($"s{Guid.NewGuid():N}");
    private readonly List<Node> _nodes = [];
    private IConnectionMultiplexer _redis = null!;
    private RedisSessionLog _log = null!;
    private string? _place;
    private long _length;

    private protected Archive Archive { get; private set; } = null!;
    private protected abstract Task<IConnectionMultiplexer> Redis();
    private protected abstract Task<string?> NewPlace();

    public async ValueTask InitializeAsync()
    {
        (_redis, _place) = (await Redis(), await NewPlace());
        _log = new(_redis, NullLogger<RedisSessionLog>.Instance);
        Archive = await Archive.Open(_directory.Path, _place);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        await Archive.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task The_rows_are_the_log_told_in_words()
    {
        var storm = Stormy(1);
        var node = await Start();
        await Append(storm, node, storm.W.Log.Count);
        await IsArchived(storm, node);
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == _length, "the writer says so too");
    }

    [Fact]
    public async Task A_log_that_grows_in_pieces_comes_to_the_same_rows()
    {
        var storm = Stormy(2);
        var node = await Start();
        while (_length < storm.W.Log.Count)
        {
            await Append(storm, node, 17);
            await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == _length, "every piece is archived");
        }
        await IsArchived(storm, node);
    }

    [Fact]
    public async Task A_writer_that_is_cut_off_before_or_after_a_commit_loses_nothing_and_doubles_nothing()
    {
        var storm = Stormy(3);
        var node = await Start();
        for (var i = 0; _length < storm.W.Log.Count; i++)
        {
            node.Commits.FailNext(i % 2 == 0 ? Fault.BeforeCommit : Fault.AfterCommit);
            await Append(storm, node, 60);
            await Eventually.True(() => node.Commits.HasFailed && node.Writer.ArchivedUpTo(_session) == _length, "it goes on after the fault");
        }
        await IsArchived(storm, node);
    }

    [Fact]
    public async Task When_a_writer_stands_still_another_takes_over_and_the_first_finds_that_out()
    {
        var storm = Stormy(4);
        var first = await Start();
        await Append(storm, first, 50);
        await Eventually.True(() => first.Writer.ArchivedUpTo(_session) == 50, "the first copies");
        first.Commits.Hold();
        await Append(storm, first, 50);
        await Eventually.True(() => first.Commits.IsHolding, "the first stands still");
        var second = await Start();
        await Append(storm, second, storm.W.Log.Count);
        await IsArchived(storm, second);
        first.Commits.LetGo();
        await Eventually.True(() => first.Writer.ArchivedUpTo(_session) == _length, "the first sees how far the archive is");
        await IsArchived(storm, second);
    }

    [Fact]
    public async Task A_session_whose_node_died_is_found_by_another_without_a_word()
    {
        var storm = Stormy(5);
        var dead = await Start();
        await Append(storm, dead, 40);
        await Eventually.True(() => dead.Writer.ArchivedUpTo(_session) == 40, "the first copies");
        await dead.Stop();
        await Append(storm, null, storm.W.Log.Count);
        await IsOnTheBooks();
        await IsArchived(storm, await Start());
    }

    [Fact]
    public async Task Two_nodes_at_once_copy_every_entry_once()
    {
        var storm = Stormy(6);
        var (one, two) = (await Start(), await Start());
        for (var i = 0; _length < storm.W.Log.Count; i++)
            await Append(storm, i % 2 == 0 ? one : two, 9);
        await IsArchived(storm, one);
        await Eventually.True(() => one.Writer.ArchivedUpTo(_session) == _length && two.Writer.ArchivedUpTo(_session) == _length, "both know how far the archive is");
    }

    [Fact]
    public async Task A_stricter_choice_reaches_what_was_archived_long_before()
    {
        var (w, canary) = (new Workshop(), $"canary{Guid.NewGuid():N}");
        var ada = w.Joins("ada-id", $"Name{canary}");
        w.Joins("ben-id", "Ben Brown");
        w.OpensOneRoom();
        w.GoesTo("b_concerns").With(ada, new LiveSessions.Conversation.WriteTurn(new("t1"), ada, $"Words{canary}", LiveSessions.Conversation.TurnForm.Verbatim));
        var node = await Start();
        await Append(w, node, w.Log.Count);
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == _length, "it is archived");
        Assert.Contains(await AllText(), t => t.Contains($"Words{canary}", StringComparison.Ordinal));
        w.With(ada, new ChooseConsent(Consent.NotKept, false));
        await Append(w, node, 1);
        await IsArchived(w, node);
        Assert.DoesNotContain(await AllText(), t => t.Contains(canary, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_that_began_anew_does_not_write_over_what_the_lost_one_told()
    {
        var (lost, anew) = (Stormy(7), Stormy(8));
        var node = await Start();
        await Append(lost, node, lost.W.Log.Count);
        await IsArchived(lost, node);
        var before = (await Lines()).Count;
        await _redis.GetDatabase().KeyDeleteAsync([Keys.Meta(_session), Keys.Page(_session, 0)]);
        _length = 0;
        await Append(anew.W, node, anew.W.Log.Count, "e2");
        await Eventually.True(async () => (await Archive.Store.Position(_session, "e2")).UpTo == _length, "the second log is archived");
        var lines = await Lines();
        Assert.Equal(before + anew.W.Lines.Count, lines.Count);
        Assert.Equal(Sorted(anew.W.Lines.Values), Sorted(lines.Where(l => l.Id.StartsWith("e2.", StringComparison.Ordinal)).Select(l => l with { Id = l.Id[3..], Conversation = l.Conversation[3..] })));
    }

    [Fact]
    public async Task The_lag_is_measured()
    {
        long? lag = null;
        long entries = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == "LiveSessions" && instrument.Name.StartsWith("archive.", StringComparison.Ordinal))
                l.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
        {
            if (instrument.Name == "archive.lag")
                lag = Math.Max(lag ?? 0, value);
            else if (instrument.Name == "archive.entries")
                Interlocked.Add(ref entries, value);
        });
        listener.Start();
        var storm = Stormy(9);
        var node = await Start();
        await Append(storm, node, 10);
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == 10, "it copies");
        node.Commits.Hold();
        await Append(storm, node, 30);
        await Eventually.True(() => node.Commits.IsHolding, "it stands still");
        await Eventually.True(() =>
        {
            listener.RecordObservableInstruments();
            return lag >= 30;
        }, "the lag shows");
        node.Commits.LetGo();
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == 40, "it goes on");
        Assert.True(entries >= 40);
    }

    [Fact]
    public async Task While_people_write_much_copying_waits_but_not_longer_than_its_patience()
    {
        var storm = Stormy(7);
        // It looks for calm over a tenth of a second, in which two to six entries are written here.
        var node = await Start(quick with { Busy = 10, Poll = TimeSpan.FromMilliseconds(400) });
        var positions = new HashSet<long>();
        var writing = Stopwatch.StartNew();
        // A few at a time, always more than ten a second.
        while (_length < storm.W.Log.Count - 60 && writing.Elapsed < TimeSpan.FromSeconds(30))
        {
            await Append(storm, node, 2);
            await Task.Delay(20);
            positions.Add(node.Writer.ArchivedUpTo(_session));
        }
        var took = writing.Elapsed;

        // Each step but the first came after its patience. A machine that stands still for a tenth of a second looks calm, so a few more are forgiven.
        Assert.InRange(positions.Count, 1, (int)(took / quick.Patience) + 5);
        await Append(storm, node, storm.W.Log.Count);
        await IsArchived(storm, node);
    }

    [Fact]
    public async Task A_long_log_that_nobody_adds_to_is_copied_in_two_transactions()
    {
        var storm = new Storm(9);
        storm.Blow(5_000);
        storm.W.With(Workshop.Host, new EndSession());
        await Append(storm, null, storm.W.Log.Count);
        Assert.InRange(_length, 2_000, 8_000);
        await IsOnTheBooks();
        var node = await Start();
        await IsArchived(storm, node);
        // The first is small, because people may be at work.
        Assert.Equal(2, node.Commits.Count);
    }

    [Fact]
    public async Task What_has_waited_longer_than_that_already_is_copied_whoever_writes()
    {
        var storm = new Storm(8);
        storm.Blow(5_000);
        await Append(storm, null, 2_050);
        Assert.Equal(2_050, _length);
        // Written long ago. A node that is new to them finds people who write.
        Archive.Time.Pass(TimeSpan.FromDays(365));
        var node = await Start(quick with { Busy = 10, Patience = TimeSpan.FromMinutes(1) });
        var copying = Stopwatch.StartNew();
        do
        {
            await Append(storm, node, 2);
            await Task.Delay(20);
        }
        while (node.Writer.ArchivedUpTo(_session) < 2_050 && copying.Elapsed < TimeSpan.FromSeconds(30));
        Assert.True(copying.Elapsed < TimeSpan.FromSeconds(30), $"{node.Writer.ArchivedUpTo(_session)} of 2,050 entries were copied in half a minute.");
    }

    [Fact]
    public async Task A_session_in_which_nothing_happens_is_looked_at_ever_more_rarely()
    {
        var counted = new CountedLog(_log);
        var storm = Stormy(10);
        var node = await Start(quick with { Poll = TimeSpan.FromMilliseconds(10), Lease = TimeSpan.FromSeconds(6) }, counted);
        await Append(storm, node, 10);
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == 10, "it copies");
        var before = counted.Reads;
        await Task.Delay(TimeSpan.FromSeconds(3));
        // After 10, 20, 40 milliseconds and so on; every ten would be some 300.
        Assert.InRange(counted.Reads - before, 1, 20);
        // What nobody told of is found all the same, while the lease is held.
        await Append(storm, null, storm.W.Log.Count);
        await IsArchived(storm, node);
    }

    [Fact]
    public async Task What_another_node_wrote_is_copied_as_soon_as_it_is_heard_of()
    {
        var storm = Stormy(11);
        var node = await Start(quick with { Poll = TimeSpan.FromSeconds(8), Lease = TimeSpan.FromMinutes(1) });
        await Append(storm, node, 10);
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == 10, "it copies");
        // Twice a quarter of its pause it rests after that; then it looks again after the whole.
        await Task.Delay(TimeSpan.FromSeconds(5));
        await Append(storm, null, 20);
        node.Writer.Heard(_session, _length);
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == 30, "it is copied before the next look", 4);
    }

    [Fact]
    public async Task A_writer_that_cannot_read_an_entry_leaves_the_session_to_whoever_can()
    {
        var (leases, aMinute) = (new Leases(_redis), TimeSpan.FromMinutes(1));
        var node = await Start(quick with { Lease = aMinute });
        await Append(Stormy(13), node, 10);
        await Eventually.True(() => node.Writer.ArchivedUpTo(_session) == 10, "it copies what it can read");
        Assert.Null(await leases.Take($"archive:{_session}", aMinute));

        var done = Assert.IsType<Done>(await _log.Append(_session, new("e1", _length), ["{\"events\":[{\"type\":\"somethingOfTomorrow\"}]}"u8.ToArray()]));
        node.Writer.Wrote(_session, done.Length);

        await Eventually.True(async () => await leases.Take($"archive:{_session}", aMinute) is not null, "another may copy it", 15);
        Assert.Equal(10, node.Writer.ArchivedUpTo(_session));
    }

    [Fact]
    public async Task Where_another_node_copies_news_makes_no_look_sooner()
    {
        var counted = new CountedLog(_log);
        var storm = Stormy(12);
        var first = await Start();
        await Append(storm, first, 10);
        await Eventually.True(() => first.Writer.ArchivedUpTo(_session) == 10, "the first copies");
        var second = await Start(log: counted);
        await Eventually.True(() => second.Writer.ArchivedUpTo(_session) == 10, "the second watches");
        first.Commits.Hold();
        await Append(storm, first, 10);
        var before = counted.Reads;
        // For less than the lease, so that the first keeps it.
        for (var news = 0; news < 60; news++)
        {
            second.Writer.Heard(_session, _length);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        // One for the first news, then every tenth of a second.
        Assert.InRange(counted.Reads - before, 1, 12);
        first.Commits.LetGo();
        await Eventually.True(() => second.Writer.ArchivedUpTo(_session) == 20, "the second sees that the first went on");
    }

    // A session, a node, what is in the archive.

    private static Storm Stormy(ulong seed)
    {
        var storm = new Storm(seed);
        storm.Blow(250);
        storm.W.With(Workshop.Host, new EndSession());
        return storm;
    }

    private async Task<Node> Start(ArchiveWriterOptions? options = null, ISessionLog? log = null)
    {
        var node = new Node(log ?? _log, _redis, _directory.Path, _place, Archive.Time, options ?? quick);
        _nodes.Add(node);
        await node.Writer.StartAsync(CancellationToken.None);
        return node;
    }

    private Task Append(Storm storm, Node? node, int count) => Append(storm.W, node, count);

    /// <summary>As the desk does: append, then tell the writer.</summary>
    private async Task Append(Workshop w, Node? node, int count, string epoch = "e1")
    {
        await _log.Open(_session, epoch);
        foreach (var chunk in w.Log.Skip((int)_length).Take(count).Chunk(250))
        {
            var done = Assert.IsType<Done>(await _log.Append(_session, new(epoch, _length), [.. chunk.Select(e => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(e, Json.Options))]));
            _length = done.Length;
        }
        node?.Writer.Wrote(_session, _length);
    }

    private Task IsArchived(Storm storm, Node node) => IsArchived(storm.W, node);

    private async Task IsArchived(Workshop w, Node node)
    {
        await Eventually.True(async () => (await Archive.Store.Position(_session, "e1")).UpTo == _length, "the archive has every entry", 30);
        Assert.Equal(w.Log.Count, _length);
        await using var db = await Archive.Factory.CreateDbContextAsync();
        var entries = await db.ArchiveEntries.AsNoTracking().Where(e => e.Session == _session).OrderBy(e => e.Seq).ToListAsync();
        Assert.Equal(Enumerable.Range(0, w.Log.Count).Select(n => (long)n), entries.Select(e => e.Seq));
        Assert.Equal(w.EntriesAsStored, entries.Select(e => e.Json));
        Assert.Equal(Sorted(w.Lines.Values), Sorted(await Lines()));
        var conversations = (await db.Conversations.AsNoTracking().Where(c => c.Session == _session).ToListAsync()).Select(TranscriptJson.Read);
        Assert.Equal(Sorted(w.Conversations.Values.Select(c => c with { Session = _session })), Sorted(conversations));
        Assert.NotNull(node);
    }

    private async Task<List<TranscriptLine>> Lines()
    {
        await using var db = await Archive.Factory.CreateDbContextAsync();
        return (await db.Lines.AsNoTracking().Where(l => l.Session == _session).ToListAsync()).ConvertAll(TranscriptJson.Read);
    }

    private async Task<List<string>> AllText()
    {
        await using var db = await Archive.Factory.CreateDbContextAsync();
        return [.. (await db.ArchiveEntries.Where(e => e.Session == _session).Select(e => e.Json).ToListAsync()), .. Sorted(await Lines())];
    }

    /// <summary>The session as the programme knows it.</summary>
    private async Task IsOnTheBooks()
    {
        await using var db = await Archive.Factory.CreateDbContextAsync();
        db.Sessions.Add(new()
        {
            Id = _session,
            Code = "ABCD2345",
            Title = "Week 1",
            Plan = "week-1",
            StartsAt = Archive.Time.GetUtcNow(),
            TimeZone = "America/Los_Angeles",
            Minutes = 60,
            Owner = "owner",
            CreatedAt = Archive.Time.GetUtcNow(),
            RetentionUntil = Archive.Time.GetUtcNow().AddDays(90),
        });
        await db.SaveChangesAsync();
    }

    private static IEnumerable<string> Sorted<T>(IEnumerable<T> items) => items.Select(i => JsonSerializer.Serialize(i, Json.Options)).Order(StringComparer.Ordinal);
}

/// <summary>A node's writer, with commits that a test can spoil.</summary>
internal sealed class Node : IAsyncDisposable
{
    public Node(ISessionLog log, IConnectionMultiplexer redis, string directory, string? place, TimeProvider time, ArchiveWriterOptions options)
    {
        var factory = new Factory(directory, place, Commits);
        Deadlines = new(redis);
        Writer = new(log, new(redis), Deadlines, new(factory, time), factory, new(), time, NullLogger<ArchiveWriter>.Instance, options);
    }

    public ArchiveWriter Writer { get; }
    public Deadlines Deadlines { get; }
    public Commits Commits { get; } = new();

    public Task Stop() => Writer.StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Commits.LetGo();
        await Stop().WaitAsync(TimeSpan.FromSeconds(20));
        Writer.Dispose();
    }

    private sealed class Factory(string directory, string? place, Commits commits) : IDbContextFactory<ArchiveDb>
    {
        public ArchiveDb CreateDbContext()
        {
            commits.Pass();
            return place is null
                ? new SqliteArchive(((DbContextOptionsBuilder<SqliteArchive>)new DbContextOptionsBuilder<SqliteArchive>().UseSqliteFile($"Data Source={Path.Combine(directory, "archive.db")};Default Timeout=5")).AddInterceptors(commits).Options)
                : new PostgresArchive(((DbContextOptionsBuilder<PostgresArchive>)new DbContextOptionsBuilder<PostgresArchive>().UsePostgres(place)).AddInterceptors(commits).Options);
        }
    }
}

/// <summary>A log that counts how often it is read.</summary>
internal sealed class CountedLog(ISessionLog inner) : ISessionLog
{
    private int _reads;

    public int Reads => Volatile.Read(ref _reads);

    public Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default)
    {
        Interlocked.Increment(ref _reads);
        return inner.Read(session, from, max, ct);
    }

    public Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default) => inner.Open(session, newEpoch, ct);
    public Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default) => inner.Append(session, end, entries, ct);
    public Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) => inner.SaveSnapshot(session, epoch, position, bytes, ct);
    public Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default) => inner.LoadSnapshot(session, ct);
    public Task Erase(SessionId session, CancellationToken ct = default) => inner.Erase(session, ct);
    public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) => inner.Erase(session, length, ct);
    public Task RewriteStorage(CancellationToken ct = default) => inner.RewriteStorage(ct);
}

internal enum Fault { None, BeforeCommit, AfterCommit }

/// <summary>Spoils commits: nothing is stored, or it is stored and nobody is told; or a writer stands still before it begins.</summary>
internal sealed class Commits : DbTransactionInterceptor
{
    private readonly ManualResetEventSlim _open = new(true);
    private Fault _next;

    public bool HasFailed { get; private set; }
    public int Count { get; private set; }
    public bool IsHolding { get; private set; }

    public void FailNext(Fault fault) => (HasFailed, _next) = (false, fault);

    public void Hold() => _open.Reset();

    public void LetGo() => _open.Set();

    public void Pass()
    {
        IsHolding = !_open.IsSet;
        _open.Wait(TimeSpan.FromSeconds(60));
        IsHolding = false;
    }

    public override ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        Strike(Fault.BeforeCommit);
        return ValueTask.FromResult(result);
    }

    public override Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Count++;
        Strike(Fault.AfterCommit);
        return Task.CompletedTask;
    }

    private void Strike(Fault now)
    {
        if (_next != now)
            return;
        (HasFailed, _next) = (true, Fault.None);
        throw new IOException("The connection was cut.");
    }
}
