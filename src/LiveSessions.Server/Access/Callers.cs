using System.Security.Claims;
using System.Text.Encodings.Web;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Programme;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LiveSessions.Server.Access;

/// <summary>Names of schemes, policies and claims.</summary>
public static class Callers
{
    /// <summary>Scheme: somebody who has signed in.</summary>
    public const string AccountScheme = "Account";

    /// <summary>Scheme: a participant's cookie for the session in the address.</summary>
    public const string SeatScheme = "Seat";

    /// <summary>Scheme: staff of the session in the address, else its participant.</summary>
    public const string LiveScheme = "Live";

    /// <summary>Policy: signed in.</summary>
    public const string SignedIn = "SignedIn";

    /// <summary>Policy for the hub: somebody of the session named by <c>?session=</c>.</summary>
    public const string Live = "Live";

    public const string AccountClaim = "account";
    public const string StampClaim = "stamp";
    public const string SessionClaim = "session";
    public const string PersonClaim = "person";
    public const string NameClaim = "name";

    /// <summary><c>true</c> for the host and co-facilitators; absent otherwise.</summary>
    public const string StaffClaim = "staff";

    /// <summary><c>true</c> for the host; absent otherwise.</summary>
    public const string OwnerClaim = "owner";

    /// <summary>The account id of a caller who passed <see cref="SignedIn"/>.</summary>
    public static string Account(this ClaimsPrincipal user) => user.FindFirstValue(AccountClaim)!;

    /// <summary>Who somebody is in which session, by the ticket of their socket.</summary>
    internal static (string? Session, string? Person) Seated(this ClaimsPrincipal user) => (user.FindFirstValue(SessionClaim), user.FindFirstValue(PersonClaim));

    /// <summary>The session that the address names: route value <c>session</c> or <c>id</c>, or <c>?session=</c>.</summary>
    internal static SessionId? SessionOf(HttpRequest request)
    {
        var named = request.RouteValues["session"] as string ?? request.RouteValues["id"] as string ?? request.Query["session"].ToString();
        return Id.IsWellFormed(named) ? new SessionId(named) : null;
    }
}

/// <summary>Turns a participant's seat cookie into a principal with the claims <c>session</c> and <c>person</c>.</summary>
internal sealed class SeatAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Seats seats, LiveSessionsNode node)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Callers.SessionOf(Request) is not { } session || Cookies.Seat(Request, session) is not { } secret)
            return AuthenticateResult.NoResult();
        if (await seats.FindLately(session, secret, Context.RequestAborted) is not { } person || node.HasRemoved(session, person) && await seats.Find(session, secret, Context.RequestAborted) is null)
            return AuthenticateResult.Fail("No such seat.");
        var identity = new ClaimsIdentity([new Claim(Callers.SessionClaim, session.Value), new Claim(Callers.PersonClaim, person.Value)], Scheme.Name);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name));
    }
}

/// <summary>
/// Who somebody is in the session in the address. An account that is its host or co-facilitator is staff, under an id of its own; anybody else is whoever their seat says. Staff
/// first: a host who also joined as a participant in the same browser is the host.
/// </summary>
internal sealed class LiveAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, IDbContextFactory<ArchiveDb> archive)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Callers.SessionOf(Request) is not { } session)
            return AuthenticateResult.NoResult();
        if (Cookies.HasAccount(Request) && await Context.AuthenticateAsync(Callers.AccountScheme) is { Succeeded: true } signedIn)
        {
            await using var db = await archive.CreateDbContextAsync(Context.RequestAborted);
            var account = signedIn.Principal.Account();
            if (await SessionStaffing.RoleOf(db, session, account, Context.RequestAborted) is { } role)
                return AuthenticateResult.Success(new AuthenticationTicket(Staff(session, account, signedIn.Principal, role), Scheme.Name));
        }
        return await Context.AuthenticateAsync(Callers.SeatScheme);
    }

    private ClaimsPrincipal Staff(SessionId session, string account, ClaimsPrincipal signedIn, SessionRole role)
    {
        var identity = new ClaimsIdentity(
            [
                new Claim(Callers.SessionClaim, session.Value), new Claim(Callers.PersonClaim, NewId.Staff(account, session).Value), new Claim(Callers.AccountClaim, account),
                new Claim(Callers.StampClaim, signedIn.FindFirstValue(Callers.StampClaim) ?? ""),
                new Claim(Callers.NameClaim, signedIn.FindFirstValue(Callers.NameClaim) ?? ""), new Claim(Callers.StaffClaim, "true"),
            ],
            Scheme.Name);
        if (role == SessionRole.Owner)
            identity.AddClaim(new Claim(Callers.OwnerClaim, "true"));
        return new ClaimsPrincipal(identity);
    }
}
