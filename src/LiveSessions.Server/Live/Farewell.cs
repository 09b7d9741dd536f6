using System.Diagnostics;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// Before SignalR closes the connections of a server that is asked to end, everybody is told, so that nothing is sent into a line that is about to close; and what was sent is answered, and the answers read.
/// Where other servers are, they are told one after the other, once whoever sends people here knows that they must go elsewhere (decision 0032).
/// </summary>
internal sealed class Farewell(LiveSessionsNode node, NodeRoster roster, FarewellOptions options, ILogger<Farewell> log)
{
    /// <summary>Whoever comes to another server is work there, and for all who are told of it: so far apart nobody waits there behind the others (docs/reliability.md, R17). Of a thousand people the last is told after <see cref="LongestHandingOver"/>.</summary>
    internal static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(25), LongestHandingOver = TimeSpan.FromSeconds(10);

    /// <summary>Longer than a message takes there and an answer back, on most lines; on a slower one whose page does not close it itself, a command is sent again, as after any break.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromMilliseconds(400);

    /// <summary>Where a thousand people are told, or on a slow line, somebody still sends after that: until nothing came for this long, or for <see cref="LongestNotice"/>.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(200), LongestNotice = TimeSpan.FromSeconds(8);

    /// <summary>All in all, of the 30 s that a server is given to end: what waits is answered as long as the log answers, which takes long where hundreds have just come in, and then answers are read by whoever waits for them.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(24);

    /// <summary>With Redis out of reach there is no answer to wait for.</summary>
    private static readonly TimeSpan Unheard = TimeSpan.FromSeconds(5);

    /// <summary>For what was answered to get out, on lines that nobody but the server closes.</summary>
    private static readonly TimeSpan Last = TimeSpan.FromMilliseconds(100);

    private static readonly SerializedHubMessage Message = new(new InvocationMessage(nameof(Leaving), [new Leaving((int)Notice.TotalMilliseconds)]));

    /// <summary>Holds up the end for as long as that takes: nothing at all when nobody is here.</summary>
    public void Say()
    {
        var began = Stopwatch.GetTimestamp();
        node.IsEnding = true;
        if (Lines().Count > 0 && roster.OthersAlive)
            Thread.Sleep(options.LeaveAfter);
        node.IsLeaving = true;
        if (roster.OthersAlive)
            TellOneAfterAnother();
        var told = Stopwatch.GetTimestamp();
        if (Tell() == 0)
            return;
        Thread.Sleep(Notice / 2);
        // Whoever was just coming in.
        _ = Tell();
        Thread.Sleep(Notice / 2);
        WaitUntilQuiet(told);
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

    /// <summary>Those who then close their line themselves; for the others it is closed when all are told.</summary>
    private void TellOneAfterAnother()
    {
        var lines = Lines().Where(line => line.Leaves).ToList();
        var (apart, began) = (Apart * lines.Count < LongestHandingOver ? Apart : LongestHandingOver / lines.Count, Stopwatch.GetTimestamp());
        for (var i = 0; i < lines.Count; i++)
        {
            var early = apart * i - Stopwatch.GetElapsedTime(began);
            if (early > TimeSpan.Zero)
                Thread.Sleep(early);
            lines[i].Send(Message);
        }
    }

    private void WaitUntilQuiet(long told)
    {
        long before;
        do
        {
            before = node.Asked;
            Thread.Sleep(Quiet);
        }
        while (node.Asked != before && Stopwatch.GetElapsedTime(told) < LongestNotice);
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
        var lines = Lines();
        foreach (var line in lines)
            line.Send(Message);
        return lines.Count;
    }

    private List<LiveLine> Lines() => [.. node.Desks.SelectMany(desk => desk.Lines)];
}

/// <param name="LeaveAfter">
/// How long a server that is asked to end only says that it is not ready, where others are: 0 to 10 seconds. The balancer that comes with the product asks every two (docker/Caddyfile). Until it knows, everything goes on as ever here, and whoever comes is let in.
/// </param>
internal sealed record FarewellOptions(TimeSpan LeaveAfter)
{
    public static FarewellOptions From(IConfiguration configuration)
    {
        var after = configuration.GetValue("Live:LeaveAfter", TimeSpan.FromSeconds(2.5));
        return after >= TimeSpan.Zero && after <= TimeSpan.FromSeconds(10)
            ? new(after)
            : throw new InvalidOperationException("Live:LeaveAfter is between 00:00:00 and 00:00:10: a server is given 30 seconds to end.");
    }
}
