using LiveSessions.Log;
using LiveSessions.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Keeps the promise on the join page: on the session's day names are erased from its record. The roster, the seats and the copied log go; of the transcript, prompts, turns,
/// notes, polls and messages stay, their speakers told apart by number only. What tells of people by name (who came, held a role, passed, moved a note, asked for help) goes. Names
/// that people wrote into their own words stay in them: only a reader can find those.
/// </summary>
internal sealed class NameErasure(IDbContextFactory<ArchiveDb> archive, AuditTrail audit, TimeProvider time, ILogger<NameErasure> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);

    private static readonly string[] Stay = [.. new[] { LineKind.Prompt, LineKind.Turn, LineKind.Note, LineKind.Poll, LineKind.Message }.Select(TranscriptJson.NameOf)];

    /// <summary>Erases where the day has come. A session that is done is not touched again.</summary>
    public async Task Sweep(CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        var due = await db.Sessions
            .Where(s => s.RetentionUntil <= now
                && (db.RosterPeople.Any(p => p.Session == s.Id) || db.Seats.Any(t => t.Session == s.Id) || db.ArchiveEntries.Any(e => e.Session == s.Id)))
            .Select(s => s.Id).ToListAsync(ct);
        foreach (var session in due)
            await Erase(session, ct);
        // What is deleted is overwritten; this also empties the journal that still holds it.
        if (due.Count > 0 && db is SqliteArchive)
            await db.Database.ExecuteSqlAsync($"PRAGMA wal_checkpoint(TRUNCATE)", ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        do
        {
            try
            {
                await Sweep(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.NotErased(e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task Erase(SessionId session, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await audit.Add(db, "system", "names.erase", session.Value, ct);
        await db.SaveChangesAsync(ct);
        await db.RosterPeople.Where(p => p.Session == session).ExecuteDeleteAsync(ct);
        await db.Seats.Where(s => s.Session == session).ExecuteDeleteAsync(ct);
        await db.ArchiveEntries.Where(e => e.Session == session).ExecuteDeleteAsync(ct);
        await db.Lines.Where(l => l.Session == session && !Stay.Contains(l.Kind)).ExecuteDeleteAsync(ct);
        foreach (var key in await db.Lines.Where(l => l.Session == session).Select(l => l.SpeakerKey).Distinct().ToListAsync(ct))
        {
            var name = key is null ? null : $"Person {key.TrimStart('p')}";
            await db.Lines.Where(l => l.Session == session && l.SpeakerKey == key)
                .ExecuteUpdateAsync(set => set.SetProperty(l => l.Speaker, name).SetProperty(l => l.WrittenBy, (string?)null), ct);
        }
        await transaction.CommitAsync(ct);
        log.NamesErased(session.Value);
    }
}
