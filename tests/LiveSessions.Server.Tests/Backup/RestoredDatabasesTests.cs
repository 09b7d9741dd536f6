using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Server.Tests.Backup;

/// <summary>Redis comes back from an old copy of its files, or empty, and the archive is ahead of it: one start with <c>--restore databases</c>, and people go on with what either had.</summary>
public sealed class RestoredDatabasesTests(SharedRedis shared, SharedGarnet garnet, SharedPostgres postgres) : IAsyncLifetime
{
    private readonly ScratchDirectory _scratch = new();
    private RedisServer _redis = null!;

    public async ValueTask InitializeAsync() => _redis = await RedisServer.Start();

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        _scratch.Dispose();
    }

    private string Files => Path.Combine(_redis.Directory, "appendonlydir");

    private static async Task Write(LiveClient who, int number) => await who.Does(new AddNote(new($"n{number}"), "trust", $"Lantern number {number}", NoteColour.Sun));

    [Theory, InlineData(true, false), InlineData(false, false), InlineData(true, true), InlineData(false, true)]
    public async Task People_go_on_with_what_the_archive_has_when_redis_comes_back_older_or_empty(bool older, bool onPostgres)
    {
        var settings = new NodeSettings(_scratch.Path, _redis.ConnectionString, onPostgres ? await (await postgres.Running).NewDatabase() : null);
        var node = await LiveNode.Start(settings);
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 3, teams: 1);
        var (host, people) = await workshop.InRooms(node.Address);
        await using var _ = host;
        await Write(people[0], 1);
        var copy = Path.Combine(_scratch.Path, "copy");
        foreach (var file in Directory.GetFiles(Files))
            File.Copy(file, Path.Combine(Directory.CreateDirectory(copy).FullName, Path.GetFileName(file)));
        await Write(people[1], 2);
        await Archived(node, workshop.Session);
        // One who is away meanwhile, with positions of the log that is lost.
        await people[2].Sees<NoteView>("note:n2");
        await people[2].Drop(stayAway: true);
        await node.DisposeAsync();

        await _redis.Kill();
        Directory.Delete(Files, recursive: true);
        if (older)
            Directory.Move(copy, Files);
        await _redis.StartAgain();
        node = await LiveNode.Start(settings with { More = ["--restore", "databases"] });

        for (var i = 10; i < 16; i++)
            await Write(people[i % 2], i);
        people[2].ComeBack();
        foreach (var person in people)
        {
            await person.Sees<NoteView>("note:n15", seconds: 30);
            Assert.Equal("Lantern number 2", person.One<NoteView>("note:n2")!.Text);
            await Eventually.True(async () => (await person.Whole()).Everything().SequenceEqual(person.Read(s => s.Everything())), $"{person.Person} sees what a newcomer sees");
        }
        await Archived(node, workshop.Session);
        await using (var db = await node.Get<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync())
        {
            Assert.Single(db.ArchivePositions.Where(p => p.Session == workshop.Session));
            Assert.Single(db.Lines.Where(l => l.Session == workshop.Session && l.Text == "Lantern number 1"));
            Assert.Single(db.Lines.Where(l => l.Session == workshop.Session && l.Text == "Lantern number 15"));
        }
        foreach (var client in people.Append(host))
            await client.DisposeAsync();
        await node.DisposeAsync();
        // Done twice it does no harm, and without it everything goes on.
        await (await LiveNode.Start(settings with { More = ["--restore", "databases"] })).DisposeAsync();
        await (await LiveNode.Start(settings)).DisposeAsync();
    }

    private static Task Archived(LiveNode node, SessionId session) => Eventually.True(async () =>
    {
        await using var db = await node.Get<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync();
        return (await db.ArchivePositions.SingleOrDefaultAsync(p => p.Session == session))?.UpTo == (await node.Get<ISessionLog>().Read(session, 0, 1)).Length;
    }, "everything is archived", 30);

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_log_is_renamed_only_as_it_was_read(bool onGarnet)
    {
        var log = new RedisSessionLog(onGarnet ? await garnet.Connection : await shared.Connection, NullLogger<RedisSessionLog>.Instance);
        var session = new SessionId($"s{Guid.NewGuid():N}");
        await log.Open(session, "e1");
        await log.Append(session, new("e1", 0), [(ReadOnlyMemory<byte>)"{}"u8.ToArray()]);
        await log.SaveSnapshot(session, "e1", 1, "state"u8.ToArray());
        Assert.False(await log.Rename(session, "e0", 1, "e2"));
        Assert.False(await log.Rename(session, "e1", 2, "e2"));
        Assert.True(await log.Rename(session, "e1", 1, "e2"));
        Assert.Equal(("e2", 1L), ((await log.Read(session, 0, 1)).Epoch, (await log.Read(session, 0, 1)).Length));
        Assert.Null(await log.LoadSnapshot(session));
        Assert.Equal(new Replaced("e2", 1), await log.Append(session, new("e1", 1), [(ReadOnlyMemory<byte>)"{}"u8.ToArray()]));
        Assert.False(await log.Rename(new($"s{Guid.NewGuid():N}"), "e1", 0, "e2"));
    }
}
