using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Tests.Live;

/// <summary>Without the log nothing is acknowledged; when it is back, everything is as it was and what was sent again happens once.</summary>
public sealed class RedisAwayTests
{
    [Fact]
    public async Task While_redis_is_away_nothing_is_acknowledged_and_what_is_sent_again_afterwards_lands_once()
    {
        using var directory = new ScratchDirectory();
        await using var redis = await RedisServer.Start();
        await using var node = await LiveNode.Start(new(directory.Path, redis.ConnectionString, null));
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), node.Address).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), node.Address).IsIn();
        await ada.Does(new RenameMe("Ada before"));
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada before");

        await redis.Kill();
        var failure = await Assert.ThrowsAsync<HubException>(() => ada.Call<Answer>("Act", new Act(ada.Instance, 2, new RenameMe("Ada during"))));
        Assert.Contains(Refusal.Unsaved.Words, failure.Message, StringComparison.Ordinal);
        // The same through the outbox, which does not give up.
        var waiting = ben.Ask(new RenameMe("Ben during"));
        await Eventually.True(() => ben.Asked.Single().TimesSent >= 2, "Ben's command is sent again", 40);
        Assert.False(waiting.IsCompleted);
        Assert.Equal("Ada before", (await ben.Sees<PersonView>($"person:{ada.Person}")).Name);

        await redis.StartAgain();
        Assert.Equal("accepted", (await waiting).Kind);
        Answer? again = null;
        await Eventually.True(async () =>
        {
            try
            {
                again = await ada.Call<Answer>("Act", new Act(ada.Instance, 2, new RenameMe("Ada during")));
                return true;
            }
            catch (HubException)
            {
                return false;
            }
        }, "Ada's command is taken", 40);

        Assert.NotNull(again!.Position);
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada during");
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben during");
        var log = await LiveHouse.AllOf(node.Get<ISessionLog>(), workshop.Session);
        var entries = log.Entries.Select(EntryBytes.Read).ToList();
        Assert.Single(entries, e => e.Instance == $"{ada.Person}.{ada.Instance}" && e.Number == 2);
        Assert.Single(entries, e => e.Instance == $"{ben.Person}.{ben.Instance}" && e.Number == 1);
    }

    [Fact]
    public async Task A_redis_that_comes_back_with_an_older_log_is_shown_as_it_is_now()
    {
        using var directory = new ScratchDirectory();
        await using var redis = await RedisServer.Start();
        await using var node = await LiveNode.Start(new(directory.Path, redis.ConnectionString, null));
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), node.Address).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), node.Address).IsIn();
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Here);
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Here);
        await ada.Does(new RenameMe("Ada kept"));
        await redis.Stop();
        var kept = Copy(redis.Directory, Path.Combine(directory.Path, "kept"));
        await redis.StartAgain();
        await ada.Does(new RenameMe("Ada lost"));
        await ada.Does(new RenameMe("Ada lost too"));
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada lost too");

        await redis.Stop();
        foreach (var file in Directory.GetDirectories(redis.Directory))
            Directory.Delete(file, true);
        Copy(kept, redis.Directory);
        await redis.StartAgain();

        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada kept", seconds: 60);
        await ben.Does(new RenameMe("Ben after"));
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben after");
        await Eventually.True(async () => (await ada.Whole()).Everything().SequenceEqual(ada.Read(s => s.Everything())), "Ada's views are what a newcomer sees");
    }

    private static string Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, true);
        }
        return to;
    }
}
