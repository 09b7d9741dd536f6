namespace LiveSessions.Server.Access;

/// <summary>Answers that say no, as problem+json whose <c>detail</c> is shown to people as it stands.</summary>
internal static class Problems
{
    public const string NotThereWords = "That is not there, or it is not yours to see.";

    /// <summary>The one answer for what does not exist and for what the caller may not know of.</summary>
    public static IResult NotThere() => Of(StatusCodes.Status404NotFound, NotThereWords);

    public static IResult Wrong(string words) => Of(StatusCodes.Status400BadRequest, words);

    public static IResult Refused(string words, string? reason = null) => Of(StatusCodes.Status409Conflict, words, reason);

    public static IResult SignInFirst(string words = "Sign in first.") => Of(StatusCodes.Status401Unauthorized, words);

    public static IResult NotNow() => Of(StatusCodes.Status503ServiceUnavailable, "The server cannot reach its store right now. Try again in a moment.");

    /// <summary>Too many wrong tries. Tells when to come back.</summary>
    public static IResult TooOften(HttpContext http, TimeSpan wait)
    {
        var seconds = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
        http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return Of(StatusCodes.Status429TooManyRequests, $"Too many wrong tries from here. Wait {(seconds == 1 ? "a second" : seconds < 120 ? $"{seconds} seconds" : $"{(seconds + 59) / 60} minutes")}, then try again.");
    }

    /// <summary>What a bare status says when nothing better was said.</summary>
    public static string? WordsFor(int status) => status switch
    {
        400 => "This could not be read. Check what you sent.",
        401 => "Sign in first.",
        403 or 404 => NotThereWords,
        405 => "This cannot be done here.",
        413 => "That is too much at once.",
        415 => "This kind of content is not understood here.",
        503 => "The server cannot do this right now. Try again in a moment.",
        >= 500 => "Something went wrong on the server. Nothing you typed is lost; try again.",
        _ => null,
    };

    private static IResult Of(int status, string words, string? reason = null) =>
        Results.Problem(statusCode: status, detail: words, extensions: reason is null ? null : new Dictionary<string, object?> { ["reason"] = reason });
}
