using LiveSessions.Log;
using LiveSessions.Polls;

namespace LiveSessions.Tests.Polls.Kinds;

public sealed class MultiTests
{
    private readonly Ask ask = new(new("multi", "Which ones?", ["a", "b", "c"], 0, false));

    [Fact]
    public void It_takes_any_number_of_choices()
    {
        ask.Takes(1);
        ask.Takes(2, 0, 1);
    }

    [Fact]
    public void It_takes_nothing_that_is_no_choice()
    {
        ask.Refuses(Refusal.NotAChoice);
        ask.Refuses(Refusal.NotAChoice, 0, 3);
        ask.RefusesWords(Refusal.NotAChoice, "a", 0);
    }

    [Fact]
    public void A_choice_named_twice_counts_once() =>
        Assert.Equal([5, 1, 0], ask.After(new Ballot([0, 0, 0], null), new([0, 1], null), new([0], null), new([0], null), new([0], null)).Counts);
}
