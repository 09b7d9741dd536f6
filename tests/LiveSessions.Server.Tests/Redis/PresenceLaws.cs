using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

public sealed class Presence_on_redis(SharedRedis shared) : PresenceLaws
{
    protected override Task<IConnectionMultiplexer> Store => shared.Connection;
}

public sealed class Presence_on_garnet(SharedGarnet shared) : PresenceLaws
{
    protected override Task<IConnectionMultiplexer> Store => shared.Connection;
}

public abstract class PresenceLaws
{
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private readonly SessionId _session = new($"s{Guid.NewGuid():N}");
    private readonly Connected _ada = new(new("ada"), "c1", "n1"), _adaToo = new(new("ada"), "c2", "n2"), _ben = new(new("ben"), "c3", "n2");

    protected abstract Task<IConnectionMultiplexer> Store { get; }

    private async Task<Presence> Presence() => new(await Store);

    [Fact]
    public async Task Everybody_who_was_marked_is_present_until_the_mark_lapses()
    {
        var presence = await Presence();
        await presence.Refresh(_session, [_ada, _adaToo], _now.AddSeconds(10));
        await presence.Refresh(_session, [_ben], _now.AddSeconds(20));
        Assert.Equal([_ada, _adaToo, _ben], (await presence.Present(_session, _now)).ToHashSet());
        Assert.Equal([_ben], await presence.Present(_session, _now.AddSeconds(10)));
        Assert.Empty(await presence.Present(_session, _now.AddSeconds(20)));
    }

    [Fact]
    public async Task Refreshing_moves_the_mark_forward()
    {
        var presence = await Presence();
        await presence.Refresh(_session, [_ada], _now.AddSeconds(10));
        await presence.Refresh(_session, [_ada], _now.AddSeconds(30));
        Assert.Equal([_ada], await presence.Present(_session, _now.AddSeconds(29)));
    }

    [Fact]
    public async Task Who_leaves_with_one_tab_is_still_there_with_the_other()
    {
        var presence = await Presence();
        await presence.Refresh(_session, [_ada, _adaToo], _now.AddSeconds(10));
        await presence.Leave(_session, _ada);
        Assert.Equal([_adaToo], await presence.Present(_session, _now));
    }

    [Fact]
    public async Task Nobody_is_present_in_a_session_that_nobody_opened_and_nothing_stays_behind()
    {
        var presence = await Presence();
        Assert.Empty(await presence.Present(_session, _now));
        await presence.Refresh(_session, [], _now);
        await presence.Refresh(_session, [_ada], _now.AddSeconds(10));
        var left = await (await Store).GetDatabase().KeyTimeToLiveAsync($"ls:{{{_session}}}:presence");
        Assert.InRange(left!.Value.TotalMinutes, 5, 11);
    }
}
