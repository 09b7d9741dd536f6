using LiveSessions.Log;
using Microsoft.AspNetCore.Authentication.Cookies;

namespace LiveSessions.Server.Access;

/// <summary>Our cookies' names and nature. Over https they carry the <c>__Host-</c> prefix, so that no other host and no plain connection can set them.</summary>
internal static class Cookies
{
    public const string Account = "account";

    public const string Passkey = "passkey";

    private static readonly TimeSpan SeatLife = TimeSpan.FromDays(30);

    public static string NameOn(HttpRequest request, string name) => request.IsHttps ? "__Host-" + name : name;

    public static string? Seat(HttpRequest request, SessionId session) => request.Cookies[NameOn(request, SeatName(session))] is { Length: > 0 and <= 128 } secret ? secret : null;

    /// <summary>Whether a sign-in was sent along; whether it is any good is another question.</summary>
    public static bool HasAccount(HttpRequest request) => request.Cookies.ContainsKey(NameOn(request, Account));

    public static void SetSeat(HttpContext http, SessionId session, string secret) =>
        http.Response.Cookies.Append(NameOn(http.Request, SeatName(session)), secret, new CookieOptions
        {
            HttpOnly = true,
            Secure = http.Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            MaxAge = SeatLife,
            IsEssential = true,
        });

    /// <summary>What a passkey is asked for, sealed, while the browser asks its owner; null takes it away.</summary>
    public static void SetPasskey(HttpContext http, string? sealedState) =>
        http.Response.Cookies.Append(NameOn(http.Request, Passkey), sealedState ?? "", new CookieOptions
        {
            HttpOnly = true,
            Secure = http.Request.IsHttps,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            MaxAge = sealedState is null ? TimeSpan.Zero : Passkeys.Life,
            IsEssential = true,
        });

    private static string SeatName(SessionId session) => "seat-" + session.Value;

    /// <summary>The cookie scheme has one name; this gives it the prefix where the connection allows it.</summary>
    internal sealed class ByConnection : ICookieManager
    {
        private readonly ChunkingCookieManager inner = new();

        public string? GetRequestCookie(HttpContext context, string key) => inner.GetRequestCookie(context, NameOn(context.Request, key));

        public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options) =>
            inner.AppendResponseCookie(context, NameOn(context.Request, key), value, options);

        public void DeleteCookie(HttpContext context, string key, CookieOptions options) => inner.DeleteCookie(context, NameOn(context.Request, key), options);
    }
}
