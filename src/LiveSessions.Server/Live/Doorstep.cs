using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;

namespace LiveSessions.Server.Live;

/// <summary>
/// Serves a socket outside everything that was asked about it. A request whose socket stays open for hours would keep for as long what only mattered at the door: the steps that led in, the
/// services made for them, the cookie with its secret, the tickets. They are let go before the hub takes over.
/// </summary>
internal static class Doorstep
{
    /// <summary>Stands before the steps that ask.</summary>
    public static async Task Serve(HttpContext http, RequestDelegate next)
    {
        await next(http);
        if (http.Features.Get<LetIn>() is { } letIn)
        {
            await PutAway(http);
            await letIn.Serve();
        }
    }

    /// <summary>To be called at the end of the steps, instead of serving.</summary>
    public static void LetIn(HttpContext http, Func<Task> serve) => http.Features.Set(new LetIn(serve));

    private static ValueTask PutAway(HttpContext http)
    {
        var (features, request, user) = (http.Features, http.Request, http.User);
        // All that SignalR asks the address for is the connection, and only of those who have negotiated one.
        request.QueryString = request.Query["id"] is [{ } id] ? QueryString.Create("id", id) : QueryString.Empty;
        request.Headers.Cookie = default;
        features.Set<IRequestCookiesFeature>(null);
        features.Set<IAuthenticateResultFeature>(null);
        features.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = user });
        features.Set<LetIn>(null);
        return features.Get<IServiceProvidersFeature>() is IAsyncDisposable services ? services.DisposeAsync() : default;
    }
}

/// <summary>Somebody is let in; what is left is to serve them.</summary>
internal sealed record LetIn(Func<Task> Serve);
