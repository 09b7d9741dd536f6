using System.Threading.Channels;
using LiveSessions.Server.Live;

namespace LiveSessions.Server.Tests.Live;

public class TogetherTests
{
    [Fact]
    public async Task The_first_goes_at_once_and_those_who_ask_meanwhile_together()
    {
        var begun = Channel.CreateUnbounded<int[]>();
        var isDone = new TaskCompletionSource();
        var together = new Together<int>(TimeSpan.Zero, TimeProvider.System, async some =>
        {
            begun.Writer.TryWrite([.. some]);
            await isDone.Task;
        });
        together.Add(1);
        Assert.True(begun.Reader.TryRead(out var first));
        Assert.Equal((int[])[1], first);
        together.Add(2);
        together.Add(3);
        Assert.False(begun.Reader.TryRead(out _));
        isDone.SetResult();
        Assert.Equal((int[])[2, 3], await begun.Reader.ReadAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Whoever_asks_after_all_is_done_is_not_forgotten()
    {
        var done = Channel.CreateUnbounded<int>();
        var together = new Together<int>(TimeSpan.Zero, TimeProvider.System, some =>
        {
            foreach (var one in some)
                done.Writer.TryWrite(one);
            return Task.CompletedTask;
        });
        for (var i = 0; i < 100; i++)
        {
            together.Add(i);
            Assert.Equal(i, await done.Reader.ReadAsync(TestContext.Current.CancellationToken));
        }
    }
}
