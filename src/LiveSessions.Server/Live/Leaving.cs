using LiveSessions.Log;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Live;

/// <summary>
/// A server that is asked to end takes nothing more in hand, and answers what it has in hand before its lines are closed. What comes then is told that it is not saved; the browser sends it again, elsewhere.
/// </summary>
public sealed class Leaving
{
    /// <summary>For the last answers to go out on their wires.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(250);
    private int _inHand;
    private volatile bool _isLeaving;

    /// <summary>Longer than any call waits for Redis.</summary>
    internal TimeSpan AtMost { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Does one call of the hub, unless this server is leaving.</summary>
    /// <exception cref="HubException">It is leaving: nothing was done.</exception>
    public async ValueTask<object?> Do(Func<ValueTask<object?>> call)
    {
        Interlocked.Increment(ref _inHand);
        try
        {
            return _isLeaving ? throw new HubException(Refusal.Unsaved.Words) : await call();
        }
        finally
        {
            Interlocked.Decrement(ref _inHand);
        }
    }

    /// <summary>Ends when everything in hand is answered, or has taken too long.</summary>
    public void AnswerAll()
    {
        _isLeaving = true;
        SpinWait.SpinUntil(() => Volatile.Read(ref _inHand) == 0, AtMost);
        Thread.Sleep(Farewell);
    }
}
