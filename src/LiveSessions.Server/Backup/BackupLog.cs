namespace LiveSessions.Server.Backup;

/// <summary>The log lines of copying and putting back, 3050 to 3099. Ids, numbers and folders only.</summary>
internal static partial class BackupLog
{
    [LoggerMessage(3050, LogLevel.Information, "Everything is copied to {Folder} as it happens; each day's end is kept for {Days} days")]
    public static partial void BackupOn(this ILogger log, string folder, int days);

    [LoggerMessage(3051, LogLevel.Error, "Nothing can be copied to the backup folder; tried again every second")]
    public static partial void BackupFailed(this ILogger log, Exception fault);

    [LoggerMessage(3052, LogLevel.Information, "The backup folder is written to again")]
    public static partial void BackupWorksAgain(this ILogger log);

    [LoggerMessage(3053, LogLevel.Information, "The archive was put back as it was at {At:u}")]
    public static partial void ArchivePutBack(this ILogger log, DateTimeOffset at);

    [LoggerMessage(3054, LogLevel.Information, "Session {Session} was put back with {Entries} entries, {FromArchive} of them from the archive")]
    public static partial void SessionPutBack(this ILogger log, string session, int entries, int fromArchive);

    [LoggerMessage(3055, LogLevel.Warning, "Session {Session} was not put back: Redis has its log, with {Length} entries")]
    public static partial void SessionStillThere(this ILogger log, string session, long length);

    [LoggerMessage(3056, LogLevel.Information, "Session {Session} goes on with {Entries} entries, {FromArchive} of them from the archive, as another log than before")]
    public static partial void SessionGoesOn(this ILogger log, string session, long entries, long fromArchive);

    [LoggerMessage(3057, LogLevel.Information, "Redis and the archive agree again; {Sessions} sessions were looked at. Start without --restore from now on")]
    public static partial void DatabasesAgree(this ILogger log, int sessions);
}
