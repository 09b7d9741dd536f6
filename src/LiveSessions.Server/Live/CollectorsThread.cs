namespace LiveSessions.Server.Live;

/// <summary>
/// Keeps alive the thread on which the runtime collects what is old while everybody goes on. .NET 10 lets it end after 20 seconds in which it has nothing to do, and looks for the new one before that is ready: then the next
/// collection of what is old is done with everybody standing still, 0.1 s for each 100 MB of small objects and more (docs/decisions/0041). So it is given something to do sooner.
/// <see href="https://github.com/dotnet/runtime/pull/119383"/> mends it in .NET 11.
/// </summary>
/// <param name="collect">Collects everything beside everybody's work; the runtime's own by default.</param>
/// <param name="finished">A number that is another after each collection that was done so.</param>
public sealed class CollectorsThread(TimeProvider time, Action? collect = null, Func<long>? finished = null) : BackgroundService
{
    /// <summary>The thread has nothing to do for this and a <see cref="Look"/> at most; it ends after 20 s.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(14);
    internal static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (Environment.Version.Major > 10)
            return;
        var (sweep, number) = (collect ?? Collect, finished ?? Finished);
        using var look = new PeriodicTimer(Look, time);
        // What was found done at a look was done after the look before it.
        var (seen, lookedAt, idleSince) = (number(), time.GetTimestamp(), time.GetTimestamp());
        while (await look.WaitForNextTickAsync(stoppingToken))
        {
            if (number() is var now && now != seen)
                (seen, idleSince) = (now, lookedAt);
            lookedAt = time.GetTimestamp();
            if (time.GetElapsedTime(idleSince, lookedAt) < Longest)
                continue;
            sweep();
            idleSince = lookedAt;
        }
    }

    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);

    private static long Finished() => GC.GetGCMemoryInfo(GCKind.Background).Index;
}
