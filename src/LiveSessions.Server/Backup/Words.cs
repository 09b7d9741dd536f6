using Microsoft.Data.Sqlite;

namespace LiveSessions.Server.Backup;

/// <summary>What is said to people of the copies.</summary>
internal static class Words
{
    private const int DiskFull = 28, SqliteDiskFull = 13;

    /// <summary>Why nothing could be copied, for facilitators: no paths. The server's log has the rest.</summary>
    public static string Of(Exception fault) => fault switch
    {
        DirectoryNotFoundException => "The disk with the copies is not there.",
        IOException { HResult: var code } when (code & 0xFFFF) is DiskFull or 0x70 => "The disk with the copies is full.",
        SqliteException { SqliteErrorCode: SqliteDiskFull } => "The disk with the copies is full.",
        UnauthorizedAccessException => "The server may not write to the disk with the copies.",
        StackExchange.Redis.RedisException or TimeoutException => "Redis does not answer.",
        _ => "The copies could not be written; the server's log says why.",
    };

    /// <summary>Lies beside the copies for whoever finds them.</summary>
    public const string Instructions = """
        These are the copies of a Live Sessions server, made while it ran.

        To put them back on a new machine:

        1. Install Live Sessions as its README says. Do not start it yet; if you have, stop it and move its folder "data" away.
        2. Start it once with this folder's path:

           dotnet run --project src/LiveSessions.Server -- --restore "THIS FOLDER"

           With a published or packaged server: put --restore "THIS FOLDER" after its usual command.
        3. Facilitators sign in again. People in a session that was under way come back by themselves, to their seats and their words.

        To go back to the end of an earlier day, name a file of the folder "daily" instead of this folder.
        Keep this folder private: it holds people's names and words.

        """;
}
