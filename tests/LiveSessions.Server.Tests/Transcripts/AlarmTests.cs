using System.Diagnostics.CodeAnalysis;
using LiveSessions.Server.Transcripts;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Server.Tests.Transcripts;

public sealed class AlarmTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Alarm _alarm;

    public AlarmTests() => _alarm = new(_time);

    [Fact]
    public async Task Who_waits_is_woken_and_may_wait_again()
    {
        for (var i = 0; i < 3; i++)
        {
            var waiting = _alarm.Wait(TimeSpan.FromHours(1)).AsTask();
            Assert.False(waiting.IsCompleted);
            _alarm.Ring();
            await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        }
        Assert.False(_alarm.IsRung);
    }

    [Fact]
    public void Rung_twice_before_anybody_waits_it_rings_once()
    {
        _alarm.Ring();
        _alarm.Ring();
        Assert.True(_alarm.IsRung);
        Assert.True(_alarm.Wait(TimeSpan.FromHours(1)).AsTask().IsCompleted);
        Assert.False(_alarm.Wait(TimeSpan.FromHours(1)).AsTask().IsCompleted);
    }

    [Fact]
    public async Task Who_waited_long_enough_is_woken_by_the_next_look_and_nobody_before()
    {
        var waiting = _alarm.Wait(TimeSpan.FromSeconds(5)).AsTask();
        _time.Advance(TimeSpan.FromSeconds(4.9));
        _alarm.RingIfDue();
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        _alarm.RingIfDue();
        await waiting.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        _alarm.RingIfDue();
        Assert.False(_alarm.IsRung);
    }

    [Fact]
    public void Two_may_not_wait_at_once()
    {
        _ = _alarm.Wait(TimeSpan.FromHours(1)).AsTask();
        Assert.Throws<InvalidOperationException>(() => { _ = _alarm.Wait(TimeSpan.FromHours(1)).AsTask(); });
    }

    /// <summary>A thousand sessions wait most of the time; what each wait made anew would be gone through at each collection of garbage.</summary>
    [Fact]
    public void Waiting_makes_nothing_new()
    {
        WaitAndRing(10);
        var before = GC.GetAllocatedBytesForCurrentThread();
        WaitAndRing(1_000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "Nothing is awaited, so that all of it is on this thread and is counted.")]
    private void WaitAndRing(int times)
    {
        for (var i = 0; i < times; i++)
        {
            var waiting = _alarm.Wait(TimeSpan.FromHours(1));
            Assert.False(waiting.IsCompleted);
            _alarm.Ring();
            waiting.GetAwaiter().GetResult();
        }
    }
}
