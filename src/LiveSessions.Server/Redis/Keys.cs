using LiveSessions.Log;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>
/// Every key and channel that the product uses in Redis. All keys of one session carry the hash tag <c>{session}</c>, so a cluster keeps them in one
/// slot and one script may touch them together. Ids hold only letters, digits, '-' and '_', so they never break the tag or a member's '|'.
/// </summary>
internal static class Keys
{
    /// <summary>What stands about a session's log: <c>epoch</c> and <c>length</c>; after an erasure only <c>erased</c>, for a while.</summary>
    public static RedisKey Meta(SessionId session) => $"ls:{{{session.Value}}}:meta";

    /// <summary>Entries <c>page x LogPage.Size</c> and on, as a list.</summary>
    public static RedisKey Page(SessionId session, long page) => $"ls:{{{session.Value}}}:log:{page}";

    /// <summary>The newest folded state of the session: <c>epoch</c>, <c>position</c>, <c>bytes</c>.</summary>
    public static RedisKey Snapshot(SessionId session) => $"ls:{{{session.Value}}}:snapshot";

    /// <summary>Who is connected: <c>person|connection|node</c> scored by when the mark lapses (Unix ms).</summary>
    public static RedisKey Presence(SessionId session) => $"ls:{{{session.Value}}}:presence";

    /// <summary>All sessions' deadlines: <c>session|name</c> scored by when they are due (Unix ms).</summary>
    public static readonly RedisKey Deadlines = "ls:deadlines";

    /// <summary>The living nodes, scored by when their mark lapses (Unix ms by Redis' own clock).</summary>
    public static readonly RedisKey Nodes = "ls:nodes";

    /// <summary>Which servers have looked at what they hold since Redis came back: by node, which Redis it was (docs/decisions/0040).</summary>
    public static readonly RedisKey Looked = "ls:nodes:looked";

    public static RedisKey Lease(string name) => $"ls:lease:{name}";

    /// <summary>What the embedded store must find again at its next start.</summary>
    public static readonly RedisKey Mark = "ls:mark";

    /// <summary>What a storage rewrite pushes through an embedded server so that old log files fall out of use.</summary>
    public static readonly RedisKey Ballast = "ls:ballast";

    /// <summary>"This session's log has this length now", between the nodes that hold it (docs/decisions/0028).</summary>
    public static RedisChannel Heads(SessionId session) => RedisChannel.Literal(HeadsName(session));

    /// <summary>The name of <see cref="Heads"/>, for a script.</summary>
    public static string HeadsName(SessionId session) => $"ls:{{{session.Value}}}:heads";

    /// <summary>"This account's earlier sign-ins are over", between nodes.</summary>
    public static readonly RedisChannel SignIns = RedisChannel.Literal("ls:signins");

    /// <summary>"This person's lines are over", between nodes.</summary>
    public static readonly RedisChannel Dismissals = RedisChannel.Literal("ls:dismissals");

    /// <summary>"I am here", "I am leaving", between nodes.</summary>
    public static readonly RedisChannel Hello = RedisChannel.Literal("ls:hello");
}
