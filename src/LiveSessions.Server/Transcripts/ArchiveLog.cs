namespace LiveSessions.Server.Transcripts;

/// <summary>The archive's log lines, 3000 to 3049. Ids and numbers only.</summary>
internal static partial class ArchiveLog
{
    [LoggerMessage(3000, LogLevel.Information, "The archive's tables are up to date ({Steps} steps)")]
    public static partial void Upgraded(this ILogger log, int steps);

    [LoggerMessage(3001, LogLevel.Information, "Audit row {Seq} is {Hash}")]
    public static partial void AuditRow(this ILogger log, long seq, string hash);

    [LoggerMessage(3002, LogLevel.Warning, "The keys of sign-in cookies lie unencrypted in PostgreSQL. Give every node the same DataProtection:KeyFile.")]
    public static partial void KeysUnencrypted(this ILogger log);

    [LoggerMessage(3003, LogLevel.Information, "The names of session {Session} are erased")]
    public static partial void NamesErased(this ILogger log, string session);

    [LoggerMessage(3004, LogLevel.Error, "Names could not be erased; tried again in an hour")]
    public static partial void NotErased(this ILogger log, Exception fault);

    [LoggerMessage(3005, LogLevel.Warning, "The archive does not answer; the start waits for it")]
    public static partial void ArchiveAway(this ILogger log, Exception fault);
}
