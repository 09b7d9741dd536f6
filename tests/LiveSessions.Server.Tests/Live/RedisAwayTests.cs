using LiveSessions.Faults.Rig;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

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
    public async Task A_redis_that_comes_back_without_the_last_of_its_log_is_given_it_back_and_nobody_notices()
    {
        using var directory = new ScratchDirectory();
        var archive = $"Data Source={Path.Combine(directory.Path, "archive.db")}";
        await using var redis = await RedisServer.Start();
        await using var node = await LiveNode.Start(new(directory.Path, redis.ConnectionString, archive));
        await using var other = await LiveNode.Start(new(Path.Combine(directory.Path, "other"), redis.ConnectionString, archive));
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), node.Address).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), other.Address).IsIn();
        await BothHere(ada, ben);
        await ada.Does(new RenameMe("Ada kept"));
        var older = await Older(redis, directory);
        var lost = await ada.Does(new RenameMe("Ada lost"));
        var lostToo = await ben.Does(new RenameMe("Ben lost too"));
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada lost");
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben lost too");
        var before = await LiveHouse.AllOf(node.Get<ISessionLog>(), workshop.Session);

        // Away for longer than what was said is kept while Redis answers.
        await SetBack(redis, older, away: TimeSpan.FromSeconds(12));

        await ada.Does(new RenameMe("Ada after"));
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada after");
        var log = await LiveHouse.AllOf(node.Get<ISessionLog>(), workshop.Session);
        Assert.Equal(before.Epoch, log.Epoch);
        Assert.Equal(before.Entries.Select(Convert.ToBase64String), log.Entries.Take(before.Entries.Count).Select(Convert.ToBase64String));
        Assert.Equal("Ada lost", Renamed(log.Entries[(int)lost - 1]));
        Assert.Equal("Ben lost too", Renamed(log.Entries[(int)lostToo - 1]));
        await Eventually.True(async () => (await ada.Whole()).Everything().SequenceEqual(ada.Read(s => s.Everything())), "Ada's views are what a newcomer sees");
    }

    [Fact]
    public async Task A_server_that_does_not_hold_the_session_lets_the_one_that_does_give_back_first()
    {
        using var directory = new ScratchDirectory();
        var archive = $"Data Source={Path.Combine(directory.Path, "archive.db")}";
        await using var redis = await RedisServer.Start();
        await using var wire = new TcpProxy(redis.Port);
        await using var node = await LiveNode.Start(new(directory.Path, $"127.0.0.1:{wire.Port}", archive));
        await using var other = await LiveNode.Start(new(Path.Combine(directory.Path, "other"), redis.ConnectionString, archive));
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 2);
        var bensSeat = await workshop.Comes(2);
        await using var ada = await new LiveClient(await workshop.Comes(1), node.Address).IsIn();
        await ada.Sees<PersonView>($"person:{ada.Person}", p => p.Here);
        await Eventually.True(() => !other.Get<HeadHints>().IsAlone, "the other server knows that it is not alone");
        var older = await Older(redis, directory);
        await ada.Does(new RenameMe("Ada lost"));

        // The server that holds the session finds Redis a second later than the other does, to which somebody comes in that moment.
        wire.Cut();
        await SetBack(redis, older);
        await using var ben = new LiveClient(bensSeat, other.Address);
        await Task.Delay(TimeSpan.FromSeconds(1));
        wire.Heal();
        await ben.IsIn();
        await ben.Does(new RenameMe("Ben after"));

        var names = (await LiveHouse.AllOf(node.Get<ISessionLog>(), workshop.Session)).Entries.SelectMany(e => EntryBytes.Read(e).Events).OfType<PersonRenamed>().Select(e => e.Name);
        Assert.Equal(["Ada lost", "Ben after"], names);
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben after");
    }

    /// <param name="again">The other loses it once more before the first is back.</param>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_server_alone_had_heard_is_kept_though_another_finds_redis_sooner_and_somebody_writes_there(bool again)
    {
        using var directory = new ScratchDirectory();
        var archive = $"Data Source={Path.Combine(directory.Path, "archive.db")}";
        await using var redis = await RedisServer.Start();
        await using var late = new TcpProxy(redis.Port);
        await using var soon = new TcpProxy(redis.Port);
        await using var node = await LiveNode.Start(new(directory.Path, $"127.0.0.1:{late.Port}", archive));
        await using var other = await LiveNode.Start(new(Path.Combine(directory.Path, "other"), $"127.0.0.1:{soon.Port}", archive));
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), node.Address).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), other.Address).IsIn();
        await BothHere(ada, ben);
        await ada.Does(new RenameMe("Ada kept"));
        var older = await Older(redis, directory);
        // Both have found it again, and each other.
        await ben.Does(new RenameMe("Ben kept"));
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben kept");
        await Task.Delay(TimeSpan.FromSeconds(2.5));

        // The other server hears nothing any more of what is written in the last moment.
        soon.Stop(requests: false, answers: true);
        await ada.Does(new RenameMe("Ada lost"));
        late.Cut();
        soon.Cut();
        await SetBack(redis, older);
        soon.Heal();
        if (again)
        {
            await Eventually.True(() => other.Get<IConnectionMultiplexer>().IsConnected, "the other server has found it");
            await Task.Delay(TimeSpan.FromMilliseconds(300));
            soon.Cut();
            await Eventually.True(() => !other.Get<IConnectionMultiplexer>().IsConnected, "it is gone again");
            soon.Heal();
        }
        var written = ben.Does(new RenameMe("Ben after"));
        await Task.Delay(TimeSpan.FromSeconds(1));
        late.Heal();
        await written;

        var names = (await LiveHouse.AllOf(node.Get<ISessionLog>(), workshop.Session)).Entries.SelectMany(e => EntryBytes.Read(e).Events).OfType<PersonRenamed>().Select(e => e.Name);
        Assert.Equal(["Ada kept", "Ben kept", "Ada lost", "Ben after"], names);
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben after");
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada lost");
    }

    [Fact]
    public async Task A_redis_on_which_somebody_wrote_on_meanwhile_is_shown_as_it_is_now()
    {
        await using var people = await TwoPeople.Begin();
        await people.Ada.Does(new RenameMe("Ada lost"));
        await people.Ada.Does(new RenameMe("Ada lost too"));

        // A server that had not folded them was first.
        await SetBack(people.Redis, people.Older, async log =>
        {
            var stands = await log.Read(people.Session, 0, ISessionLog.MaxEntries);
            var entry = EntryBytes.Read(stands.Entries[^1]) with { Number = 99, Events = [new PersonRenamed(people.Ada.Person, "Ada elsewhere")] };
            Assert.IsType<Done>(await log.Append(people.Session, new(stands.Epoch!, stands.Length), [EntryBytes.Write(entry)]));
        });

        await people.SeeWhatIsThere("Ada elsewhere");
    }

    [Fact]
    public async Task A_redis_that_comes_back_with_a_log_of_long_ago_is_shown_as_it_is_now()
    {
        await using var people = await TwoPeople.Begin();
        await people.Ada.Does(new RenameMe("Ada lost"));
        await people.Ada.Does(new RenameMe("Ada lost too"));
        // Longer than what was said is kept for being given back.
        await Task.Delay(TimeSpan.FromSeconds(12));
        await people.Ada.Does(new RenameMe("Ada lost at last"));

        await SetBack(people.Redis, people.Older);

        await people.SeeWhatIsThere("Ada kept");
    }

    /// <summary>Ada and Ben on one server, with a copy of Redis' files in which she is called "Ada kept".</summary>
    private sealed class TwoPeople(ScratchDirectory directory, RedisServer redis, LiveNode node, Site site, SessionId session, LiveClient ada, LiveClient ben, string older) : IAsyncDisposable
    {
        public RedisServer Redis => redis;
        public SessionId Session => session;
        public LiveClient Ada => ada;
        public string Older => older;

        public static async Task<TwoPeople> Begin()
        {
            var directory = new ScratchDirectory();
            var redis = await RedisServer.Start();
            var node = await LiveNode.Start(new(directory.Path, redis.ConnectionString, null));
            var site = await Site.SetUp(node.Address, await node.SetUpPath());
            var workshop = await site.Workshop(people: 2);
            var ada = await new LiveClient(await workshop.Comes(1), node.Address).IsIn();
            var ben = await new LiveClient(await workshop.Comes(2), node.Address).IsIn();
            await BothHere(ada, ben);
            await ada.Does(new RenameMe("Ada kept"));
            return new(directory, redis, node, site, workshop.Session, ada, ben, await RedisAwayTests.Older(redis, directory));
        }

        public async Task SeeWhatIsThere(string name)
        {
            await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == name, seconds: 60);
            await ben.Does(new RenameMe("Ben after"));
            await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben after");
            await Eventually.True(async () => (await ada.Whole()).Everything().SequenceEqual(ada.Read(s => s.Everything())), "Ada's views are what a newcomer sees");
        }

        public async ValueTask DisposeAsync()
        {
            await ben.DisposeAsync();
            await ada.DisposeAsync();
            site.Dispose();
            await node.DisposeAsync();
            await redis.DisposeAsync();
            directory.Dispose();
        }
    }

    private static async Task BothHere(LiveClient ada, LiveClient ben)
    {
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Here);
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Here);
    }

    private static string Renamed(byte[] entry) => Assert.IsType<PersonRenamed>(Assert.Single(EntryBytes.Read(entry).Events)).Name;

    /// <summary>A copy of Redis' files as they are now.</summary>
    private static async Task<string> Older(RedisServer redis, ScratchDirectory directory)
    {
        await redis.Stop();
        var kept = Copy(redis.Directory, Path.Combine(directory.Path, "kept"));
        await redis.StartAgain();
        return kept;
    }

    /// <param name="first">What happens before the servers find that it is back: it is put back at another port.</param>
    private static async Task SetBack(RedisServer redis, string older, Func<ISessionLog, Task>? first = null, TimeSpan away = default)
    {
        await redis.Stop();
        await Task.Delay(away);
        if (first is not null)
        {
            await using var aside = await RedisServer.Start("always", older);
            await using var connection = await ConnectionMultiplexer.ConnectAsync(aside.ConnectionString);
            await first(new RedisSessionLog(connection, NullLogger<RedisSessionLog>.Instance));
            await aside.Stop();
        }
        foreach (var file in Directory.GetDirectories(redis.Directory))
            Directory.Delete(file, true);
        Copy(older, redis.Directory);
        await redis.StartAgain();
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
