using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Programme;

/// <summary>
/// Ends sessions that nobody ended, by an entry of the server in their log: long after the planned end, when nothing has happened in them for as long. Then what holds for every ended session holds
/// for them: the log leaves Redis within 24 hours, and with it the words that are not kept.
/// </summary>
public sealed class ForgottenSessions(IDbContextFactory<ArchiveDb> archive, ISessionLog log, ILiveSessions live, TimeProvider time, ILogger<ForgottenSessions> logger, ForgottenSessionsOptions options) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Look, time);
        try
        {
            do
            {
                try
                {
                    await EndThose(stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    logger.NotLookedFor(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The end of the server.
        }
    }

    /// <summary>Ends what is due, on any node; a second end changes nothing.</summary>
    /// <returns>How many were ended.</returns>
    public async Task<int> EndThose(CancellationToken ct)
    {
        var before = time.GetUtcNow() - options.EndAfter;
        await using var db = await archive.CreateDbContextAsync(ct);
        var open = await db.Sessions.AsNoTracking().Where(s => s.EndedAt == null && s.StartsAt < before).Select(s => new { s.Id, s.StartsAt, s.Minutes }).ToListAsync(ct);
        var ended = 0;
        foreach (var session in open.Where(s => s.StartsAt.AddMinutes(s.Minutes) <= before))
        {
            try
            {
                if (await LastEntry(session.Id, ct) is not { } last || last.At > before || last.Events.Any(e => e is SessionEnded))
                    continue;
                if (await live.Act(session.Id, Actor.System, new EndSession(), ct) is not { Kind: "accepted" })
                    continue;
            }
            catch (LiveSessionsUnavailable e)
            {
                logger.NotLookedFor(e);
                continue;
            }
            logger.Ended(session.Id.Value);
            ended++;
        }
        return ended;
    }

    private async Task<LogEntry?> LastEntry(SessionId session, CancellationToken ct)
    {
        var head = await log.Read(session, 0, 1, ct);
        if (head.Length == 0)
            return null;
        var last = await log.Read(session, head.Length - 1, 1, ct);
        return last.Entries.Count == 0 ? null : EntryBytes.Read(last.Entries[0]);
    }
}

/// <param name="EndAfter">How long after the planned end and the last entry of its log a session is ended: 1 hour to 7 days.</param>
/// <param name="Look">How often such sessions are looked for.</param>
public sealed record ForgottenSessionsOptions(TimeSpan EndAfter, TimeSpan Look)
{
    public static ForgottenSessionsOptions From(IConfiguration configuration)
    {
        var after = configuration.GetValue("Sessions:EndAfter", TimeSpan.FromHours(12));
        return after >= TimeSpan.FromHours(1) && after <= TimeSpan.FromDays(7)
            ? new(after, TimeSpan.FromMinutes(5))
            : throw new InvalidOperationException("Sessions:EndAfter is between 01:00:00 and 7.00:00:00: a session that nobody ends must end, or words that are not kept would stay.");
    }
}

/// <summary>Log lines of sessions' ends, ids 3100 to 3109.</summary>
internal static partial class ForgottenSessionsLog
{
    [LoggerMessage(3100, LogLevel.Information, "Session {Session} was ended: nothing had happened in it for long after its planned end.")]
    public static partial void Ended(this ILogger log, string session);

    [LoggerMessage(3101, LogLevel.Warning, "Sessions that nobody ended could not be looked for.")]
    public static partial void NotLookedFor(this ILogger log, Exception e);
}
