using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Live;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using QRCoder;

namespace LiveSessions.Server.Programme;

/// <summary>What hosts do before and around a session. Everything under a session's id is for its staff; to anybody else the session is not there.</summary>
internal static class SessionsApi
{
    private const long LargestRoster = 4 * RosterFile.MaxLength;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var signedIn = routes.MapGroup("/api").RequireAuthorization(Callers.SignedIn).AddEndpointFilter(Unreachable);
        signedIn.MapGet("/plans", (SessionBook book) => book.Plans);
        signedIn.MapGet("/sessions", (SessionBook book, HttpContext http, CancellationToken ct) => book.Of(http.User.Account(), ct));
        signedIn.MapPost("/sessions", Make);

        var staff = signedIn.MapGroup("/sessions/{id}").AddEndpointFilter(new Only(SessionRole.CoFacilitator));
        staff.MapGet("", async (string id, SessionBook book, SiteAddress site, HttpContext http, CancellationToken ct) =>
            Results.Ok(await book.Detail(new SessionId(id), http.User.Account(), site.Of(http.Request), ct)));
        staff.MapGet("/roster", (string id, Roster roster, CancellationToken ct) => roster.View(new SessionId(id), ct));
        staff.MapPost("/roster", EnterRoster).WithMetadata(new RequestSizeLimitAttribute(LargestRoster));
        staff.MapPost("/links", (string id, Roster roster, SiteAddress site, HttpContext http, CancellationToken ct) => NewLinks(id, null, roster, site, http, ct));
        staff.MapPost("/links/{person}", (string id, string person, Roster roster, SiteAddress site, HttpContext http, CancellationToken ct) => NewLinks(id, person, roster, site, http, ct));
        staff.MapGet("/qr.svg", Picture);

        var owner = signedIn.MapGroup("/sessions/{id}").AddEndpointFilter(new Only(SessionRole.Owner));
        owner.MapPost("/staff", AddStaff);
        owner.MapDelete("/staff/{account}", async (string id, string account, SessionBook book, HttpContext http, CancellationToken ct) =>
            await book.DropStaff(new SessionId(id), account, http.User.Account(), ct) ? Results.NoContent() : Problems.NotThere());
        owner.MapPost("/grants", GiveGrant);
        owner.MapDelete("/grants/{grant}", async (string id, string grant, SessionBook book, HttpContext http, CancellationToken ct) =>
            await book.Revoke(new SessionId(id), grant, http.User.Account(), ct) ? Results.NoContent() : Problems.NotThere());
    }

    private static async Task<IResult> Make(NewSession asked, SessionBook book, SiteAddress site, HttpContext http, CancellationToken ct)
    {
        var account = http.User.Account();
        var (session, whyNot) = await book.Make(account, asked, ct);
        return session is { } made
            ? Results.Created($"/api/sessions/{made}", await book.Detail(made, account, site.Of(http.Request), ct))
            : Problems.Wrong(whyNot ?? "");
    }

    private static async Task<IResult> EnterRoster(string id, RosterText asked, Roster roster, SiteAddress site, HttpContext http, CancellationToken ct)
    {
        var (lines, faults) = RosterFile.Read(asked.Csv ?? "");
        if (faults.Count > 0)
            return Results.Problem(
                statusCode: StatusCodes.Status400BadRequest,
                detail: faults is [{ Line: 0 } whole] ? whole.Words : "Nothing was entered. Mend the lines below and enter the list again.",
                extensions: new Dictionary<string, object?> { ["faults"] = faults });
        var (view, whyNot) = await roster.Enter(new SessionId(id), lines, site.Of(http.Request), ct);
        return view is null ? Problems.Refused(whyNot ?? "") : Results.Ok(view);
    }

    private static async Task<IResult> NewLinks(string id, string? person, Roster roster, SiteAddress site, HttpContext http, CancellationToken ct) =>
        await roster.NewLinks(new SessionId(id), person is null ? null : new PersonId(person), site.Of(http.Request), ct) is { } view ? Results.Ok(view) : Problems.NotThere();

    private static async Task<IResult> Picture(string id, SessionBook book, SiteAddress site, HttpContext http, CancellationToken ct)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(SessionBook.JoinAddress(site.Of(http.Request), await book.CodeOf(new SessionId(id), ct)), QRCodeGenerator.ECCLevel.M);
        using var picture = new SvgQRCode(data);
        return Results.Text(picture.GetGraphic(4), "image/svg+xml");
    }

    private static async Task<IResult> AddStaff(string id, ByEmail asked, SessionBook book, SiteAddress site, HttpContext http, CancellationToken ct)
    {
        var account = http.User.Account();
        return await book.AddStaff(new SessionId(id), asked.Email, account, ct) ? Results.Ok(await book.Detail(new SessionId(id), account, site.Of(http.Request), ct)) : Problems.Wrong(SessionBook.NoAccount);
    }

    private static async Task<IResult> GiveGrant(string id, NewGrant asked, SessionBook book, HttpContext http, CancellationToken ct)
    {
        var (grant, whyNot) = await book.Give(new SessionId(id), asked, http.User.Account(), ct);
        return grant is null ? Problems.Wrong(whyNot ?? "") : Results.Ok(grant);
    }

    /// <summary>The log is out of reach: said in words, not as a fault of the program.</summary>
    internal static async ValueTask<object?> Unreachable(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (LiveSessionsUnavailable)
        {
            return Problems.NotNow();
        }
    }

    /// <summary>Lets the session's staff through, or its owner alone. The session comes from the address; whether the caller has a part in it is asked each time.</summary>
    internal sealed class Only(SessionRole least) : IEndpointFilter
    {
        public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            var http = context.HttpContext;
            if (Callers.SessionOf(http.Request) is not { } session)
                return Problems.NotThere();
            await using (var db = await http.RequestServices.GetRequiredService<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync(http.RequestAborted))
            {
                var role = await SessionStaffing.RoleOf(db, session, http.User.Account(), http.RequestAborted);
                if (role is null || role < least)
                {
                    http.RequestServices.GetRequiredService<ILogger<SessionBook>>().Denied("A session", http.User.Account());
                    return Problems.NotThere();
                }
            }
            return await next(context);
        }
    }
}
