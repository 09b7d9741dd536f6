using System.Diagnostics;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

public sealed class Shared_clock_on_redis(SharedRedis shared) : SharedClockLaws
{
    protected override Task<IConnectionMultiplexer> Store => shared.Connection;
}

public sealed class Shared_clock_on_garnet(SharedGarnet shared) : SharedClockLaws
{
    protected override Task<IConnectionMultiplexer> Store => shared.Connection;
}

public abstract class SharedClockLaws
{
    protected abstract Task<IConnectionMultiplexer> Store { get; }

    [Fact]
    public async Task Machines_whose_clocks_differ_tell_the_same_time()
    {
        var (ahead, behind) = (new SharedClock(new ClockMachine { Wrong = TimeSpan.FromMinutes(10) }), new SharedClock(new ClockMachine { Wrong = TimeSpan.FromHours(-24) }));
        using var one = new ClockReader(await Store, ahead, NullLogger<ClockReader>.Instance);
        using var other = new ClockReader(await Store, behind, NullLogger<ClockReader>.Instance);
        await Task.WhenAll(one.StartAsync(CancellationToken.None), other.StartAsync(CancellationToken.None));
        await Eventually.True(() => ahead.IsRead && behind.IsRead, "Redis has told the time");
        // A slow machine may take long over a question; its answer is never wrong by more than that.
        Assert.InRange((ahead.GetUtcNow() - behind.GetUtcNow()).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.InRange((ahead.GetUtcNow() - DateTimeOffset.UtcNow).Duration(), TimeSpan.Zero, TimeSpan.FromSeconds(20));
        await Task.WhenAll(one.StopAsync(CancellationToken.None), other.StopAsync(CancellationToken.None));
    }
}

/// <summary>A machine with a steady counter that a test moves, and a clock that may be set wrong.</summary>
internal sealed class ClockMachine : TimeProvider
{
    public TimeSpan Wrong { get; set; }
    public TimeSpan? Passed { get; set; }
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Passed?.Ticks ?? Stopwatch.GetElapsedTime(0, base.GetTimestamp()).Ticks;
    public override DateTimeOffset GetUtcNow() => (Passed is { } passed ? SharedClockTests.Noon + passed : DateTimeOffset.UtcNow) + Wrong;
}

public sealed class SharedClockTests
{
    internal static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private readonly ClockMachine _machine = new() { Passed = TimeSpan.Zero, Wrong = TimeSpan.FromMinutes(10) };
    private readonly SharedClock _clock;

    public SharedClockTests() => _clock = new(_machine);

    /// <summary>Redis is asked; its answer takes so long, and its clock is right but for <paramref name="wrong"/>.</summary>
    private void Ask(double milliseconds, double answeredAfter = 0.5, TimeSpan wrong = default)
    {
        var asked = _clock.GetTimestamp();
        _machine.Passed += TimeSpan.FromMilliseconds(milliseconds * answeredAfter);
        var said = Noon + _machine.Passed!.Value + wrong;
        _machine.Passed += TimeSpan.FromMilliseconds(milliseconds * (1 - answeredAfter));
        _clock.Heard(asked, said, _clock.GetTimestamp());
    }

    private void Pass(TimeSpan time) => _machine.Passed += time;

    private double Off => (_clock.GetUtcNow() - Noon - _machine.Passed!.Value).TotalMilliseconds;

    [Fact]
    public void Until_redis_is_asked_it_is_the_machine_s_own()
    {
        Assert.False(_clock.IsRead);
        Assert.Equal(TimeSpan.FromMinutes(10).TotalMilliseconds, Off);
    }

    [Fact]
    public void Afterwards_it_is_redis_and_setting_the_machine_s_clock_changes_nothing()
    {
        Ask(2);
        Assert.Equal(0, Off);
        _machine.Wrong = TimeSpan.FromHours(-3);
        Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(0, Off);
    }

    [Fact]
    public void An_answer_that_took_long_does_not_take_the_place_of_a_quick_one()
    {
        Ask(2);
        Ask(600, answeredAfter: 0.9);
        Assert.Equal(0, Off);
    }

    [Fact]
    public void A_quick_answer_takes_the_place_of_a_slow_one()
    {
        Ask(600, answeredAfter: 0.9);
        Assert.Equal(240, Off, 1.0);
        Ask(2);
        Assert.Equal(0, Off);
    }

    [Fact]
    public void What_is_held_grows_old()
    {
        Ask(2);
        // An hour without Redis may be 360 ms of drift: then an answer of 600 ms is better than none.
        Pass(TimeSpan.FromHours(1));
        Ask(600, answeredAfter: 0.6);
        Assert.Equal(60, Off, 1.0);
    }

    [Fact]
    public void A_clock_of_redis_that_was_set_is_followed_at_once()
    {
        Ask(2);
        Ask(300, wrong: TimeSpan.FromMinutes(-5));
        Assert.Equal(TimeSpan.FromMinutes(-5).TotalMilliseconds, Off, 1.0);
    }
}
