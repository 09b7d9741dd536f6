using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

public sealed class Leases_on_redis(SharedRedis shared) : LeaseLaws
{
    protected override Task<IConnectionMultiplexer> Store => shared.Connection;
}

public sealed class Leases_on_garnet(SharedGarnet shared) : LeaseLaws
{
    protected override Task<IConnectionMultiplexer> Store => shared.Connection;
}

public abstract class LeaseLaws
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly string _name = $"archive-{Guid.NewGuid():N}";

    protected abstract Task<IConnectionMultiplexer> Store { get; }

    private async Task<Leases> Leases() => new(await Store);

    [Fact]
    public async Task One_has_it_at_a_time()
    {
        var leases = await Leases();
        var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => leases.Take(_name, Long)));
        Assert.Single(won, lease => lease is not null);
    }

    [Fact]
    public async Task Given_back_it_is_free_at_once()
    {
        var leases = await Leases();
        var first = await leases.Take(_name, Long);
        await leases.GiveBack(first!);
        var second = await leases.Take(_name, Long);
        Assert.NotNull(second);
        Assert.NotEqual(first!.Token, second.Token);
    }

    [Fact]
    public async Task It_runs_out_and_the_late_holder_can_do_nothing_with_it()
    {
        var leases = await Leases();
        var late = await leases.Take(_name, TimeSpan.FromMilliseconds(100));
        Lease? next = null;
        await Eventually.True(async () => (next = await leases.Take(_name, Long)) is not null, "the lease runs out");
        Assert.False(await leases.Renew(late!, Long));
        await leases.GiveBack(late!);
        Assert.Null(await leases.Take(_name, Long));
        Assert.True(await leases.Renew(next!, Long));
    }

    [Fact]
    public async Task Renewing_holds_it_longer()
    {
        var leases = await Leases();
        var lease = await leases.Take(_name, TimeSpan.FromMilliseconds(500));
        Assert.True(await leases.Renew(lease!, Long));
        var left = await (await Store).GetDatabase().KeyTimeToLiveAsync($"ls:lease:{_name}");
        Assert.InRange(left!.Value.TotalSeconds, 50, 60);
    }
}
