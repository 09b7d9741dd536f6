using System.Diagnostics;

namespace LiveSessions.Server;

/// <summary>
/// How many of the pool's threads work at once: as many as there are processors, and more for as long as all of them stand and wait. With more than that, whatever is to be done wakes another thread,
/// which on few processors only takes turns with the first. With no more, a thread that waits for a disk holds up everything behind it for half a second and longer, for the pool itself looks no
/// sooner (docs/decisions/0034): SignalR's freeze with StackExchange.Redis on one processor.
/// </summary>
/// <param name="usual">Threads that work at once where none has to wait.</param>
internal sealed class Workers(int usual)
{
    /// <summary>With all of these waiting, nobody is served until one of them goes on.</summary>
    internal const int Most = 32;

    /// <summary>How often it is looked. What lies there at two looks in a row, with nothing done between them, waits for a thread.</summary>
    internal static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    /// <summary>When nothing has waited for so long there are as many threads as usual.</summary>
    internal static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);
    private static readonly Lock _gate = new();
    private static Workers? _own;
    private int _usual = usual;
    private bool _lay;
    private long _done;
    private TimeSpan _used, _calm;

    /// <summary>How many may work at once now. A server starts with many, for at its start much of what it does waits.</summary>
    public int Now { get; private set; } = Math.Max(usual, Most);

    /// <summary>Looks once.</summary>
    /// <param name="waiting">Things to be done that no thread has taken.</param>
    /// <param name="done">Things done since the process began; of no account when nothing waits.</param>
    /// <param name="used">Processor time that the process has had; of no account when nothing waits.</param>
    /// <param name="passed">Since the look before.</param>
    /// <returns>Whether the pool is to be told how many. While all is calm it is told once a second: it adds threads of its own accord and keeps them.</returns>
    public bool See(long waiting, long done, TimeSpan used, TimeSpan passed)
    {
        // Threads that work their way through something long are no reason for another one.
        var allWait = _lay && waiting > 0 && done == _done && used - _used < passed / 2;
        (_lay, _done, _used) = (waiting > 0, done, used);
        _calm = allWait ? TimeSpan.Zero : _calm + passed;
        if (!allWait && _calm < Calm)
            return false;
        Now = allWait ? Math.Max(Now, Math.Min(Most, Now * 2)) : _usual;
        _calm = TimeSpan.Zero;
        return true;
    }

    /// <summary>Looks from now on until the process ends, on a thread of its own.</summary>
    public static void Watch(int usual)
    {
        lock (_gate)
        {
            if (_own is not null)
            {
                // Another server in this process.
                _own._usual = Math.Max(_own._usual, usual);
                return;
            }
            _own = new(usual);
            Let(_own.Now);
        }
        new Thread(_own.Run) { IsBackground = true, Name = "Workers" }.Start();
    }

    private void Run()
    {
        for (var before = Stopwatch.GetTimestamp(); ;)
        {
            Thread.Sleep(Look);
            var at = Stopwatch.GetTimestamp();
            var waiting = ThreadPool.PendingWorkItemCount;
            // Of a look at which nothing lies there only that is remembered.
            var (done, used) = waiting > 0 ? (ThreadPool.CompletedWorkItemCount, Environment.CpuUsage.TotalTime) : default;
            if (See(waiting, done, used, Stopwatch.GetElapsedTime(before, at)))
                Let(Now);
            before = at;
        }
    }

    /// <summary>A pool that may have more threads than it needs goes on using them; told for a moment that it may not, it uses so many.</summary>
    private static void Let(int count)
    {
        ThreadPool.GetMaxThreads(out var most, out var completions);
        ThreadPool.SetMinThreads(count, Most);
        ThreadPool.SetMaxThreads(count, completions);
        ThreadPool.SetMaxThreads(most, completions);
    }
}
