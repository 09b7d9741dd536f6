using LiveSessions.Server.Redis;

namespace LiveSessions.Server.Tests.Backup;

public sealed class EpochTests
{
    [Fact]
    public void A_log_that_is_put_back_is_another_log_and_its_transcript_the_same()
    {
        var before = Epoch.New(0xfeed_beef_0123_4567);
        var after = Epoch.PutBack(before, 120);
        Assert.Equal("feedbeef01234567", before);
        Assert.NotEqual(before, after);
        Assert.Equal(before[..8], after[..8]);
        Assert.Equal(after, Epoch.PutBack(before, 120));
        Assert.NotEqual(after, Epoch.PutBack(before, 121));
        Assert.NotEqual(after, Epoch.PutBack(after, 120));
        Assert.Equal((0, 1_000_120), (Epoch.UnknownUntil(before), Epoch.UnknownUntil(after)));
    }

    [Theory, InlineData("e1"), InlineData("abc+"), InlineData("abc+x"), InlineData("+-3")]
    public void Any_other_name_says_nothing_of_positions(string epoch) => Assert.Equal(0, Epoch.UnknownUntil(epoch));
}
