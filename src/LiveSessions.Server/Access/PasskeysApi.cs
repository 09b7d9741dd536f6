namespace LiveSessions.Server.Access;

/// <summary>Passkeys over HTTP: one's own list, adding and removing, and signing in. Each takes two steps: the server says what it wants, the browser asks its owner and brings it.</summary>
internal static class PasskeysApi
{
    private const string TooLate = "This passkey was not taken. Perhaps it took too long; try again.";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/me/passkeys", async (Passkeys passkeys, HttpContext http) => Results.Ok(await passkeys.Of(http.User.Account()))).RequireAuthorization(Callers.SignedIn);
        routes.MapPost("/api/me/passkeys/options", Ask).RequireAuthorization(Callers.SignedIn);
        routes.MapPost("/api/me/passkeys", Add).RequireAuthorization(Callers.SignedIn);
        routes.MapDelete("/api/me/passkeys/{passkey}", async (string passkey, Passkeys passkeys, HttpContext http, CancellationToken ct) =>
            await passkeys.Remove(http.User.Account(), passkey, ct) ? Results.NoContent() : Problems.NotThere()).RequireAuthorization(Callers.SignedIn);
        routes.MapPost("/api/signin/passkey/options", async (Passkeys passkeys, HttpContext http) => Json(await passkeys.AskToSignIn(http))).AllowAnonymous();
        routes.MapPost("/api/signin/passkey", In).AllowAnonymous();
    }

    private static async Task<IResult> Ask(NewPasskey asked, Passkeys passkeys, Accounts accounts, HttpContext http, CancellationToken ct)
    {
        if (await accounts.Find(http.User.Account(), ct) is not { } account)
            return Problems.SignInFirst();
        var (sure, wait) = await accounts.Check(new SignIn(account.Email!, asked.Current), ct);
        if (wait > TimeSpan.Zero)
            return Problems.TooOften(http, wait);
        if (sure is null)
            return Problems.Wrong("This is not your present password.");
        return await passkeys.AskToAdd(account, http) is { } options ? Json(options) : Problems.Wrong($"An account has at most {Passkeys.Most} passkeys. Remove one first.");
    }

    private static async Task<IResult> Add(MadePasskey made, Passkeys passkeys, HttpContext http, CancellationToken ct) =>
        await passkeys.Add(http.User.Account(), made, http, ct) ? Results.Ok(await passkeys.Of(http.User.Account())) : Problems.Wrong(TooLate);

    private static async Task<IResult> In(PasskeySignIn given, Passkeys passkeys, SignInThrottle throttle, HttpContext http, ILogger<Accounts> log, CancellationToken ct)
    {
        var (wasMade, account) = await throttle.Tries.Try(http.Connection.RemoteIpAddress, () => passkeys.Check(given, http), ct);
        if (!wasMade)
        {
            log.TurnedAway();
            return Problems.TooOften(http, FailureThrottle.LongestWait);
        }
        if (account is null)
            return Problems.SignInFirst("No account here has this passkey. Sign in with your password.");
        await AccountsApi.SignInAs(http, account);
        return Results.Ok(new Me(AccountsApi.View(account)));
    }

    private static IResult Json(string options) => Results.Text(options, "application/json");
}
