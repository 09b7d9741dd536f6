using LiveSessions.Server.Live;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Server.Tests.Live;

/// <summary>
/// Garbage is collected in small pieces while many come, once more when nobody else comes, and never so often that it takes more than a fifth of the time. After that the C library gives back what it keeps.
/// </summary>
public sealed class BroomTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Broom _broom;
    private TimeSpan _takes = TimeSpan.FromMilliseconds(10);
    private int _swept, _gaveBack;

    public BroomTests() => _broom = new(
        _time,
        () =>
        {
            _swept++;
            _time.Advance(_takes);
        },
        () => _gaveBack++);

    public void Dispose() => _broom.Dispose();

    private void Come(int people)
    {
        for (var i = 0; i < people; i++)
            _broom.Came();
    }

    [Fact]
    public void Many_who_come_are_swept_up_after_and_then_those_who_come_next()
    {
        Come(Broom.Many - 1);
        Assert.Equal(0, _swept);
        Come(1);
        Assert.Equal(1, _swept);
        _time.Advance(5 * _takes);
        Come(Broom.Many);
        Assert.Equal(2, _swept);
    }

    [Fact]
    public void It_rests_four_times_as_long_as_it_took()
    {
        _takes = TimeSpan.FromMilliseconds(100);
        Come(Broom.Many);
        Come(10 * Broom.Many);
        Assert.Equal(1, _swept);
        _time.Advance(TimeSpan.FromMilliseconds(399));
        Assert.Equal(1, _swept);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        Assert.Equal(2, _swept);
    }

    [Fact]
    public void When_nobody_else_comes_some_are_worth_it_and_a_few_are_not()
    {
        Come(Broom.Few - 1);
        _time.Advance(2 * Broom.Calm);
        Assert.Equal(0, _swept);
        Come(Broom.Few);
        _time.Advance(Broom.Calm / 2);
        Come(1);
        _time.Advance(Broom.Calm / 2);
        Assert.Equal(0, _swept);
        _time.Advance(Broom.Calm);
        Assert.Equal(1, _swept);
        _time.Advance(10 * Broom.Calm);
        Assert.Equal(1, _swept);
    }

    [Fact]
    public void What_the_C_library_keeps_goes_back_when_nobody_else_comes_and_twice_later()
    {
        Come(Broom.Many);
        Assert.Equal(0, _gaveBack);
        _time.Advance(2 * Broom.Calm);
        Assert.Equal(0, _gaveBack);
        Come(Broom.Few);
        _time.Advance(Broom.Calm);
        Assert.Equal(1, _gaveBack);
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(1, _gaveBack);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, _gaveBack);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(3, _gaveBack);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, _gaveBack);
    }

    [Fact]
    public void Whoever_comes_meanwhile_puts_it_off_until_they_are_all_there()
    {
        Come(Broom.Few);
        _time.Advance(Broom.Calm);
        Assert.Equal(1, _gaveBack);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Come(Broom.Few);
        _time.Advance(Broom.Calm);
        Assert.Equal(2, _gaveBack);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(2, _gaveBack);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(3, _gaveBack);
    }
}
