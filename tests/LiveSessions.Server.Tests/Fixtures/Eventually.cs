using System.Diagnostics;

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>Waits for something to become so, never for a time to pass.</summary>
internal static class Eventually
{
    public static Task True(Func<bool> so, string what, int seconds = 15) => True(() => Task.FromResult(so()), what, seconds);

    public static async Task True(Func<Task<bool>> so, string what, int seconds = 15)
    {
        var clock = Stopwatch.StartNew();
        while (!await so())
        {
            Assert.True(clock.Elapsed.TotalSeconds < seconds, $"Not within {seconds} s: {what}.");
            await Task.Delay(10);
        }
    }
}
