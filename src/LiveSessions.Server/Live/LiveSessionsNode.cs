using System.Collections.Concurrent;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using LiveSessions.Sessions;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Live;

/// <summary>How far the transcript store has come, session by session.</summary>
public interface IArchiveProgress
{
    /// <summary>Entries the store holds; 0 when unknown.</summary>
    long ArchivedUpTo(SessionId session);
}

/// <summary>Told when something was appended, so that the archive writer need not look.</summary>
public interface IArchiveSignal
{
    /// <summary>This node has appended.</summary>
    void Wrote(SessionId session, long head);

    /// <summary>Another node has.</summary>
    void Heard(SessionId session, long head);
}

/// <summary>The sessions that this node holds: a desk each, opened when first needed and put away when nobody has used it for a while.</summary>
public sealed class LiveSessionsNode(
    ISessionLog log, HeadHints hints, RedisReturn redis, Deadlines deadlines, TimeProvider time, ILogger<LiveSessionsNode> logger, IHubContext<SessionHub> hub, Dismissals dismissals, IServiceProvider services) : ILiveSessions, IAsyncDisposable
{
    /// <summary>Name of the deadline at which everyone comes back.</summary>
    public const string RecallDeadline = "recall";
    private readonly ConcurrentDictionary<SessionId, Lazy<Task<SessionDesk?>>> _desks = new();
    private long _asked;
    private volatile bool _isEnding, _isLeaving;
    private IArchiveProgress? _progress;
    private IArchiveSignal? _signal;

    /// <summary>This server was asked to end, and says that it is not ready.</summary>
    public bool IsEnding { get => _isEnding; set => _isEnding = value; }

    /// <summary>It lets nobody in any more.</summary>
    public bool IsLeaving { get => _isLeaving; set => _isLeaving = value; }

    /// <summary>Commands that lines have sent here so far.</summary>
    public long Asked => Interlocked.Read(ref _asked);

    /// <summary>The desks that are open now.</summary>
    public IEnumerable<SessionDesk> Desks => _desks.Values.Where(d => d.IsValueCreated && d.Value.IsCompletedSuccessfully).Select(d => d.Value.Result).OfType<SessionDesk>();

    public async Task<Answer> Act(SessionId session, Actor by, Command command, CancellationToken ct)
    {
        var desk = await Desk(session, command is CreateSession, ct);
        return desk is null ? Answer.Refused(Refusal.NoSession) : await desk.Act(by, CommandMark.None, command).WaitAsync(ct);
    }

    /// <summary>A command that a line sends. The line gets its answer from the desk, once it is stored.</summary>
    public void Act(LiveLine line, string? call, CommandMark mark, Command command)
    {
        Interlocked.Increment(ref _asked);
        if (_desks.TryGetValue(line.Session, out var opening) && opening is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: { } desk } })
            Act(desk, line, call, mark, command);
        else
            _ = ActOnceOpen(line, call, mark, command);
    }

    private static void Act(SessionDesk desk, LiveLine line, string? call, CommandMark mark, Command command)
    {
        try
        {
            desk.Act(new(line.Person, line.IsStaff, false), mark, command, line, call);
        }
        catch (LiveSessionsUnavailable)
        {
            line.Fail(call, Refusal.Unsaved.Words);
        }
    }

    private async Task ActOnceOpen(LiveLine line, string? call, CommandMark mark, Command command)
    {
        try
        {
            if (await Desk(line.Session, false, CancellationToken.None) is { } desk)
                Act(desk, line, call, mark, command);
            else
                line.Answer(call, Answer.Refused(Refusal.NoSession));
        }
        catch (LiveSessionsUnavailable)
        {
            line.Fail(call, Refusal.Unsaved.Words);
        }
    }

    public async Task Dismiss(SessionId session, PersonId person, Dismissed why, CancellationToken ct)
    {
        DismissHere(session, person, why);
        await dismissals.Announce(session, person, why, ct);
    }

    /// <summary>Closes the lines that a person has on this node.</summary>
    public void DismissHere(SessionId session, PersonId person, Dismissed why)
    {
        foreach (var desk in Desks.Where(d => d.Session.Id == session))
            foreach (var line in desk.LinesOf(person))
                line.Dismiss(why);
    }

    /// <summary>The session's desk on this node; null when there is no such session.</summary>
    public async Task<SessionDesk?> Desk(SessionId session, bool begin, CancellationToken ct)
    {
        while (true)
        {
            var opening = _desks.GetOrAdd(session, id => new(() => redis.Open(() => Open(id, begin))));
            SessionDesk? desk;
            try
            {
                desk = await opening.Value.WaitAsync(ct);
            }
            catch (Exception e) when (e is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                _desks.TryRemove(KeyValuePair.Create(session, opening));
                throw e as LiveSessionsUnavailable ?? new LiveSessionsUnavailable("The log could not be reached.", e);
            }
            if (desk is not null)
                return desk;
            _desks.TryRemove(KeyValuePair.Create(session, opening));
            if (!begin)
                return null;
        }
    }

    /// <summary>Whether a session that is open here says that somebody was taken out of it; their seat is taken away once the log is copied.</summary>
    public bool HasRemoved(SessionId session, PersonId person) =>
        _desks.TryGetValue(session, out var opening) && opening is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: { } desk } } && desk.Session.Find(person) is { Standing: Standing.Removed };

    /// <summary>Redis is gone. What will be there when it is back is looked at before anything is put behind it.</summary>
    internal void Doubt()
    {
        foreach (var desk in Desks)
            desk.Doubt();
    }

    /// <summary>A Redis that is back may not have the last of what it had (docs/decisions/0037). Whoever has folded it gives it back at once. Ends when everything that is open here is compared.</summary>
    internal Task LookAgain() => Task.WhenAll(Desks.Select(desk => desk.LookAgain()));

    private async Task<SessionDesk?> Open(SessionId id, bool begin)
    {
        _progress ??= services.GetService<IArchiveProgress>();
        _signal ??= services.GetService<IArchiveSignal>();
        var started = time.GetTimestamp();
        var needs = new DeskNeeds(time, logger, Wrote, Happened, Regrouped, session => _progress?.ArchivedUpTo(session) ?? 0) { IsAlone = () => hints.IsAlone, OthersLooked = redis.OthersLooked, IsLeaving = () => IsLeaving, Listen = hints.Listen, Heard = (session, head) => _signal?.Heard(session, head) };
        var desk = await SessionDesk.Open(id, begin, log, needs, CancellationToken.None);
        if (desk is not null)
        {
            desk.Listen();
            logger.DeskOpened(id.Value, desk.Session.Head, time.GetElapsedTime(started).TotalMilliseconds);
        }
        return desk;
    }

    // The other nodes have heard of it from the log.
    private void Wrote(SessionId session, string epoch, long head, IReadOnlyList<ReadOnlyMemory<byte>> entries) => _signal?.Wrote(session, head);

    private void Happened(SessionId session, Event happened)
    {
        switch (happened)
        {
            case RecallBegun recall: SetRecall(session, recall.EndsAt); break;
            case RecallCancelled or RoomsClosed: ClearRecall(session); break;
        }
    }

    private void SetRecall(SessionId session, DateTimeOffset endsAt) => _ = Keep(session, () => deadlines.Set(session, RecallDeadline, endsAt));

    private void ClearRecall(SessionId session) => _ = Keep(session, () => deadlines.Clear(session, RecallDeadline));

    /// <summary>The pulse looks at open desks too, so a deadline that could not be set delays nothing while anybody is here.</summary>
    private async Task Keep(SessionId session, Func<Task> set)
    {
        try
        {
            await set();
        }
        catch (Exception e)
        {
            logger.DeadlineFailed(session.Value, RecallDeadline, e);
        }
    }

    private void Regrouped(LiveLine line, RoomId room) => _ = GroupGlimpses(line, room);

    /// <summary>Glimpses go to the people of a room.</summary>
    public async Task GroupGlimpses(LiveLine line, RoomId room)
    {
        var group = GlimpseGroup(line.Session, room);
        if (line.GlimpseGroup == group)
            return;
        try
        {
            if (line.GlimpseGroup is { } before)
                await hub.Groups.RemoveFromGroupAsync(line.Id, before);
            line.GlimpseGroup = group;
            await hub.Groups.AddToGroupAsync(line.Id, group);
        }
        catch (Exception e)
        {
            logger.PresenceFailed(line.Session.Value, e);
        }
    }

    public static string GlimpseGroup(SessionId session, RoomId room) => $"glimpse.{session}.{room}".ToLowerInvariant();

    /// <summary>Puts away desks that nobody has used for the length of <paramref name="idle"/>.</summary>
    public async Task PutAway(TimeSpan idle)
    {
        var now = time.GetUtcNow();
        foreach (var (id, opening) in _desks)
            if (opening is { IsValueCreated: true, Value: { IsCompletedSuccessfully: true, Result: { } desk } } && desk.Lines.Count == 0 && now - desk.LastUse > idle && _desks.TryRemove(KeyValuePair.Create(id, opening)))
                await desk.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var desk in Desks.ToList())
            await desk.DisposeAsync();
    }
}
