using System.Net;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Access;

/// <param name="Key">What is in <c>host.key</c>.</param>
public sealed record WithHostKey(string Key);

internal static class RehearsalApi
{
    /// <summary>Signs a rehearsal in. Only from the server's own machine, and not through a proxy; to anybody else it is not there.</summary>
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/rehearsal/signin", In).AllowAnonymous();

    private static async Task<IResult> In(WithHostKey asked, HostKey key, RehearsalHost hosts, SignInThrottle throttle, HttpContext http, CancellationToken ct)
    {
        if (!IsFromThisMachine(http))
            return Problems.NotThere();
        var (_, account) = await throttle.Tries.Try(http.Connection.RemoteIpAddress, async () => key.Is(asked.Key) ? await hosts.First(ct) : null, ct);
        if (account is null)
            return Problems.NotThere();
        await AccountsApi.SignInAs(http, account);
        return Results.Ok(new Me(AccountsApi.View(account)));
    }

    private static bool IsFromThisMachine(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } from && IPAddress.IsLoopback(from) && !http.Request.Headers.ContainsKey("X-Forwarded-For") && !http.Request.Headers.ContainsKey("Forwarded");
}

/// <summary>Whose sessions rehearsals are.</summary>
internal sealed class RehearsalHost(IDbContextFactory<ArchiveDb> archive, UserManager<Account> users, AuditTrail audit, TimeProvider time)
{
    private const string Email = "rehearsal@localhost";

    /// <summary>
    /// The first host's account. While there is none, one without a password, which nobody can sign in to otherwise; whoever opens the set-up link takes it over with all that was
    /// rehearsed (<see cref="Accounts.Make"/>).
    /// </summary>
    public async Task<Account> First(CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        if (await Oldest(db, ct) is { } known)
            return known;
        var account = new Account { Name = "Rehearsal", Email = Email, UserName = Email, CreatedAt = time.GetUtcNow(), SecurityStamp = Secret.New(), LockoutEnabled = true };
        account.NormalizedEmail = users.NormalizeEmail(Email);
        account.NormalizedUserName = users.NormalizeName(Email);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // This row lets only one of several come further at a time.
        await audit.Add(db, account.Id, "account.make", account.Id, ct);
        if (await Oldest(db, ct) is { } first)
            return first;
        db.Users.Add(account);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return account;
    }

    private static Task<Account?> Oldest(ArchiveDb db, CancellationToken ct) =>
        db.Users.AsNoTracking().Where(u => u.DisabledAt == null).OrderBy(u => u.CreatedAt).ThenBy(u => u.Id).FirstOrDefaultAsync(ct);
}
