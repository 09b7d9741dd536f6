using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// Once a second: every line hears how long the log is, so that a lost last message shows; every desk looks for what another node appended, so that a lost hint is made good; what is
/// due is done. Every few seconds: presence.
/// </summary>
public sealed class Pulse(LiveSessionsNode node, Attendance attendance, HeadHints hints, Dismissals dismissals, NodeRoster roster, Deadlines deadlines, TimeProvider time, ILogger<Pulse> log, IServiceProvider services) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private const int LinesAtOnce = 8;
    private const int PartsOfABeat = 20;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan OutOfTouch = TimeSpan.FromSeconds(5);

    /// <summary>A line that came to a node out of touch is given so long before it is sent on again, so that nobody goes round and round while Redis is away for all.</summary>
    private static readonly TimeSpan Respite = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IAsyncDisposable? listening = null, dismissing = null;
        using var timer = new PeriodicTimer(Beat, time);
        for (var beat = 0; ; beat++)
        {
            try
            {
                listening ??= await hints.Listen(Hear, stoppingToken);
                dismissing ??= await dismissals.Listen(node.DismissHere, stoppingToken);
                await BeatOnce(beat, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.PulseFailed(e);
            }
            try
            {
                await timer.WaitForNextTickAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        if (listening is not null)
            await listening.DisposeAsync();
        if (dismissing is not null)
            await dismissing.DisposeAsync();
    }

    private void Hear(HeadHint hint)
    {
        foreach (var desk in node.Desks)
            if (desk.Session.Id == hint.Session)
                desk.Follow(hint.Epoch, hint.Length, hint.Entries);
    }

    private async Task BeatOnce(int beat, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var telling = TellHeads(ct);
        foreach (var desk in node.Desks)
        {
            var session = desk.Session;
            var lines = desk.Lines;
            if (roster.OthersAlive || beat % 5 == 0)
                desk.Look();
            // Here nothing can be saved and nothing new is heard; on another node perhaps it can.
            if (roster.OthersWereAlive && desk.UnheardFor > OutOfTouch)
                foreach (var line in lines.Where(l => time.GetElapsedTime(l.Since) > Respite))
                    line.Cut();
            if (session.House.RecallEndsAt is { } recall && recall <= now)
                _ = Close(session.Id);
            if (beat % 4 == 0 && (lines.Count > 0 || session.People.Values.Any(p => p.IsHere)))
                _ = attendance.Refresh(desk);
        }
        try
        {
            await DoWhatIsDue(now, ct);
            if (beat % 60 == 59)
                await node.PutAway(Idle);
        }
        finally
        {
            await telling;
        }
    }

    /// <summary>A few lines at a time, spread over most of a second: a thousand at once would stand before what people write.</summary>
    private async Task TellHeads(CancellationToken ct)
    {
        var progress = services.GetService<IArchiveProgress>();
        var all = node.Desks.SelectMany(desk => desk.Lines, (desk, line) => (desk, line)).ToList();
        foreach (var some in all.Chunk(Math.Max(LinesAtOnce, all.Count / PartsOfABeat)))
        {
            foreach (var lines in some.GroupBy(s => s.desk, s => s.line))
            {
                var desk = lines.Key;
                var heads = new SerializedHubMessage(new InvocationMessage(nameof(Heads), [new Heads(desk.Session.Head, progress?.ArchivedUpTo(desk.Session.Id) ?? 0, time.GetUtcNow())]));
                foreach (var line in lines)
                    line.Send(heads);
            }
            if (all.Count > LinesAtOnce)
                await Task.Delay(Beat * 0.8 / PartsOfABeat, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task DoWhatIsDue(DateTimeOffset now, CancellationToken ct)
    {
        foreach (var due in await deadlines.Claim(now, Lease, 50, ct))
            try
            {
                if (await IsDone(due, ct))
                    await deadlines.Done(due, ct);
            }
            catch (Exception e) when (!ct.IsCancellationRequested)
            {
                // It is due again when the claim lapses; the others are due now.
                log.PulseFailed(e);
            }
    }

    private async Task<bool> IsDone(ClaimedDeadline due, CancellationToken ct)
    {
        if (due.Name == LiveSessionsNode.RecallDeadline)
            return await Close(due.Session);
        foreach (var part in services.GetServices<IDueWork>())
            if (await part.Do(due.Session, due.Name, ct))
                return true;
        return false;
    }

    /// <summary>False when the log could not be reached.</summary>
    private async Task<bool> Close(SessionId session)
    {
        try
        {
            await node.Act(session, Actor.System, new CloseRooms(), CancellationToken.None);
            return true;
        }
        catch (LiveSessionsUnavailable e)
        {
            log.PulseFailed(e);
            return false;
        }
    }
}

/// <summary>A part of the server that set a deadline and does what is due.</summary>
public interface IDueWork
{
    /// <summary>True when it was this part's and is done.</summary>
    Task<bool> Do(SessionId session, string name, CancellationToken ct);
}
