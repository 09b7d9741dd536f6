using LiveSessions.Log;

namespace LiveSessions.Rehearsal;

/// <summary>What became of a message.</summary>
internal enum Taken
{
    Applied,
    Stale,
    Early,
}

/// <summary>The views one person may see, by audience and key, by the same rules as the browser's store.</summary>
internal sealed class Store
{
    private sealed class Held
    {
        public long UpTo;
        public Dictionary<string, View> Views { get; } = [];
    }

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Held> _audiences = [];
    private List<Show> _early = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Told for each audience that moved on: up to where, and whether by a message (and not by a snapshot).</summary>
    public Action<string, long, bool> Moved { get; init; } = (_, _, _) => { };

    /// <summary>Ends with the next change.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
                return _changed.Task;
        }
    }

    public bool HasHole
    {
        get
        {
            lock (_gate)
                return _early.Count > 0;
        }
    }

    /// <summary>The furthest position that any audience has told.</summary>
    public long Seen
    {
        get
        {
            lock (_gate)
                return _audiences.Values.Select(a => a.UpTo).DefaultIfEmpty(0).Max();
        }
    }

    public IReadOnlyDictionary<string, long> Positions
    {
        get
        {
            lock (_gate)
                return _audiences.ToDictionary(a => a.Key, a => a.Value.UpTo);
        }
    }

    public T? Find<T>(string key) where T : View
    {
        lock (_gate)
        {
            foreach (var held in _audiences.Values)
                if (held.Views.TryGetValue(key, out var view) && view is T found)
                    return found;
            return null;
        }
    }

    public IReadOnlyList<T> All<T>() where T : View
    {
        lock (_gate)
            return [.. _audiences.Values.SelectMany(a => a.Views.Values).OfType<T>()];
    }

    /// <summary>Everything, by audience and key, for the comparison at the end.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, View>> Everything()
    {
        lock (_gate)
            return _audiences.ToDictionary(a => a.Key, a => (IReadOnlyDictionary<string, View>)new Dictionary<string, View>(a.Value.Views));
    }

    public Taken Take(Show show)
    {
        lock (_gate)
        {
            var taken = TakeOne(show);
            if (taken == Taken.Applied)
                Retry();
            Tell();
            return taken;
        }
    }

    /// <param name="fresh">The first answer on a connection is taken as it is; later ones never take an audience back behind where it stands.</param>
    public void Take(Snapshot snapshot, bool fresh)
    {
        lock (_gate)
        {
            var listed = snapshot.Audiences.Select(a => a.Audience).ToHashSet();
            foreach (var gone in _audiences.Keys.Where(a => !listed.Contains(a)).ToList())
                _audiences.Remove(gone);
            foreach (var told in snapshot.Audiences)
                TakeAudience(told, fresh);
            _early.RemoveAll(s => !listed.Contains(s.Audience));
            Retry();
            Tell();
        }
    }

    private Taken TakeOne(Show show)
    {
        if (!_audiences.TryGetValue(show.Audience, out var held) || show.After > held.UpTo)
        {
            _early.Add(show);
            return Taken.Early;
        }
        // Counts that wait for their pace come at the position that is held already.
        if (show.UpTo < held.UpTo)
            return Taken.Stale;
        Apply(held, show.Changes);
        held.UpTo = show.UpTo;
        Moved(show.Audience, show.UpTo, true);
        return Taken.Applied;
    }

    private void TakeAudience(AudienceState told, bool fresh)
    {
        if (!_audiences.TryGetValue(told.Audience, out var held))
            _audiences[told.Audience] = held = new();
        else if (told.UpTo < held.UpTo && !fresh)
            return;
        if (told.Whole)
            held.Views.Clear();
        Apply(held, told.Changes);
        held.UpTo = told.UpTo;
        Moved(told.Audience, told.UpTo, false);
    }

    private static void Apply(Held held, IReadOnlyList<Change> changes)
    {
        foreach (var (key, view) in changes)
            if (view is null)
                held.Views.Remove(key);
            else
                held.Views[key] = view;
    }

    private void Retry()
    {
        var waiting = _early.OrderBy(s => s.After).ToList();
        _early = [];
        foreach (var show in waiting)
            TakeOne(show);
    }

    private void Tell()
    {
        var told = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        told.SetResult();
    }
}
