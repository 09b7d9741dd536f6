namespace LiveSessions.Server.Access;

/// <summary>Log lines about who may come in, 3050 to 3099. Ids only: no names, codes, tokens or addresses of people.</summary>
internal static partial class AccessLog
{
    [LoggerMessage(3050, LogLevel.Warning, "A {Method} request from a foreign origin was turned away")]
    public static partial void ForeignOrigin(this ILogger log, string method);

    [LoggerMessage(3051, LogLevel.Information, "Account {Account} was made by {Kind}")]
    public static partial void AccountMade(this ILogger log, string account, string kind);

    [LoggerMessage(3052, LogLevel.Information, "Account {Account} signed in")]
    public static partial void SignedIn(this ILogger log, string account);

    [LoggerMessage(3053, LogLevel.Warning, "Sign-in to account {Account} failed; {Failures} in a row")]
    public static partial void SignInFailed(this ILogger log, string account, int failures);

    [LoggerMessage(3054, LogLevel.Warning, "Tries from one network were turned away unread")]
    public static partial void TurnedAway(this ILogger log);

    [LoggerMessage(3055, LogLevel.Information, "{What} was denied to account {Account}")]
    public static partial void Denied(this ILogger log, string what, string account);

    [LoggerMessage(3056, LogLevel.Warning, "The archive could not be asked whether there is an account; asking again until it answers")]
    public static partial void SetUpLinkFailed(this ILogger log, Exception e);
}
