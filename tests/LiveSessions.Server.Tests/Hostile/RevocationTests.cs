using System.Diagnostics;
using System.Net;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Access;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;
using Seat = LiveSessions.Server.Tests.Live.Seat;
using Site = LiveSessions.Server.Tests.Live.Site;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>Powers that are taken away are gone on sockets that are open, on every server, whatever is on its way at that moment.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class RevocationTests(LiveHouse house)
{
    /// <summary>A line may ask so much at once.</summary>
    private const int Each = 40;

    /// <summary>A second is the promise; a machine that is busy with other things is given longer before the test fails.</summary>
    private static readonly double LongestSeconds = Hostile.Long ? 1 : 10;

    private static string Rename(int number) => $$"""{"instance":"racing-{{number}}-","number":{{number}},"command":{"type":"renameMe","name":"Racer {{number}}" } }""";

    private static async Task Floods(RawLine line)
    {
        for (var n = 1; n < Each; n++)
            await line.Send($$"""{"type":1,"invocationId":"{{n}}","target":"Act","arguments":[{{Rename(n)}}]}""");
    }

    [Fact]
    public async Task Of_a_thousand_commands_that_race_removals_none_comes_after_and_every_line_is_gone_in_a_second()
    {
        const int People = 25;
        var workshop = await house.Site.Workshop(people: People);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        var lines = new List<RawLine>();
        for (var n = 1; n <= People; n++)
        {
            var line = await RawLine.Open(await workshop.Comes(n), house.Both[n % 2]);
            await line.Enter();
            lines.Add(line);
        }

        var gone = new double[People];
        var floods = lines.Select(Floods).ToList();
        await Task.WhenAll(Enumerable.Range(0, People).Select(async n =>
        {
            await host.Does(new RemovePerson(workshop.Person(n + 1)));
            var clock = Stopwatch.StartNew();
            await Eventually.True(() => lines[n].IsClosed, $"the line of person {n + 1} is closed", 30);
            gone[n] = clock.Elapsed.TotalSeconds;
        }));
        await Task.WhenAll(floods);

        var entries = (await house.Entries(workshop.Session)).Index().ToList();
        var (accepted, late) = (0, 0);
        for (var n = 1; n <= People; n++)
        {
            var person = workshop.Person(n);
            var removed = entries.Single(e => e.Item.Events.OfType<PersonRemoved>().Any(r => r.Person == person)).Index;
            accepted += entries.Count(e => e.Item.By == person && e.Item.Events.Any(h => h is PersonRenamed));
            late += entries.Count(e => e.Item.By == person && e.Index > removed);
        }
        Hostile.Tell("revocation: people removed while their commands race it", $"{People} people, {People * (Each - 1)} commands, 2 servers", $"{accepted} accepted before, {late} after; lines gone in {gone.Max():0.00} s at most");
        Assert.Equal(0, late);
        Assert.True(gone.Max() < LongestSeconds, $"a line lived {gone.Max():0.00} s");
        foreach (var line in lines)
            await line.DisposeAsync();
    }

    [Fact]
    public async Task A_co_facilitator_who_is_dropped_is_out_by_an_entry_of_the_log_and_may_come_back_only_when_added()
    {
        var workshop = await house.Site.Workshop(people: 1);
        var (email, cookie) = await house.Site.Account("Cora Co");
        var account = await Added();
        var seat = new Seat(workshop.Session, cookie);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var here = await RawLine.Open(seat, house.One.Address);
        await using var there = await RawLine.Open(seat, house.Two.Address);
        await here.Enter();
        await there.Enter();

        using var owner = Owner();
        var race = Task.WhenAll(Floods(here), Floods(there));
        Assert.Equal(HttpStatusCode.NoContent, (await owner.Delete($"/api/sessions/{workshop.Session}/staff/{account}")).Status);
        var clock = Stopwatch.StartNew();
        await Eventually.True(() => here.IsClosed && there.IsClosed, "both lines are closed", 30);
        var gone = clock.Elapsed.TotalSeconds;
        await race;

        var entries = await house.Entries(workshop.Session);
        var removal = entries.Single(e => e.Events.Any(h => h is PersonRemoved));
        var person = removal.Events.OfType<PersonRemoved>().Single().Person;
        Assert.DoesNotContain(entries.SkipWhile(e => e != removal), e => e.By == person);
        Hostile.Tell("revocation: a co-facilitator dropped while their commands race it", $"{2 * (Each - 1)} commands, 2 servers", $"0 accepted after the entry; lines gone in {gone:0.00} s");
        Assert.True(gone < LongestSeconds, $"a line lived {gone:0.00} s");
        await Assert.ThrowsAnyAsync<System.Net.WebSockets.WebSocketException>(() => RawLine.Open(seat, house.Two.Address));

        await Added();
        await using var again = await new LiveClient(seat, house.Second).IsIn();
        await again.Does(new RemovePerson(workshop.Person(1)));

        async Task<string> Added()
        {
            var (detail, _) = await house.Site.Post($"/api/sessions/{workshop.Session}/staff", new { email }, house.Site.HostCookie);
            return detail.GetProperty("staff").EnumerateArray().Single(s => s.GetProperty("email").GetString() == email).GetProperty("account").GetString()!;
        }
    }

    [Theory]
    [InlineData("/api/me/password")]
    [InlineData("/api/signout")]
    public async Task A_new_password_and_signing_out_everywhere_end_the_other_sign_ins_and_their_open_lines(string how)
    {
        var (email, cookie) = await house.Site.Account("Olu Other");
        var workshop = await house.Site.Workshop(people: 1, by: cookie);
        var (_, other) = await house.Site.Post("/api/signin", new { email, password = Site.Password }, null);
        await using var here = await RawLine.Open(new(workshop.Session, other), house.One.Address);
        await using var there = await RawLine.Open(new(workshop.Session, other), house.Two.Address);
        await using var bystander = await RawLine.Open(await workshop.Comes(1), house.Two.Address);
        await here.Enter();
        await there.Enter();
        await bystander.Enter();

        var body = how == "/api/signout" ? (object)new { everywhere = true } : new { current = Site.Password, @new = "seven lamps above a harbour" };
        var (_, fresh) = await house.Site.Post(how, body, cookie);
        var clock = Stopwatch.StartNew();
        await Eventually.True(() => here.IsClosed && there.IsClosed, "both lines are closed", 30);
        Hostile.Tell($"revocation: open lines after {how}", "2 lines on 2 servers", $"gone in {clock.Elapsed.TotalSeconds:0.00} s");
        Assert.True(clock.Elapsed.TotalSeconds < LongestSeconds, $"a line lived {clock.Elapsed.TotalSeconds:0.00} s");

        await Assert.ThrowsAnyAsync<System.Net.WebSockets.WebSocketException>(() => RawLine.Open(new(workshop.Session, other), house.One.Address));
        Assert.False(bystander.IsClosed);
        if (how == "/api/me/password")
        {
            // Whoever changed it is signed in anew, and that line stays.
            await using var own = await RawLine.Open(new(workshop.Session, fresh), house.Two.Address);
            await own.Enter();
            await Eventually.True(() => own.Heard.Count(m => m.Contains("\"Heads\"", StringComparison.Ordinal)) > 2, "two seconds and more went by");
            Assert.False(own.IsClosed);
        }
    }

    private Browser Owner()
    {
        var browser = new Browser(house.One.Address);
        foreach (var pair in house.Site.HostCookie.Split("; ").Select(c => c.Split('=', 2)))
            browser.Cookies[pair[0]] = pair[1];
        return browser;
    }
}
