using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace LiveSessions.Server.Access;

/// <summary>
/// Slows guessing without slowing people. Only failures count, by network (/24, or /64 of IPv6), since a whole library shares one address: ten wrong tries a minute are
/// free, then each wrong answer waits longer, up to five seconds. A right try is answered at once, however many came before it.
/// </summary>
/// <remarks>
/// A wait alone would not bound guessing, for tries can be made side by side. So only <see cref="HeldAtOnce"/> wrong answers of one network may be waiting; until one is
/// through, further tries from there are turned away unread. That ceiling (about 720 a minute) is above fifty people who mistype in the same second. When the whole site sees
/// <see cref="SlowModeAt"/> failures a minute, networks that have failed in that minute get a ceiling of <see cref="HeldAtOnceSlow"/> (120 a minute); all others come in as ever.
/// Counts are per node: they are a brake, not a rule.
/// </remarks>
public sealed class FailureThrottle(TimeProvider time)
{
    public const int FreeTries = 10;
    public const int SlowModeAt = 1_000;
    public const int HeldAtOnce = 60;
    public const int HeldAtOnceSlow = 10;
    private const int ReadAtOnce = 8;
    private const int NetworksKept = 50_000;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Network> networks = new();
    private readonly Failures everywhere = new();

    /// <summary>Makes one try. Null from <paramref name="attempt"/> is a failure.</summary>
    /// <returns>Whether the try was made at all, and what came of it.</returns>
    public async Task<(bool WasMade, T? Result)> Try<T>(IPAddress? from, Func<Task<T?>> attempt, CancellationToken ct) where T : class
    {
        var network = networks.GetOrAdd(KeyOf(from), _ => new Network());
        if (IsFull(network))
            return (false, null);
        await network.Reading.WaitAsync(ct);
        TimeSpan wait;
        try
        {
            if (IsFull(network))
                return (false, null);
            var result = await attempt();
            if (result is not null)
                return (true, result);
            wait = Failed(network);
            Interlocked.Increment(ref network.Held);
        }
        finally
        {
            network.Reading.Release();
        }
        try
        {
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, ct);
        }
        finally
        {
            Interlocked.Decrement(ref network.Held);
        }
        return (true, null);
    }

    private bool IsFull(Network network)
    {
        var now = time.GetUtcNow();
        var isSlow = everywhere.Count(now) >= SlowModeAt && network.Failures.Count(now) > 0;
        return Volatile.Read(ref network.Held) >= (isSlow ? HeldAtOnceSlow : HeldAtOnce);
    }

    private TimeSpan Failed(Network network)
    {
        var now = time.GetUtcNow();
        var siteWide = everywhere.Add(now);
        var here = network.Failures.Add(now);
        if (networks.Count > NetworksKept)
            Forget(now);
        if (siteWide > SlowModeAt && here > 1)
            return LongestWait;
        if (here <= FreeTries)
            return TimeSpan.Zero;
        var wait = FirstWait * Math.Pow(2, Math.Min(here - FreeTries - 1, 10));
        return wait < LongestWait ? wait : LongestWait;
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (key, network) in networks)
            if (Volatile.Read(ref network.Held) == 0 && network.Failures.Count(now) == 0)
                networks.TryRemove(key, out _);
    }

    private static string KeyOf(IPAddress? address)
    {
        if (address is null)
            return "";
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return Convert.ToHexString(bytes, 0, address.AddressFamily == AddressFamily.InterNetworkV6 ? 8 : 3);
    }

    private sealed class Network
    {
        public int Held;
        public Failures Failures { get; } = new();
        public SemaphoreSlim Reading { get; } = new(ReadAtOnce);
    }

    private sealed class Failures
    {
        private readonly Queue<DateTimeOffset> times = new();

        public int Add(DateTimeOffset now)
        {
            lock (times)
            {
                times.Enqueue(now);
                // More than this changes nothing, and memory stays bounded.
                if (times.Count > SlowModeAt * 2)
                    times.Dequeue();
                return Trimmed(now);
            }
        }

        public int Count(DateTimeOffset now)
        {
            lock (times)
                return Trimmed(now);
        }

        private int Trimmed(DateTimeOffset now)
        {
            while (times.TryPeek(out var oldest) && now - oldest >= Window)
                times.Dequeue();
            return times.Count;
        }
    }
}
