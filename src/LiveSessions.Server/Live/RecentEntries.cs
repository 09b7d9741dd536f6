using LiveSessions.Server.Redis;

namespace LiveSessions.Server.Live;

/// <summary>
/// The last entries of a log as they were stored, until Redis has answered ten seconds later: longer than one that syncs once a second, or one whose replica takes over, may need to have them for good. However long
/// it is away, they are kept until then. From them a log that came back shorter is made whole again (docs/decisions/0037). The one before them is known too, however old it is: it is what a log that lost them all
/// ends with. The desk's alone.
/// </summary>
internal sealed class RecentEntries(TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(10);

    /// <summary>A log that did not answer for so long may have come back without them, and got them again from somebody a moment ago: then the ten seconds begin anew. What answers sooner has had them for two seconds when those are over.</summary>
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(8);

    /// <summary>Bytes; what is beyond is let go sooner.</summary>
    private const long Most = 16 * 1024 * 1024;
    private readonly Queue<(long At, ReadOnlyMemory<byte> Entry, LogHash Hash)> _entries = new();
    private (ReadOnlyMemory<byte> Entry, LogHash Hash) _before;
    private long _bytes;
    private long _heardAt;

    /// <summary>The position of the first that is kept.</summary>
    public long First { get; private set; }

    /// <summary>The position behind the last.</summary>
    public long End => First + _entries.Count;

    /// <summary>Of all entries of the log up to <see cref="End"/>.</summary>
    public LogHash Hash { get; private set; }

    /// <summary>Begins anew behind the last entry of a log of this length, which is empty when there is none.</summary>
    /// <param name="hash">Of the log up to this length.</param>
    public void Begin(long length, ReadOnlyMemory<byte> last, LogHash hash)
    {
        _entries.Clear();
        (First, _bytes, Hash, _before) = (length, 0, hash, (last, hash));
    }

    /// <summary>Those that stand behind what is kept.</summary>
    public void Add(IEnumerable<ReadOnlyMemory<byte>> entries)
    {
        var now = time.GetTimestamp();
        foreach (var entry in entries)
        {
            Hash = Hash.After(entry.Span);
            _entries.Enqueue((now, entry, Hash));
            _bytes += entry.Length;
        }
        while (_bytes > Most)
            Drop();
    }

    /// <summary>Lets go of what is old.</summary>
    /// <param name="heardAt">When the log last answered.</param>
    public void Forget(long heardAt)
    {
        if (_heardAt != 0 && time.GetElapsedTime(_heardAt, heardAt) > Away)
            Renew(heardAt);
        _heardAt = heardAt;
        while (_entries.Count > 0 && time.GetElapsedTime(_entries.Peek().At, heardAt) > Kept)
            Drop();
    }

    /// <summary>They were stored again, or may have been, at this time.</summary>
    public void Renew(long at)
    {
        for (var left = _entries.Count; left > 0; left--)
            _entries.Enqueue(_entries.Dequeue() with { At = at });
    }

    private void Drop()
    {
        var (_, entry, hash) = _entries.Dequeue();
        _before = (entry, hash);
        _bytes -= entry.Length;
        First++;
    }

    /// <summary>Whether it is known how the log ended when it had this length.</summary>
    public bool Knows(long length) => length >= First && length <= End;

    /// <summary>The last entry of the log when it had this length, and the hash of all, where that is known.</summary>
    public (ReadOnlyMemory<byte> Entry, LogHash Hash) EndOf(long length) =>
        length == First ? _before : _entries.ElementAt((int)(length - First - 1)) is var (_, entry, hash) ? (entry, hash) : default;

    /// <summary>Those of a position and on, so many at most.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> From(long position, int most) => [.. _entries.Skip((int)(position - First)).Take(most).Select(e => e.Entry)];
}
