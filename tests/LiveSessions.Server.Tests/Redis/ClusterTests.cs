using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

public sealed class Session_log_on_a_cluster(SharedCluster cluster) : SessionLogLaws
{
    protected override async Task<ISessionLog> Log() => new RedisSessionLog(await cluster.Connection, NullLogger<RedisSessionLog>.Instance);
}

public sealed class Leases_on_a_cluster(SharedCluster cluster) : LeaseLaws
{
    protected override Task<IConnectionMultiplexer> Store => cluster.Connection;
}

public sealed class Presence_on_a_cluster(SharedCluster cluster) : PresenceLaws
{
    protected override Task<IConnectionMultiplexer> Store => cluster.Connection;
}

/// <summary>The whole product on a Redis Cluster of three nodes.</summary>
public sealed class ClusterTests(SharedCluster shared)
{
    [Fact]
    public async Task Two_servers_share_sessions_on_a_cluster_and_each_session_lies_in_one_slot()
    {
        var cluster = await shared.Running;
        using var directory = new ScratchDirectory();
        NodeSettings Settings(string name) => new(Directory.CreateDirectory(Path.Combine(directory.Path, name)).FullName, cluster.ConnectionString, $"Data Source={Path.Combine(directory.Path, "archive.db")}");
        await using var one = await LiveNode.Start(Settings("one"));
        await using var two = await LiveNode.Start(Settings("two"));
        using var site = await Site.SetUp(one.Address, await one.SetUpPath());
        var workshop = await site.Workshop(people: 4);
        await using var host = await new LiveClient(workshop.Host, one.Address).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), one.Address).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), two.Address).IsIn();
        await Workshop.OpenRooms(host);
        var room = (await ada.Sees<MeView>("me", me => me.Room != RoomId.Plenary)).Room;
        if ((await ben.Sees<MeView>("me", me => me.Room != RoomId.Plenary)).Room != room)
            await host.Does(new LiveSessions.Rooms.PlacePerson(ben.Person, room));
        await ben.Sees<MeView>("me", me => me.Room == room);

        await ada.Does(new AddNote(new("fromOne"), "trust", "from the one server", NoteColour.Sun));
        await ben.Does(new AddNote(new("fromTwo"), "trust", "from the other", NoteColour.Sun));

        await ben.Sees<NoteView>("note:fromOne");
        await ada.Sees<NoteView>("note:fromTwo");
        // Each is told at once. The look that makes good what was not told comes once a second, so that ten in a row would take some ten.
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 10; i++)
        {
            var text = $"once more, {i}";
            await ada.Does(new EditNote(new("fromOne"), text, null));
            await ben.Sees<NoteView>("note:fromOne", note => note.Text == text);
        }
        Assert.InRange(Stopwatch.GetElapsedTime(began).TotalSeconds, 0, 5);
        var slots = new HashSet<long>();
        for (var node = 0; node < 3; node++)
            foreach (var key in (string[])(await cluster.Ask(node, "KEYS", $"ls:{{{workshop.Session}}}:*"))!)
                slots.Add((long)await cluster.Ask(node, "CLUSTER", "KEYSLOT", key));
        Assert.Single(slots);
    }
}
