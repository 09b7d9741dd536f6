namespace LiveSessions.Server.Live;

/// <summary>Does together what many ask for one by one: the first at once, those who ask meanwhile a moment later. A thousand who come within two seconds are some twenty pieces of work.</summary>
/// <param name="pause">Between one piece and the next.</param>
/// <param name="work">Never fails.</param>
internal sealed class Together<T>(TimeSpan pause, TimeProvider time, Func<IReadOnlyCollection<T>, Task> work)
{
    private readonly Lock _gate = new();
    private List<T> _waiting = [];
    private bool _isAtWork;

    public void Add(T one)
    {
        lock (_gate)
        {
            _waiting.Add(one);
            if (_isAtWork)
                return;
            _isAtWork = true;
        }
        _ = Work();
    }

    private async Task Work()
    {
        while (Taken() is { } some)
        {
            await work(some);
            await Task.Delay(pause, time);
        }
    }

    private List<T>? Taken()
    {
        lock (_gate)
        {
            if (_waiting.Count == 0)
            {
                _isAtWork = false;
                return null;
            }
            var some = _waiting;
            _waiting = [];
            return some;
        }
    }
}
