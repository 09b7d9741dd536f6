using System.Threading.Tasks.Sources;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Wakes the one who waits for it, or who will next; rung again before that, it rings once. Waiting makes nothing new: a thousand that wait most of the time hold only what is as old as they are. It has no clock;
/// whoever keeps it looks whether it is due.
/// </summary>
internal sealed class Alarm(TimeProvider time) : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _waiter = new() { RunContinuationsAsynchronously = true };
    private bool _isRung, _isWaiting;
    private long _since;
    private TimeSpan _atMost;

    /// <summary>It has rung, and nobody has been woken by it.</summary>
    public bool IsRung
    {
        get
        {
            lock (_gate)
                return _isRung;
        }
    }

    public void Ring()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                _isRung = true;
                return;
            }
            _isWaiting = false;
        }
        _waiter.SetResult(true);
    }

    /// <summary>Rings if somebody has waited as long as they would.</summary>
    public void RingIfDue()
    {
        lock (_gate)
            if (_isWaiting && time.GetElapsedTime(_since) >= _atMost)
                Ring();
    }

    /// <summary>Until it rings, or is due after so long. One at a time.</summary>
    public ValueTask Wait(TimeSpan atMost)
    {
        lock (_gate)
        {
            if (_isWaiting)
                throw new InvalidOperationException("Somebody waits already.");
            if (_isRung)
            {
                _isRung = false;
                return default;
            }
            _waiter.Reset();
            (_isWaiting, _since, _atMost) = (true, time.GetTimestamp(), atMost);
            return new(this, _waiter.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _waiter.GetResult(token);
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _waiter.GetStatus(token);
    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _waiter.OnCompleted(continuation, state, token, flags);
}
