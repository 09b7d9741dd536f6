using LiveSessions.Server.Access;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;
using Microsoft.EntityFrameworkCore;
using StackExchange.Redis;

namespace LiveSessions.Server.Live;

/// <summary>
/// Closes the open lines of facilitators whose sign-in is over (signed out everywhere, password changed, account disabled) or who no longer run the session. Every line carries the stamp
/// that its account had; each node compares them with the archive when it is told to, and once a second besides, so that a lost message costs a second. The browser of a good sign-in
/// comes back by itself.
/// </summary>
public sealed class SignIns(NodeLines lines, IConnectionMultiplexer redis, NodeRoster roster, IDbContextFactory<ArchiveDb> archive, TimeProvider time, ILogger<SignIns> log) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>Closes an account's lines here, and tells the other nodes to. Lines of sign-ins that are newer than the change stay.</summary>
    public async Task End(Account account, CancellationToken ct)
    {
        Close(new Dictionary<string, string?> { [account.Id] = account.SecurityStamp });
        try
        {
            if (roster.OthersAlive)
                await redis.GetSubscriber().PublishAsync(Keys.SignIns, account.Id).Within(ct);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // They look by themselves within a second.
            log.SignInsUnknown(e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ChannelMessageQueue? told = null;
        using var timer = new PeriodicTimer(Beat, time);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (told is null)
                {
                    told = await redis.GetSubscriber().SubscribeAsync(Keys.SignIns).Within(stoppingToken);
                    told.OnMessage(message => Heard(message.Message.ToString(), stoppingToken));
                }
                await Look([.. lines.SignedIn.Select(AccountOf).OfType<string>().Distinct()], stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.SignInsUnknown(e);
            }
            catch (Exception)
            {
                break;
            }
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        if (told is not null)
            await told.UnsubscribeAsync(CommandFlags.FireAndForget);
    }

    private async Task Heard(string account, CancellationToken ct)
    {
        try
        {
            await Look([account], ct);
        }
        catch (Exception e)
        {
            log.SignInsUnknown(e);
        }
    }

    private async Task Look(IReadOnlyCollection<string> accounts, CancellationToken ct)
    {
        if (accounts.Count == 0 || !lines.SignedIn.Any(l => AccountOf(l) is { } account && accounts.Contains(account)))
            return;
        await using var db = await archive.CreateDbContextAsync(ct);
        var good = await db.Users.Where(u => accounts.Contains(u.Id) && u.DisabledAt == null).Select(u => new { u.Id, u.SecurityStamp }).ToDictionaryAsync(u => u.Id, u => u.SecurityStamp, ct);
        Close(accounts.ToDictionary(a => a, a => good.GetValueOrDefault(a)));

        var runs = (await db.Sessions.Where(s => accounts.Contains(s.Owner)).Select(s => new { s.Id, Account = s.Owner }).ToListAsync(ct))
            .Concat(await db.SessionStaff.Where(s => accounts.Contains(s.Account)).Select(s => new { Id = s.Session, s.Account }).ToListAsync(ct))
            .Select(s => (s.Id.Value, s.Account)).ToHashSet();
        foreach (var line in lines.SignedIn)
            if (AccountOf(line) is { } account && accounts.Contains(account) && !runs.Contains((line.User.FindFirst(Callers.SessionClaim)?.Value ?? "", account)))
                line.Abort();
    }

    private void Close(Dictionary<string, string?> stamps)
    {
        foreach (var line in lines.SignedIn)
            if (AccountOf(line) is { } account && stamps.TryGetValue(account, out var stamp) && line.User.FindFirst(Callers.StampClaim)?.Value != stamp)
                line.Abort();
    }

    private static string? AccountOf(Microsoft.AspNetCore.SignalR.HubConnectionContext line) => line.User.FindFirst(Callers.AccountClaim)?.Value;
}
