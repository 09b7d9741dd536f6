using System.Security.Claims;
using LiveSessions.Log;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Access;

public sealed record AccountView(string Id, string Name, string Email);

/// <summary>Who is signed in; <paramref name="Account"/> is left out when nobody is.</summary>
public sealed record Me(AccountView? Account);

public sealed record SignUp(string Name, string Email, string Password);

public sealed record SignIn(string Email, string Password);

/// <param name="Everywhere">Also on all other devices.</param>
public sealed record SignOut(bool Everywhere);

public sealed record ChangePassword(string Current, string New);

/// <summary>A link that makes one account: show it once, it is kept nowhere.</summary>
public sealed record InvitationLink(string Link, DateTimeOffset Until);

/// <summary>What an account link is for: <c>setUp</c> or <c>invitation</c>, and who invites.</summary>
public sealed record AccountLinkView(string Kind, string? InvitedBy, DateTimeOffset Until);

/// <summary>Makes accounts and signs people in. The first account comes by the link that the server prints, all others by a host's invitation.</summary>
internal sealed class Accounts(
    IDbContextFactory<ArchiveDb> archive, UserManager<Account> users, IPasswordHasher<Account> hasher, AuditTrail audit, TimeProvider time, SignInDelays unknown, ILogger<Accounts> log)
{
    public static readonly TimeSpan InvitationLife = TimeSpan.FromDays(14);

    /// <summary>Verified when there is no account, so that the time taken tells nothing.</summary>
    private static readonly Lazy<string> Dummy = new(() => AccessRegistration.Hasher().HashPassword(null!, Secret.New()));

    public async Task<AccountLinkView?> Look(string kind, string token, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        if (await Live(db, kind, token, ct) is not { } link)
            return null;
        var by = link.MadeBy is null ? null : await db.Users.Where(u => u.Id == link.MadeBy).Select(u => u.Name).SingleOrDefaultAsync(ct);
        return new AccountLinkView(link.Kind, by, link.Until);
    }

    public async Task<InvitationLink> Invite(string by, Uri site, CancellationToken ct)
    {
        var token = Secret.New();
        var now = time.GetUtcNow();
        await using var db = await archive.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await audit.Add(db, by, "account.invite", "account", ct);
        db.AccountLinks.Add(new AccountLink { TokenHash = Secret.Hash(token), Kind = AccountLink.Invitation, MadeBy = by, MadeAt = now, Until = now + InvitationLife });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new InvitationLink(new Uri(site, $"/invitation/{token}").ToString(), now + InvitationLife);
    }

    /// <summary>Uses up the link and makes the account, or neither.</summary>
    /// <returns>The account, or why not; both null if there is no such link.</returns>
    public async Task<(Account? Account, string? WhyNot)> Make(string kind, string token, SignUp asked, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        if (await Live(db, kind, token, ct) is null)
            return (null, null);
        if (Texts.CleanName(asked.Name) is not { } name)
            return (null, $"A name has 1 to {Limits.Name} characters.");
        var email = (asked.Email ?? "").Trim();
        if (!LooksLikeEmail(email))
            return (null, "This e-mail address cannot be right. Check it.");
        var account = new Account { Name = name, Email = email, UserName = email, CreatedAt = time.GetUtcNow(), SecurityStamp = Secret.New(), LockoutEnabled = true };
        if (Passwords.WhyNot(asked.Password ?? "", account) is { } whyNot)
            return (null, whyNot);
        account.NormalizedEmail = users.NormalizeEmail(email);
        account.NormalizedUserName = users.NormalizeName(email);
        account.PasswordHash = hasher.HashPassword(account, asked.Password!);

        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // What was rehearsed before there was a host becomes the first host's.
        var rehearsed = kind == AccountLink.SetUp ? await db.Users.SingleOrDefaultAsync(u => u.PasswordHash == null, ct) : null;
        var id = rehearsed?.Id ?? account.Id;
        await audit.Add(db, id, "account.make", id, ct);
        var hash = Secret.Hash(token);
        if (await db.AccountLinks.Where(l => l.TokenHash == hash && l.Kind == kind).ExecuteDeleteAsync(ct) != 1)
            return (null, null);
        if (kind == AccountLink.SetUp)
        {
            // The audit row above let only one of several come this far at a time.
            if (await db.Users.AnyAsync(u => u.PasswordHash != null, ct))
                return (null, null);
            await db.AccountLinks.Where(l => l.Kind == AccountLink.SetUp).ExecuteDeleteAsync(ct);
        }
        if (await db.Users.AnyAsync(u => u.NormalizedEmail == account.NormalizedEmail, ct))
            return (null, "There is an account with this e-mail address already. Sign in instead.");
        if (rehearsed is null)
            db.Users.Add(account);
        else
            account = TakenOver(rehearsed, account);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        log.AccountMade(account.Id, kind);
        return (account, null);
    }

    private static Account TakenOver(Account rehearsed, Account by)
    {
        (rehearsed.Name, rehearsed.Email, rehearsed.UserName) = (by.Name, by.Email, by.UserName);
        (rehearsed.NormalizedEmail, rehearsed.NormalizedUserName) = (by.NormalizedEmail, by.NormalizedUserName);
        (rehearsed.PasswordHash, rehearsed.SecurityStamp, rehearsed.CreatedAt) = (by.PasswordHash, by.SecurityStamp, by.CreatedAt);
        return rehearsed;
    }

    /// <summary>Checks a password. Failures in a row make the next try wait, five seconds at first and a quarter of an hour at most; nothing is ever locked for good.</summary>
    public async Task<(Account? Account, TimeSpan Wait)> Check(SignIn asked, CancellationToken ct)
    {
        var email = users.NormalizeEmail((asked.Email ?? "").Trim()) ?? "";
        var password = asked.Password is { Length: <= Passwords.Longest } given ? given : "";
        await using var db = await archive.CreateDbContextAsync(ct);
        for (var tries = 0; tries < 5; tries++)
        {
            var account = await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.NormalizedEmail == email && u.DisabledAt == null, ct);
            if (account is null)
            {
                var pause = unknown.Begin(email);
                if (pause == TimeSpan.Zero)
                    hasher.VerifyHashedPassword(null!, Dummy.Value, password);
                return (null, pause);
            }
            var now = time.GetUtcNow();
            if (account.LockoutEnd is { } until && until > now)
                return (null, until - now);

            // Counted before it is looked at, so that a thousand tries at once are not one try.
            var failures = account.AccessFailedCount;
            DateTimeOffset? next = SignInDelays.After(failures + 1) is var delay && delay > TimeSpan.Zero ? now + delay : null;
            var isOurs = await db.Users.Where(u => u.Id == account.Id && u.AccessFailedCount == failures)
                .ExecuteUpdateAsync(set => set.SetProperty(u => u.AccessFailedCount, failures + 1).SetProperty(u => u.LockoutEnd, next), ct) == 1;
            if (!isOurs)
                continue;
            if (hasher.VerifyHashedPassword(account, account.PasswordHash ?? Dummy.Value, password) == PasswordVerificationResult.Failed)
            {
                log.SignInFailed(account.Id, failures + 1);
                return (null, TimeSpan.Zero);
            }
            await db.Users.Where(u => u.Id == account.Id).ExecuteUpdateAsync(set => set.SetProperty(u => u.AccessFailedCount, 0).SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null), ct);
            log.SignedIn(account.Id);
            return (account, TimeSpan.Zero);
        }
        return (null, TimeSpan.FromSeconds(1));
    }

    public async Task<Account?> Find(string id, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id && u.DisabledAt == null, ct);
    }

    /// <summary>Signs the account out everywhere: every cookie carries the stamp.</summary>
    public async Task<Account?> ChangeStamp(string id, string? password, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var account = await db.Users.SingleOrDefaultAsync(u => u.Id == id, ct);
        if (account is null)
            return null;
        account.SecurityStamp = Secret.New();
        if (password is not null)
            account.PasswordHash = hasher.HashPassword(account, password);
        await db.SaveChangesAsync(ct);
        return account;
    }

    public static ClaimsPrincipal Principal(Account account) => new(new ClaimsIdentity(
        [new Claim(Callers.AccountClaim, account.Id), new Claim(Callers.NameClaim, account.Name), new Claim(Callers.StampClaim, account.SecurityStamp ?? "")], Callers.AccountScheme));

    private async Task<AccountLink?> Live(ArchiveDb db, string kind, string token, CancellationToken ct)
    {
        var hash = Secret.Hash(token);
        var now = time.GetUtcNow();
        return await db.AccountLinks.AsNoTracking().SingleOrDefaultAsync(l => l.TokenHash == hash && l.Kind == kind && l.Until > now, ct);
    }

    internal static bool LooksLikeEmail(string email)
    {
        var at = email.IndexOf('@', StringComparison.Ordinal);
        return email.Length is > 3 and <= 254 && at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1 && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is ',' or ';' or '<' or '>' or '"');
    }
}

/// <summary>How long sign-in waits after failures in a row; for addresses without an account it is counted here, so that waiting does not tell who has one.</summary>
internal sealed class SignInDelays(TimeProvider time)
{
    private const int Free = 4;
    private const int Kept = 10_000;
    private readonly Dictionary<string, (int Failures, DateTimeOffset Until)> byEmail = [];

    /// <summary>The wait after so many failures in a row.</summary>
    public static TimeSpan After(int failures) =>
        failures <= Free ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(5 * Math.Pow(2, Math.Min(failures - Free - 1, 10)), 900));

    /// <summary>Counts a try at an address that nobody has. More than zero: it must wait and was not counted.</summary>
    public TimeSpan Begin(string email)
    {
        var now = time.GetUtcNow();
        lock (byEmail)
        {
            var (failures, until) = byEmail.GetValueOrDefault(email);
            if (until > now)
                return until - now;
            if (byEmail.Count >= Kept)
                byEmail.Clear();
            byEmail[email] = (failures + 1, now + After(failures + 1));
            return TimeSpan.Zero;
        }
    }
}
