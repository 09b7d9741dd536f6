namespace LiveSessions.Server.Transcripts;

/// <summary>The archive writer's log lines, 4000 to 4099. Ids and numbers only.</summary>
internal static partial class WriterLog
{
    [LoggerMessage(4000, LogLevel.Debug, "The archive of session {Session} goes on from entry {UpTo} of {Length}")]
    public static partial void ArchiveResumed(this ILogger log, string session, long upTo, long length);

    [LoggerMessage(4001, LogLevel.Information, "The archive of session {Session} was thought to stand at {From} but stands at {UpTo}; going on from there")]
    public static partial void ArchiveStandsElsewhere(this ILogger log, string session, long from, long upTo);

    [LoggerMessage(4002, LogLevel.Error, "Session {Session} could not be archived from entry {UpTo} on (try {Failures}); it is tried again")]
    public static partial void ArchiveFailed(this ILogger log, string session, long upTo, int failures, Exception e);

    [LoggerMessage(4003, LogLevel.Error, "Sessions that wait to be archived could not be looked for; it is tried again")]
    public static partial void ArchiveSweepFailed(this ILogger log, Exception e);

    [LoggerMessage(4010, LogLevel.Information, "The log of session {Session} has left Redis; all its {Length} entries are archived")]
    public static partial void Forgotten(this ILogger log, string session, long length);

    [LoggerMessage(4011, LogLevel.Warning, "The log of session {Session} is due to leave Redis, but only {UpTo} of its {Length} entries are archived; it stays until they are")]
    public static partial void ForgetMustWait(this ILogger log, string session, long upTo, long length);

    [LoggerMessage(4012, LogLevel.Error, "The log of session {Session} could not leave Redis; it is tried again")]
    public static partial void ForgetFailed(this ILogger log, string session, Exception e);
}
