namespace LiveSessions.Log;

/// <summary>
/// Values by numbers that rise: a value like the rest of the state, which lies in two arrays instead of a node for each. What it adds lies behind what an earlier value sees, in the same place.
/// </summary>
internal sealed class Rising<T>
{
    public static Rising<T> None { get; } = new(new(0), 0);

    private readonly Shelf _shelf;

    private Rising(Shelf shelf, int count) => (_shelf, Count) = (shelf, count);

    public int Count { get; }

    /// <summary>The highest number; -1 while there is none.</summary>
    public long Last => Count == 0 ? -1 : _shelf.Numbers[Count - 1];

    public bool TryGet(long number, out T value)
    {
        var at = Array.BinarySearch(_shelf.Numbers, 0, Count, number);
        value = at < 0 ? default! : _shelf.Values[at];
        return at >= 0;
    }

    /// <param name="number">Above <see cref="Last"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public Rising<T> With(long number, T value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(number, Last);
        // Whoever is first to add behind what it sees may add in place. Anybody else's addition is of another future and has a shelf of its own.
        var own = Count < _shelf.Numbers.Length && Interlocked.CompareExchange(ref _shelf.Used, Count + 1, Count) == Count ? _shelf : _shelf.Copy(Count, Count + 1);
        (own.Numbers[Count], own.Values[Count]) = (number, value);
        return new(own, Count + 1);
    }

    /// <summary>The same numbers with other values; the same object when none changes.</summary>
    public Rising<T> Select(Func<long, T, T> of)
    {
        Shelf? own = null;
        for (var i = 0; i < Count; i++)
        {
            var (number, value) = (_shelf.Numbers[i], _shelf.Values[i]);
            if (of(number, value) is var other && EqualityComparer<T>.Default.Equals(value, other))
                continue;
            own ??= _shelf.Copy(Count, Count);
            own.Values[i] = other;
        }
        return own is null ? this : new(own, Count);
    }

    private sealed class Shelf(int room)
    {
        public long[] Numbers { get; } = new long[room];
        public T[] Values { get; } = new T[room];
        public int Used;

        /// <summary>The first <paramref name="count"/> with room for as many more.</summary>
        public Shelf Copy(int count, int used)
        {
            var copy = new Shelf(Math.Max(4, count * 2)) { Used = used };
            Array.Copy(Numbers, copy.Numbers, count);
            Array.Copy(Values, copy.Values, count);
            return copy;
        }
    }
}
