namespace LiveSessions.Server.Backup;

/// <summary>What lies beside the copies for whoever finds them.</summary>
internal static class Words
{
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
