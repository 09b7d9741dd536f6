using System.Security.Claims;
using LiveSessions.Log;
using LiveSessions.Sessions;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Live;

/// <summary>
/// The doorbell: four calls, and never more. Who calls comes from the connection's ticket. The wire is described in docs/protocol.md.
/// </summary>
[Authorize(Policy = Access.Callers.Live)]
public sealed class SessionHub(LiveSessionsNode node, Attendance attendance, CleanText clean, Bustle bustle, TimeProvider time) : Hub
{
    internal const string Line = "line";

    /// <summary>Begins: everything this person sees, or what changed since the positions held.</summary>
    public Task<RawJson> Enter(Enter enter)
    {
        LineOf().Leaves |= enter.Leaves;
        return Told(enter.Positions, enter.Tables);
    }

    /// <summary>Asks for something. The answer comes when it is stored, from the desk (docs/decisions/0022).</summary>
    public void Act(Asked asked)
    {
        var (act, call) = asked;
        var line = LineOf();
        if (!IsAllowed(line))
        {
            line.Fail(call, Refusal.TooFast.Words);
            return;
        }
        try
        {
            if (!Id.IsWellFormed(act.Instance) || act.Instance.Length < 8 || act.Number < 1 || act.Command is null)
                line.Answer(call, Answer.Refused(Refusal.Malformed));
            else
                node.Act(line, call, line.MarkOf(act), clean.Of(act.Command));
        }
        catch (Exception)
        {
            line.Fail(call, null);
            throw;
        }
    }

    /// <summary>What changed since the positions held.</summary>
    public Task<RawJson> Resume(Resume resume) => Told(resume.Positions, false);

    /// <summary>A glimpse for the others in the room; lost when there are too many.</summary>
    public Task Glimpse(Glimpse glimpse)
    {
        var line = LineOf();
        bustle.Add(1);
        var isFine = glimpse.Kind is "typing" or "pointer" or "drag" && glimpse.X is null or (>= 0 and <= 1) && glimpse.Y is null or (>= 0 and <= 1);
        return isFine && line.GlimpseGroup is { } room && line.Allowance.TakeGlimpse(time)
            ? Clients.OthersInGroup(room).SendAsync(nameof(Glimpsed), new Glimpsed(line.Person, glimpse), Context.ConnectionAborted)
            : Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        if (Context.Items.TryGetValue(Line, out var line))
            attendance.Leave((LiveLine)line!);
        return Task.CompletedTask;
    }

    /// <summary>Letting somebody in costs what some ten edits cost; copying to the archive waits for them too.</summary>
    private const int BustleOfEntering = 10;

    private async Task<RawJson> Told(IReadOnlyDictionary<string, long>? positions, bool packs)
    {
        bustle.Add(BustleOfEntering);
        // Whoever is in may still ask for what they missed, and has answers on the way.
        if (node.IsLeaving && !LineOf().IsIn)
        {
            Context.Abort();
            throw new HubException(Refusal.Unsaved.Words);
        }
        try
        {
            return await attendance.Enter(Allowed(), positions, packs, Context.ConnectionAborted) ?? throw new HubException(Refusal.NotThere.Words);
        }
        catch (LiveSessionsUnavailable)
        {
            throw new HubException(Refusal.Unsaved.Words);
        }
    }

    private LiveLine Allowed() => LineOf() is var line && IsAllowed(line) ? line : throw new HubException(Refusal.TooFast.Words);

    private bool IsAllowed(LiveLine line)
    {
        if (line.Allowance.TakeCommand(time))
            return true;
        LiveMeter.Server.TooFast.Add(1);
        return false;
    }

    private LiveLine LineOf()
    {
        if (Context.Items.TryGetValue(Line, out var known))
            return (LiveLine)known!;
        var user = Context.User!;
        var line = attendance.LineOf(
            Context.ConnectionId, new(user.FindFirstValue(Access.Callers.SessionClaim)!), new(user.FindFirstValue(Access.Callers.PersonClaim)!),
            user.HasClaim(Access.Callers.StaffClaim, "true"), user.FindFirstValue(Access.Callers.NameClaim) ?? "", user.HasClaim(Access.Callers.OwnerClaim, "true"));
        Context.Items[Line] = line;
        attendance.Asked(line);
        return line;
    }
}

/// <summary>An <see cref="Log.Act"/> with the number of its call, by which the desk answers it; null when no answer is wanted. On the wire it is an <see cref="Log.Act"/>.</summary>
public sealed record Asked(Act Act, string? Call);

/// <summary>Makes the hub for a call: of parts that are always the same, so nothing is looked up.</summary>
internal sealed class SessionHubs(LiveSessionsNode node, Attendance attendance, CleanText clean, Bustle bustle, TimeProvider time) : IHubActivator<SessionHub>
{
    public SessionHub Create() => new(node, attendance, clean, bustle, time);

    public void Release(SessionHub hub) => hub.Dispose();
}
