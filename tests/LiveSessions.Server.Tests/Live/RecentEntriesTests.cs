using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Server.Tests.Live;

/// <summary>What is kept for a Redis that comes back without the last of a log.</summary>
public sealed class RecentEntriesTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_last_ten_seconds_are_kept_by_their_positions_and_what_they_stand_behind_is_known()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(7, new byte[] { 6 }, new(70));
        Assert.Equal((7, 7), (recent.First, recent.End));
        Ends(recent, 7, 6, new(70));
        recent.Add([new([7]), new([8])]);
        _time.Advance(TimeSpan.FromSeconds(6));
        recent.Add([new([9])]);

        Assert.Equal((7, 10), (recent.First, recent.End));
        Ends(recent, 7, 6, new(70));
        Ends(recent, 8, 7, new LogHash(70).After([7]));
        Ends(recent, 10, 9, recent.Hash);
        Assert.False(recent.Knows(6));
        Assert.False(recent.Knows(11));
        Assert.Equal([[7], [8]], recent.From(7, 2).Select(e => e.ToArray()));

        _time.Advance(TimeSpan.FromSeconds(5));
        recent.Forget(_time.GetTimestamp());
        Assert.Equal((9, 10), (recent.First, recent.End));
        Ends(recent, 9, 8, new LogHash(70).After([7]).After([8]));
        for (var i = 0; i < 2; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(7));
            recent.Forget(_time.GetTimestamp());
        }
        Assert.Equal((10, 10), (recent.First, recent.End));

        // Written after a silence, and lost the next moment: the log ends with what was there before.
        recent.Add([new([10])]);
        recent.Forget(_time.GetTimestamp());
        Ends(recent, 10, 9, new LogHash(70).After([7]).After([8]).After([9]));
        Assert.Equal([[10]], recent.From(10, 2).Select(e => e.ToArray()));
    }

    private static void Ends(RecentEntries recent, long length, byte with, LogHash hash)
    {
        Assert.True(recent.Knows(length));
        Assert.Equal(hash, recent.EndOf(length).Hash);
        Assert.Equal([with], recent.EndOf(length).Entry.ToArray());
    }

    [Fact]
    public void While_the_log_does_not_answer_nothing_is_let_go()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(0, default, LogHash.None);
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
        Assert.Equal((2, 2), (recent.First, recent.End));
    }

    [Fact]
    public void What_was_given_back_is_kept_as_if_it_had_been_said_then()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(0, default, LogHash.None);
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
        recent.Begin(0, default, LogHash.None);
        Assert.Equal((0, 0), (recent.First, recent.End));
        recent.Add([new([1])]);
        Assert.Equal([[1]], recent.From(0, 10).Select(e => e.ToArray()));
    }

    [Fact]
    public void Sixteen_megabytes_are_the_most()
    {
        var recent = new RecentEntries(_time);
        recent.Begin(0, default, LogHash.None);
        for (var i = 0; i < 40; i++)
            recent.Add([new(new byte[1024 * 1024])]);
        Assert.Equal((24, 40), (recent.First, recent.End));
    }
}
