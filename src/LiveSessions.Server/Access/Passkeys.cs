using System.Buffers.Text;
using System.Security.Cryptography;
using LiveSessions.Log;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;

namespace LiveSessions.Server.Access;

/// <param name="Id">The credential's id, base64url.</param>
/// <param name="Name">What its owner calls it, such as the device it is on.</param>
public sealed record PasskeyView(string Id, string Name, DateTimeOffset MadeAt);

/// <summary>Asks to add a passkey; the present password says once more who is asking.</summary>
public sealed record NewPasskey(string Current);

/// <param name="Credential">What the browser's <c>navigator.credentials</c> gave, as JSON (WebAuthn's <c>toJSON</c>), at most 16 KB.</param>
public sealed record MadePasskey(string Name, string Credential);

/// <param name="Credential">As in <see cref="MadePasskey"/>.</param>
public sealed record PasskeySignIn(string Credential);

/// <summary>
/// Passkeys of accounts (WebAuthn, by ASP.NET Core Identity). What the browser is asked for is kept in a sealed cookie for five minutes and taken away with the answer. A passkey belongs
/// to the host name that it was made at.
/// </summary>
internal sealed class Passkeys(
    IPasskeyHandler<Account> handler, UserManager<Account> users, AuditTrail audit, IDataProtectionProvider protection, TimeProvider time, ILogger<Passkeys> log)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>Of one account.</summary>
    public const int Most = 20;
    private const int LongestCredential = 16 * 1024;
    private const string ToAdd = "add";
    private const string ToSignIn = "signIn";

    public async Task<IReadOnlyList<PasskeyView>> Of(string account)
    {
        if (await users.FindByIdAsync(account) is not { } found)
            return [];
        return [.. (await users.GetPasskeysAsync(found)).OrderBy(p => p.CreatedAt).Select(p => new PasskeyView(Base64Url.EncodeToString(p.CredentialId), p.Name ?? "Passkey", p.CreatedAt))];
    }

    /// <summary>What the browser needs in order to make one, as JSON; null if there are enough already.</summary>
    public async Task<string?> AskToAdd(Account account, HttpContext http)
    {
        if ((await Of(account.Id)).Count >= Most)
            return null;
        var options = await handler.MakeCreationOptionsAsync(new PasskeyUserEntity { Id = account.Id, Name = account.Email!, DisplayName = account.Name }, http);
        Keep(http, ToAdd + account.Id, options.AttestationState);
        return options.CreationOptionsJson;
    }

    /// <returns>False if it is not what was asked for, or too late.</returns>
    public async Task<bool> Add(string account, MadePasskey made, HttpContext http, CancellationToken ct)
    {
        if (Kept(http, ToAdd + account) is not { } state || made.Credential is not { Length: > 0 and <= LongestCredential } || await users.FindByIdAsync(account) is not { } owner)
            return false;
        var result = await handler.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = http, CredentialJson = made.Credential, AttestationState = state });
        if (!result.Succeeded || result.UserEntity.Id != account)
            return false;
        result.Passkey.Name = Texts.CleanName(made.Name ?? "") ?? "Passkey";
        await audit.Note(account, "passkey.add", account, ct);
        return (await users.AddOrUpdatePasskeyAsync(owner, result.Passkey)).Succeeded;
    }

    /// <returns>False if the account has no such passkey.</returns>
    public async Task<bool> Remove(string account, string id, CancellationToken ct)
    {
        if (!Base64Url.IsValid(id) || await users.FindByIdAsync(account) is not { } owner)
            return false;
        var credential = Base64Url.DecodeFromChars(id);
        if (await users.GetPasskeyAsync(owner, credential) is null)
            return false;
        await audit.Note(account, "passkey.remove", account, ct);
        return (await users.RemovePasskeyAsync(owner, credential)).Succeeded;
    }

    /// <summary>What the browser needs in order to ask for one, of whatever account.</summary>
    public async Task<string> AskToSignIn(HttpContext http)
    {
        var options = await handler.MakeRequestOptionsAsync(null, http);
        Keep(http, ToSignIn, options.AssertionState);
        return options.RequestOptionsJson;
    }

    /// <returns>Whose it is; null if it is not what was asked for, not known here, too late, or of an account that is disabled.</returns>
    public async Task<Account?> Check(PasskeySignIn given, HttpContext http)
    {
        if (Kept(http, ToSignIn) is not { } state || given.Credential is not { Length: > 0 and <= LongestCredential })
            return null;
        var result = await handler.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = http, CredentialJson = given.Credential, AssertionState = state });
        if (!result.Succeeded || result.User.DisabledAt is not null)
            return null;
        await users.AddOrUpdatePasskeyAsync(result.User, result.Passkey);
        log.SignedIn(result.User.Id);
        return result.User;
    }

    private ITimeLimitedDataProtector Sealer(string what) => protection.CreateProtector("LiveSessions.Passkeys", what).ToTimeLimitedDataProtector();

    private void Keep(HttpContext http, string what, string? state) => Cookies.SetPasskey(http, Sealer(what).Protect(state ?? "", time.GetUtcNow() + Life));

    private string? Kept(HttpContext http, string what)
    {
        if (http.Request.Cookies[Cookies.NameOn(http.Request, Cookies.Passkey)] is not { Length: > 0 } kept)
            return null;
        Cookies.SetPasskey(http, null);
        try
        {
            return Sealer(what).Unprotect(kept);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
