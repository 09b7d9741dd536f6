using System.Diagnostics;

namespace LiveSessions.Faults.Rig;

/// <summary>
/// When everybody of this process stood still: a thousand people are one process, and what its garbage collector holds up looks as if a server had not answered. A thread of its own sleeps for a hundredth of a
/// second and looks how long that was.
/// </summary>
internal sealed class Standstill : IDisposable
{
    private static readonly TimeSpan Nap = TimeSpan.FromMilliseconds(10);

    /// <summary>What is longer than the system's own turns of threads.</summary>
    private static readonly TimeSpan Counts = TimeSpan.FromMilliseconds(100);
    private readonly List<(long From, long Until)> _stood = [];
    private readonly Thread _thread;
    private volatile bool _isOver;

    public Standstill()
    {
        _thread = new Thread(Watch) { IsBackground = true, Name = "standstill" };
        _thread.Start();
    }

    /// <summary>The longest between two time stamps; zero when it was none.</summary>
    public TimeSpan Longest(long from, long until)
    {
        lock (_stood)
            return _stood.Where(s => s.Until >= from && s.From <= until).Select(s => Stopwatch.GetElapsedTime(s.From, s.Until)).DefaultIfEmpty().Max();
    }

    private void Watch()
    {
        while (!_isOver)
        {
            var from = Stopwatch.GetTimestamp();
            Thread.Sleep(Nap);
            var until = Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(from, until) < Counts)
                continue;
            lock (_stood)
                _stood.Add((from, until));
        }
    }

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
    }
}
