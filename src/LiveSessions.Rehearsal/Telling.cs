using System.Diagnostics;
using LiveSessions.Rooms;

namespace LiveSessions.Rehearsal;

/// <summary>Progress on the console.</summary>
internal sealed class Telling(Ledger ledger, bool isQuiet)
{
    private readonly Stopwatch _since = Stopwatch.StartNew();

    public void Say(string words)
    {
        if (!isQuiet)
            Console.WriteLine($"{_since.Elapsed:mm\\:ss}  {words}");
    }

    /// <summary>Where the rooms stand at the end of a step.</summary>
    public void Progress(string step, Store store)
    {
        var rooms = store.All<WatchView>();
        Say($"  {step,-18} {rooms.Sum(r => r.Turns),5} turns {rooms.Sum(r => r.Notes),5} notes   {ledger.Asked.Count,6} commands, answered in {ledger.Acknowledged().Of(99):0} ms (p99)");
    }
}
