using LiveSessions.Log;

namespace LiveSessions.Tests.Polls.Kinds;

public sealed class RagTests
{
    private readonly Ask ask = new(new("rag", "Could a colleague act on this?", [], 0, false));

    [Fact] public void It_says_its_colours_in_words() => Assert.Equal(["Green: yes", "Amber: in part", "Red: not yet"], ask.Asked.Options);

    [Fact]
    public void It_takes_one_of_three()
    {
        ask.Takes(0);
        ask.Refuses(Refusal.NotAChoice, 3);
        ask.Refuses(Refusal.NotAChoice, 0, 1);
    }

    [Fact]
    public void It_counts_and_has_no_mean()
    {
        var tally = ask.After(0, 0, 1, 2, 2);
        Assert.Equal([2, 1, 2], tally.Counts);
        Assert.Null(tally.Mean);
    }
}
