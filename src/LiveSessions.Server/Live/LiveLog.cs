namespace LiveSessions.Server.Live;

/// <summary>Log lines of the live part, ids 1000 to 1099. Never a person's words or name.</summary>
internal static partial class LiveLog
{
    [LoggerMessage(1000, LogLevel.Error, "The desk of session {Session} could not do its work.")]
    public static partial void DeskFailed(this ILogger log, string session, Exception e);

    [LoggerMessage(1001, LogLevel.Warning, "An append to session {Session} got no answer; looking whether it happened.")]
    public static partial void AppendUnknown(this ILogger log, string session, Exception e);

    [LoggerMessage(1002, LogLevel.Error, "A rule failed in session {Session} on {Command}; the command was refused.")]
    public static partial void RuleFailed(this ILogger log, string session, string command, Exception e);

    [LoggerMessage(1003, LogLevel.Warning, "The log of session {Session} was replaced: {Had} entries were folded, {Has} are there now.")]
    public static partial void LogReplaced(this ILogger log, string session, long had, long has);

    [LoggerMessage(1004, LogLevel.Warning, "The pulse of this node missed a beat.")]
    public static partial void PulseFailed(this ILogger log, Exception e);

    [LoggerMessage(1005, LogLevel.Warning, "Presence in session {Session} could not be told.")]
    public static partial void PresenceFailed(this ILogger log, string session, Exception e);

    [LoggerMessage(1006, LogLevel.Warning, "A hub message could not be read: {Why}.")]
    public static partial void Malformed(this ILogger log, string why);

    [LoggerMessage(1007, LogLevel.Information, "Session {Session} is held by this node, {Entries} entries folded in {Milliseconds} ms.")]
    public static partial void DeskOpened(this ILogger log, string session, long entries, double milliseconds);

    [LoggerMessage(1013, LogLevel.Debug, "What other nodes append to session {Session} could not be listened for; until it can be, it is looked for once a second.")]
    public static partial void ListeningFailed(this ILogger log, string session, Exception e);

    [LoggerMessage(1009, LogLevel.Error, "The hub could not do {Method}.")]
    public static partial void CallFailed(this ILogger log, string method, Exception e);

    [LoggerMessage(1010, LogLevel.Warning, "It could not be looked up which sign-ins are over; looking again.")]
    public static partial void SignInsUnknown(this ILogger log, Exception e);

    [LoggerMessage(1011, LogLevel.Warning, "This node ends, and not everything that was sent to it was answered; it will be sent again.")]
    public static partial void LeftUnanswered(this ILogger log, Exception e);

    [LoggerMessage(1012, LogLevel.Error, "Entry {Position} of session {Session} cannot be read; most likely a newer version wrote it. The session's people are let go until this server is of that version.")]
    public static partial void EntryUnreadable(this ILogger log, string session, long position, Exception e);

    [LoggerMessage(1008, LogLevel.Warning, "A deadline of session {Session} could not be set: {Name}.")]
    public static partial void DeadlineFailed(this ILogger log, string session, string name, Exception e);

    [LoggerMessage(1014, LogLevel.Warning, "Redis came back without the last of session {Session}'s log; this server gave back {Entries} entries.")]
    public static partial void GaveBack(this ILogger log, string session, int entries);
}
