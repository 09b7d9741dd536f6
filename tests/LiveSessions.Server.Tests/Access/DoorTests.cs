using System.Net;
using System.Net.WebSockets;
using LiveSessions.Server.Access;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Access;

/// <summary>Origins, headers, policies: what stands before every endpoint.</summary>
public sealed class DoorTests(DoorTests.OneSite one) : IClassFixture<DoorTests.OneSite>
{
    public sealed class OneSite(SharedRedis redis) : IAsyncLifetime
    {
        internal Site Site { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Site = await Site.Open(redis, ("Access:Origins:0", "https://partners.example"), ("Access:Proxies:0", "127.0.0.1"));

        public ValueTask DisposeAsync() => Site.DisposeAsync();
    }

    private readonly Site site = one.Site;

    public static TheoryData<string?> Foreign => new(
        null, "", "null", "https://127.0.0.1:PORT", "http://127.0.0.1:1", "http://sub.127.0.0.1:PORT", "http://127.0.0.1:PORT.evil.example", "http://evil.example", "HTTP://127.0.0.1:PORT",
        "http://127.0.0.1:PORT/", "http://127.0.0.1", "http://xn--bcher-kva.example", "http://partners.example", "https://PARTNERS.example", "https://partners.example.evil.example");

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task A_foreign_origin_changes_nothing_and_opens_no_socket(string? origin)
    {
        origin = origin?.Replace("PORT", $"{site.Address.Port}");
        var browser = site.Browser();
        browser.Origin = origin;
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.Post("/api/signin", new { email = "ada@library.example", password = Site.Password })).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.Delete("/api/sessions/s1/staff/a1")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.Post("/hub/negotiate?negotiateVersion=1&session=s1")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, await Knock(origin, null));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://partners.example")]
    public async Task Our_own_origin_and_a_configured_one_pass(string? also)
    {
        var origin = also ?? site.Address.GetLeftPart(UriPartial.Authority);
        // Let through by origin, and then asked who it is.
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, null));
        var browser = site.Browser();
        browser.Origin = origin;
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Post("/api/signin", new { email = "nobody@library.example", password = Site.Password })).Status);
    }

    [Fact]
    public async Task The_hub_opens_for_a_seat_of_that_session_and_for_its_staff_only()
    {
        var host = await site.Person();
        var stranger = await site.Person(host);
        var (session, code) = await host.MakeSession(site.Time);
        var (otherSession, otherCode) = await host.MakeSession(site.Time);
        var guest = site.Browser();
        await guest.Post($"/api/join/{code}", new { name = "Guest", consent = "named", mayQuote = false });
        var elsewhere = site.Browser();
        await elsewhere.Post($"/api/join/{otherCode}", new { name = "Guest", consent = "named", mayQuote = false });
        var origin = guest.Origin!;

        Assert.Equal(HttpStatusCode.SwitchingProtocols, await Knock(origin, guest, session));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await Knock(origin, host, session));
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, guest, otherSession));
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, elsewhere, session));
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, stranger, session));
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, null, session));
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, guest, "../" + session));

        // Another session's cookie under this session's name is nobody's seat.
        elsewhere.Cookies[$"seat-{session}"] = elsewhere.Cookies[$"seat-{otherSession}"];
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, elsewhere, session));

        await site.Services.GetRequiredService<Seats>().Revoke(new(session), new((await guest.Post($"/api/sessions/{session}/seat")).Text("person")));
        Assert.Equal(HttpStatusCode.Unauthorized, await Knock(origin, guest, session));
        Assert.Equal(HttpStatusCode.Unauthorized, (await guest.Post($"/api/sessions/{session}/seat")).Status);
    }

    [Theory]
    [InlineData("GET", "/api/me")]
    [InlineData("GET", "/api/sessions")]
    [InlineData("GET", "/api/no-such-thing")]
    [InlineData("GET", "/nowhere")]
    [InlineData("GET", "/api/broken")]
    [InlineData("POST", "/api/signin")]
    [InlineData("POST", "/api/me")]
    [InlineData("GET", "/hub?session=s1")]
    public async Task Every_answer_carries_the_protective_headers(string method, string path)
    {
        foreach (var scheme in new[] { "http", "https" })
        {
            var browser = site.Browser();
            browser.Headers["X-Forwarded-Proto"] = scheme;
            var reply = await browser.Send(new HttpMethod(method), path, method == "POST" ? new StringContent("{") : null);
            Assert.Equal(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
                "require-trusted-types-for 'script'; trusted-types app svelte-trusted-html",
                reply.Header("Content-Security-Policy"));
            Assert.Equal(("nosniff", "no-referrer", "DENY"), (reply.Header("X-Content-Type-Options"), reply.Header("Referrer-Policy"), reply.Header("X-Frame-Options")));
            Assert.NotNull(reply.Header("Permissions-Policy"));
            Assert.Equal(scheme == "https" ? "max-age=31536000" : null, reply.Header("Strict-Transport-Security"));
            Assert.Null(reply.Header("Server"));
            if (path.StartsWith("/api", StringComparison.Ordinal))
                Assert.Equal("no-store", reply.Header("Cache-Control"));
        }
    }

    [Fact]
    public async Task An_error_tells_people_what_to_do_and_nothing_of_the_inside()
    {
        var reply = await site.Browser().Get("/api/broken");
        Assert.Equal(HttpStatusCode.InternalServerError, reply.Status);
        Assert.Equal("application/problem+json", reply.Header("Content-Type"));
        Assert.DoesNotContain("secret", reply.Body);
        Assert.DoesNotContain("Exception", reply.Body);
        Assert.Contains("try again", reply.Detail);
        foreach (var body in new[] { "{", "[]", "null", "", """{"email":5}""" })
        {
            var bad = await site.Browser().PostRaw("/api/signin", body);
            Assert.Equal(HttpStatusCode.BadRequest, bad.Status);
            Assert.NotEmpty(bad.Detail);
        }
    }

    [Fact]
    public void Every_endpoint_says_who_may_use_it()
    {
        var endpoints = site.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>().ToList();
        Assert.True(endpoints.Count > 25);
        Assert.Empty(endpoints.Where(e => e.Metadata.GetMetadata<IAuthorizeData>() is null && e.Metadata.GetMetadata<IAllowAnonymous>() is null).Select(e => e.RoutePattern.RawText));
        var open = endpoints.Where(e => e.Metadata.GetMetadata<IAllowAnonymous>() is not null && e.RoutePattern.RawText != "/api/broken").Select(e => e.RoutePattern.RawText!.TrimStart('/')).Distinct().Order();
        Assert.Equal(["api/invitations/{token}", "api/join/{code}", "api/link/{token}", "api/me", "api/rehearsal/signin", "api/sessions/{id}/seat", "api/setup/{token}", "api/signin", "api/signin/passkey", "api/signin/passkey/options"], open);
    }

    /// <summary>A WebSocket handshake at the hub: the status it is answered with.</summary>
    private async Task<HttpStatusCode> Knock(string? origin, Browser? browser, string session = "s1")
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        if (browser is not null)
            socket.Options.SetRequestHeader("Cookie", string.Join("; ", browser.Cookies.Select(c => $"{c.Key}={c.Value}")));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            await socket.ConnectAsync(new Uri($"ws://{site.Address.Authority}/hub?session={Uri.EscapeDataString(session)}"), limit.Token);
        }
        catch (WebSocketException)
        {
            // The status tells.
        }
        return socket.HttpStatusCode;
    }
}
