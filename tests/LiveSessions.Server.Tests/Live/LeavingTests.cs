using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Tests.Live;

public sealed class LeavingTests
{
    [Fact]
    public async Task A_server_that_is_asked_to_end_answers_what_it_has_in_hand_and_takes_nothing_more()
    {
        var leaving = new Leaving { AtMost = TimeSpan.FromMinutes(2) };
        var going = new TaskCompletionSource<object?>();
        var inHand = leaving.Do(() => new(going.Task)).AsTask();
        var wasAnswered = Task.Run(() =>
        {
            leaving.AnswerAll();
            return inHand.IsCompleted;
        });
        HubException? refused = null;
        await Eventually.True(async () =>
        {
            try
            {
                await leaving.Do(() => new((object?)"taken"));
                return false;
            }
            catch (HubException e)
            {
                refused = e;
                return true;
            }
        }, "nothing more is taken");
        Assert.Equal(Refusal.Unsaved.Words, refused!.Message);
        going.SetResult("answer");
        Assert.Equal("answer", await inHand);
        Assert.True(await wasAnswered);
    }
}
