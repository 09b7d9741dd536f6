using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Transcripts.Exports;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Reading what the rooms said. Who has no live grant (and is not the owner) is told what a wrong address is told. Each reading, search and export is one audit row, written before
/// the words go out.
/// </summary>
public static class ReviewApi
{
    private const int LongestQuery = 200;

    public static IEndpointRouteBuilder MapReview(this IEndpointRouteBuilder routes)
    {
        var review = routes.MapGroup("/api/review").RequireAuthorization(Callers.SignedIn);
        review.MapGet("/sessions", (TranscriptReading reading, HttpContext http, CancellationToken ct) => reading.Sessions(http.User.Account(), ct));
        review.MapGet("/sessions/{session}", ReadSession);
        review.MapGet("/sessions/{session}/conversations/{conversation}", ReadConversation);
        review.MapGet("/search", Search);
        review.MapGet("/sessions/{session}/export", (string session, string? format, TranscriptReading reading, AuditTrail audit, TimeProvider time, HttpContext http, CancellationToken ct) =>
            Write(session, null, format, reading, audit, time, http, ct));
        review.MapGet("/sessions/{session}/conversations/{conversation}/export",
            (string session, string conversation, string? format, TranscriptReading reading, AuditTrail audit, TimeProvider time, HttpContext http, CancellationToken ct) =>
                Write(session, conversation, format, reading, audit, time, http, ct));
        return routes;
    }

    private static async Task<IResult> ReadSession(string session, TranscriptReading reading, AuditTrail audit, HttpContext http, CancellationToken ct)
    {
        if (await Right(session, reading, http, ct) is not { } right)
            return Problems.NotThere();
        await audit.Note(http.User.Account(), "review.session", session, ct);
        return Results.Ok(await reading.Session(new SessionId(session), right, ct));
    }

    private static async Task<IResult> ReadConversation(string session, string conversation, TranscriptReading reading, AuditTrail audit, HttpContext http, CancellationToken ct)
    {
        if (await Right(session, reading, http, ct) is null || await reading.Conversation(new SessionId(session), conversation, ct) is not { } found)
            return Problems.NotThere();
        await audit.Note(http.User.Account(), "review.read", $"{session}/{found.Conversation.Id}", ct);
        return Results.Ok(found);
    }

    private static async Task<IResult> Search(string? q, string? session, TranscriptReading reading, AuditTrail audit, HttpContext http, CancellationToken ct)
    {
        if (!string.IsNullOrEmpty(session) && await Right(session, reading, http, ct) is null)
            return Problems.NotThere();
        if (q is { Length: > LongestQuery })
            return Problems.Wrong($"Search for at most {LongestQuery} characters.");
        if (SearchWords.Parse(q) is not { } words)
            return Results.Ok(new SearchResult(0, 0, []));
        SessionId? only = string.IsNullOrEmpty(session) ? null : new SessionId(session);
        var (result, searched) = await reading.Search(http.User.Account(), words, only, ct);
        if (result.Total > 0)
            await audit.Note(http.User.Account(), "review.search", string.Join('/', searched.Select(id => id.Value).Order(StringComparer.Ordinal)), ct);
        return Results.Ok(result);
    }

    private static async Task<IResult> Write(
        string session, string? conversation, string? format, TranscriptReading reading, AuditTrail audit, TimeProvider time, HttpContext http, CancellationToken ct)
    {
        if (await Right(session, reading, http, ct) is not { } right)
            return Problems.NotThere();
        if (right != ReadingRight.Export)
            return Results.Problem(statusCode: StatusCodes.Status403Forbidden, detail: "Your grant is for reading. Ask the session's host for one that allows exports.");
        if (ExportFormats.Find(format) is not { } writer)
            return Problems.Wrong("An export is md, csv or json.");
        var id = new SessionId(session);
        IReadOnlyList<ConversationReading> readings;
        if (conversation is null)
            readings = await reading.Everything(id, ct);
        else if (await reading.Conversation(id, conversation, ct) is { } one)
            readings = [one];
        else
            return Problems.NotThere();
        var export = Export.Of(await reading.Session(id, right, ct), conversation, readings, time.GetUtcNow());
        var bytes = writer.Write(export);
        await audit.Note(http.User.Account(), $"review.export.{writer.Name}", conversation is null ? session : $"{session}/{conversation}", ct);
        return Results.File(bytes, writer.ContentType, export.FileName(writer.Name));
    }

    private static async Task<ReadingRight?> Right(string session, TranscriptReading reading, HttpContext http, CancellationToken ct)
    {
        var account = http.User.Account();
        var right = Id.IsWellFormed(session) ? await reading.RightOf(new SessionId(session), account, ct) : null;
        if (right is null)
            http.RequestServices.GetRequiredService<ILogger<TranscriptReading>>().Denied("A transcript", account);
        return right;
    }
}
