using System.Collections.Concurrent;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

[Collection(OnOwnRedis.Name)]
public sealed class Nodes_on_redis(OwnRedis own) : NodeLaws
{
    protected override Task<string> ConnectionString => Of(own);
    private static async Task<string> Of(OwnRedis own) => (await own.Running).ConnectionString;
}

[Collection(OnOwnGarnet.Name)]
public sealed class Nodes_on_garnet(OwnGarnet own) : NodeLaws
{
    protected override Task<string> ConnectionString => Of(own);
    private static async Task<string> Of(OwnGarnet own) => (await own.Running).ConnectionString;
}

/// <summary>Nodes that know of each other and tell each other how long the logs are.</summary>
public abstract class NodeLaws : IAsyncLifetime
{
    private readonly SessionId _session = new($"s{Guid.NewGuid():N}");
    private readonly List<Node> _nodes = [];

    protected abstract Task<string> ConnectionString { get; }

    private sealed class Node(IConnectionMultiplexer redis, TimeProvider time)
    {
        public NodeRoster Roster { get; } = new(redis, time, NullLogger<NodeRoster>.Instance);
        public ConcurrentQueue<HeadHint> Heard { get; } = new();
        public RedisSessionLog Log { get; private set; } = null!;
        public bool Gone { get; private set; }
        private IAsyncDisposable _listening = null!;

        public async Task Start(SessionId session)
        {
            var hints = new HeadHints(redis, Roster, NullLogger<HeadHints>.Instance);
            Log = new(redis, NullLogger<RedisSessionLog>.Instance, hints);
            _listening = await hints.Listen(session, Heard.Enqueue);
            await Roster.StartAsync(default);
        }

        public ValueTask PutAway() => _listening.DisposeAsync();

        public async Task Stop()
        {
            Gone = true;
            await Roster.StopAsync(default);
            await redis.DisposeAsync();
        }

        /// <summary>No farewell: its connection is cut, as when its process is killed.</summary>
        public async Task Die()
        {
            Gone = true;
            await redis.DisposeAsync();
            await Roster.StopAsync(default);
        }
    }

    private static ReadOnlyMemory<byte>[] Entries(params string[] words) => [.. words.Select(w => (ReadOnlyMemory<byte>)System.Text.Encoding.UTF8.GetBytes(w))];

    private async Task<Node> Up(SessionId? holds = null, TimeProvider? time = null)
    {
        var node = new Node(await ConnectionMultiplexer.ConnectAsync(RedisRegistration.Options(await ConnectionString)), time ?? TimeProvider.System);
        _nodes.Add(node);
        await node.Start(holds ?? _session);
        return node;
    }

    public async ValueTask InitializeAsync()
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(await ConnectionString);
        await redis.GetDatabase().KeyDeleteAsync("ls:nodes");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Where(n => !n.Gone))
            await node.Stop();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_node_alone_tells_nobody()
    {
        var alone = await Up();
        Assert.False(alone.Roster.OthersAlive);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(await ConnectionString);
        var overheard = new ConcurrentQueue<string>();
        await redis.GetSubscriber().SubscribeAsync(Keys.Heads(_session), (_, message) => overheard.Enqueue(message.ToString()));
        await alone.Log.Open(_session, "e1");
        Assert.IsType<Done>(await alone.Log.Append(_session, new("e1", 0), Entries("one")));
        await redis.GetSubscriber().PublishAsync(Keys.Heads(_session), "the end");
        await Eventually.True(() => !overheard.IsEmpty, "the end is heard");
        Assert.Equal(["the end"], overheard);
    }

    [Fact]
    public async Task Nodes_know_of_each_other_as_soon_as_one_has_come_and_hints_arrive()
    {
        var first = await Up();
        var came = new TaskCompletionSource();
        first.Roster.OtherCame += () => came.TrySetResult();
        var second = await Up();
        Assert.Equal([first.Roster.Node], second.Roster.Others);
        await came.Task.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.True(first.Roster.OthersAlive);

        await first.Log.Open(_session, "e|1");
        Assert.IsType<Done>(await first.Log.Append(_session, new("e|1", 0), Entries("one", "two")));
        // Who lost the race has stored nothing and tells nothing.
        Assert.IsType<Behind>(await second.Log.Append(_session, new("e|1", 1), Entries("two")));
        Assert.IsType<Done>(await second.Log.Append(_session, new("e|1", 2), Entries("three")));
        await Eventually.True(() => !second.Heard.IsEmpty && !first.Heard.IsEmpty, "both hints are heard");
        await Task.Delay(200);
        Assert.Equal([(first.Roster.Node, _session, "e|1", 2L)], second.Heard.Select(h => (h.Node, h.Session, h.Epoch, h.Length)));
        Assert.Equal([(second.Roster.Node, _session, "e|1", 3L)], first.Heard.Select(h => (h.Node, h.Session, h.Epoch, h.Length)));
    }

    [Fact]
    public async Task Only_who_holds_a_session_hears_of_it_and_only_while_they_do()
    {
        var (first, second, other) = (await Up(), await Up(), await Up(new($"s{Guid.NewGuid():N}")));
        await first.Log.Open(_session, "e1");
        await first.Log.Append(_session, new("e1", 0), Entries("one"));
        await Eventually.True(() => second.Heard.Count == 1, "the hint is heard");
        await second.PutAway();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(await ConnectionString);
        await Eventually.True(async () => await redis.GetSubscriber().PublishAsync(Keys.Heads(_session), "") == 1, "only the first still listens");
        await first.Log.Append(_session, new("e1", 1), Entries("two"));
        await Task.Delay(200);
        Assert.Single(second.Heard);
        Assert.Empty(other.Heard);
    }

    [Fact]
    public async Task A_hint_takes_the_last_entries_along_unless_they_are_long()
    {
        var first = await Up();
        var second = await Up();
        byte[][] entries = ["one\n|"u8.ToArray(), [0, 1, 2, 10, 255], new byte[50_000]];
        await first.Log.Open(_session, "e1");
        await first.Log.Append(_session, new("e1", 0), Entries("one", "two"));
        await first.Log.Append(_session, new("e1", 2), [.. entries.Select(e => (ReadOnlyMemory<byte>)e)]);
        await first.Log.Append(_session, new("e1", 5), [new byte[70_000]]);
        await Eventually.True(() => second.Heard.Count == 3, "the hints are heard");
        var heard = second.Heard.ToArray();
        Assert.Equal((_session, "e1", 5L), (heard[1].Session, heard[1].Epoch, heard[1].Length));
        Assert.Equal(entries, heard[1].Entries!);
        Assert.Equal(new HeadHint(first.Roster.Node, _session, "e1", 6), heard[2]);
    }

    [Fact]
    public async Task The_append_itself_tells_and_says_so()
    {
        var node = await Up();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(await ConnectionString);
        await node.Log.Open(_session, "e1");
        var answer = await redis.GetDatabase().ScriptEvaluateAsync(
            LogScripts.Append, [Keys.Meta(_session), Keys.Page(_session, 0), Keys.Page(_session, 1)], ["e1", 0, Keys.HeadsName(_session), $"another|{_session}|1|e1", "", "", "entry"]);
        Assert.Equal([LogScripts.Done, 1, 1], ((RedisResult[])answer!).Select(a => (int)a));
        await Eventually.True(() => node.Heard.Count == 1, "it is heard");
    }

    [Fact]
    public async Task A_node_that_leaves_is_gone_at_once_and_one_that_dies_within_seconds()
    {
        var stays = await Up();
        var leaves = await Up();
        await Eventually.True(() => stays.Roster.Others.Count == 1, "the second is seen");
        await leaves.Stop();
        await Eventually.True(() => !stays.Roster.OthersAlive, "the leaver is gone", 2);

        var dies = await Up();
        await Eventually.True(() => stays.Roster.Others.Count == 1, "the third is seen");
        await dies.Die();
        Assert.True(stays.Roster.OthersAlive);
        await Eventually.True(() => !stays.Roster.OthersAlive, "the dead one lapses", 10);
    }

    /// <summary>Redis was away for so long that all names lapsed; whoever finds it first reads the roster before the others have told that they live.</summary>
    [Fact]
    public async Task Who_was_there_before_Redis_was_away_has_two_beats_to_tell_that_they_live()
    {
        var clock = new FakeTimeProvider();
        var first = await Up(time: clock);
        clock.Advance(2 * NodeRoster.Beat);
        var second = await Up();
        await Eventually.True(() => first.Roster.Others.Count == 1, "the second is seen");
        await second.Die();
        await using var redis = await ConnectionMultiplexer.ConnectAsync(await ConnectionString);
        await redis.GetDatabase().KeyDeleteAsync(Keys.Nodes);

        // Nothing was heard for ten seconds.
        await Beat(TimeSpan.FromSeconds(10));
        Assert.Equal([second.Roster.Node], first.Roster.LastOthers!);
        Assert.True(first.Roster.OthersAlive);
        await Beat(NodeRoster.Beat);
        Assert.Equal([second.Roster.Node], first.Roster.LastOthers!);
        await Beat(NodeRoster.Beat);
        Assert.Empty(first.Roster.LastOthers!);
        Assert.False(first.Roster.OthersAlive);

        async Task Beat(TimeSpan after)
        {
            clock.Advance(after);
            await Eventually.True(() => first.Roster.UnheardFor == TimeSpan.Zero, "Redis is asked");
        }
    }

    [Fact]
    public async Task What_is_no_hint_is_left_aside_and_the_next_is_heard()
    {
        var session = new SessionId("s1");
        var node = await Up(session);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(await ConnectionString);
        foreach (var message in (string[])["", "|||", "n|s1|x|e", "n|s2|7|e1", "n|bad id|1|e", "n|s1|-1|e", "n|s1|7|e1\n\u0001", "n|s1|7|e1\n\u0009\0\0\0x", "n|s1|7|e1\n\0\0\0\0", "n|s1|1|e1\n\u0001\0\0\0x\u0001\0\0\0y", "other|s1|7|e1"])
            await redis.GetSubscriber().PublishAsync(Keys.Heads(session), message);
        await Eventually.True(() => !node.Heard.IsEmpty, "the good hint is heard");
        Assert.Equal([new HeadHint("other", session, "e1", 7)], node.Heard);
    }
}
