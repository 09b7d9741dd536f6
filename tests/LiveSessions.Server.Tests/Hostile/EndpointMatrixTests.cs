using System.Net;
using System.Net.WebSockets;
using System.Reflection;
using System.Text.Json;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Access;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Access;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Seat = LiveSessions.Server.Tests.Live.Seat;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>Every address and every method of the hub, by every role: as <c>docs/access.csv</c> says, over real HTTP and real sockets.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class EndpointMatrixTests(LiveHouse house, EndpointMatrixTests.OneScene one) : IClassFixture<EndpointMatrixTests.OneScene>
{
    public sealed class OneScene(LiveHouse house) : IAsyncLifetime
    {
        internal EndpointScene Scene { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Scene = await EndpointScene.Make(house);

        public ValueTask DisposeAsync() => Scene.DisposeAsync();
    }

    private readonly EndpointScene scene = one.Scene;

    [Fact]
    public void Every_endpoint_and_every_hub_method_has_a_policy_and_no_policy_is_about_nothing()
    {
        var endpoints = Endpoints();
        Assert.Equal(Written("endpoints", p => $"{p.What[0]} {p.What[1]}"), Routes(endpoints));

        // Who needs no account says so; everything else asks for one.
        foreach (var policy in AccessMatrix.Of("endpoints"))
            foreach (var endpoint in endpoints.Where(e => Route(e) == policy.What[1] && Methods(e).Contains(policy.What[0])))
                if (endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null)
                    Assert.Equal("401", policy.Answers["nobody"]);

        Assert.Equal(Written("hub", p => p.Name), HubMethods(typeof(SessionHub)).Append("connect").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_added_without_a_policy_is_found()
    {
        var added = new RouteEndpoint(_ => Task.CompletedTask, Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse("/api/everything"), 0, new EndpointMetadataCollection(new HttpMethodMetadata(["GET"])), null);
        Assert.Equal(["GET /api/everything"], Routes([.. Endpoints(), added]).Except(Written("endpoints", p => $"{p.What[0]} {p.What[1]}")));
        Assert.Equal([nameof(OpenHub.Everything)], HubMethods(typeof(OpenHub)));
    }

    private sealed class OpenHub : Microsoft.AspNetCore.SignalR.Hub
    {
        public Task Everything() => Clients.Caller.SendCoreAsync("Everything", []);
        public override Task OnConnectedAsync() => Task.CompletedTask;
    }

    private List<RouteEndpoint> Endpoints() => [.. house.One.Get<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()];

    private static IEnumerable<string> Routes(IEnumerable<RouteEndpoint> endpoints) => endpoints.SelectMany(e => Methods(e).Select(m => $"{m} {Route(e)}")).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<string> Written(string part, Func<Policy, string> name) => AccessMatrix.Of(part).Select(name).Distinct().Order(StringComparer.Ordinal);

    private static IEnumerable<string> HubMethods(Type hub) => hub.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
        .Where(m => !m.IsVirtual || m.GetBaseDefinition().DeclaringType == hub).Select(m => m.Name).Where(n => n != "OnDisconnectedAsync");

    private static IEnumerable<string> Methods(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is { Count: > 0 } methods ? methods : ["ANY"];

    private static string Route(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText is var raw && raw!.StartsWith("{*", StringComparison.Ordinal) ? raw : "/" + raw.TrimStart('/').TrimEnd('/');

    [Fact]
    public async Task Every_role_gets_the_answer_that_is_written_down()
    {
        var wrong = new List<string>();
        foreach (var policy in AccessMatrix.Of("endpoints"))
            foreach (var (role, expected) in policy.Answers)
            {
                var (status, reply) = await scene.Try(policy, role);
                if (reply is not null)
                    wrong.AddRange(HeaderFaults(policy, reply).Select(f => $"{policy}, {role}, {status}: {f}"));
                if (expected == "yes" ? status is 401 or 403 or 404 or >= 500 : status.ToString() != expected)
                    wrong.Add($"{policy}: {role} is to get {expected}, and got {status}");
            }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>The same protective headers on every answer, errors included, and nothing that tells what runs here.</summary>
    private static IEnumerable<string> HeaderFaults(Policy policy, Reply reply)
    {
        foreach (var (name, value) in ((string, string?)[])[
            ("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; " +
                "require-trusted-types-for 'script'; trusted-types app svelte-trusted-html"),
            ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Server", null), ("X-Powered-By", null), ("Access-Control-Allow-Origin", null)])
            if (reply.Header(name) != value)
                yield return $"{name}: {reply.Header(name)}";
        if (reply.Header("Permissions-Policy") is null)
            yield return "no Permissions-Policy";
        if (policy.What[1].StartsWith("/api", StringComparison.Ordinal) && reply.Header("Cache-Control") != "no-store")
            yield return $"Cache-Control: {reply.Header("Cache-Control")}";
        foreach (var cookie in reply.SetCookies.Select(c => c.ToLowerInvariant()))
            if (!cookie.Contains("; httponly", StringComparison.Ordinal) || !cookie.Contains("; samesite=lax", StringComparison.Ordinal) || !cookie.Contains("; path=/", StringComparison.Ordinal) || cookie.Contains("; domain", StringComparison.Ordinal))
                yield return $"a cookie {cookie.Split('=')[0]} with {string.Join(';', cookie.Split(';').Skip(1))}";
    }

    [Fact]
    public async Task Every_hub_method_answers_each_role_as_it_is_written_down()
    {
        await using var listener = await scene.Raw("participant", house.One.Address) ?? throw new InvalidOperationException("The participant cannot connect.");
        await listener.Enter();
        foreach (var policy in AccessMatrix.Of("hub"))
            foreach (var (role, expected) in policy.Answers)
            {
                await using var line = await scene.Raw(role, house.One.Address);
                if (expected == "401")
                {
                    Assert.True(line is null, $"{policy}: {role} got a line");
                    continue;
                }
                Assert.True(line is not null, $"{policy}: {role} got no line");
                var argument = policy.Name switch
                {
                    "Enter" => """{"instance":"raw-raw-raw"}""",
                    "Resume" => """{"positions":{}}""",
                    "Act" => """{"instance":"raw-ID","number":1,"command":{"type":"chooseConsent","consent":"named","mayQuote":false}}""".Replace("ID", Guid.NewGuid().ToString("n"), StringComparison.Ordinal),
                    _ => """{"kind":"typing"}""",
                };
                if (policy.Name is not "Enter")
                    await line.Enter();
                if (policy.Name is "connect")
                    continue;
                if (policy.Name is not "Glimpse")
                {
                    var answer = await line.Call(policy.Name, argument);
                    Assert.True(answer is not null && !answer.Contains("\"error\"", StringComparison.Ordinal) && !answer.Contains("\"refused\"", StringComparison.Ordinal), $"{policy}: {role} was answered {answer}");
                    continue;
                }
                // A glimpse is heard by the others there, or by nobody. The line's place is settled just after it entered, so it is tried until it is heard; who must not be heard is tried as often.
                var me = scene.Person(role);
                for (var tries = 0; tries < (expected == "yes" ? 400 : 40) && !Heard(listener, me); tries++)
                {
                    await line.Call(policy.Name, argument, $"{tries}");
                    await Task.Delay(25);
                }
                Assert.True(Heard(listener, me) == (expected == "yes") || role == "participant", $"{policy}: the glimpse of {role} {(expected == "yes" ? "was not heard" : "was heard")}");
            }

        static bool Heard(RawLine listener, string person) => listener.Heard.Any(m => m.Contains("Glimpsed", StringComparison.Ordinal) && m.Contains(person, StringComparison.Ordinal));
    }

    /// <summary>For every address with an id in it: another's, one that never was, and one that cannot be, are answered in the same words.</summary>
    [Fact]
    public async Task What_is_not_yours_and_what_is_not_there_are_answered_alike()
    {
        var tried = 0;
        foreach (var policy in AccessMatrix.Of("endpoints").Where(p => p.What[1].StartsWith("/api/sessions/{id}", StringComparison.Ordinal) || p.What[1].StartsWith("/api/review/sessions/{session}", StringComparison.Ordinal)))
            foreach (var role in (string[])["participant", "otherHost", "owner"])
            {
                // Who belongs to this session is a stranger in the other one.
                var foreign = role == "otherHost" ? scene.Session : scene.OtherSession;
                var answers = new List<string>();
                foreach (var id in (string[])[foreign, "s0123456789abcde", "x", new string('a', 60)])
                {
                    var reply = await scene.Send(policy, role, id);
                    answers.Add($"{(int)reply.Status} {reply.Header("Content-Type")} {string.Join(',', reply.Message.Headers.Select(h => h.Key).Order())} {reply.Body}");
                }
                Assert.True(answers.Distinct().Count() == 1, $"{policy}, {role}:\n{string.Join('\n', answers)}");
                tried++;
            }
        Assert.True(tried > 40);

        // Parts of a session: those of another session are as good as none.
        foreach (var (method, path) in ((string, string)[])[
            ("POST", $"/api/sessions/{scene.Session}/links/ID:{scene.OtherPerson}"), ("DELETE", $"/api/sessions/{scene.Session}/grants/ID:{scene.OtherGrant}"),
            ("DELETE", $"/api/sessions/{scene.Session}/staff/ID:{scene.OtherStaff}")])
        {
            var parts = path.Split("ID:");
            var answers = new List<string>();
            foreach (var id in (string[])[parts[1], "r0123456789abcde", "x"])
            {
                var reply = await scene.As("owner").Send(new HttpMethod(method), parts[0] + id, null);
                answers.Add($"{(int)reply.Status} {reply.Body}");
            }
            Assert.True(answers.Distinct().Count() == 1 && answers[0].StartsWith("404", StringComparison.Ordinal), $"{method} {path}:\n{string.Join('\n', answers)}");
        }
    }

    /// <summary>Medians, of tries that take turns, so that whatever else the machine does touches both alike.</summary>
    [Theory]
    [InlineData("GET", "/api/sessions/{id}")]
    [InlineData("GET", "/api/review/sessions/{session}")]
    public async Task What_is_not_yours_and_what_is_not_there_take_the_same_time(string method, string route)
    {
        var policy = AccessMatrix.Of("endpoints").Single(p => p.What[0] == method && p.What[1] == route);
        var browser = scene.As("otherHost");
        var (foreign, none) = (new List<double>(), new List<double>());
        var tries = Hostile.Long ? 1_000 : 150;
        for (var n = 0; n < tries; n++)
            foreach (var (id, times) in n % 2 == 0 ? [(scene.Session, foreign), (NewId.Session().Value, none)] : new[] { (NewId.Session().Value, none), (scene.Session, foreign) })
            {
                var clock = System.Diagnostics.Stopwatch.GetTimestamp();
                var reply = await browser.Send(new HttpMethod(method), EndpointScene.PathOf(policy, id), null);
                times.Add(System.Diagnostics.Stopwatch.GetElapsedTime(clock).TotalMilliseconds);
                Assert.Equal(HttpStatusCode.NotFound, reply.Status);
            }
        var difference = Math.Abs(Hostile.Median(foreign) - Hostile.Median(none));
        Hostile.Tell($"not yours / not there, {method} {route}", $"{tries} tries each", $"medians {Hostile.Median(foreign):0.00} / {Hostile.Median(none):0.00} ms");
        Assert.True(difference < 5, $"the medians differ by {difference:0.00} ms");
    }
}

/// <summary>A session with somebody in every role over HTTP, a second one that is somebody else's, and how each address is tried.</summary>
internal sealed class EndpointScene : IAsyncDisposable
{
    private static int _networks;
    private readonly LiveHouse _house;
    private readonly Workshop _workshop, _others;
    private readonly Dictionary<string, string> _cookies = [];
    private readonly Dictionary<string, string> _emails = [];
    private readonly Dictionary<string, PersonId> _people = [];
    private readonly List<Browser> _browsers = [];
    private readonly List<LiveClient> _clients = [];
    private string _conversation = "";
    private string? _goneSoon;

    private EndpointScene(LiveHouse house, Workshop workshop, Workshop others) => (_house, _workshop, _others) = (house, workshop, others);

    public string Session => _workshop.Session.Value;
    public string OtherSession => _others.Session.Value;
    /// <summary>People are numbered by session: this one has a number that nobody here has.</summary>
    public string OtherPerson => _others.Person(12).Value;
    public string OtherGrant { get; private set; } = "";
    public string OtherStaff { get; private set; } = "";
    public string Person(string role) => _people[role].Value;

    public static async Task<EndpointScene> Make(LiveHouse house)
    {
        var site = house.Site;
        var (email, cookie) = await site.Account("Olu Other");
        var workshop = await site.Workshop(people: 4);
        var scene = new EndpointScene(house, workshop, await site.Workshop(people: 12, by: cookie));
        scene._cookies["nobody"] = "";
        (scene._cookies["otherHost"], scene._emails["otherHost"]) = (cookie, email);
        (scene._cookies["owner"], scene._emails["owner"]) = (site.HostCookie, "hana@example.org");
        (scene._emails["cofacilitator"], scene._cookies["cofacilitator"]) = await site.Account("Cora Co");
        await site.Post($"/api/sessions/{scene.Session}/staff", new { email = scene._emails["cofacilitator"] }, site.HostCookie);
        foreach (var (role, mayExport) in ((string, bool)[])[("reader", false), ("exporter", true)])
        {
            (scene._emails[role], scene._cookies[role]) = await site.Account(role);
            await site.Post($"/api/sessions/{scene.Session}/grants", new { email = scene._emails[role], until = DateTimeOffset.UtcNow.AddDays(3), mayExport }, site.HostCookie);
        }
        (scene._cookies["lobby"], scene._cookies["participant"], scene._cookies["removed"]) = ((await workshop.KnocksAs("Lou Lobby")).Cookie, (await workshop.Comes(1)).Cookie, (await workshop.Comes(2)).Cookie);
        await workshop.Comes(3);
        await workshop.Comes(4);
        foreach (var role in (string[])["lobby", "participant", "owner", "cofacilitator"])
            scene._people[role] = new((await scene.As(role).Post($"/api/sessions/{scene.Session}/seat")).Text("person"));

        // What belongs to the other session.
        var (staffEmail, _) = await site.Account("Staff of the other");
        var (detail, _) = await site.Post($"/api/sessions/{scene.OtherSession}/staff", new { email = staffEmail }, cookie);
        scene.OtherStaff = detail.GetProperty("staff").EnumerateArray().Single(s => s.GetProperty("email").GetString() == staffEmail).GetProperty("account").GetString()!;
        var (grant, _) = await site.Post($"/api/sessions/{scene.OtherSession}/grants", new { email = staffEmail, until = DateTimeOffset.UtcNow.AddDays(3), mayExport = true }, cookie);
        scene.OtherGrant = grant.GetProperty("grant").GetString()!;

        var host = await scene.Client(workshop.Host);
        await host.Does(new RemovePerson(workshop.Person(2)));
        await Eventually.True(async () => (await scene.As("removed").Post($"/api/sessions/{scene.Session}/seat")).Status == HttpStatusCode.Unauthorized, "the seat is taken away");
        await workshop.OpenAndWrite(host, await scene.Client(await workshop.Comes(1)));
        scene._conversation = await scene.ConversationOf("owner", scene.Session);
        await host.Does(new PlacePerson(workshop.Person(1), RoomId.Plenary));
        return scene;
    }

    private async Task<LiveClient> Client(Seat seat)
    {
        var client = await new LiveClient(seat, _house.First).IsIn();
        _clients.Add(client);
        return client;
    }

    private async Task<string> ConversationOf(string role, string session)
    {
        string? found = null;
        await Eventually.True(async () => (found = (await As(role).Get($"/api/review/sessions/{session}")).Json["rooms"]!.AsArray().FirstOrDefault()?["id"]?.GetValue<string>()) is not null, "the conversation is in the archive", 30);
        return found!;
    }

    /// <summary>The role's browser, each time with the cookies it came with and from a network of its own, so that one's wrong tries do not slow another's.</summary>
    public Browser As(string role)
    {
        var n = Interlocked.Increment(ref _networks);
        var browser = new Browser(_house.One.Address, new IPAddress([127, (byte)(1 + n / 250), (byte)(n % 250), 1]));
        foreach (var pair in _cookies[role].Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(c => c.Split('=', 2)))
            browser.Cookies[pair[0]] = pair[1];
        _browsers.Add(browser);
        return browser;
    }

    public async Task<RawLine?> Raw(string role, Uri server)
    {
        try
        {
            return await RawLine.Open(new(_workshop.Session, _cookies[role]), server);
        }
        catch (WebSocketException refused)
        {
            Assert.Contains("401", refused.Message, StringComparison.Ordinal);
            return null;
        }
    }

    public async Task<(int Status, Reply? Reply)> Try(Policy policy, string role)
    {
        if (policy.What[1] == "/hub")
            return ((int)await Knock(role), null);
        var reply = await Send(policy, role, Session);
        return ((int)reply.Status, reply);
    }

    private async Task<HttpStatusCode> Knock(string role)
    {
        await using var line = await Raw(role, _house.One.Address);
        return line is null ? HttpStatusCode.Unauthorized : HttpStatusCode.SwitchingProtocols;
    }

    public static string PathOf(Policy policy, string session) => policy.What[1].Replace("{id}", session, StringComparison.Ordinal).Replace("{session}", session, StringComparison.Ordinal);

    public async Task<Reply> Send(Policy policy, string role, string session)
    {
        var (path, body) = await Request(policy, role, PathOf(policy, session));
        var browser = As(role);
        return policy.What[0] switch
        {
            "GET" => await browser.Get(path),
            "ANY" when !path.StartsWith("/hub", StringComparison.Ordinal) => await browser.Get(path),
            "DELETE" => await browser.Delete(path),
            _ => await browser.Post(path, body),
        };
    }

    private async Task<(string Path, object? Body)> Request(Policy policy, string role, string path)
    {
        var token = Secret.New();
        switch (policy.What[0], policy.What[1], policy.Object)
        {
            case (_, "{*path:nonfile}", _): return ("/", null);
            case (_, "/hub/negotiate", _): return ($"/hub/negotiate?negotiateVersion=1&session={Session}", null);
            case (_, "/api/setup/{token}", _):
                await using (var db = await _house.One.Get<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync())
                {
                    // Even a link that was never opened is nothing once there is an account.
                    db.AccountLinks.Add(new AccountLink { TokenHash = Secret.Hash(token), Kind = AccountLink.SetUp, MadeBy = null, MadeAt = DateTimeOffset.UtcNow.AddDays(-9), Until = DateTimeOffset.UtcNow.AddDays(-1) });
                    await db.SaveChangesAsync();
                }
                return (path.Replace("{token}", token, StringComparison.Ordinal), SignUp());
            case (_, "/api/invitations/{token}", "good"):
                var (made, _) = await _house.Site.Post("/api/invitations", new { }, _house.Site.HostCookie);
                return (new Uri(made.GetProperty("link").GetString()!).AbsolutePath.Replace("/invitation/", "/api/invitations/", StringComparison.Ordinal), SignUp());
            case (_, "/api/invitations/{token}", _): return (path.Replace("{token}", token, StringComparison.Ordinal), SignUp());
            case (_, "/api/signin", "right"): return (path, new { email = _emails["otherHost"], password = Live.Site.Password });
            case (_, "/api/signin", _): return (path, new { email = $"{token[..8]}@example.org", password = "wrong wrong wrong" });
            case (_, "/api/signout", _): return (path, new { everywhere = false });
            // Let through as far as the question for the present password.
            case (_, "/api/me/password", _): return (path, new { current = "wrong wrong wrong", @new = "another quiet reading room" });
            case (_, "/api/me/passkeys/options", _): return (path, new { current = "wrong wrong wrong" });
            case (_, "/api/me/passkeys/{passkey}", _): return (path.Replace("{passkey}", token, StringComparison.Ordinal), null);
            case ("POST", "/api/me/passkeys", _): return (path, new { name = "Mine", credential = "{}" });
            case (_, "/api/signin/passkey", _): return (path, new { credential = "{}" });
            case (_, "/api/rehearsal/signin", _): return (path, new { key = token });
            case (_, "/api/join/{code}", var which): return (path.Replace("{code}", which == "good" ? _workshop.Code : JoinCodes.New(), StringComparison.Ordinal), new { name = "Nova", consent = "named", mayQuote = false });
            case (_, "/api/link/{token}", var which): return (path.Replace("{token}", which == "good" ? _workshop.LinkOf(3) : token, StringComparison.Ordinal), new { consent = "named", mayQuote = false });
            case ("POST", "/api/sessions", _): return (path, new { plan = "week-1", startsAt = DateTimeOffset.UtcNow, timeZone = "UTC" });
            case ("POST", "/api/sessions/{id}/roster", _): return (path, new { csv = "Library 1,Person 1" });
            case (_, "/api/sessions/{id}/links/{person}", "not there"): return (path.Replace("{person}", OtherPerson, StringComparison.Ordinal), null);
            case (_, "/api/sessions/{id}/links/{person}", _): return (path.Replace("{person}", _workshop.Person(4).Value, StringComparison.Ordinal), null);
            case ("POST", "/api/sessions/{id}/staff", _): return (path, new { email = _emails["cofacilitator"] });
            case ("DELETE", "/api/sessions/{id}/staff/{account}", "not there"): return (path.Replace("{account}", OtherStaff, StringComparison.Ordinal), null);
            case ("DELETE", "/api/sessions/{id}/staff/{account}", _): return (path.Replace("{account}", await Staff(), StringComparison.Ordinal), null);
            case ("POST", "/api/sessions/{id}/grants", _): return (path, new { email = _emails["otherHost"], from = DateTimeOffset.UtcNow.AddDays(1), until = DateTimeOffset.UtcNow.AddDays(2), mayExport = false });
            case ("DELETE", "/api/sessions/{id}/grants/{grant}", "not there"): return (path.Replace("{grant}", OtherGrant, StringComparison.Ordinal), null);
            case ("DELETE", "/api/sessions/{id}/grants/{grant}", _): return (path.Replace("{grant}", await Grant(), StringComparison.Ordinal), null);
            case (_, "/api/review/search", var where): return (where == "this session" ? $"{path}?q=lantern&session={Session}" : $"{path}?q=lantern", null);
            default:
                return ($"{path.Replace("{conversation}", policy.Object == "not there" ? "99-r9" : _conversation, StringComparison.Ordinal)}{(path.EndsWith("/export", StringComparison.Ordinal) ? "?format=md" : "")}", null);
        }

        async Task<string> Staff()
        {
            var staffEmail = _goneSoon ??= (await _house.Site.Account("Gone soon")).Email;
            var (detail, _) = await _house.Site.Post($"/api/sessions/{Session}/staff", new { email = staffEmail }, _house.Site.HostCookie);
            return detail.GetProperty("staff").EnumerateArray().Single(s => s.GetProperty("email").GetString() == staffEmail).GetProperty("account").GetString()!;
        }

        async Task<string> Grant()
        {
            var (grant, _) = await _house.Site.Post($"/api/sessions/{Session}/grants", new { email = _emails["otherHost"], from = DateTimeOffset.UtcNow.AddDays(1), until = DateTimeOffset.UtcNow.AddDays(2), mayExport = false }, _house.Site.HostCookie);
            return grant.GetProperty("grant").GetString()!;
        }
    }

    private static object SignUp() => new { name = "New Person", email = $"{Guid.NewGuid():n}@example.org", password = "a quiet reading room" };

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        foreach (var browser in _browsers)
            browser.Dispose();
    }
}
