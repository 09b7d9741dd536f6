using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

/// <summary>One session from its making to its end, the same on whatever the server keeps its log and its archive in, also over a restart of the server.</summary>
public abstract class StorePairLaws
{
    /// <summary>Connection strings of a log's and an archive's own; null is what the server brings along.</summary>
    protected abstract Task<(string? Redis, string? Archive)> Pair();

    [Fact]
    public async Task A_session_runs_and_outlives_its_server()
    {
        var (redis, archive) = await Pair();
        using var directory = new ScratchDirectory();
        var settings = new NodeSettings(directory.Path, redis, archive);
        var node = await LiveNode.Start(settings);
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 4);
        await using var host = await new LiveClient(workshop.Host, node.Address).IsIn();
        var clients = new List<LiveClient>();
        foreach (var seat in await workshop.AllCome())
            clients.Add(await new LiveClient(seat, node.Address).IsIn());
        await Workshop.OpenRooms(host);
        var position = await clients[0].Does(new AddNote(new("n1"), "trust", "before the restart", NoteColour.Sage));
        var mate = (await clients[0].Sees<RoomView>($"room:{(await clients[0].Sees<MeView>("me", m => m.Room != RoomId.Plenary)).Room}")).Members.Single(m => m != clients[0].Person);
        await clients.Single(c => c.Person == mate).Sees<NoteView>("note:n1");
        Assert.All(clients.Where(c => c.Person != mate && c.Person != clients[0].Person), c => Assert.Null(c.One<NoteView>("note:n1")));

        await node.DisposeAsync();
        var waiting = clients[0].Ask(new EditNote(new("n1"), "after the restart", null));
        node = await LiveNode.Start(settings);

        Assert.Equal("accepted", (await waiting).Kind);
        await clients.Single(c => c.Person == mate).Sees<NoteView>("note:n1", n => n.Text == "after the restart", seconds: 30);
        Assert.Equal(Answer.AlreadySo(position), await clients[0].Call<Answer>("Act", new Act(clients[0].Instance, 1, new AddNote(new("n1"), "trust", "before the restart", NoteColour.Sage))));
        await host.Does(new EndSession());
        foreach (var client in clients)
        {
            await client.Sees<SessionView>("session", s => s.Stage == SessionStage.Ended);
            Assert.Equal(Refusal.SessionEnded.Key, (await client.Ask(new RenameMe("Too late"))).Reason);
            await Eventually.True(async () => (await client.Whole()).Everything().SequenceEqual(client.Read(s => s.Everything())), $"{client.Person} sees what a newcomer sees");
        }
        var read = await LiveHouse.AllOf(node.Get<ISessionLog>(), workshop.Session);
        Assert.Equal(read.Length, read.Entries.Count);
        foreach (var client in clients)
            await client.DisposeAsync();
        await host.DisposeAsync();
        await node.DisposeAsync();
    }
}

public sealed class OnRedisAndSqlite(SharedRedis redis) : StorePairLaws
{
    protected override async Task<(string?, string?)> Pair() => ((await redis.Running).ConnectionString + ",defaultDatabase=1", null);
}

public sealed class OnRedisAndPostgres(SharedRedis redis, SharedPostgres postgres) : StorePairLaws
{
    protected override async Task<(string?, string?)> Pair() => ((await redis.Running).ConnectionString + ",defaultDatabase=2", await (await postgres.Running).NewDatabase());
}

public sealed class OnEmbeddedAndSqlite : StorePairLaws
{
    protected override Task<(string?, string?)> Pair() => Task.FromResult<(string?, string?)>((null, null));
}

public sealed class OnEmbeddedAndPostgres(SharedPostgres postgres) : StorePairLaws
{
    protected override async Task<(string?, string?)> Pair() => (null, await (await postgres.Running).NewDatabase());
}
