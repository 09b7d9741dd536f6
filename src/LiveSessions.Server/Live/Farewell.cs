using System.Diagnostics;
using LiveSessions.Log;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// Before SignalR closes the connections of a server that is asked to end, everybody is told, so that nothing is sent into a line that is about to close; and what was sent is answered.
/// </summary>
internal sealed class Farewell(LiveSessionsNode node, ILogger<Farewell> log)
{
    /// <summary>Longer than a message takes there and an answer back, on most lines; on a slower one a command is sent again, as after any break.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(400);

    /// <summary>Where a thousand people are told, or on a slow line, somebody still sends after that: until nothing came for this long, or for three seconds.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200), LongestNotice = TimeSpan.FromSeconds(3);

    /// <summary>With Redis out of reach there is no answer to wait for.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>For what was answered to get out.</summary>
    private static readonly TimeSpan Last = TimeSpan.FromMilliseconds(100);

    /// <summary>Holds up the end for as long as that takes: nothing at all when nobody is here.</summary>
    public void Say()
    {
        node.IsLeaving = true;
        if (Tell() == 0)
            return;
        Thread.Sleep(Notice / 2);
        // Whoever was just coming in.
        _ = Tell();
        Thread.Sleep(Notice / 2);
        WaitUntilQuiet();
        try
        {
            _ = Task.WhenAll(node.Desks.Select(d => d.Settled())).Wait(Longest);
        }
        catch (Exception e) when (e is AggregateException or LiveSessionsUnavailable)
        {
            log.LeftUnanswered(e);
        }
        Thread.Sleep(Last);
    }

    private void WaitUntilQuiet()
    {
        var began = Stopwatch.GetTimestamp();
        long before;
        do
        {
            before = node.Asked;
            Thread.Sleep(Quiet);
        }
        while (node.Asked != before && Stopwatch.GetElapsedTime(began) < LongestNotice);
    }

    private int Tell()
    {
        var message = new SerializedHubMessage(new InvocationMessage(nameof(Leaving), [new Leaving((int)Notice.TotalMilliseconds)]));
        var lines = node.Desks.SelectMany(d => d.Lines).ToList();
        foreach (var line in lines)
            line.Send(message);
        return lines.Count;
    }
}
