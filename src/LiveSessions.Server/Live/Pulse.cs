using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// Once a second: every line hears how long the log is, less often while nothing changes, so that a lost last message shows; every desk looks for what another node appended, so that a lost hint is made good; what is
/// due is done. Every few seconds: presence.
/// </summary>
public sealed class Pulse(LiveSessionsNode node, NodeLines connections, Attendance attendance, Dismissals dismissals, NodeRoster roster, Deadlines deadlines, RedisReturn redis, TimeProvider time, ILogger<Pulse> log, IServiceProvider services) : BackgroundService
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private const int AtOnce = 8;
    private const int PartsOfABeat = 20;
    private const int BeatsOfLooks = 5;
    private const int BeatsOfPresence = 4;

    /// <summary>How often a line is told the same, once a beat, before it is told only every <see cref="QuietBeats"/>: long enough for who is behind to notice and ask. For whom something waits is told once a beat, so that one who reads nothing is noticed.</summary>
    private const int ToldTheSame = 4;
    private const int QuietBeats = 4;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);
    /// <summary>A line that came to a node already out of touch is given so long before it is sent on again, so that nobody goes round and round while Redis is away for all.</summary>
    private static readonly TimeSpan Respite = TimeSpan.FromSeconds(10);

    private static readonly SerializedHubMessage Ping = new(PingMessage.Instance);
    private Task _due = Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IAsyncDisposable? dismissing = null;
        using var timer = new PeriodicTimer(Beat, time);
        redis.IsGone += node.Doubt;
        redis.IsBack += node.LookAgain;
        for (var beat = 0; ; beat++)
        {
            try
            {
                connections.LetTheSilentGo();
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
        redis.IsGone -= node.Doubt;
        redis.IsBack -= node.LookAgain;
        await _due;
        if (dismissing is not null)
            await dismissing.DisposeAsync();
    }

    private async Task BeatOnce(int beat, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var telling = TellHeads(beat, ct);
        if (beat % QuietBeats == 0)
            PingTheOthers();
        var tending = Spread<SessionDesk>([.. node.Desks], desks => { foreach (var desk in desks) Tend(desk, beat, now); }, ct);
        // Redis may keep these waiting for seconds; who is out of touch must be let go all the same.
        if (_due.IsCompleted)
            _due = DoWhatIsDue(beat, now, ct);
        await telling;
        await tending;
    }

    private void Tend(SessionDesk desk, int beat, DateTimeOffset now)
    {
        var session = desk.Session;
        desk.Listen();
        // Sessions take turns.
        var turn = beat + (session.Id.GetHashCode() & 0xffff);
        if (roster.OthersAlive || turn % BeatsOfLooks == 0)
            desk.Look();
        // Here nothing can be saved and nothing new is heard; on another node perhaps it can.
        if (roster.OthersWereAlive && desk.UnheardFor is var unheard && unheard > Attendance.OutOfTouch)
            foreach (var line in desk.Lines.Where(l => time.GetElapsedTime(l.Since) is var age && (age > unheard || age > Respite)))
                line.Cut();
        if (session.House.RecallEndsAt is { } recall && recall <= now)
            _ = Close(session.Id);
        if (turn % BeatsOfPresence == 0 && (desk.HasLines || session.People.Values.Any(p => p.IsHere)))
            _ = attendance.Refresh(desk);
    }

    private Task TellHeads(int beat, CancellationToken ct)
    {
        var progress = services.GetService<IArchiveProgress>();
        var all = new List<(SessionDesk Desk, LiveLine Line)>();
        foreach (var desk in node.Desks)
            desk.Find(IsDue, (Beat: beat, desk.Session.Head, Archived: Archived(progress, desk)), all);
        return Spread<(SessionDesk Desk, LiveLine Line)>(all, due =>
        {
            foreach (var lines in due.GroupBy(s => s.Desk, s => s.Line))
            {
                var desk = lines.Key;
                var heads = new Heads(desk.Session.Head, Archived(progress, desk), time.GetUtcNow());
                var message = new SerializedHubMessage(new InvocationMessage(nameof(Heads), [heads]));
                foreach (var line in lines)
                {
                    line.Send(message);
                    line.Told = new(heads.Head, heads.Archived, beat, IsNews(line, heads.Head, heads.Archived) ? 1 : line.Told.Times + 1);
                }
            }
        }, ct);
    }

    /// <summary>
    /// Who is told heads knows by them that the line is there. SignalR's own pings go to all lines in one moment, and before what people write, so they are not used; whoever waits to be let in hears these.
    /// A line on which nothing was asked yet is not one that has come in.
    /// </summary>
    private void PingTheOthers()
    {
        foreach (var connection in connections.All)
            if (connection.Items.TryGetValue(SessionHub.Line, out var known) && known is LiveLine { IsIn: false } line)
                line.Send(Ping);
    }

    /// <summary>A few at a time, spread over most of a second: a thousand at once would stand before what people write.</summary>
    private async Task Spread<T>(IReadOnlyCollection<T> all, Action<IEnumerable<T>> some, CancellationToken ct)
    {
        foreach (var part in all.Chunk(Math.Max(AtOnce, (all.Count + PartsOfABeat - 1) / PartsOfABeat)))
        {
            some(part);
            if (all.Count > AtOnce)
                await Task.Delay(Beat * 0.7 / PartsOfABeat, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static bool IsDue(LiveLine line, (int Beat, long Head, long Archived) now) =>
        line.Told.Times < ToldTheSame || line.IsWaiting || now.Beat - line.Told.Beat >= QuietBeats || IsNews(line, now.Head, now.Archived);

    private static bool IsNews(LiveLine line, long head, long archived) => line.Told.Head != head || line.Told.Archived != archived;

    private static long Archived(IArchiveProgress? progress, SessionDesk desk) => progress?.ArchivedUpTo(desk.Session.Id) ?? 0;

    private async Task DoWhatIsDue(int beat, DateTimeOffset now, CancellationToken ct)
    {
        try
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
            if (beat % 60 == 59)
                await node.PutAway(Idle);
        }
        catch (Exception e)
        {
            if (!ct.IsCancellationRequested)
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
