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
/// through, half as many further tries from there stand in line unread, some three seconds at most, so that a right code comes in behind wrong ones; what is more is turned away unread.
/// Nobody knows a right code from a wrong one without reading it, so each that is read there first waits for a place. That ceiling (about 720 a minute) is above fifty people who mistype in the same second. When the whole site sees
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
        var network = networks.GetOrAdd(KeyOf(from), _ => new Network(MostHeld));
        if (await network.Places.Turn(ct) is not { } stoodInLine)
            return (false, null);
        TimeSpan wait;
        try
        {
            (var wasMade, var result, wait) = await Read(network, attempt, stoodInLine, ct);
            if (!wasMade || result is not null)
                return (wasMade, result);
        }
        finally
        {
            if (stoodInLine)
                network.Places.Read();
        }
        try
        {
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, ct);
        }
        finally
        {
            network.Places.Free();
        }
        return (true, null);
    }

    private async Task<(bool WasMade, T? Result, TimeSpan Wait)> Read<T>(Network network, Func<Task<T?>> attempt, bool stoodInLine, CancellationToken ct) where T : class
    {
        await network.Reading.WaitAsync(ct);
        try
        {
            if (!stoodInLine && network.Places.IsFull)
                return (false, null, default);
            if (await attempt() is { } result)
                return (true, result, default);
            network.Places.Take();
            return (true, null, Failed(network));
        }
        finally
        {
            network.Reading.Release();
        }
    }

    private int MostHeld(Network network)
    {
        var now = time.GetUtcNow();
        return everywhere.Count(now) >= SlowModeAt && network.Failures.Count(now) > 0 ? HeldAtOnceSlow : HeldAtOnce;
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
            if (network.Places.IsEmpty && network.Failures.Count(now) == 0)
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
        public Network(Func<Network, int> most) => Places = new(() => most(this));

        public Places Places { get; }
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
