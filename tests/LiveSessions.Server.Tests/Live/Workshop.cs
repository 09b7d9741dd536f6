using System.Net.Http.Json;
using System.Text.Json;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

/// <summary>What a browser needs to get in.</summary>
internal sealed record Seat(SessionId Session, string Cookie);

/// <summary>A site with its first host, who was made by the set-up link. Everything goes through the HTTP API.</summary>
internal sealed class Site : IDisposable
{
    private readonly HttpClient _http = new(new HttpClientHandler { UseCookies = false }) { Timeout = TimeSpan.FromSeconds(60) };

    private Site(Uri address) => Address = address;

    /// <summary>May change when a server dies.</summary>
    public Uri Address { get; set; }

    public string HostCookie { get; private set; } = "";

    public const string Password = "a quiet reading room";

    public static async Task<Site> SetUp(Uri address, string setUpPath)
    {
        var site = new Site(address);
        (_, site.HostCookie) = await site.Post($"/api{setUpPath}", new { name = "Hana Host", email = "hana@example.org", password = Password }, null);
        return site;
    }

    /// <param name="by">The cookie of another host than the first.</param>
    public async Task<Workshop> Workshop(int people, int teams = 2, string? by = null)
    {
        var (made, _) = await Post("/api/sessions", new { plan = "week-1", startsAt = DateTimeOffset.UtcNow, timeZone = "America/Los_Angeles" }, by ?? HostCookie);
        var session = made.GetProperty("session").GetString()!;
        var csv = string.Join('\n', Enumerable.Range(0, people).Select(i => $"Library {i % teams + 1},Person {i + 1}"));
        var (roster, _) = await Post($"/api/sessions/{session}/roster", new { csv }, by ?? HostCookie);
        var links = roster.GetProperty("people").EnumerateArray()
            .ToDictionary(p => p.GetProperty("name").GetString()!, p => (Link: new Uri(p.GetProperty("link").GetString()!).AbsolutePath.Split('/')[^1], Person: new PersonId(p.GetProperty("person").GetString()!)));
        return new(this, new(session), made.GetProperty("code").GetString()!, links);
    }

    /// <summary>Somebody new with an account, made by the host's invitation.</summary>
    public async Task<(string Email, string Cookie)> Account(string name)
    {
        var (made, _) = await Post("/api/invitations", new { }, HostCookie);
        var link = new Uri(made.GetProperty("link").GetString()!).AbsolutePath.Replace("/invitation/", "/api/invitations/", StringComparison.Ordinal);
        var email = $"{Guid.NewGuid():n}@example.org";
        return (email, (await Post(link, new { name, email, password = Password }, null)).Cookie);
    }

    /// <summary>Somebody who runs the session together with its host.</summary>
    public async Task<Seat> CoFacilitator(Workshop workshop, string name = "Cora Co")
    {
        var (email, cookie) = await Account(name);
        await Post($"/api/sessions/{workshop.Session}/staff", new { email }, HostCookie);
        return new(workshop.Session, cookie);
    }

    public async Task<(JsonElement Body, string Cookie)> Post(string path, object body, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, path)) { Content = JsonContent.Create(body) };
        request.Headers.Add("Origin", Address.GetLeftPart(UriPartial.Authority));
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path} was answered {(int)response.StatusCode}: {text}");
        var cookies = response.Headers.TryGetValues("Set-Cookie", out var set) ? string.Join("; ", set.Select(c => c.Split(';')[0])) : "";
        return (text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text), cookies);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>One session with its host and people, who come in as people do.</summary>
internal sealed class Workshop(Site site, SessionId session, string code, IReadOnlyDictionary<string, (string Link, PersonId Person)> links)
{
    /// <summary>The first step of open talk in the shipped exercise: notes are seen by the room, turns may be written.</summary>
    public const string OpenTalk = "b_concerns";

    public SessionId Session => session;
    public string Code => code;
    public string LinkOf(int person) => links[$"Person {person}"].Link;
    public Seat Host => new(session, site.HostCookie);

    /// <summary>By personal link: straight in, nobody has to admit them.</summary>
    public async Task<Seat> Comes(int person, string consent = "named") =>
        new(session, (await site.Post($"/api/link/{links[$"Person {person}"].Link}", new { consent, mayQuote = false }, null)).Cookie);

    public async Task<IReadOnlyList<Seat>> AllCome()
    {
        var seats = new List<Seat>();
        foreach (var one in links.Keys.OrderBy(n => int.Parse(n.Split(' ')[1])))
            seats.Add(await Comes(int.Parse(one.Split(' ')[1])));
        return seats;
    }

    public PersonId Person(int number) => links[$"Person {number}"].Person;

    /// <summary>By code: waits in the lobby.</summary>
    public async Task<Seat> KnocksAs(string name) => new(session, (await site.Post($"/api/join/{code}", new { name, consent = "named", mayQuote = false }, null)).Cookie);

    /// <summary>The host and everybody, in rooms that are open.</summary>
    public async Task<(LiveClient Host, List<LiveClient> People)> InRooms(Uri server)
    {
        var host = await new LiveClient(Host, server).IsIn();
        var people = new List<LiveClient>();
        foreach (var seat in await AllCome())
            people.Add(await new LiveClient(seat, server).IsIn());
        await OpenRooms(host);
        foreach (var person in people)
            await person.Sees<MeView>("me", me => me.Room != RoomId.Plenary);
        return (host, people);
    }

    /// <summary>Opens the rooms; somebody in one writes a note.</summary>
    public async Task OpenAndWrite(LiveClient host, LiveClient who)
    {
        await OpenRooms(host);
        await who.Sees<MeView>("me", me => me.Room != RoomId.Plenary);
        await who.Does(new Board.AddNote(new("first"), "trust", "A lantern in every window", Board.NoteColour.Sun));
    }

    /// <summary>Starts, groups by home teams, opens the rooms and goes on to open talk.</summary>
    public static async Task OpenRooms(LiveClient host)
    {
        await host.Does(new StartSession());
        await host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 6, 1));
        await host.Does(new OpenRooms(new("practice"), null));
        await host.Does(new AdvanceRooms(OpenTalk));
    }
}
