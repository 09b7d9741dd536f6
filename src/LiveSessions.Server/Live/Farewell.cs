using System.Diagnostics;
using LiveSessions.Log;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// Before SignalR closes the connections of a server that is asked to end, everybody is told, so that nothing is sent into a line that is about to close; and what was sent is answered, and the answers read.
/// </summary>
internal sealed class Farewell(LiveSessionsNode node, ILogger<Farewell> log)
{
    /// <summary>Longer than a message takes there and an answer back, on most lines; on a slower one whose page does not close it itself, a command is sent again, as after any break.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(400);

    /// <summary>Where a thousand people are told, or on a slow line, somebody still sends after that: until nothing came for this long, or until <see cref="LongestNotice"/>.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200), LongestNotice = TimeSpan.FromSeconds(8);

    /// <summary>All in all, of the 30 s that a server is given to end: what waits is answered as long as the log answers, which takes long where hundreds have just come in, and then answers are read by whoever waits for them.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>With Redis out of reach there is no answer to wait for.</summary>
    private static readonly TimeSpan Unheard = TimeSpan.FromSeconds(5);

    /// <summary>For what was answered to get out, on lines that nobody but the server closes.</summary>
    private static readonly TimeSpan Last = TimeSpan.FromMilliseconds(100);

    /// <summary>Holds up the end for as long as that takes: nothing at all when nobody is here.</summary>
    public void Say()
    {
        var began = Stopwatch.GetTimestamp();
        node.IsLeaving = true;
        if (Tell() == 0)
            return;
        Thread.Sleep(Notice / 2);
        // Whoever was just coming in.
        _ = Tell();
        Thread.Sleep(Notice / 2);
        WaitUntilQuiet(began);
        try
        {
            WaitUntilAnswered(began);
        }
        catch (Exception e) when (e is AggregateException or LiveSessionsUnavailable)
        {
            log.LeftUnanswered(e);
        }
        WaitUntilRead(began);
        Thread.Sleep(Last);
    }

    private void WaitUntilQuiet(long began)
    {
        long before;
        do
        {
            before = node.Asked;
            Thread.Sleep(Quiet);
        }
        while (node.Asked != before && Stopwatch.GetElapsedTime(began) < LongestNotice);
    }

    /// <exception cref="AggregateException">A desk could not.</exception>
    /// <exception cref="LiveSessionsUnavailable">A desk is being put away.</exception>
    private void WaitUntilAnswered(long began)
    {
        var from = Stopwatch.GetTimestamp();
        var waiting = node.Desks.Select(desk => (Desk: desk, Settled: desk.Settled())).ToList();
        while (!Task.WhenAll(waiting.Select(w => w.Settled)).Wait(Quiet) && Stopwatch.GetElapsedTime(began) < Longest)
            if (Stopwatch.GetElapsedTime(from) > Unheard && waiting.TrueForAll(w => w.Settled.IsCompleted || w.Desk.UnheardFor > Unheard))
                return;
    }

    /// <summary>An answer that is sent is not one that was read: what has not been read when a socket is closed is gone. Who closes theirs has read it.</summary>
    private void WaitUntilRead(long began)
    {
        while (node.Desks.Any(desk => desk.Lines.Any(line => line is { Leaves: true, IsOver: false })) && Stopwatch.GetElapsedTime(began) < Longest)
            Thread.Sleep(Last / 2);
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
