namespace LiveSessions.Server.Live;

/// <summary>
/// The last entries of a log as they were stored, until Redis has answered ten seconds later: longer than one that syncs once a second, or one whose replica takes over, may need to have them for good. However long
/// it is away, they are kept until then. From them a log that came back shorter is made whole again (docs/decisions/0037). The desk's alone.
/// </summary>
internal sealed class RecentEntries(TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    /// <summary>A log that did not answer for so long may have come back without them, and got them again from somebody a moment ago: then the ten seconds begin anew. What answers sooner has had them for two seconds when those are over.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(8);

    /// <summary>Bytes; what is beyond is let go sooner.</summary>
    private const long Most = 16 * 1024 * 1024;
    private readonly Queue<(long At, ReadOnlyMemory<byte> Entry)> _entries = new();
    private long _bytes;
    private long _heardAt;

    /// <summary>The position of the first that is kept.</summary>
    public long First { get; private set; }

    /// <summary>The position behind the last.</summary>
    public long End => First + _entries.Count;

    /// <summary>Begins anew with the last entry of a log of this length, so that there is one to be compared.</summary>
    public void Begin(long length, byte[]? last)
    {
        _entries.Clear();
        (First, _bytes) = (length, 0);
        if (last is null)
            return;
        First--;
        Take(last, time.GetTimestamp());
    }

    /// <summary>Those that stand behind what is kept.</summary>
    public void Add(IEnumerable<ReadOnlyMemory<byte>> entries)
    {
        var now = time.GetTimestamp();
        foreach (var entry in entries)
            Take(entry, now);
        while (_entries.Count > 1 && _bytes > Most)
            Drop();
    }

    private void Take(ReadOnlyMemory<byte> entry, long at)
    {
        _entries.Enqueue((at, entry));
        _bytes += entry.Length;
    }

    /// <summary>Lets go of what is old; the last one stays.</summary>
    /// <param name="heardAt">When the log last answered.</param>
    public void Forget(long heardAt)
    {
        if (_heardAt != 0 && time.GetElapsedTime(_heardAt, heardAt) > Away)
            Renew(heardAt);
        _heardAt = heardAt;
        while (_entries.Count > 1 && time.GetElapsedTime(_entries.Peek().At, heardAt) > Kept)
            Drop();
    }

    /// <summary>They were stored again, or may have been, at this time.</summary>
    public void Renew(long at)
    {
        for (var left = _entries.Count; left > 0; left--)
            _entries.Enqueue((at, _entries.Dequeue().Entry));
    }

    private void Drop()
    {
        _bytes -= _entries.Dequeue().Entry.Length;
        First++;
    }

    /// <summary>The entry of a position that is kept.</summary>
    public ReadOnlyMemory<byte> At(long position) => _entries.ElementAt((int)(position - First)).Entry;

    /// <summary>Those of a position and on, so many at most.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> From(long position, int most) => [.. _entries.Skip((int)(position - First)).Take(most).Select(e => e.Entry)];
}
