using LiveSessions.Log;

namespace LiveSessions.Tests.Polls.Kinds;

public sealed class ScaleTests
{
    private readonly Ask ask = new(new("scale", "How ready?", [], 0, false));

    [Fact] public void It_brings_one_to_five_with_it() => Assert.Equal(["1", "2", "3", "4", "5"], ask.Asked.Options);

    [Fact]
    public void It_takes_one_of_five_steps()
    {
        ask.Takes(4);
        ask.Refuses(Refusal.NotAChoice, 5);
        ask.Refuses(Refusal.NotAChoice, 1, 2);
        ask.Refuses(Refusal.NotAChoice);
    }

    [Fact]
    public void Its_mean_is_from_one_to_five()
    {
        var tally = ask.After(0, 4, 4, 3, 1, 1);
        Assert.Equal([1, 2, 0, 1, 2], tally.Counts);
        Assert.Equal(3.17, tally.Mean);
    }
}
