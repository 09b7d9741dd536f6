using LiveSessions.Server.Live;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Authentication;

namespace LiveSessions.Server.Access;

public static class AccountsApi
{
    /// <summary>Set-up, invitations, signing in and out.</summary>
    public static IEndpointRouteBuilder MapAccounts(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/me", Who).AllowAnonymous();
        routes.MapGet("/api/setup/{token}", (string token, Accounts accounts, CancellationToken ct) => Look(AccountLink.SetUp, token, accounts, ct)).AllowAnonymous();
        routes.MapPost("/api/setup/{token}", (string token, SignUp asked, Accounts accounts, HttpContext http, CancellationToken ct) =>
            Make(AccountLink.SetUp, token, asked, accounts, http, ct)).AllowAnonymous();
        routes.MapGet("/api/invitations/{token}", (string token, Accounts accounts, CancellationToken ct) => Look(AccountLink.Invitation, token, accounts, ct)).AllowAnonymous();
        routes.MapPost("/api/invitations/{token}", (string token, SignUp asked, Accounts accounts, HttpContext http, CancellationToken ct) =>
            Make(AccountLink.Invitation, token, asked, accounts, http, ct)).AllowAnonymous();
        routes.MapPost("/api/invitations", async (Accounts accounts, HttpContext http, SiteAddress site, CancellationToken ct) =>
            Results.Ok(await accounts.Invite(http.User.Account(), site.Of(http.Request), ct))).RequireAuthorization(Callers.SignedIn);
        routes.MapPost("/api/signin", In).AllowAnonymous();
        routes.MapPost("/api/signout", Out).RequireAuthorization(Callers.SignedIn);
        routes.MapPost("/api/me/password", NewPassword).RequireAuthorization(Callers.SignedIn);
        PasskeysApi.Map(routes);
        RehearsalApi.Map(routes);
        return routes;
    }

    private static async Task<IResult> Who(HttpContext http, Accounts accounts, CancellationToken ct)
    {
        var signedIn = await http.AuthenticateAsync(Callers.AccountScheme);
        var account = signedIn.Succeeded ? await accounts.Find(signedIn.Principal.Account(), ct) : null;
        return Results.Ok(new Me(account is null ? null : View(account)));
    }

    private static async Task<IResult> Look(string kind, string token, Accounts accounts, CancellationToken ct) =>
        await accounts.Look(kind, token, ct) is { } link ? Results.Ok(link) : Problems.NotThere();

    private static async Task<IResult> Make(string kind, string token, SignUp asked, Accounts accounts, HttpContext http, CancellationToken ct)
    {
        var (account, whyNot) = await accounts.Make(kind, token, asked, ct);
        if (account is null)
            return whyNot is null ? Problems.NotThere() : Problems.Wrong(whyNot);
        await SignInAs(http, account);
        return Results.Ok(new Me(View(account)));
    }

    private static async Task<IResult> In(SignIn asked, Accounts accounts, SignInThrottle throttle, HttpContext http, ILogger<Accounts> log, CancellationToken ct)
    {
        var wait = TimeSpan.Zero;
        var (wasMade, account) = await throttle.Tries.Try(
            http.Connection.RemoteIpAddress,
            async () =>
            {
                (var found, wait) = await accounts.Check(asked, ct);
                return found;
            },
            ct);
        if (!wasMade)
            log.TurnedAway();
        if (!wasMade || wait > TimeSpan.Zero)
            return Problems.TooOften(http, wasMade ? wait : FailureThrottle.LongestWait);
        if (account is null)
            return Problems.SignInFirst("E-mail address and password do not belong together. Check both.");
        await SignInAs(http, account);
        return Results.Ok(new Me(View(account)));
    }

    private static async Task<IResult> Out(SignOut? asked, Accounts accounts, SignIns signIns, HttpContext http, CancellationToken ct)
    {
        if (asked is { Everywhere: true } && await accounts.ChangeStamp(http.User.Account(), null, ct) is { } changed)
            await signIns.End(changed, ct);
        await http.SignOutAsync(Callers.AccountScheme);
        return Results.NoContent();
    }

    private static async Task<IResult> NewPassword(ChangePassword asked, Accounts accounts, SignIns signIns, HttpContext http, CancellationToken ct)
    {
        if (await accounts.Find(http.User.Account(), ct) is not { } account)
            return Problems.SignInFirst();
        var (checkedAccount, wait) = await accounts.Check(new SignIn(account.Email!, asked.Current), ct);
        if (wait > TimeSpan.Zero)
            return Problems.TooOften(http, wait);
        if (checkedAccount is null)
            return Problems.Wrong("This is not your present password.");
        if (Passwords.WhyNot(asked.New ?? "", account) is { } whyNot)
            return Problems.Wrong(whyNot);
        if (await accounts.ChangeStamp(account.Id, asked.New, ct) is not { } changed)
            return Problems.SignInFirst();
        await SignInAs(http, changed);
        await signIns.End(changed, ct);
        return Results.NoContent();
    }

    internal static AccountView View(Account account) => new(account.Id, account.Name, account.Email ?? "");

    internal static Task SignInAs(HttpContext http, Account account)
    {
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var properties = new AuthenticationProperties { IsPersistent = true, IssuedUtc = now };
        properties.Items[AccessRegistration.SignedInSince] = now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        return http.SignInAsync(Callers.AccountScheme, Accounts.Principal(account), properties);
    }
}

/// <summary>Wrong passwords, counted by network.</summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    public FailureThrottle Tries { get; } = new(time);
}

/// <summary>Wrong join codes, counted by network.</summary>
internal sealed class JoinThrottle(TimeProvider time)
{
    public FailureThrottle Tries { get; } = new(time);
}

/// <summary>The site's own address in links: <c>Access:PublicUrl</c>, else as the request came.</summary>
internal sealed class SiteAddress(IConfiguration configuration)
{
    private readonly Uri? configured = configuration["Access:PublicUrl"] is { Length: > 0 } url ? new Uri(url) : null;

    public Uri Of(HttpRequest request) => configured ?? new Uri($"{request.Scheme}://{request.Host.Value}/");
}
