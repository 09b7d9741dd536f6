using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using LiveSessions.Board;
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

    /// <summary>SignalR by itself waits for ever for one who never pinged.</summary>
    [Fact]
    public async Task A_line_that_falls_silent_without_ever_having_pinged_is_let_go_and_one_that_pings_is_not()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var silent = await RawLine.Open(await workshop.Comes(1), house.One.Address);
        await using var pings = await RawLine.Open(await workshop.Comes(2), house.One.Address);
        await silent.Enter();
        await pings.Enter();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!silent.IsClosed && clock.Elapsed < TimeSpan.FromSeconds(30))
        {
            await pings.Send("""{"type":6}""");
            await Task.Delay(1_000, TestContext.Current.CancellationToken);
        }
        Assert.True(silent.IsClosed);
        Assert.False(pings.IsClosed);
    }

    /// <summary>A browser thinks its line broken after ten seconds in which it hears nothing.</summary>
    [Fact]
    public async Task A_line_hears_something_every_few_seconds_whether_or_not_it_has_come_in()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var inside = await RawLine.Open(await workshop.Comes(1), house.One.Address);
        await using var outside = await RawLine.Open(await workshop.Comes(2), house.One.Address);
        await inside.Enter();
        await outside.Call("Act", """{"instance":"raw-raw-raw","number":1,"command":{"type":"renameMe","name":"Not in yet"}}""");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (longest, heard) = (TimeSpan.Zero, new[] { (Count: 0, At: TimeSpan.Zero), (Count: 0, At: TimeSpan.Zero) });
        while (clock.Elapsed < TimeSpan.FromSeconds(18))
        {
            await inside.Send("""{"type":6}""");
            await outside.Send("""{"type":6}""");
            await Task.Delay(100, TestContext.Current.CancellationToken);
            foreach (var (i, line) in new[] { inside, outside }.Index())
            {
                if (line.Heard.Count is var count && count > heard[i].Count)
                    heard[i] = (count, clock.Elapsed);
                longest = longest > clock.Elapsed - heard[i].At ? longest : clock.Elapsed - heard[i].At;
            }
        }
        Assert.InRange(longest.TotalSeconds, 0, 8);
        Assert.Contains(outside.Heard, m => m == """{"type":6}""");
        Assert.Contains(inside.Heard, m => m.Contains("Heads", StringComparison.Ordinal));
        Assert.DoesNotContain(inside.Heard, m => m == """{"type":6}""");
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
        var workshop = await house.Site.Workshop(people: 3);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.Second).IsIn();
        foreach (var (person, message) in ((int, string)[])[(2, """{"type":6}"""), (3, """{"type":1,"target":"Glimpse","arguments":[{"kind":"typing"}]}""")])
        {
            var seat = await workshop.Comes(person);
            await using var flood = await RawLine.Open(seat, house.One.Address);
            await flood.Enter();
            for (var n = 0; n < 20_000 && !flood.IsClosed; n++)
                await flood.Send(message);
            await Eventually.True(() => flood.IsClosed, "the line is closed");
            if (person == 3)
                continue;
            // Their next socket waits at the door, and is sent away; some seconds later they may come back.
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var refused = await Assert.ThrowsAsync<WebSocketException>(() => RawLine.Open(seat, house.One.Address));
            Assert.Contains("429", refused.Message, StringComparison.Ordinal);
            Assert.InRange(clock.Elapsed.TotalSeconds, 4.9, 14);
            await using var back = await RawLine.Open(seat, house.One.Address);
            await back.Enter();
            Assert.False(back.IsClosed);
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

        var pinged = System.Diagnostics.Stopwatch.StartNew();
        await Eventually.True(async () =>
        {
            if (pinged.Elapsed > TimeSpan.FromSeconds(3))
            {
                await lines[^1].Send("""{"type":6}""");
                pinged.Restart();
            }
            return lines.SkipLast(1).All(l => l.IsClosed);
        }, "sockets that ask for nothing are closed", 60);
        Assert.Contains("\"accepted\"", await lines[^1].Call("Act", """{"instance":"raw-raw-raw","number":1,"command":{"type":"renameMe","name":"The one that asked"}}"""), StringComparison.Ordinal);
        Assert.Equal((1, (Dismissed?)null), (ada.Entered, ada.Dismissal));
        foreach (var line in lines)
            await line.DisposeAsync();
    }

    [Fact]
    public async Task Somebody_through_whom_nothing_gets_is_let_go_and_holds_nobody_up_and_may_come_back()
    {
        var workshop = await house.Site.Workshop(people: 4);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        var mate = await workshop.Comes(3);
        await using (await new LiveClient(mate, house.First).IsIn())
            await workshop.OpenAndWrite(host, ada);
        for (var n = 0; n < 36; n++)
            await ada.Does(new AddNote(new($"long{n}"), "trust", new string((char)('a' + n % 26), 1_950), NoteColour.Sun));
        await using var stuck = await DeafLine.Open(mate, house.One.Address);
        // Some seventy kilobytes each, and none of it is read.
        for (var n = 0; n < 39; n++)
            await stuck.Send($$$"""{"type":1,"invocationId":"{{{n}}}","target":"Resume","arguments":[{"positions":{}}]}""");
        LiveLine? line = null;
        await Eventually.True(
            () => (line = house.One.Get<LiveSessionsNode>().Desks.Single(d => d.Session.Id == workshop.Session).LinesOf(workshop.Person(3)).LastOrDefault(l => !l.IsOver)) is not null, "the line is there");

        var longest = 0.0;
        for (var n = 0; !line!.IsOver; n++)
        {
            Assert.True(n < 400, "the line was never let go");
            var clock = System.Diagnostics.Stopwatch.StartNew();
            await ada.Does(new EditNote(new("first"), $"edit {n}", null));
            longest = Math.Max(longest, clock.Elapsed.TotalSeconds);
            await stuck.Send("""{"type":6}""");
            await Task.Delay(100);
        }
        Assert.True(longest < 8, $"an answer to somebody else took {longest:0.0} s");
        await using var back = await new LiveClient(mate, house.First).IsIn();
        await back.Sees<NoteView>("note:long7", note => note.Text.Length == 1_950);
        Assert.Equal((1, (Dismissed?)null), (ada.Entered, ada.Dismissal));
    }

    /// <summary>A socket that enters and then reads nothing; its end takes in as little as the system lets it.</summary>
    private sealed class DeafLine(ClientWebSocket socket, HttpMessageInvoker http) : IAsyncDisposable
    {
        public static async Task<DeafLine> Open(Seat seat, Uri server)
        {
            var http = new HttpMessageInvoker(new SocketsHttpHandler
            {
                ConnectCallback = async (context, ct) =>
                {
                    var small = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 2_048, NoDelay = true };
                    await small.ConnectAsync(context.DnsEndPoint, ct);
                    return new NetworkStream(small, ownsSocket: true);
                },
            });
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Cookie", seat.Cookie);
            socket.Options.SetRequestHeader("Origin", server.GetLeftPart(UriPartial.Authority));
            using var limit = new CancellationTokenSource(ServerProcess.Patience);
            await socket.ConnectAsync(new Uri($"ws://{server.Authority}/hub?session={seat.Session}"), http, limit.Token);
            var line = new DeafLine(socket, http);
            await line.Send("""{"protocol":"json","version":1}""");
            await line.Send("""{"type":1,"invocationId":"enter","target":"Enter","arguments":[{"instance":"deaf-deaf"}]}""");
            return line;
        }

        public async Task Send(string message)
        {
            using var limit = new CancellationTokenSource(ServerProcess.Patience);
            try
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(message + '\u001e'), WebSocketMessageType.Text, true, limit.Token);
            }
            catch (WebSocketException)
            {
                // It was let go.
            }
        }

        public ValueTask DisposeAsync()
        {
            socket.Abort();
            socket.Dispose();
            http.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
