using LiveSessions.Server.Live;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Server.Tests.Live;

/// <summary>What is kept for a Redis that comes back without the last of a log.</summary>
public sealed class RecentEntriesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_last_ten_seconds_are_kept_by_their_positions_and_the_last_entry_stays()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(7, [6]);
        Assert.Equal((6, 7), (recent.First, recent.End));
        recent.Add([new([7]), new([8])]);
        _time.Advance(TimeSpan.FromSeconds(6));
        recent.Add([new([9])]);

        Assert.Equal((6, 10), (recent.First, recent.End));
        Assert.Equal([8], recent.At(8).ToArray());
        Assert.Equal([[7], [8]], recent.From(7, 2).Select(e => e.ToArray()));

        _time.Advance(TimeSpan.FromSeconds(5));
        recent.Forget(_time.GetTimestamp());
        Assert.Equal((9, 10), (recent.First, recent.End));
        _time.Advance(TimeSpan.FromSeconds(7));
        recent.Forget(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(7));
        recent.Forget(_time.GetTimestamp());
        Assert.Equal((9, 10), (recent.First, recent.End));
    }

    [Fact]
    public void While_the_log_does_not_answer_nothing_is_let_go()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(0, null);
        recent.Add([new([0]), new([1])]);
        var answered = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMinutes(10));
        recent.Forget(answered);
        Assert.Equal((0, 2), (recent.First, recent.End));

        // It may have come back without them, got them again from another server, and lose them once more.
        recent.Forget(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(5));
        recent.Forget(_time.GetTimestamp());
        Assert.Equal((0, 2), (recent.First, recent.End));
        _time.Advance(TimeSpan.FromSeconds(6));
        recent.Forget(_time.GetTimestamp());
        Assert.Equal((1, 2), (recent.First, recent.End));
    }

    [Fact]
    public void What_was_given_back_is_kept_as_if_it_had_been_said_then()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(0, null);
        recent.Add([new([0]), new([1])]);
        recent.Forget(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(7));
        recent.Renew(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(7));
        recent.Forget(_time.GetTimestamp());
        Assert.Equal((0, 2), (recent.First, recent.End));
    }

    [Fact]
    public void An_empty_log_has_none_and_its_first_entries_are_kept()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(0, null);
        Assert.Equal((0, 0), (recent.First, recent.End));
        recent.Add([new([1])]);
        Assert.Equal([[1]], recent.From(0, 10).Select(e => e.ToArray()));
    }

    [Fact]
    public void Sixteen_megabytes_are_the_most()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(0, null);
        for (var i = 0; i < 40; i++)
            recent.Add([new(new byte[1024 * 1024])]);
        Assert.Equal((24, 40), (recent.First, recent.End));
    }
}
