using LiveSessions.Log;
using LiveSessions.Polls;

namespace LiveSessions.Tests.Polls.Kinds;

public sealed class OpenTextTests
{
    private readonly Ask ask = new(new("text", "In a word?", [], 0, false));

    [Fact]
    public void It_takes_words_and_no_choices()
    {
        ask.RefusesWords(Refusal.NothingWritten, null);
        ask.RefusesWords(Refusal.NothingWritten, " ");
        ask.RefusesWords(Refusal.NotAChoice, "hope", 0);
        ask.RefusesWords(Refusal.TooLong, new string('x', 301));
    }

    [Fact]
    public void Its_answers_come_in_an_order_that_tells_nothing_about_who_wrote_them() =>
        Assert.Equal(["calm", "hope", "hope", "play", "trust"], ask.After(new Ballot([], "trust"), new([], " hope "), new([], "play"), new([], "calm"), new([], "hope")).Texts);
}
