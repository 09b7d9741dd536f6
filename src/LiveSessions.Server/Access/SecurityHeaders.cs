namespace LiveSessions.Server.Access;

/// <summary>Puts the same protective headers on every answer, errors included, but the one that opens a socket.</summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string Content =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; " +
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types app svelte-trusted-html";

    private const string Permissions = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), display-capture=(), browsing-topics=()";

    public Task Invoke(HttpContext http)
    {
        http.Response.OnStarting(() =>
        {
            // A socket is no page.
            if (http.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
                return Task.CompletedTask;
            var headers = http.Response.Headers;
            headers.ContentSecurityPolicy = Content;
            headers.XContentTypeOptions = "nosniff";
            headers.XFrameOptions = "DENY";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Permissions-Policy"] = Permissions;
            headers["Cross-Origin-Opener-Policy"] = "same-origin";
            headers["Cross-Origin-Resource-Policy"] = "same-origin";
            if (http.Request.IsHttps)
                headers.StrictTransportSecurity = "max-age=31536000";
            if (http.Request.Path.StartsWithSegments("/api") || http.Request.Path.StartsWithSegments("/hub"))
                headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(http);
    }
}

/// <summary>
/// Lets only our own pages change anything or open a socket: the Origin header must be there and be this very address, or one of <c>Access:Origins</c>. SameSite cookies do not stop a
/// sibling domain, and a WebSocket handshake asks nobody.
/// </summary>
internal sealed class OriginCheck(RequestDelegate next, IConfiguration configuration, ILogger<OriginCheck> log)
{
    private readonly HashSet<string> also = [.. configuration.GetSection("Access:Origins").Get<string[]>() ?? []];

    public async Task Invoke(HttpContext http)
    {
        if (!NeedsOrigin(http) || IsOurs(http.Request))
        {
            await next(http);
            return;
        }
        log.ForeignOrigin(http.Request.Method);
        await Results.Problem(statusCode: StatusCodes.Status403Forbidden, detail: "This must be done from the site's own pages.").ExecuteAsync(http);
    }

    private static bool NeedsOrigin(HttpContext http)
    {
        var method = http.Request.Method;
        var isSafe = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
        return !isSafe || http.WebSockets.IsWebSocketRequest || http.Request.Headers.Upgrade.Count > 0 || http.Request.Path.StartsWithSegments("/hub");
    }

    private bool IsOurs(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        return origin.Count == 1 && origin[0] is { Length: > 0 } said && (said == $"{request.Scheme}://{request.Host.Value}" || also.Contains(said));
    }
}
