using System.Net.WebSockets;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>What stands under the hub, where its filters see nothing: how much of what one connection and one person may send.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class GuardTests(LiveHouse house)
{
    private const string Nothing = """{"type":1,"target":"NoSuchMethod","arguments":[{}]}""";

    [Fact]
    public async Task The_hundredth_message_that_fits_nothing_closes_its_line_and_no_other()
    {
        using var counted = new Counted("live.hub.malformed");
        var workshop = await house.Site.Workshop(people: 2);
        var seat = await workshop.Comes(1);
        await using var bad = await RawLine.Open(seat, house.One.Address);
        await using var worse = await RawLine.Open(seat, house.One.Address);
        await bad.Enter();
        await worse.Enter();
        for (var n = 1; n < GuardedJson.MostBad; n++)
        {
            await bad.Send(Nothing);
            await worse.Send(Nothing);
        }
        Assert.Contains("\"accepted\"", await bad.Call("Act", """{"instance":"raw-raw-raw","number":1,"command":{"type":"renameMe","name":"Still here"}}"""), StringComparison.Ordinal);
        await Eventually.True(() => counted.Count >= 2 * (GuardedJson.MostBad - 1), "each is counted");
        Assert.False(worse.IsClosed);

        await worse.Send(Nothing);
        await Eventually.True(() => worse.IsClosed, "the line is closed");
        Assert.Contains("\"accepted\"", await bad.Call("Act", """{"instance":"raw-raw-raw","number":2,"command":{"type":"renameMe","name":"Here yet"}}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":2,"invocationId":"1","item":{}}""")]
    [InlineData("""{"type":3,"invocationId":"1","result":{}}""")]
    [InlineData("""{"type":3,"invocationId":"1","error":"no"}""")]
    [InlineData("""{"type":4,"invocationId":"1","target":"Enter","arguments":[{"instance":"raw-raw-raw"}]}""")]
    [InlineData("""{"type":5,"invocationId":"1"}""")]
    [InlineData("""{"type":1,"target":"Enter","arguments":[{"instance":"raw-raw-raw"}],"streamIds":["1"]}""")]
    public async Task Messages_about_streams_and_answers_are_counted_and_do_nothing(string message)
    {
        using var counted = new Counted("live.hub.malformed");
        var workshop = await house.Site.Workshop(people: 1);
        await using var line = await RawLine.Open(await workshop.Comes(1), house.One.Address);
        await line.Enter();
        var head = await house.Head(workshop.Session);

        for (var n = 0; n < GuardedJson.MostBad; n++)
            await line.Send(message);

        await Eventually.True(() => line.IsClosed, "the line is closed");
        Assert.InRange(counted.Count, 1, GuardedJson.MostBad + 1);
        Assert.DoesNotContain((await house.Entries(workshop.Session)).Skip((int)head), e => e.By != PersonId.System);
    }

    [Fact]
    public async Task A_flood_ends_its_line_while_the_others_are_served()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.Second).IsIn();
        var seat = await workshop.Comes(2);
        foreach (var message in (string[])["""{"type":6}""", """{"type":1,"target":"Glimpse","arguments":[{"kind":"typing"}]}"""])
        {
            await using var flood = await RawLine.Open(seat, house.One.Address);
            await flood.Enter();
            for (var n = 0; n < 20_000 && !flood.IsClosed; n++)
                await flood.Send(message);
            await Eventually.True(() => flood.IsClosed, "the line is closed");
        }
        await ada.Does(new RenameMe("Ada"));
        Assert.Equal(1, ada.Entered);
    }

    [Fact]
    public async Task One_person_holds_few_sockets_however_many_are_opened_and_a_silent_one_is_closed()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        var seat = await workshop.Comes(2);
        var lines = new List<RawLine>();
        for (var n = 0; n < 40; n++)
            lines.Add(await RawLine.Open(seat, house.One.Address));
        await Eventually.True(() => lines.Count(l => !l.IsClosed) <= 8, "the first sockets gave way");
        Assert.All(lines.TakeLast(3), l => Assert.False(l.IsClosed));
        await lines[^1].Enter();

        await Eventually.True(() => lines.SkipLast(1).All(l => l.IsClosed), "sockets that ask for nothing are closed", 60);
        Assert.Contains("\"accepted\"", await lines[^1].Call("Act", """{"instance":"raw-raw-raw","number":1,"command":{"type":"renameMe","name":"The one that asked"}}"""), StringComparison.Ordinal);
        Assert.Equal((1, (Dismissed?)null), (ada.Entered, ada.Dismissal));
        foreach (var line in lines)
            await line.DisposeAsync();
    }
}
