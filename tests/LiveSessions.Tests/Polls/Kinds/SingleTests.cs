using LiveSessions.Log;

namespace LiveSessions.Tests.Polls.Kinds;

public sealed class SingleTests
{
    private readonly Ask ask = new(new("single", "Shall we?", ["yes", "no", "later"], 0, false));

    [Fact] public void It_takes_one_choice() => ask.Takes(2);

    [Fact]
    public void It_takes_nothing_else()
    {
        ask.Refuses(Refusal.NotAChoice);
        ask.Refuses(Refusal.NotAChoice, 0, 1);
        ask.Refuses(Refusal.NotAChoice, 3);
        ask.Refuses(Refusal.NotAChoice, -1);
        ask.Refuses(Refusal.NotAChoice, int.MaxValue);
        ask.RefusesWords(Refusal.NotAChoice, "yes", 0);
    }

    [Fact]
    public void It_counts_by_choice_and_has_no_mean()
    {
        var tally = ask.After(0, 0, 1, 0, 2);
        Assert.Equal([3, 1, 1], tally.Counts);
        Assert.Null(tally.Mean);
    }
}
