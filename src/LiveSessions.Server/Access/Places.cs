namespace LiveSessions.Server.Access;

/// <summary>Where wrong answers of one network wait, and the line of tries that nobody has read yet: half as long as there are places.</summary>
/// <param name="most">Places there are now.</param>
internal sealed class Places(Func<int> most)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _line = new();
    private int _held, _called;

    public bool IsFull
    {
        get
        {
            lock (_gate)
                return _held >= most();
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _held + _called + _line.Count == 0;
        }
    }

    /// <returns>Null when the line is full too; else whether the try stood in line, and has to say when it was <see cref="Read"/>.</returns>
    public async Task<bool?> Turn(CancellationToken ct)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_line.Count == 0 && _held < most())
                return false;
            if (_line.Count >= most() / 2)
                return null;
            _line.Enqueue(turn);
        }
        using var leaves = ct.Register(() => turn.TrySetCanceled(ct));
        await turn.Task;
        return true;
    }

    /// <summary>Of one who stood in line. A right one took no place: the next is called.</summary>
    public void Read()
    {
        lock (_gate)
        {
            _called--;
            Call();
        }
    }

    public void Take()
    {
        lock (_gate)
            _held++;
    }

    public void Free()
    {
        lock (_gate)
        {
            _held--;
            Call();
        }
    }

    private void Call()
    {
        while (_held + _called < most() && _line.TryDequeue(out var next))
            if (next.TrySetResult())
                _called++;
    }
}
