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
    public Task<RawJson> Enter(Enter enter) => Told(enter.Positions, enter.Packs);

    /// <summary>Asks for something. The answer comes when it is stored.</summary>
    public async Task<Answer> Act(Act act)
    {
        var line = Allowed();
        if (!Id.IsWellFormed(act.Instance) || act.Instance.Length < 8 || act.Number < 1 || act.Command is null)
            return Answer.Refused(Refusal.Malformed);
        var command = act.Command is ICarriesRichText rich ? rich.WithCleanText(clean.Clean) : act.Command;
        try
        {
            return await node.Act(line.Session, new(line.Person, line.IsStaff, false), new($"{line.Person}.{act.Instance}", act.Number), command, Context.ConnectionAborted);
        }
        catch (LiveSessionsUnavailable)
        {
            throw new HubException(Refusal.Unsaved.Words);
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

    private async Task<RawJson> Told(IReadOnlyDictionary<string, long>? positions, bool packs)
    {
        if (node.IsLeaving)
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

    private LiveLine Allowed()
    {
        var line = LineOf();
        if (line.Allowance.TakeCommand(time))
            return line;
        LiveMeter.TooFast.Add(1);
        throw new HubException(Refusal.TooFast.Words);
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
        return line;
    }
}
