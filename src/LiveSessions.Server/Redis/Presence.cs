using LiveSessions.Log;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>One connection of a person, on one node. A person with two tabs has two.</summary>
public readonly record struct Connected(PersonId Person, string Connection, string Node);

/// <summary>
/// Who is connected to a session, on any node. A mark lapses by itself when its node stops refreshing it, so a node that dies takes nobody with it for ever.
/// Not in the log: it is about this second only.
/// </summary>
public sealed class Presence(IConnectionMultiplexer redis)
{
    /// <summary>A session that nobody refreshes any more leaves nothing behind.</summary>
    private static readonly TimeSpan KeyLife = TimeSpan.FromMinutes(10);

    private IDatabase Db => redis.GetDatabase();

    /// <summary>Marks connections of a session as present until then. A node does this for all of its own at once.</summary>
    public async Task Refresh(SessionId session, IReadOnlyCollection<Connected> connections, DateTimeOffset until, CancellationToken ct = default)
    {
        if (connections.Count == 0)
            return;
        var key = Keys.Presence(session);
        SortedSetEntry[] marks = [.. connections.Select(c => new SortedSetEntry(Member(c), until.ToUnixTimeMilliseconds()))];
        var added = Db.SortedSetAddAsync(key, marks);
        var kept = Db.KeyExpireAsync(key, until.UtcDateTime + KeyLife);
        await Task.WhenAll(added, kept).Within(ct);
    }

    public Task Leave(SessionId session, Connected connection, CancellationToken ct = default) => Db.SortedSetRemoveAsync(Keys.Presence(session), Member(connection)).Within(ct);

    /// <summary>All connections whose mark has not lapsed.</summary>
    public async Task<IReadOnlyList<Connected>> Present(SessionId session, DateTimeOffset now, CancellationToken ct = default)
    {
        var key = Keys.Presence(session);
        var swept = Db.SortedSetRemoveRangeByScoreAsync(key, double.NegativeInfinity, now.ToUnixTimeMilliseconds());
        var left = Db.SortedSetRangeByRankAsync(key);
        await Task.WhenAll(swept, left).Within(ct);
        return [.. (await left).Select(member => member.ToString().Split('|', 3)).Select(part => new Connected(new PersonId(part[0]), part[1], part[2]))];
    }

    private static RedisValue Member(Connected c) => $"{c.Person}|{c.Connection}|{c.Node}";
}
