namespace LiveSessions.Server.Live;

/// <summary>
/// Collects garbage in small pieces while many come in. What stays of everybody who comes is moved twice before it rests; left to itself the collector moves that of dozens of people at once, for which everything
/// stands still for 20 to 60 milliseconds, most often when all have come and the first begin to work (docs/performance-findings.md). Once nobody comes any more it gives back besides what the C library keeps of
/// memory that nobody uses.
/// </summary>
/// <param name="collect">Collects what is young.</param>
/// <param name="giveBack">Gives the system back what the C library keeps unused.</param>
public sealed class Broom(TimeProvider time, Action? collect = null, Action? giveBack = null) : IDisposable
{
    /// <summary>What stays of so many people is moved in some ten milliseconds; what stays of fewer than a few is not worth it.</summary>
    internal const int Many = 64, Few = 8;

    /// <summary>Nobody else comes for so long: whoever is there begins to work.</summary>
    internal static readonly TimeSpan Calm = TimeSpan.FromMilliseconds(150);

    /// <summary>At once, and later: the compiler has work for some seconds after many came, and leaves most of what there is to give back.</summary>
    internal static readonly TimeSpan[] GivesBackAfter = [TimeSpan.Zero, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)];

    /// <summary>It takes a fifth of the time at most: on a server with thousands of lines each piece costs more.</summary>
    private const int Rest = 4;
    private readonly Lock _gate = new();
    private int _came;
    private ITimer? _calm, _back;
    private int _timesBack;
    private long _done;
    private TimeSpan _took;

    public void Dispose()
    {
        _calm?.Dispose();
        _back?.Dispose();
    }

    /// <summary>Somebody has been let in.</summary>
    public void Came()
    {
        lock (_gate)
        {
            _calm ??= time.CreateTimer(_ => BecameCalm(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _calm.Change(Calm, Timeout.InfiniteTimeSpan);
            if (++_came >= Many && RestLeft <= TimeSpan.Zero)
                Sweep();
        }
    }

    private void BecameCalm()
    {
        lock (_gate)
        {
            if (_came < Few)
                _came = 0;
            else if (RestLeft is var left && left > TimeSpan.Zero)
                _calm!.Change(left, Timeout.InfiniteTimeSpan);
            else
            {
                Sweep();
                _back ??= time.CreateTimer(_ => GiveBack(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _timesBack = 0;
                _back.Change(GivesBackAfter[0], Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void GiveBack()
    {
        lock (_gate)
            if (++_timesBack < GivesBackAfter.Length)
                _back!.Change(GivesBackAfter[_timesBack] - GivesBackAfter[_timesBack - 1], Timeout.InfiniteTimeSpan);
        if (giveBack is not null)
            giveBack();
        else
            NativeHeap.GiveBack();
    }

    private TimeSpan RestLeft => _done == 0 ? TimeSpan.Zero : Rest * _took - time.GetElapsedTime(_done);

    private void Sweep()
    {
        _came = 0;
        var began = time.GetTimestamp();
        (collect ?? CollectYoung)();
        _done = time.GetTimestamp();
        _took = time.GetElapsedTime(began, _done);
    }

    /// <summary>If the collector thinks it time for the old as well, that goes on beside everything else.</summary>
    private static void CollectYoung() => GC.Collect(1, GCCollectionMode.Forced, blocking: false);
}
