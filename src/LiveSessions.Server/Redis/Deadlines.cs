using LiveSessions.Log;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>A deadline that this node has taken on until <paramref name="Until"/>; after that another node may.</summary>
public readonly record struct ClaimedDeadline(SessionId Session, string Name, DateTimeOffset Until);

/// <summary>
/// What is due when, for all sessions. Any node may claim what is due; if it dies before it says <see cref="Done"/>, the deadline is due again when the claim runs
/// out. So a deadline comes at least once, and whoever acts on it must take a second time calmly. Times are kept to the millisecond.
/// </summary>
public sealed class Deadlines(IConnectionMultiplexer redis)
{
    /// <summary>KEYS deadlines; ARGV now, until, max. Answers members; moves each forward.</summary>
    private const string ClaimScript = """
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', '0', ARGV[3])
        for _, member in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[2], member) end
        return due
        """;

    /// <summary>KEYS deadlines; ARGV member, until. Removes it unless it was set anew since it was claimed.</summary>
    private const string DoneScript = """
        local score = redis.call('ZSCORE', KEYS[1], ARGV[1])
        if score and tonumber(score) == tonumber(ARGV[2]) then return redis.call('ZREM', KEYS[1], ARGV[1]) end
        return 0
        """;

    private IDatabase Db => redis.GetDatabase();

    /// <summary>Sets or moves the session's deadline of that name.</summary>
    public Task Set(SessionId session, string name, DateTimeOffset at, CancellationToken ct = default) =>
        Db.SortedSetAddAsync(Keys.Deadlines, Member(session, name), at.ToUnixTimeMilliseconds()).Within(ct);

    public Task Clear(SessionId session, string name, CancellationToken ct = default) => Db.SortedSetRemoveAsync(Keys.Deadlines, Member(session, name)).Within(ct);

    /// <summary>Takes away all deadlines of a session that is over or erased.</summary>
    public async Task ClearAll(SessionId session, CancellationToken ct = default)
    {
        var all = await Db.SortedSetRangeByRankAsync(Keys.Deadlines).Within(ct);
        var mine = all.Where(member => member.ToString().StartsWith($"{session}|", StringComparison.Ordinal)).ToArray();
        if (mine.Length > 0)
            await Db.SortedSetRemoveAsync(Keys.Deadlines, mine).Within(ct);
    }

    /// <summary>Takes on up to <paramref name="max"/> of what is due, the longest due first, for the length of the lease.</summary>
    public async Task<IReadOnlyList<ClaimedDeadline>> Claim(DateTimeOffset now, TimeSpan lease, int max, CancellationToken ct = default)
    {
        var until = DateTimeOffset.FromUnixTimeMilliseconds((now + lease).ToUnixTimeMilliseconds());
        var members = (string[])(await Db.ScriptEvaluateAsync(
            ClaimScript, [Keys.Deadlines], [now.ToUnixTimeMilliseconds(), until.ToUnixTimeMilliseconds(), max]).Within(ct))!;
        return [.. members.Select(member => member.Split('|', 2)).Select(part => new ClaimedDeadline(new SessionId(part[0]), part[1], until))];
    }

    /// <summary>The claimed deadline is dealt with. One that was set anew meanwhile stays.</summary>
    public Task Done(ClaimedDeadline claimed, CancellationToken ct = default) =>
        Db.ScriptEvaluateAsync(DoneScript, [Keys.Deadlines], [Member(claimed.Session, claimed.Name), claimed.Until.ToUnixTimeMilliseconds()]).Within(ct);

    private static RedisValue Member(SessionId session, string name) => $"{session}|{name}";
}
