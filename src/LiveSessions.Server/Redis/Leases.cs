using System.Security.Cryptography;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>A right that one holder at a time has, by a token that nobody else knows.</summary>
public sealed record Lease(string Name, string Token);

/// <summary>
/// Leases by name, for work that should go on at one place only. A holder that stalls past its time may find another at work, so what it writes must
/// be guarded by itself as well (the archive: by its position).
/// </summary>
public sealed class Leases(IConnectionMultiplexer redis)
{
    private const string RenewScript = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
        return 0
        """;

    private const string GiveBackScript = """
        if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
        return 0
        """;

    private IDatabase Db => redis.GetDatabase();

    /// <summary>The lease, or null while somebody else has it.</summary>
    public async Task<Lease?> Take(string name, TimeSpan length, CancellationToken ct = default)
    {
        var lease = new Lease(name, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
        return await Db.StringSetAsync(Keys.Lease(name), lease.Token, length, when: When.NotExists).Within(ct) ? lease : null;
    }

    /// <summary>Holds it for that long from now. False: it was lost, so stop.</summary>
    public async Task<bool> Renew(Lease lease, TimeSpan length, CancellationToken ct = default) =>
        (int)await Db.ScriptEvaluateAsync(RenewScript, [Keys.Lease(lease.Name)], [lease.Token, (long)length.TotalMilliseconds]).Within(ct) == 1;

    /// <summary>Lets the next one have it at once. Nothing happens when it was lost already.</summary>
    public Task GiveBack(Lease lease, CancellationToken ct = default) => Db.ScriptEvaluateAsync(GiveBackScript, [Keys.Lease(lease.Name)], [lease.Token]).Within(ct);
}
