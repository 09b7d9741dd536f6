using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Access;

/// <summary>While there is no account, tells on the console (never in a log file) the one-time link that makes the first.</summary>
internal sealed class SetUpLink(IDbContextFactory<ArchiveDb> archive, IServer server, IConfiguration configuration, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<SetUpLink> log) : IHostedLifecycleService
{
    private static readonly TimeSpan Life = TimeSpan.FromDays(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    /// <summary>A new link's path, or null once there is an account. Earlier links of other nodes stay good; all die with the first use.</summary>
    public async Task<string?> Mint(CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        // A rehearsal's account has no password and is nobody's.
        if (await db.Users.AnyAsync(u => u.PasswordHash != null, ct))
            return null;
        var token = Secret.New();
        var now = time.GetUtcNow();
        await db.AccountLinks.Where(l => l.Until < now).ExecuteDeleteAsync(ct);
        db.AccountLinks.Add(new AccountLink { TokenHash = Secret.Hash(token), Kind = AccountLink.SetUp, MadeBy = null, MadeAt = now, Until = now + Life });
        await db.SaveChangesAsync(ct);
        return $"/setup/{token}";
    }

    /// <summary>When the server listens and its address is known. An archive that is away just now is no reason to end: the link is told when it is back.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Tell(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            log.SetUpLinkFailed(e);
            _ = TellLater(lifetime.ApplicationStopping);
        }
    }

    private async Task TellLater(CancellationToken stopping)
    {
        while (true)
            try
            {
                await Task.Delay(Pause, time, stopping);
                await Tell(stopping);
                return;
            }
            catch (Exception) when (!stopping.IsCancellationRequested)
            {
                // Still away.
            }
            catch (Exception)
            {
                return;
            }
    }

    private async Task Tell(CancellationToken ct)
    {
        if (await Mint(ct) is not { } path)
            return;
        var address = configuration["Access:PublicUrl"] ?? server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "http://localhost";
        address = address.Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal).Replace("//[::]", "//localhost", StringComparison.Ordinal).Replace("//+", "//localhost", StringComparison.Ordinal).Replace("//*", "//localhost", StringComparison.Ordinal);
        await Console.Out.WriteLineAsync($"\nNobody has an account yet. Open this link once to make the first:\n  {address.TrimEnd('/')}{path}\n");
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
