using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

[Collection(OnOwnRedis.Name)]
public sealed class Deadlines_on_redis(OwnRedis own) : DeadlineLaws
{
    protected override Task<IConnectionMultiplexer> Store => own.Connection;
}

[Collection(OnOwnGarnet.Name)]
public sealed class Deadlines_on_garnet(OwnGarnet own) : DeadlineLaws
{
    protected override Task<IConnectionMultiplexer> Store => own.Connection;
}

public abstract class DeadlineLaws : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 9, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private readonly SessionId _one = new("one"), _two = new("one-more");
    private Deadlines _deadlines = null!;

    protected abstract Task<IConnectionMultiplexer> Store { get; }

    public async ValueTask InitializeAsync()
    {
        var store = await Store;
        await store.GetDatabase().KeyDeleteAsync("ls:deadlines");
        _deadlines = new Deadlines(store);
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    private async Task<string[]> Claimed(DateTimeOffset now, int max = 10) =>
        [.. (await _deadlines.Claim(now, Lease, max)).Select(d => $"{d.Session} {d.Name}")];

    [Fact]
    public async Task What_is_due_is_claimed_the_longest_due_first_and_what_is_not_due_waits()
    {
        await _deadlines.Set(_one, "poll:p1", Noon.AddSeconds(2));
        await _deadlines.Set(_two, "rooms", Noon.AddSeconds(1));
        await _deadlines.Set(_one, "rooms", Noon.AddSeconds(3));
        Assert.Empty(await Claimed(Noon.AddMilliseconds(999)));
        Assert.Equal(["one-more rooms", "one poll:p1"], await Claimed(Noon.AddSeconds(2)));
        Assert.Equal(["one rooms"], await Claimed(Noon.AddSeconds(3)));
    }

    [Fact]
    public async Task A_claim_is_bounded()
    {
        for (var i = 0; i < 5; i++)
            await _deadlines.Set(_one, $"d{i}", Noon.AddSeconds(i));
        Assert.Equal(["one d0", "one d1"], await Claimed(Noon.AddMinutes(1), 2));
        Assert.Equal(["one d2", "one d3", "one d4"], await Claimed(Noon.AddMinutes(1), 9));
    }

    [Fact]
    public async Task A_claimer_who_dies_leaves_it_to_another_when_the_lease_is_over()
    {
        await _deadlines.Set(_one, "rooms", Noon);
        Assert.Equal(["one rooms"], await Claimed(Noon));
        Assert.Empty(await Claimed(Noon + Lease - TimeSpan.FromMilliseconds(1)));
        Assert.Equal(["one rooms"], await Claimed(Noon + Lease));
    }

    [Fact]
    public async Task What_is_done_does_not_come_again()
    {
        await _deadlines.Set(_one, "rooms", Noon);
        await _deadlines.Done(Assert.Single(await _deadlines.Claim(Noon, Lease, 1)));
        Assert.Empty(await Claimed(Noon.AddDays(1)));
    }

    [Fact]
    public async Task One_that_is_set_anew_while_it_is_dealt_with_stays()
    {
        await _deadlines.Set(_one, "rooms", Noon);
        var claimed = Assert.Single(await _deadlines.Claim(Noon, Lease, 1));
        await _deadlines.Set(_one, "rooms", Noon.AddMinutes(2));
        await _deadlines.Done(claimed);
        Assert.Empty(await Claimed(Noon.AddMinutes(1)));
        Assert.Equal(["one rooms"], await Claimed(Noon.AddMinutes(2)));
    }

    [Fact]
    public async Task Moved_and_cleared_deadlines_are_as_they_were_last_said()
    {
        await _deadlines.Set(_one, "rooms", Noon);
        await _deadlines.Set(_one, "rooms", Noon.AddMinutes(1));
        await _deadlines.Set(_one, "poll", Noon);
        await _deadlines.Clear(_one, "poll");
        Assert.Empty(await Claimed(Noon.AddSeconds(59)));
        Assert.Equal(["one rooms"], await Claimed(Noon.AddMinutes(1)));
    }

    [Fact]
    public async Task Clearing_a_session_leaves_the_others()
    {
        await _deadlines.Set(_one, "rooms", Noon);
        await _deadlines.Set(_one, "poll|odd", Noon);
        await _deadlines.Set(_two, "rooms", Noon);
        await _deadlines.ClearAll(_one);
        Assert.Equal(["one-more rooms"], await Claimed(Noon));
    }

    [Fact]
    public async Task Nodes_that_claim_at_once_never_get_the_same()
    {
        for (var i = 0; i < 200; i++)
            await _deadlines.Set(_one, $"d{i}", Noon);
        var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var mine = new List<string>();
            while (await Claimed(Noon, 7) is { Length: > 0 } some)
                mine.AddRange(some);
            return mine;
        })));
        Assert.Equal(200, claims.Sum(c => c.Count));
        Assert.Equal(200, claims.SelectMany(c => c).Distinct().Count());
    }
}
