using System.Net;
using System.Text.Json.Nodes;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Access;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Programme;

public sealed class SessionsApiTests(SharedRedis redis) : IAsyncLifetime
{
    private Site site = null!;
    private Browser host = null!;
    private Browser stranger = null!;

    public async ValueTask InitializeAsync()
    {
        site = await Site.Open(redis);
        host = await site.Person();
        stranger = await site.Person(host);
    }

    public ValueTask DisposeAsync() => site.DisposeAsync();

    private static JsonObject Person(Reply roster, string name) => roster.Json["people"]!.AsArray().Single(p => p!["name"]!.GetValue<string>() == name)!.AsObject();

    private static string LinkOf(Reply roster, string name) => new Uri(Person(roster, name)["link"]!.GetValue<string>()).AbsolutePath.Replace("/i/", "/api/link/");

    /// <summary>What the log itself holds of a kind of event.</summary>
    private async Task<List<T>> Logged<T>(string session) where T : Event
    {
        var log = site.Services.GetRequiredService<ISessionLog>();
        var entries = (await log.Read(new SessionId(session), 0, 500)).Entries;
        return entries.SelectMany(e => System.Text.Json.JsonSerializer.Deserialize<LogEntry>(e, Json.Options)!.Events).OfType<T>().ToList();
    }

    [Fact]
    public async Task A_host_makes_a_session_from_a_shipped_plan()
    {
        var plans = (await host.Get("/api/plans")).Json.AsArray();
        Assert.Contains(plans, p => p!["key"]!.GetValue<string>() == "week-1" && p["minutes"]!.GetValue<int>() == 60);
        var made = await host.Post("/api/sessions", new { plan = "week-1", title = " Our  first week ", programme = "Pilot", startsAt = "2026-10-06T10:00:00-07:00", timeZone = "America/Los_Angeles" });
        Assert.Equal(HttpStatusCode.Created, made.Status);
        Assert.Equal(("Our first week", "gathering", true, 60), (made.Text("title"), made.Text("stage"), made.Json["isOwner"]!.GetValue<bool>(), made.Json["minutes"]!.GetValue<int>()));
        Assert.Equal($"{site.Address}join/{made.Text("code")}", made.Text("joinAddress"));

        var id = made.Text("session");
        var detail = await host.Get($"/api/sessions/{id}");
        Assert.True(JsonNode.DeepEquals(made.Json, detail.Json));
        Assert.Equal([id], (await host.Get("/api/sessions")).Json.AsArray().Select(s => s!["session"]!.GetValue<string>()));
        Assert.Empty((await stranger.Get("/api/sessions")).Json.AsArray());
        var info = Assert.Single(await Logged<SessionCreated>(id)).Info;
        Assert.Equal(("Our first week", new DateOnly(2027, 1, 4)), (info.Title, info.RetentionUntil));
        Assert.Equal(60, info.Blocks.Sum(b => b.Minutes));
        Assert.NotEmpty(info.Exercises);
        Assert.StartsWith("<svg", (await host.Get($"/api/sessions/{id}/qr.svg")).Body);
    }

    [Theory]
    [InlineData("no-such-plan", "T", "2026-10-07T10:00:00Z", "America/Los_Angeles")]
    [InlineData("week-1", "\u202E", "2026-10-07T10:00:00Z", "America/Los_Angeles")]
    [InlineData("week-1", "T", "2026-10-07T10:00:00Z", "Pacific/Nowhere")]
    [InlineData("week-1", "T", "2026-01-07T10:00:00Z", "America/Los_Angeles")]
    [InlineData("week-1", "T", "tomorrow", "America/Los_Angeles")]
    public async Task A_session_that_cannot_be_is_refused_in_words(string plan, string title, string startsAt, string timeZone)
    {
        var reply = await host.Post("/api/sessions", new { plan, title, startsAt, timeZone });
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.NotEmpty(reply.Detail);
        Assert.Empty((await host.Get("/api/sessions")).Json.AsArray());
    }

    [Fact]
    public async Task The_roster_gives_each_person_a_link_once_and_entering_it_again_only_adds_and_mends()
    {
        var (id, _) = await host.MakeSession(site.Time);
        var first = await host.Post($"/api/sessions/{id}/roster", new { csv = "Team,Name,E-mail\nOak,Ada,ada@x.org\nOak,Bo\nElm,Cy" });
        Assert.Equal((3, 0), (first.Json["added"]!.GetValue<int>(), first.Json["changed"]!.GetValue<int>()));
        Assert.All(first.Json["people"]!.AsArray(), p => Assert.NotNull(p!["link"]));
        var again = await host.Post($"/api/sessions/{id}/roster", new { csv = "oak,Ada Lovelace,ADA@x.org\nElm,Bo\nOak,BO,bo@x.org\nElm,Dee" });
        Assert.Equal((2, 2), (again.Json["added"]!.GetValue<int>(), again.Json["changed"]!.GetValue<int>()));
        Assert.Equal(Person(first, "Ada")["person"]!.GetValue<string>(), Person(again, "Ada Lovelace")["person"]!.GetValue<string>());
        Assert.Equal(Person(first, "Bo")["person"]!.GetValue<string>(), Person(again, "BO")["person"]!.GetValue<string>());
        Assert.Null(Person(again, "Ada Lovelace")["link"]);
        Assert.NotNull(Person(again, "Dee")["link"]);
        Assert.Equal(["Elm", "Oak"], again.Json["teams"]!.AsArray().Select(t => t!["name"]!.GetValue<string>()));

        // The first link still works and speaks of the mended name.
        var look = await site.Browser().Get(LinkOf(first, "Ada"));
        Assert.Equal("Ada Lovelace", look.Text("name"));
        Assert.All((await host.Get($"/api/sessions/{id}/roster")).Json["people"]!.AsArray(), p => Assert.Null(p!["link"]));
        var entered = await Logged<RosterEntered>(id);
        Assert.Equal(2, entered.Count);
        Assert.Equal(5, entered.SelectMany(e => e.People).Select(p => p.Person).Distinct().Count());
    }

    [Fact]
    public async Task A_roster_with_a_bad_line_enters_nobody()
    {
        var (id, _) = await host.MakeSession(site.Time);
        var reply = await host.Post($"/api/sessions/{id}/roster", new { csv = "Oak,Ada\nElm" });
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(2, reply.Json["faults"]!.AsArray().Single()!["line"]!.GetValue<int>());
        Assert.Empty((await host.Get($"/api/sessions/{id}/roster")).Json["people"]!.AsArray());
        Assert.Empty(await Logged<RosterEntered>(id));
    }

    [Fact]
    public async Task Twenty_five_teams_of_six_are_entered_at_once()
    {
        var (id, _) = await host.MakeSession(site.Time);
        var csv = string.Join('\n', Enumerable.Range(0, 150).Select(n => $"Team {n / 6 + 1},Person {n},p{n}@x.org"));
        var reply = await host.Post($"/api/sessions/{id}/roster", new { csv });
        Assert.Equal((25, 150), (reply.Json["teams"]!.AsArray().Count, reply.Json["people"]!.AsArray().Select(p => p!["link"]!.GetValue<string>()).Distinct().Count()));
        Assert.Equal((25, 150), ((await host.Get($"/api/sessions/{id}")).Json["teams"]!.GetValue<int>(), (await host.Get($"/api/sessions/{id}")).Json["people"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_personal_link_brings_its_person_in_and_a_new_one_ends_the_old()
    {
        var (id, _) = await host.MakeSession(site.Time);
        var roster = await host.Post($"/api/sessions/{id}/roster", new { csv = "Oak,Ada\nElm,Bo" });
        var (ada, bo) = (LinkOf(roster, "Ada"), LinkOf(roster, "Bo"));
        var phone = site.Browser();
        Assert.Equal(id, (await phone.Post(ada, new { consent = "standIn", mayQuote = true })).Text("session"));
        var seat = await phone.Post($"/api/sessions/{id}/seat");
        Assert.Equal(Person(roster, "Ada")["person"]!.GetValue<string>(), seat.Text("person"));
        var joined = Assert.Single(await Logged<PersonJoined>(id));
        Assert.Equal(("Ada", Consent.StandIn, true, false), (joined.Name, joined.Consent, joined.MayQuote, joined.Waits));
        Assert.True(Person(await host.Get($"/api/sessions/{id}/roster"), "Ada")["came"]!.GetValue<bool>());

        var renewed = await host.Post($"/api/sessions/{id}/links/{seat.Text("person")}");
        Assert.Equal(HttpStatusCode.NotFound, (await site.Browser().Get(ada)).Status);
        Assert.Equal("Ada", (await site.Browser().Get(LinkOf(renewed, "Ada"))).Text("name"));
        Assert.Single(renewed.Json["people"]!.AsArray());
        Assert.Equal(HttpStatusCode.OK, (await site.Browser().Get(bo)).Status);
        await host.Post($"/api/sessions/{id}/links");
        Assert.Equal(HttpStatusCode.NotFound, (await site.Browser().Get(bo)).Status);
        // The seat is not the link's: who is in stays in.
        Assert.Equal(HttpStatusCode.OK, (await phone.Post($"/api/sessions/{id}/seat")).Status);
    }

    [Fact]
    public async Task Joining_by_code_waits_in_the_lobby_and_the_same_browser_is_the_same_person()
    {
        var (id, code) = await host.MakeSession(site.Time);
        var roster = await host.Post($"/api/sessions/{id}/roster", new { csv = "Oak,Ada\nElm,Bo" });
        var team = Person(roster, "Ada")["team"]!.GetValue<string>();
        var guest = site.Browser();
        var look = await guest.Get($"/api/join/{code}");
        Assert.Equal(["Elm", "Oak"], look.Json["teams"]!.AsArray().Select(t => t!["name"]!.GetValue<string>()));
        Assert.Null(look.Json["name"]);
        foreach (var bad in new object[] { new { name = " ", team, consent = "named" }, new { name = "Guest", team = "t000", consent = "named" }, new { name = "Guest", team, consent = "loud" }, new { name = "Guest", team, consent = "named", staff = true } })
            Assert.Equal(HttpStatusCode.BadRequest, (await guest.Post($"/api/join/{code}", bad)).Status);
        Assert.Empty(await Logged<PersonJoined>(id));

        Assert.Equal(id, (await guest.Post($"/api/join/{code}", new { name = "Guest", team, consent = "notKept", mayQuote = true })).Text("session"));
        var person = (await guest.Post($"/api/sessions/{id}/seat")).Text("person");
        await guest.Post($"/api/join/{code}", new { name = "Guest again", consent = "named", mayQuote = false });
        var joined = Assert.Single(await Logged<PersonJoined>(id));
        Assert.Equal((person, team, true, false), (joined.Person.Value, joined.Team?.Value, joined.Waits, joined.MayQuote));
        Assert.Equal(person, (await guest.Post($"/api/sessions/{id}/seat")).Text("person"));
        Assert.Equal(HttpStatusCode.Unauthorized, (await site.Browser().Post($"/api/sessions/{id}/seat")).Status);
    }

    [Fact]
    public async Task A_code_dies_with_its_session()
    {
        var (id, code) = await host.MakeSession(site.Time);
        var roster = await host.Post($"/api/sessions/{id}/roster", new { csv = "Oak,Ada" });
        await using var db = await site.Db();
        var now = site.Time.GetUtcNow();
        await db.Sessions.ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, now));
        var reply = await site.Browser().Get($"/api/join/{code}");
        Assert.Equal((HttpStatusCode.NotFound, $"No session has the code {code[..4]} {code[4..]}. Check it against your invitation, or ask in the video call."), (reply.Status, reply.Detail));
        Assert.False((await site.Browser().Get(LinkOf(roster, "Ada"))).Json["isOpen"]!.GetValue<bool>());
        Assert.Equal("ended", (await host.Get($"/api/sessions/{id}")).Text("stage"));
    }

    [Fact]
    public async Task What_the_session_refuses_is_said_in_its_words_and_gives_no_seat()
    {
        var (id, _) = await host.MakeSession(site.Time);
        var roster = await host.Post($"/api/sessions/{id}/roster", new { csv = "Oak,Ada" });
        var live = site.Services.GetRequiredService<ILiveSessions>();
        var staff = NewStaff(id);
        await live.Act(new(id), Actor.System, new JoinAsStaff(staff, "Dolores", true), CancellationToken.None);
        var answer = await live.Act(new(id), new Actor(staff, true, false), new RemovePerson(new(Person(roster, "Ada")["person"]!.GetValue<string>())), CancellationToken.None);
        Assert.False(answer.IsRefused, answer.Words);
        var ada = site.Browser();
        var reply = await ada.Post(LinkOf(roster, "Ada"), new { consent = "named", mayQuote = false });
        Assert.Equal((HttpStatusCode.Conflict, Refusal.Removed.Words, "removed"), (reply.Status, reply.Detail, reply.Text("reason")));
        Assert.Empty(ada.Cookies);
    }

    private PersonId NewStaff(string session) => Server.Access.NewId.Staff(host.AccountId, new(session));

    [Fact]
    public async Task Co_facilitators_see_the_session_but_not_what_is_the_owners()
    {
        var (id, _) = await host.MakeSession(site.Time);
        var friend = await site.Person(host);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Post($"/api/sessions/{id}/staff", new { email = "nobody@x.org" })).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.Post($"/api/sessions/{id}/staff", new { email = friend.Email })).Status);
        Assert.Equal(HttpStatusCode.OK, (await host.Post($"/api/sessions/{id}/staff", new { email = friend.Email })).Status);
        var detail = await friend.Get($"/api/sessions/{id}");
        Assert.Equal((2, false), (detail.Json["staff"]!.AsArray().Count, detail.Json["isOwner"]!.GetValue<bool>()));
        Assert.Null(detail.Json["grants"]);
        Assert.Equal(HttpStatusCode.NotFound, (await friend.Post($"/api/sessions/{id}/staff", new { email = stranger.Email })).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await friend.Post($"/api/sessions/{id}/grants", new { email = stranger.Email, until = site.Time.GetUtcNow().AddDays(9), mayExport = false })).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await friend.Get($"/api/review/sessions/{id}")).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await host.Delete($"/api/sessions/{id}/staff/{friend.AccountId}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Delete($"/api/sessions/{id}/staff/{friend.AccountId}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await friend.Get($"/api/sessions/{id}")).Status);
    }

    /// <summary>Every address under a session, for somebody else's session and for one that was never made: the same answer to the letter.</summary>
    [Fact]
    public async Task Not_yours_and_not_there_are_answered_alike_everywhere()
    {
        var (id, _) = await host.MakeSession(site.Time);
        var roster = await host.Post($"/api/sessions/{id}/roster", new { csv = "Oak,Ada" });
        var person = Person(roster, "Ada")["person"]!.GetValue<string>();
        var grant = (await host.Post($"/api/sessions/{id}/grants", new { email = host.Email, until = site.Time.GetUtcNow().AddDays(3), mayExport = false })).Text("grant");
        var (other, _) = await stranger.MakeSession(site.Time);
        var asks = new (HttpMethod Method, string Path, object? Body)[]
        {
            (HttpMethod.Get, "/api/sessions/ID", null), (HttpMethod.Get, "/api/sessions/ID/roster", null), (HttpMethod.Post, "/api/sessions/ID/roster", new { csv = "Oak,Eve" }),
            (HttpMethod.Post, "/api/sessions/ID/links", null), (HttpMethod.Post, $"/api/sessions/ID/links/{person}", null), (HttpMethod.Get, "/api/sessions/ID/qr.svg", null),
            (HttpMethod.Post, "/api/sessions/ID/staff", new { email = stranger.Email }), (HttpMethod.Delete, $"/api/sessions/ID/staff/{host.AccountId}", null),
            (HttpMethod.Post, "/api/sessions/ID/grants", new { email = stranger.Email, until = site.Time.GetUtcNow().AddDays(3), mayExport = true }), (HttpMethod.Delete, $"/api/sessions/ID/grants/{grant}", null),
            (HttpMethod.Get, "/api/review/sessions/ID", null), (HttpMethod.Get, "/api/review/sessions/ID/conversations/5-r1", null), (HttpMethod.Get, "/api/review/sessions/ID/export?format=csv", null),
            (HttpMethod.Get, "/api/review/sessions/ID/conversations/5-r1/export?format=csv", null), (HttpMethod.Get, "/api/review/search?q=trust&session=ID", null),
        };
        Task<Reply> Ask(Browser browser, (HttpMethod Method, string Path, object? Body) ask, string session) =>
            browser.Send(ask.Method, ask.Path.Replace("ID", session), ask.Body is null ? null : System.Net.Http.Json.JsonContent.Create(ask.Body));
        foreach (var ask in asks)
        {
            var foreign = await Ask(stranger, ask, id);
            var nowhere = await Ask(stranger, ask, "s0000000000000");
            var nonsense = await Ask(stranger, ask, "a%2Fb");
            Assert.True(foreign.Status == HttpStatusCode.NotFound, $"{ask.Method} {ask.Path}: {foreign.Status}");
            Assert.Equal((foreign.Status, foreign.Body), (nowhere.Status, nowhere.Body));
            Assert.Equal((foreign.Status, foreign.Body), (nonsense.Status, nonsense.Body));
            Assert.Equal(HttpStatusCode.Unauthorized, (await Ask(site.Browser(), ask, id)).Status);
        }
        // Ids inside one's own session that belong to another.
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Post($"/api/sessions/{other}/links/{person}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Delete($"/api/sessions/{other}/grants/{grant}")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await stranger.Delete($"/api/sessions/{other}/staff/{host.AccountId}")).Status);

        // And nothing of it did anything.
        var after = await host.Get($"/api/sessions/{id}");
        Assert.Equal((1, 1, 1), (after.Json["people"]!.GetValue<int>(), after.Json["staff"]!.AsArray().Count, after.Json["grants"]!.AsArray().Count));
        Assert.Equal(HttpStatusCode.OK, (await site.Browser().Get(LinkOf(roster, "Ada"))).Status);
    }

    [Fact]
    public async Task A_store_out_of_reach_is_said_in_words_and_leaves_no_half_made_session()
    {
        var own = await RedisServer.Start();
        await using var cut = await Site.Open(redis, ("ConnectionStrings:Redis", own.ConnectionString));
        var ada = await cut.Person();
        var (id, _) = await ada.MakeSession(cut.Time);
        await own.DisposeAsync();
        var reply = await ada.Post("/api/sessions", new { plan = "week-1", startsAt = cut.Time.GetUtcNow().AddHours(1), timeZone = "UTC" });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status);
        Assert.NotEmpty(reply.Detail);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ada.Post($"/api/sessions/{id}/roster", new { csv = "Oak,Ada" })).Status);
        Assert.Single((await ada.Get("/api/sessions")).Json.AsArray());
        // Nobody holds a link that nobody has seen: entering the list again gives it.
        Assert.False(Person(await ada.Get($"/api/sessions/{id}/roster"), "Ada")["hasLink"]!.GetValue<bool>());
    }
}
