using System.Diagnostics;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;
using Microsoft.Extensions.Configuration;

namespace LiveSessions.Server.Tests.Live;

/// <summary>A server that is asked to end, and those who are there.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class LeavingTests(LiveHouse house)
{
    [Fact]
    public async Task A_server_that_is_about_to_end_is_not_ready_while_it_says_goodbye()
    {
        var workshop = await house.Site.Workshop(people: 1);
        var third = await LiveNode.Start(Settings(0));
        using var http = new HttpClient();
        var ready = new Uri(third.Address, "/health/ready");
        await using var ada = await new LiveClient(await workshop.Comes(1), [third.Address, house.One.Address]).IsIn();
        Assert.Equal(System.Net.HttpStatusCode.OK, (await http.GetAsync(ready)).StatusCode);

        var ending = Task.Run(async () => await third.DisposeAsync());
        await Eventually.True(async () => (await http.GetAsync(ready)).StatusCode == System.Net.HttpStatusCode.ServiceUnavailable, "it says that it is not ready, before nobody answers any more");
        await ending;
        Assert.Contains(ada.Heard, h => h.Method == "Leaving");
    }

    /// <summary>On a slow line, or among a thousand, one hears late that the server leaves.</summary>
    [Fact]
    public async Task A_server_that_leaves_answers_whoever_goes_on_sending_for_a_second()
    {
        var workshop = await house.Site.Workshop(people: 1);
        var third = await LiveNode.Start(Settings(0));
        await using var line = await RawLine.Open(await workshop.Comes(1), third.Address);
        await line.Enter();

        var ending = Task.Run(async () => await third.DisposeAsync());
        await SaysThatItLeaves(line);
        for (var number = 1; number <= 10; number++)
        {
            await line.Send($$$"""{"type":1,"invocationId":"late{{{number}}}","target":"Act","arguments":[{"instance":"raw-raw-raw","number":{{{number}}},"command":{"type":"renameMe","name":"Name {{{number}}}"}}]}""");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
        await ending;
        Assert.Equal(10, line.Heard.Count(m => m.Contains("\"late", StringComparison.Ordinal) && m.Contains("accepted", StringComparison.Ordinal)));
    }

    /// <summary>Whoever reads slowly has answers on the way long after they were given.</summary>
    [Fact]
    public async Task A_server_that_leaves_waits_for_who_said_that_they_close_their_line_themselves()
    {
        var (third, line) = await OneIsThere(leaves: true);

        var ending = Task.Run(async () => await third.DisposeAsync());
        await SaysThatItLeaves(line);
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        Assert.False(ending.IsCompleted);
        Assert.False(line.IsClosed);
        Assert.Contains("accepted", await line.Call("Act", Renames, "late"), StringComparison.Ordinal);

        await line.DisposeAsync();
        await ending.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_server_that_leaves_waits_for_nobody_whose_page_does_not_know_to_close_its_line()
    {
        var (third, line) = await OneIsThere(leaves: false);

        await third.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);
        await Eventually.True(() => line.IsClosed, "the line is closed");
        await line.DisposeAsync();
    }

    /// <summary>Where many come and go, messages are late, and browsers ask; their other answers are on the way.</summary>
    [Fact]
    public async Task Who_asks_a_server_that_leaves_for_what_they_missed_is_told_and_stays_until_the_end()
    {
        var (third, line) = await OneIsThere(leaves: true);

        var ending = Task.Run(async () => await third.DisposeAsync());
        await SaysThatItLeaves(line);
        Assert.Contains("\"result\"", await line.Call("Resume", """{"positions":{"all":1}}""", "missed"), StringComparison.Ordinal);
        Assert.Contains("accepted", await line.Call("Act", Renames, "late"), StringComparison.Ordinal);

        await line.DisposeAsync();
        await ending;
    }

    [Fact]
    public async Task Who_was_not_in_yet_when_a_server_is_asked_to_end_is_sent_on()
    {
        var (third, line) = await OneIsThere(leaves: true);
        await using var late = await RawLine.Open(await (await house.Site.Workshop(people: 1)).Comes(1), third.Address);

        var ending = Task.Run(async () => await third.DisposeAsync());
        await SaysThatItLeaves(line);
        await late.Enter();
        await Eventually.True(() => late.IsClosed, "the line is closed");
        Assert.DoesNotContain(late.Heard, m => m.Contains("\"result\"", StringComparison.Ordinal));

        await line.DisposeAsync();
        await ending;
    }

    /// <summary>A balancer asks now and then whether a server is ready, and sends people to it until it has asked again.</summary>
    [Fact]
    public async Task Until_balancers_know_that_a_server_is_asked_to_end_it_goes_on_as_ever_and_lets_people_in()
    {
        var workshop = await house.Site.Workshop(people: 2);
        var third = await LiveNode.Start(Settings(3));
        using var http = new HttpClient();
        await using var ada = await new LiveClient(await workshop.Comes(1), [third.Address, house.One.Address]).IsIn();

        var ending = Task.Run(async () => await third.DisposeAsync());
        await Eventually.True(async () => (await http.GetAsync(new Uri(third.Address, "/health/ready"))).StatusCode == System.Net.HttpStatusCode.ServiceUnavailable, "it says that it is not ready");
        await using var ben = await new LiveClient(await workshop.Comes(2), [third.Address, house.One.Address]).IsIn();
        await ben.Does(new RenameMe("Ben as ever"));
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben as ever");
        Assert.All((LiveClient[])[ada, ben], c => Assert.DoesNotContain(c.Heard, h => h.Method == "Leaving"));
        Assert.All((LiveClient[])[ada, ben], c => Assert.Equal(third.Address, c.Server));

        await ending;
        await Eventually.True(() => ada.IsOpen && ben.IsOpen && ada.Server == house.One.Address && ben.Server == house.One.Address, "both are at the other server", 30);
        Assert.All((LiveClient[])[ada, ben], c => Assert.Contains(c.Heard, h => h.Method == "Leaving"));
    }

    /// <summary>So the other servers are not met by all at once, and nobody waits there behind everybody else.</summary>
    [Fact]
    public async Task Where_other_servers_are_people_are_handed_over_one_after_the_other()
    {
        const int People = 30;
        var workshop = await house.Site.Workshop(people: People);
        var third = await LiveNode.Start(Settings(0));
        var lines = new List<RawLine>();
        for (var i = 1; i <= People; i++)
        {
            lines.Add(await RawLine.Open(await workshop.Comes(i), third.Address));
            await lines[^1].Call("Enter", """{"instance":"raw-raw-raw","leaves":true}""");
        }

        var ending = Task.Run(async () => await third.DisposeAsync());
        var began = Stopwatch.GetTimestamp();
        var told = await Task.WhenAll(lines.Select(async line =>
        {
            await SaysThatItLeaves(line);
            var after = Stopwatch.GetElapsedTime(began);
            await line.DisposeAsync();
            return after;
        }));
        Assert.InRange(told.Max() - told.Min(), 0.8 * (People - 1) * Farewell.Apart, Farewell.LongestHandingOver);
        await ending;
    }

    /// <summary>There is nowhere else to go, and the sooner it ends the sooner it is back.</summary>
    [Fact]
    public async Task A_server_that_is_alone_waits_for_no_balancer()
    {
        using var directory = new ScratchDirectory();
        await using var redis = await RedisServer.Start();
        var alone = await LiveNode.Start(new(directory.Path, redis.ConnectionString, null) { More = ["--Live:LeaveAfter", "00:00:10"] });
        using var site = await Site.SetUp(alone.Address, await alone.SetUpPath());
        await using var line = await RawLine.Open(await (await site.Workshop(people: 1)).Comes(1), alone.Address);
        await line.Enter();
        await alone.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(9), TestContext.Current.CancellationToken);
        Assert.Contains(line.Heard, m => m.Contains("Leaving", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-00:00:01")]
    [InlineData("00:00:11")]
    public void A_time_that_does_not_fit_into_what_a_server_is_given_to_end_is_refused(string after) =>
        Assert.Contains("between 00:00:00 and 00:00:10", Assert.Throws<InvalidOperationException>(() => FarewellOptions.From(new ConfigurationBuilder().AddInMemoryCollection([new("Live:LeaveAfter", after)]).Build())).Message, StringComparison.Ordinal);

    private NodeSettings Settings(int leaveAfterSeconds) => house.Settings() with { More = ["--Live:LeaveAfter", TimeSpan.FromSeconds(leaveAfterSeconds).ToString()] };

    private const string Renames = """{"instance":"raw-raw-raw","number":1,"command":{"type":"renameMe","name":"Somebody Late"}}""";

    private async Task<(LiveNode Server, RawLine Line)> OneIsThere(bool leaves)
    {
        var workshop = await house.Site.Workshop(people: 1);
        var third = await LiveNode.Start(Settings(0));
        var line = await RawLine.Open(await workshop.Comes(1), third.Address);
        await line.Call("Enter", leaves ? """{"instance":"raw-raw-raw","leaves":true}""" : """{"instance":"raw-raw-raw"}""");
        return (third, line);
    }

    private static Task SaysThatItLeaves(RawLine line) => Eventually.True(() => line.Heard.Any(m => m.Contains("Leaving", StringComparison.Ordinal)), "it says that it leaves");
}
