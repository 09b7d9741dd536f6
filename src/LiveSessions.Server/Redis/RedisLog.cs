using LiveSessions.Log;

namespace LiveSessions.Server.Redis;

/// <summary>Every log line of this folder, ids 2000-2099. Never a person's words or name.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(2000, LogLevel.Warning, "No answer to an append of {Count} entries at {Length} of session {Session}; its log will be read again.")]
    public static partial void AppendUnknown(this ILogger log, SessionId session, long length, int count, Exception e);

    [LoggerMessage(2001, LogLevel.Critical, "The log of session {Session} is damaged: {What}.")]
    public static partial void Damaged(this ILogger log, SessionId session, string what);

    [LoggerMessage(2002, LogLevel.Information, "Session {Session} was erased: {Length} entries.")]
    public static partial void Erased(this ILogger log, SessionId session, long length);

    [LoggerMessage(2003, LogLevel.Information, "The storage was written anew; what was erased is out of its files.")]
    public static partial void StorageRewritten(this ILogger log);

    [LoggerMessage(2004, LogLevel.Warning, "The embedded store has not yet cut off what was erased; another checkpoint follows.")]
    public static partial void NotOutOfFiles(this ILogger log);

    [LoggerMessage(2010, LogLevel.Information, "Node {Node} is up; other nodes alive: {Others}.")]
    public static partial void NodeUp(this ILogger log, string node, int others);

    [LoggerMessage(2011, LogLevel.Information, "Node {Node} sees {Others} other nodes now.")]
    public static partial void NodesChanged(this ILogger log, string node, int others);

    [LoggerMessage(2012, LogLevel.Warning, "Node {Node} could not renew its mark.")]
    public static partial void RosterFailed(this ILogger log, string node, Exception e);

    [LoggerMessage(2013, LogLevel.Warning, "A hint from another node could not be read and was left aside.")]
    public static partial void HintUnreadable(this ILogger log);

    [LoggerMessage(2014, LogLevel.Debug, "A hint could not be sent; other nodes will learn the head later.")]
    public static partial void HintLost(this ILogger log, Exception e);

    [LoggerMessage(2015, LogLevel.Error, "What a hint set off has failed.")]
    public static partial void HintFailed(this ILogger log, Exception e);

    [LoggerMessage(2020, LogLevel.Information, "The embedded store listens on 127.0.0.1:{Port} and keeps its files in {Directory}.")]
    public static partial void GarnetUp(this ILogger log, int port, string directory);

    [LoggerMessage(2021, LogLevel.Information, "The embedded store has closed; everything is on disk.")]
    public static partial void GarnetDown(this ILogger log);

    [LoggerMessage(2022, LogLevel.Warning, "The embedded store could not take its last checkpoint; the next start will replay its log instead.")]
    public static partial void GarnetNoLastCheckpoint(this ILogger log, Exception e);

    [LoggerMessage(2023, LogLevel.Debug, "Port {Port} was taken meanwhile; trying another.")]
    public static partial void GarnetPortTaken(this ILogger log, int port);

    [LoggerMessage(2030, LogLevel.Warning, "Redis at {Server} may lose acknowledged work: {Setting} is {Value}, and should be {Wanted}.")]
    public static partial void RedisUnsafe(this ILogger log, string server, string setting, string value, string wanted);

    [LoggerMessage(2031, LogLevel.Warning, "The settings of Redis at {Server} could not be read; make sure of appendonly yes, appendfsync always and maxmemory-policy noeviction.")]
    public static partial void RedisSettingsUnknown(this ILogger log, string server, Exception e);

    [LoggerMessage(2032, LogLevel.Warning, "The connection to Redis at {Server} was lost ({Kind}).")]
    public static partial void RedisLost(this ILogger log, string server, string kind);

    [LoggerMessage(2033, LogLevel.Information, "The connection to Redis at {Server} is back ({Kind}).")]
    public static partial void RedisBack(this ILogger log, string server, string kind);

    [LoggerMessage(2034, LogLevel.Warning, "Redis is another than it was, and of the servers that were there {Missing} did not come back to it within {Seconds} s. What they alone had heard of may be lost.")]
    public static partial void OthersNotBack(this ILogger log, string missing, double seconds);

    [LoggerMessage(2035, LogLevel.Warning, "Redis went again before all servers had looked at what it has.")]
    public static partial void MeetingFailed(this ILogger log, Exception e);

    [LoggerMessage(2040, LogLevel.Warning, "This machine's clock is wrong by {Seconds:0.0} s against Redis', whose time counts. Nothing here follows it; set it all the same.")]
    public static partial void ClockWrong(this ILogger log, double seconds);

    [LoggerMessage(2041, LogLevel.Debug, "Redis was not asked for the time; it is counted on from the last answer.")]
    public static partial void ClockUnread(this ILogger log, Exception e);
}
