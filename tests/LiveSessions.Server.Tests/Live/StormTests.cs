using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Live;

/// <summary>Real server processes, killed while many people write. They take turns with everything else that keeps servers busy.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class StormTests(ITestOutputHelper output)
{
    private static int People => Storm.IsLong ? 60 : 30;
    private static double PerSecond => Storm.IsLong ? 200 : 80;

    [Fact]
    public async Task Two_servers_on_one_redis_lose_nothing_and_double_nothing_when_they_are_killed_in_turn()
    {
        using var directory = new ScratchDirectory();
        await using var redis = await RedisServer.Start();
        var archive = $"Data Source={Path.Combine(directory.Path, "archive.db")}";
        await using var one = await ServerNode.Start(new(Sub(directory, "one"), redis.ConnectionString, archive));
        await using var two = await ServerNode.Start(new(Sub(directory, "two"), redis.ConnectionString, archive));
        using var site = await Site.SetUp(one.Address, await one.SetUpPath());
        await using var storm = await Storm.Gather(site, People, one.Address, two.Address);
        var random = new Random();

        storm.Begin(PerSecond);
        await storm.Rage(TimeSpan.FromSeconds(2 + random.NextDouble()));
        foreach (var victim in Storm.IsLong ? (ServerNode[])[one, two, one, two, one, two, one, two] : [one, two])
        {
            await storm.Rage(TimeSpan.FromSeconds(random.NextDouble()));
            await victim.Kill();
            await storm.Rage(TimeSpan.FromSeconds(1 + random.NextDouble()));
            await victim.StartAgain();
            await storm.Rage(TimeSpan.FromSeconds(Storm.IsLong ? 5 : 1));
        }
        await storm.Calm();
        output.WriteLine($"{storm.Asked} asked, {storm.Answered} answered, {storm.SentAgain} sent more than once.");

        Assert.True(storm.SentAgain > 0, "the kills hit nothing in flight");
        await storm.EverybodySeesTheSame();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await storm.NothingIsLostOrDoubled(new RedisSessionLog(connection, NullLogger<RedisSessionLog>.Instance));
    }

    [Fact]
    public async Task The_embedded_store_loses_nothing_and_doubles_nothing_when_its_server_is_killed_and_started_again()
    {
        using var directory = new ScratchDirectory();
        await using var server = await ServerNode.Start(new(directory.Path, null, null));
        using var site = await Site.SetUp(server.Address, await server.SetUpPath());
        await using var storm = await Storm.Gather(site, Storm.IsLong ? People : 24, server.Address);

        storm.Begin(Storm.IsLong ? PerSecond : 80);
        // Once more where it happened to hit nothing in flight.
        for (var kill = 0; kill < (Storm.IsLong ? 4 : 1) || (storm.SentAgain == 0 && kill < 6); kill++)
        {
            await storm.Rage(TimeSpan.FromSeconds(2 + Random.Shared.NextDouble() * 2));
            await server.Kill();
            await server.StartAgain();
            await storm.Rage(TimeSpan.FromSeconds(1));
        }
        await storm.Calm();
        output.WriteLine($"{storm.Asked} asked, {storm.Answered} answered, {storm.SentAgain} sent more than once.");

        Assert.True(storm.SentAgain > 0, "no kill hit anything in flight");
        await storm.EverybodySeesTheSame();
        await server.Kill();
        using var garnet = EmbeddedGarnet.Start(new EmbeddedGarnetOptions(Path.Combine(directory.Path, "garnet")), NullLoggerFactory.Instance);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(garnet.ConnectionString);
        await storm.NothingIsLostOrDoubled(new RedisSessionLog(connection, NullLogger<RedisSessionLog>.Instance));
    }

    [Fact]
    public async Task Everything_anybody_sends_reaches_everybody_through_two_servers()
    {
        using var directory = new ScratchDirectory();
        await using var redis = await RedisServer.Start();
        var archive = $"Data Source={Path.Combine(directory.Path, "archive.db")}";
        await using var one = await LiveNode.Start(new(Sub(directory, "one"), redis.ConnectionString, archive));
        await using var two = await LiveNode.Start(new(Sub(directory, "two"), redis.ConnectionString, archive));
        using var site = await Site.SetUp(one.Address, await one.SetUpPath());
        var workshop = await site.Workshop(8);
        var clients = new List<LiveClient>();
        foreach (var seat in await workshop.AllCome())
            clients.Add(await new LiveClient(seat, clients.Count % 2 == 0 ? one.Address : two.Address).IsIn());

        // Both servers append to one log at once, so each is again and again behind the other.
        await Task.WhenAll(clients.Select((c, i) => Task.Run(async () =>
        {
            for (var n = 1; n <= 40; n++)
                await c.Does(new RenameMe($"{i} times {n}"));
        })));

        foreach (var client in clients)
            foreach (var (other, i) in clients.Select((o, i) => (o, i)))
                await client.Sees<PersonView>($"person:{other.Person}", p => p.Name == $"{i} times 40");
        var entries = await LiveHouse.AllOf(one.Get<ISessionLog>(), workshop.Session);
        foreach (var client in clients)
        {
            // Each message of an audience follows the one before: nothing was left out, nothing had to be asked for.
            var last = 0L;
            foreach (var show in client.Heard.Where(m => m.Method == "Show").Select(m => HeardShow.Of(m.Body)).Where(s => s.Audience == "all"))
            {
                Assert.True(show.After >= last && show.UpTo >= show.After && show.UpTo <= entries.Length, $"{show.After} to {show.UpTo} after {last}");
                Assert.True(last == 0 || show.After == last, $"{show.After} does not follow {last}");
                last = show.UpTo;
            }
            await client.DisposeAsync();
        }
    }

    private static string Sub(ScratchDirectory directory, string name) => Directory.CreateDirectory(Path.Combine(directory.Path, name)).FullName;
}
