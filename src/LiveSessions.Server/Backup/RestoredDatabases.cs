using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Backup;

/// <summary>
/// <c>--restore databases</c>: Redis, the archive, or both were put back from copies by their own means, perhaps of different moments, and no other server runs. Each session that is not long over gets
/// from the archive what its log has not (all of it, where Redis is empty), and becomes another log, for browsers may hold what neither has any more. Cut off in the middle, it can be done again.
/// </summary>
internal sealed class RestoredDatabases(RedisSessionLog log, TranscriptStore store, IDbContextFactory<ArchiveDb> archive, TimeProvider time, AuditTrail audit, ILogger<Restore> logger) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        List<(SessionId Id, bool IsOver)> sessions;
        await using (var db = await archive.CreateDbContextAsync(cancellationToken))
        {
            var since = time.GetUtcNow() - Backups.LongOver;
            sessions = [.. (await db.Sessions.AsNoTracking().Where(s => s.EndedAt == null || s.EndedAt > since).Select(s => new { s.Id, s.EndedAt }).ToListAsync(cancellationToken)).Select(s => (s.Id, s.EndedAt is not null))];
        }
        foreach (var (session, isOver) in sessions)
            await Agree(session, isOver, cancellationToken);
        await audit.Note("system", "databases.restore", "", cancellationToken);
        logger.DatabasesAgree(sessions.Count);
    }

    private async Task Agree(SessionId session, bool isOver, CancellationToken ct)
    {
        var head = await log.Read(session, 0, 1, ct);
        // A log that is over may have left Redis; one that never was has nothing to come back.
        var epoch = head.Epoch ?? (isOver ? null : await LatestEpoch(session, ct));
        if (epoch is null)
            return;
        var (upTo, _) = await store.Position(session, epoch, ct);
        // The archive's rows first: whoever comes after a cut finds a log and makes the rest of it.
        if (head.Epoch is null)
        {
            var anew = Epoch.PutBack(epoch, upTo);
            await Rename(session, epoch, anew, ct);
            await log.Open(session, anew, ct);
            await Append(session, anew, 0, upTo, ct);
            logger.SessionGoesOn(session.Value, upTo, upTo);
            return;
        }
        await Append(session, epoch, head.Length, upTo, ct);
        var length = Math.Max(head.Length, upTo);
        var after = Epoch.PutBack(epoch, length);
        await Rename(session, epoch, after, ct);
        if (!await log.Rename(session, epoch, length, after, ct))
            throw SomebodyWrites(session);
        logger.SessionGoesOn(session.Value, length, Math.Max(0, upTo - head.Length));
    }

    private async Task<string?> LatestEpoch(SessionId session, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return await db.ArchiveEntries.Where(e => e.Session == session).OrderByDescending(e => e.At).ThenByDescending(e => e.Seq).Select(e => e.Epoch).FirstOrDefaultAsync(ct);
    }

    private async Task Append(SessionId session, string epoch, long from, long upTo, CancellationToken ct)
    {
        while (from < upTo)
        {
            var some = await store.Entries(session, epoch, from, (int)Math.Min(ISessionLog.MaxEntries, upTo - from), ct);
            if (some.Count == 0)
                throw new BackupFault($"The archive says that it has {upTo} entries of session {session.Value}, and does not have them from {from} on: this copy is not whole. Put back another.");
            if (await log.Append(session, new(epoch, from), [.. some.Select(e => new ReadOnlyMemory<byte>(e))], ct) is not Done)
                throw SomebodyWrites(session);
            from += some.Count;
        }
    }

    private async Task Rename(SessionId session, string before, string after, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"""UPDATE "ArchivePositions" SET "Epoch" = {after} WHERE "Session" = {session.Value} AND "Epoch" = {before}""", ct);
        await db.Database.ExecuteSqlAsync($"""UPDATE "ArchiveEntries" SET "Epoch" = {after} WHERE "Session" = {session.Value} AND "Epoch" = {before}""", ct);
        await transaction.CommitAsync(ct);
    }

    private static BackupFault SomebodyWrites(SessionId session) => new($"The log of session {session.Value} is being written to. End all other servers before a start with --restore databases.");

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
