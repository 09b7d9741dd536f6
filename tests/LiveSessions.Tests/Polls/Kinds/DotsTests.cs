using LiveSessions.Log;
using LiveSessions.Polls;

namespace LiveSessions.Tests.Polls.Kinds;

public sealed class DotsTests
{
    private readonly Ask ask = new(new("dots", "Where?", ["a", "b", "c"], 3, false));

    [Fact]
    public void Dots_are_spread_or_heaped()
    {
        ask.Takes(0, 1, 2);
        ask.Takes(1, 1, 1);
        ask.Takes(2);
    }

    [Fact]
    public void Nobody_has_more_dots_than_were_given()
    {
        ask.Refuses(Refusal.TooManyVotes, 0, 0, 0, 0);
        ask.Refuses(Refusal.NotAChoice);
        ask.Refuses(Refusal.NotAChoice, 3);
        ask.RefusesWords(Refusal.NotAChoice, "a", 0);
    }

    [Fact]
    public void Every_dot_counts() =>
        Assert.Equal([3, 4, 5], ask.After(new Ballot([0, 0, 0], null), new([1, 1, 2], null), new([1, 1], null), new([2, 2, 2], null), new([2], null)).Counts);
}
