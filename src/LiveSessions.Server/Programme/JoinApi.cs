using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Live;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Programme;

/// <summary>How people come in: by the session's code, or by a personal link, which skips the lobby. A browser that has a seat already is the person it was.</summary>
internal static class JoinApi
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var anybody = routes.MapGroup("/api").AllowAnonymous().AddEndpointFilter(SessionsApi.Unreachable);
        anybody.MapGet("/join/{code}", LookByCode);
        anybody.MapPost("/join/{code}", ByCode);
        anybody.MapGet("/link/{token}", LookByLink);
        anybody.MapPost("/link/{token}", ByLink);
        anybody.MapPost("/sessions/{id}/seat", Renew);
    }

    private static async Task<IResult> LookByCode(string code, HttpContext http, JoinThrottle throttle, Doors doors, CancellationToken ct) =>
        await Found(code, http, throttle, doors, async session => Results.Ok(await doors.Info(session, null, ct)), ct);

    private static async Task<IResult> ByCode(string code, JoinByCode asked, HttpContext http, JoinThrottle throttle, Doors doors, Seats seats, CancellationToken ct) =>
        await Found(code, http, throttle, doors, async session =>
        {
            if (Texts.CleanName(asked.Name) is not { } name)
                return Problems.Wrong(Refusal.BadName.Words);
            if (!Enum.IsDefined(asked.Consent))
                return Problems.Wrong(Refusal.NotAChoice.Words);
            TeamId? team = null;
            if (!string.IsNullOrEmpty(asked.Team))
            {
                if (!Id.IsWellFormed(asked.Team) || !await doors.HasTeam(session.Id, new TeamId(asked.Team), ct))
                    return Problems.Wrong("Choose a team from the list, or come as a guest.");
                team = new TeamId(asked.Team);
            }
            var here = Cookies.Seat(http.Request, session.Id) is { } secret ? await seats.Find(session.Id, secret, ct) : null;
            return await doors.In(http, session.Id, new JoinSession(here ?? NewId.Participant(), name, team, asked.Consent, asked.MayQuote, ByLink: false), hasSeat: here is not null, ct);
        }, ct);

    private static async Task<IResult> LookByLink(string token, Doors doors, CancellationToken ct) =>
        await doors.ByLink(token, ct) is var (session, person) ? Results.Ok(await doors.Info(session, person, ct)) : NoSuchLink();

    private static async Task<IResult> ByLink(string token, JoinByLink asked, HttpContext http, Doors doors, Seats seats, CancellationToken ct)
    {
        if (await doors.ByLink(token, ct) is not var (session, person))
            return NoSuchLink();
        if (!Enum.IsDefined(asked.Consent))
            return Problems.Wrong(Refusal.NotAChoice.Words);
        var here = Cookies.Seat(http.Request, session.Id) is { } secret ? await seats.Find(session.Id, secret, ct) : null;
        return await doors.In(http, session.Id, new JoinSession(person.Person, person.Name, person.Team, asked.Consent, asked.MayQuote, ByLink: true), hasSeat: here == person.Person, ct);
    }

    private static async Task<IResult> Renew(string id, HttpContext http, Seats seats, CancellationToken ct)
    {
        // Staff hold no seat: their account is their place.
        if (await http.AuthenticateAsync(Callers.LiveScheme) is { Succeeded: true, Principal: var staff } && staff.HasClaim(Callers.StaffClaim, "true"))
            return Results.Ok(new SeatView(id, staff.FindFirst(Callers.PersonClaim)!.Value));
        if (!Id.IsWellFormed(id) || Cookies.Seat(http.Request, new SessionId(id)) is not { } secret || await seats.Renew(new SessionId(id), secret, ct) is not var (person, next))
            return Problems.SignInFirst("You have no seat in this session in this browser. Join with the code or your personal link.");
        Cookies.SetSeat(http, new SessionId(id), next);
        return Results.Ok(new SeatView(id, person.Value));
    }

    private static async Task<IResult> Found(string typed, HttpContext http, JoinThrottle throttle, Doors doors, Func<SessionRow, Task<IResult>> then, CancellationToken ct)
    {
        var code = JoinCodes.Read(typed);
        var (wasMade, session) = await throttle.Tries.Try(http.Connection.RemoteIpAddress, async () => code is null ? null : await doors.ByCode(code, ct), ct);
        if (!wasMade)
        {
            http.RequestServices.GetRequiredService<ILogger<Doors>>().TurnedAway();
            return Problems.TooOften(http, FailureThrottle.LongestWait);
        }
        if (session is not null)
            return await then(session);
        return Results.Problem(
            statusCode: StatusCodes.Status404NotFound,
            detail: code is null
                ? "This is not a session code. A code has eight letters and numbers, without O, I, 0 and 1."
                : $"No session has the code {JoinCodes.Shown(code).Replace('-', ' ')}. Check it against your invitation, or ask in the video call.");
    }

    private static IResult NoSuchLink() => Results.Problem(
        statusCode: StatusCodes.Status404NotFound, detail: "This link does not work, or not any more. Ask the host of your session for a new one.");
}

/// <summary>The ways into a session.</summary>
internal sealed class Doors(IDbContextFactory<ArchiveDb> archive, ILiveSessions live, Seats seats)
{
    /// <summary>A session that people can still join by its code.</summary>
    public async Task<SessionRow?> ByCode(string code, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return await db.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.Code == code && s.EndedAt == null, ct);
    }

    public async Task<(SessionRow Session, RosterRow Person)?> ByLink(string token, CancellationToken ct)
    {
        var hash = Secret.Hash(token);
        await using var db = await archive.CreateDbContextAsync(ct);
        var person = await db.RosterPeople.AsNoTracking().SingleOrDefaultAsync(p => p.LinkHash == hash, ct);
        var session = person is null ? null : await db.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.Id == person.Session, ct);
        return session is null ? null : (session, person!);
    }

    public async Task<JoinInfo> Info(SessionRow session, RosterRow? person, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var teams = await db.RosterPeople.AsNoTracking().Where(p => p.Session == session.Id).Select(p => new { p.Team, p.TeamName }).Distinct().ToListAsync(ct);
        return new JoinInfo(
            session.Id.Value, session.Title, session.Programme, session.StartsAt, session.TimeZone,
            teams.DistinctBy(t => t.Team).Select(t => new RosterTeamView(t.Team.Value, t.TeamName)).OrderBy(t => t.Name, StringComparer.CurrentCultureIgnoreCase).ToList(),
            ConsentWords.Shipped, session.RetentionUntil, session.EndedAt is null, person?.Name, person?.Team.Value);
    }

    public async Task<bool> HasTeam(SessionId session, TeamId team, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return await db.RosterPeople.AnyAsync(p => p.Session == session && p.Team == team, ct);
    }

    /// <summary>Tells the session first; the seat is given only to somebody it let in.</summary>
    public async Task<IResult> In(HttpContext http, SessionId session, JoinSession join, bool hasSeat, CancellationToken ct)
    {
        var answer = await live.Act(session, Actor.System, join, ct);
        if (answer.IsRefused)
            return Problems.Refused(answer.Words ?? "", answer.Reason);
        if (!hasSeat)
            Cookies.SetSeat(http, session, await seats.Give(session, join.Person, ct));
        return Results.Ok(new Joined(session.Value));
    }
}
