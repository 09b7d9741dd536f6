using System.Runtime.CompilerServices;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Live;

/// <summary>
/// Who is connected. Each node marks its own connections in Redis with an expiry, so a node that dies leaves nobody behind as "here"; a person is told away only when no device of
/// theirs has been connected for some seconds, so a short drop disturbs nobody.
/// </summary>
public sealed class Attendance(LiveSessionsNode node, NodeLines lines, Presence presence, NodeRoster roster, Rates rates, Broom broom, TimeProvider time, ILogger<Attendance> log)
{
    /// <summary>Connections of one person; the oldest is told to go when another comes.</summary>
    private const int MostLinesOfOne = 3;
    private static readonly TimeSpan Lapse = TimeSpan.FromSeconds(12);

    /// <summary>How long somebody may be gone before others are told.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Those who come, and those who go, within this are marked together.</summary>
    private static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(100);

    private readonly ConditionalWeakTable<SessionDesk, Together<LiveLine>> _coming = [], _going = [];

    public LiveLine LineOf(string connection, SessionId session, PersonId person, bool isStaff, string name, bool isOwner) =>
        new(lines.Find(connection) ?? throw new InvalidOperationException("The connection is not of this node."), session, person, isStaff, name, isOwner, rates) { Since = time.GetTimestamp(), Time = time };

    internal void Asked(LiveLine line) => lines.Asked(line.Id);

    /// <summary>After so long without a word from Redis a node lets nobody in, and lets those go who are there, if another node may be better off (docs/decisions/0011).</summary>
    public static readonly TimeSpan OutOfTouch = TimeSpan.FromSeconds(5);

    /// <summary>Null when the person is not in the session.</summary>
    /// <exception cref="LiveSessionsUnavailable">The log could not be reached in time, the line is over, or this node is leaving.</exception>
    public async Task<RawJson?> Enter(LiveLine line, IReadOnlyDictionary<string, long>? positions, bool packs, CancellationToken ct)
    {
        if (roster.OthersWereAlive && roster.UnheardFor > OutOfTouch)
            throw new LiveSessionsUnavailable("This node is out of touch.");
        if (await node.Desk(line.Session, false, ct) is not { } desk)
            return null;
        if (line.IsStaff)
            await desk.Act(Actor.System, CommandMark.None, new JoinAsStaff(line.Person, line.Name, line.IsOwner)).WaitAsync(ct);
        if (await InTime(desk.Enter(line, positions, packs), ct) is not { } snapshot)
            return null;
        var own = desk.LinesOf(line.Person).Where(l => !l.IsOver).ToList();
        if (own.Count > MostLinesOfOne)
            own.Where(l => l != line).MinBy(l => l.Since)!.Dismiss(new("replaced", "This session is open in another window. Close one to go on here."));
        _coming.GetValue(desk, at => new(AMoment, time, some => Mark(at, some))).Add(line);
        // Who waits in the lobby neither sees nor makes marks in the room of those who were let in.
        if (desk.Session.Find(line.Person) is { IsIn: true })
            await node.GroupGlimpses(line, desk.Session.ActsIn(line.Person));
        broom.Came();
        return snapshot;
    }

    /// <summary>Without the log each thing in the desk's queue takes its own patience, and who stands at the end of it waits for them all.</summary>
    private static async Task<RawJson?> InTime(Task<RawJson?> told, CancellationToken ct)
    {
        try
        {
            return await told.WaitAsync(OutOfTouch, ct);
        }
        catch (TimeoutException e)
        {
            throw new LiveSessionsUnavailable("The log could not be reached.", e);
        }
    }

    private async Task Mark(SessionDesk desk, IReadOnlyCollection<LiveLine> some)
    {
        try
        {
            var here = some.Where(l => !l.IsOver).ToList();
            await TellHere(desk, here);
            await presence.Refresh(desk.Session.Id, [.. here.Select(Connected)], time.GetUtcNow() + Lapse);
        }
        catch (Exception e)
        {
            log.PresenceFailed(desk.Session.Id.Value, e);
        }
    }

    private static Task TellHere(SessionDesk desk, IEnumerable<LiveLine> some) =>
        Task.WhenAll(some.Select(l => l.Person).Distinct().Where(p => desk.Session.Find(p) is { IsHere: false }).Select(p => desk.Act(Actor.System, CommandMark.None, new MarkHere(p))));

    public void Leave(LiveLine line) => _ = Gone(line);

    private async Task Gone(LiveLine line)
    {
        try
        {
            if (await node.Desk(line.Session, false, CancellationToken.None) is not { } desk)
                return;
            desk.Leave(line);
            _going.GetValue(desk, at => new(AMoment, time, some => MarkGoing(at, some))).Add(line);
        }
        catch (Exception e)
        {
            log.PresenceFailed(line.Session.Value, e);
        }
    }

    private async Task MarkGoing(SessionDesk desk, IReadOnlyCollection<LiveLine> some)
    {
        try
        {
            // The mark stays for the grace, or another node that looks in between would tell away somebody who is on the way back.
            await presence.Refresh(desk.Session.Id, [.. some.Select(Connected)], time.GetUtcNow() + Grace);
            _ = TellAwayLater(desk, [.. some.Select(l => l.Person).Distinct()]);
        }
        catch (ObjectDisposedException)
        {
            // This node is stopping; the others look every few seconds.
        }
        catch (Exception e)
        {
            log.PresenceFailed(desk.Session.Id.Value, e);
        }
    }

    /// <summary>Does not know the lines: what hangs on one that broke would be kept for as long as its person may be gone.</summary>
    private async Task TellAwayLater(SessionDesk desk, IReadOnlyCollection<PersonId> people)
    {
        try
        {
            await Task.Delay(Grace, time);
            await TellAway(desk, people);
        }
        catch (ObjectDisposedException)
        {
            // As above.
        }
        catch (Exception e)
        {
            log.PresenceFailed(desk.Session.Id.Value, e);
        }
    }

    private async Task TellAway(SessionDesk desk, IReadOnlyCollection<PersonId> people)
    {
        var present = (await presence.Present(desk.Session.Id, time.GetUtcNow())).Select(c => c.Person).ToHashSet();
        foreach (var line in desk.Lines)
            present.Add(line.Person);
        await Task.WhenAll(people.Where(p => !present.Contains(p)).Select(p => desk.Act(Actor.System, CommandMark.None, new MarkAway(p))));
    }

    /// <summary>Marks this node's own again, and tells away whoever has no line on any node. Every few seconds.</summary>
    public async Task Refresh(SessionDesk desk)
    {
        try
        {
            var own = desk.Lines.Where(l => !l.IsOver).ToList();
            await presence.Refresh(desk.Session.Id, [.. own.Select(Connected)], time.GetUtcNow() + Lapse);
            var here = desk.Session.People.Values.Where(p => p.IsHere).Select(p => p.Id).ToList();
            if (here.Count > 0)
                await TellAway(desk, here);
            await TellHere(desk, own);
        }
        catch (Exception e)
        {
            log.PresenceFailed(desk.Session.Id.Value, e);
        }
    }

    private Connected Connected(LiveLine line) => new(line.Person, line.Id, roster.Node);
}
