using LiveSessions.Log;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>The session log on anything that speaks Redis' protocol: Redis, Valkey, Garnet; single or a cluster.</summary>
/// <param name="hints">Tells the other nodes what was appended; nobody is told without it.</param>
public sealed class RedisSessionLog(IConnectionMultiplexer redis, ILogger<RedisSessionLog> log, HeadHints? hints = null) : ISessionLog
{
    private static readonly TimeSpan ErasureMark = TimeSpan.FromDays(1);
    private const int PagesPerSweep = 100;

    private IDatabase Db => redis.GetDatabase();

    public async Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(newEpoch);
        var answer = await Db.ScriptEvaluateAsync(LogScripts.Open, [Keys.Meta(session)], [newEpoch]).Within(ct);
        return answer.IsNull ? throw new SessionErased(session) : new LogHead((string?)answer[0], (long)answer[1]);
    }

    public async Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
    {
        var (epoch, length, hash) = end;
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfZero(entries.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries.Count, ISessionLog.MaxEntries);
        ct.ThrowIfCancellationRequested();

        // It would be sent once Redis is back, when another server may have made a log of this length of something else (docs/decisions/0037).
        var meta = Keys.Meta(session);
        if (!Db.IsConnected(meta))
            throw new AppendOutcomeUnknown(session, new TimeoutException("Redis is away."));
        var page = length / LogScripts.PageSize;
        var hint = hints?.Told(session, epoch, length + entries.Count, entries) ?? RedisValue.EmptyString;
        RedisValue[] values =
        [
            epoch, length, hint.IsNullOrEmpty ? RedisValue.EmptyString : Keys.HeadsName(session), hint,
            hash?.Written(length) ?? "", hash?.After(entries).Written(length + entries.Count) ?? "", .. entries.Select(e => (RedisValue)e),
        ];
        RedisResult answer;
        try
        {
            answer = await Db.ScriptEvaluateAsync(LogScripts.Append, [meta, Keys.Page(session, page), Keys.Page(session, page + 1)], values).Within(ct);
        }
        // Even a refusal by the server counts: what it says about a script is not proof that nothing was written, and reading again is always right.
        catch (Exception e) when (e is TimeoutException or RedisException or OperationCanceledException or ObjectDisposedException)
        {
            log.AppendUnknown(session, length, entries.Count, e);
            throw new AppendOutcomeUnknown(session, e);
        }

        // A store whose scripts may not publish is told so that the others hear all the same.
        if ((int)answer[0] == LogScripts.Done && hint.Length() > 0 && (int)answer[2] == 0)
            _ = hints!.Announce(session, hint);

        return (int)answer[0] switch
        {
            LogScripts.Done => new Done((long)answer[1]),
            LogScripts.Behind => new Behind((long)answer[1], Entries(answer[2])),
            LogScripts.Replaced => new Replaced((string?)answer[2], (long)answer[1]),
            _ => throw Damaged(session, $"its page {page} holds {(long)answer[1]} entries, which is fewer than its length of {length} needs"),
        };
    }

    public async Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        max = Math.Min(max, ISessionLog.MaxEntries);
        var page = from / LogScripts.PageSize;
        var answer = await Db.ScriptEvaluateAsync(
            LogScripts.Read, [Keys.Meta(session), Keys.Page(session, page), Keys.Page(session, page + 1)], [from, max]).Within(ct);

        var read = new LogRead((string?)answer[0], (long)answer[1], Entries(answer[2])) { Hash = LogHash.Read((string?)answer[3], (long)answer[1]) };
        var due = Math.Clamp(read.Length - from, 0, max);
        return read.Entries.Count == due ? read : throw Damaged(session, $"it is {read.Length} long but gave {read.Entries.Count} entries from {from} instead of {due}");
    }

    public async Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) =>
        (int)await Db.ScriptEvaluateAsync(LogScripts.SaveSnapshot, [Keys.Meta(session), Keys.Snapshot(session)], [epoch, position, bytes]).Within(ct) == 1;

    public async Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default)
    {
        var found = await Db.HashGetAsync(Keys.Snapshot(session), ["epoch", "position", "bytes"]).Within(ct);
        return found[0].IsNull ? null : new LogSnapshot(found[0].ToString(), (long)found[1], (byte[])found[2]!);
    }

    public Task Erase(SessionId session, CancellationToken ct = default) => Erase(session, -1, ct);

    public async Task<bool> Erase(SessionId session, long length, CancellationToken ct = default)
    {
        var stood = (long)await Db.ScriptEvaluateAsync(
            LogScripts.Erase, [Keys.Meta(session), Keys.Snapshot(session), Keys.Presence(session)], [(long)ErasureMark.TotalMilliseconds, length]).Within(ct);
        if (stood < 0)
            return false;

        // One page past the end, for an append that was cut off; then on while anything more is found.
        var last = stood / LogScripts.PageSize + 1;
        for (long page = 0, gone = 0; page <= last || gone > 0; page += PagesPerSweep)
        {
            var keys = Enumerable.Range(0, PagesPerSweep).Select(i => Keys.Page(session, page + i)).ToArray();
            gone = await Db.KeyDeleteAsync(keys).Within(ct);
        }

        log.Erased(session, stood);
        return true;
    }

    /// <summary>Makes it another log with the same entries, if it still has this epoch and this length: whoever holds a position of it may hold what it has not (<see cref="Epoch.PutBack"/>).</summary>
    public async Task<bool> Rename(SessionId session, string epoch, long length, string newEpoch, CancellationToken ct = default) =>
        (int)await Db.ScriptEvaluateAsync(LogScripts.Rename, [Keys.Meta(session), Keys.Snapshot(session)], [epoch, length, newEpoch]).Within(ct) == 1;

    public Task RewriteStorage(CancellationToken ct = default) => StorageRewrite.Run(redis, log, ct);

    private LogDamaged Damaged(SessionId session, string what)
    {
        log.Damaged(session, what);
        return new LogDamaged(session, what);
    }

    private static byte[][] Entries(RedisResult list) => (byte[][])list!;
}
