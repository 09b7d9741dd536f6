using System.Text;
using System.Text.Json;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using LiveSessions.Tests.Transcripts;
using LiveSessions.Transcripts;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Server.Tests.Transcripts;

/// <summary>An ended session's log leaves Redis, and Redis' files, once it is archived; what is not kept is then nowhere.</summary>
[Collection(OnOwnRedis.Name)]
public sealed class ForgettingTests(OwnRedis redis) : IAsyncLifetime
{
    private static readonly ArchiveWriterOptions quick = new(
        Poll: TimeSpan.FromMilliseconds(100), Lease: TimeSpan.FromSeconds(2), Sweep: TimeSpan.FromMinutes(1), Idle: TimeSpan.FromMinutes(1), Busy: double.MaxValue, Patience: TimeSpan.FromSeconds(1),
        ForgetAfter: TimeSpan.FromHours(1));

    private readonly ScratchDirectory _directory = new();
    private readonly SessionId _session = new($"s{Guid.NewGuid():N}");
    private readonly string _canary = $"canary{Guid.NewGuid():N}";
    private readonly string _kept = $"kept{Guid.NewGuid():N}";
    private Archive _archive = null!;
    private RedisSessionLog _log = null!;
    private Node _node = null!;
    private Workshop _w = null!;

    public async ValueTask InitializeAsync()
    {
        _archive = await Archive.Open(_directory.Path);
        _log = new(await redis.Connection, NullLogger<RedisSessionLog>.Instance);
        _node = new(_log, await redis.Connection, _directory.Path, null, _archive.Time, quick);
        await _node.Writer.StartAsync(CancellationToken.None);
        _w = new();
        var (ada, ben) = (_w.Joins("ada-id", "Ada Adams", Consent.NotKept), _w.Joins("ben-id", "Ben Brown"));
        _w.OpensOneRoom();
        _w.GoesTo("b_concerns").With(ada, new WriteTurn(new("t1"), ada, _canary, TurnForm.Verbatim)).With(ben, new WriteTurn(new("t2"), ben, _kept, TurnForm.Verbatim)).With(Workshop.Host, new EndSession());
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        await _archive.DisposeAsync();
        _directory.Dispose();
    }

    private DateTimeOffset Ended => _w.Session.EndedAt!.Value;

    private async Task Append(IEnumerable<LogEntry> entries, long from)
    {
        await _log.Open(_session, "e1");
        Assert.IsType<Done>(await _log.Append(_session, new("e1", from), [.. entries.Select(e => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(e, Json.Options))]));
    }

    private async Task Archived()
    {
        await Append(_w.Log, 0);
        _node.Writer.Wrote(_session, _w.Log.Count);
        await Eventually.True(() => _node.Writer.ArchivedUpTo(_session) == _w.Log.Count, "it is archived");
    }

    private static bool Holds(string directory, string words) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Any(file =>
        {
            using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var copy = new MemoryStream();
            open.CopyTo(copy);
            return copy.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(words)) >= 0;
        });

    [Fact]
    public async Task The_log_leaves_redis_and_its_files_and_the_transcript_stays()
    {
        var files = (await redis.Running).Directory;
        await Archived();
        Assert.True(Holds(files, _canary));
        Assert.DoesNotContain(await _node.Deadlines.Claim(Ended.AddMinutes(59), TimeSpan.FromMilliseconds(1), 10), d => d.Session == _session);
        ClaimedDeadline due = default;
        await Eventually.True(async () => (await _node.Deadlines.Claim(Ended.AddMinutes(61), TimeSpan.FromMilliseconds(1), 10)).Any(d => (due = d).Session == _session), "the deadline is set");
        Assert.Equal(ArchiveWriter.ForgetDeadline, due.Name);

        Assert.False(await _node.Writer.Do(due.Session, due.Name, default));
        await Eventually.True(async () => await (await redis.Connection).GetDatabase().SortedSetScoreAsync(Keys.Deadlines, $"{_session}|{due.Name}") is null, "it is done");
        Assert.Null((await _log.Read(_session, 0, 1)).Epoch);
        Assert.False(Holds(files, _canary));
        Assert.False(Holds(files, _kept));
        Assert.False(Holds(_directory.Path, _canary));
        await using var db = await _archive.Factory.CreateDbContextAsync();
        Assert.Contains(db.Lines.Where(l => l.Session == _session), l => l.Text == _kept);
    }

    [Fact]
    public async Task Words_that_are_taken_back_from_the_record_are_gone_from_its_file_byte_by_byte()
    {
        await Archived();
        Assert.True(Holds(_directory.Path, _kept));
        _w.With(new PersonId("ben-id"), new ChooseConsent(Consent.NotKept, false));
        await Append(_w.Log.TakeLast(1), _w.Log.Count - 1);
        _node.Writer.Wrote(_session, _w.Log.Count);
        await Eventually.True(() => _node.Writer.ArchivedUpTo(_session) == _w.Log.Count, "the choice is archived");
        await Eventually.True(() => !Holds(_directory.Path, _kept), "no file holds the words");
        Assert.False(Holds(_directory.Path, "Ben Brown"));
    }

    [Fact]
    public async Task A_log_that_is_not_all_archived_stays()
    {
        await Archived();
        await Eventually.True(() => _node.Writer.ArchivedUpTo(_session) == _w.Log.Count, "it is archived");
        _node.Commits.Hold();
        _w.With(new PersonId("ben-id"), new ChooseConsent(Consent.StandIn, false));
        await Append(_w.Log.TakeLast(1), _w.Log.Count - 1);
        // Another node takes the deadline on.
        await using var other = new Node(_log, await redis.Connection, _directory.Path, null, _archive.Time, quick);
        Assert.False(await other.Writer.EraseWhenArchived(_session, default));
        Assert.Equal("e1", (await _log.Read(_session, 0, 1)).Epoch);
        _node.Commits.LetGo();
        await Eventually.True(() => _node.Writer.ArchivedUpTo(_session) == _w.Log.Count, "the rest is archived");
        Assert.True(await other.Writer.EraseWhenArchived(_session, default));
        Assert.Null((await _log.Read(_session, 0, 1)).Epoch);
    }

    [Fact]
    public async Task An_erasure_that_was_cut_off_is_finished_the_next_time()
    {
        await Archived();
        var db = (await redis.Connection).GetDatabase();
        // Cut off after the mark was set, before the pages went.
        await db.KeyDeleteAsync(Keys.Meta(_session));
        await db.HashSetAsync(Keys.Meta(_session), "erased", _w.Log.Count);
        Assert.True(await db.KeyExistsAsync(Keys.Page(_session, 0)));
        Assert.True(await _node.Writer.EraseWhenArchived(_session, default));
        Assert.False(await db.KeyExistsAsync(Keys.Page(_session, 0)));
        Assert.False(Holds((await redis.Running).Directory, _canary));
    }

    [Theory, InlineData("1.00:00:00"), InlineData("-00:00:01")]
    public void A_log_may_not_be_kept_longer_than_was_promised(string after) => Assert.Throws<InvalidOperationException>(() =>
        ArchiveWriterOptions.From(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Add(new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = [new("Archive:ForgetAfter", after)] }).Build()));
}
