using System.Collections.Immutable;

namespace LiveSessions.Log;

/// <summary>
/// Every command that was accepted, by its mark, with the position after it. A value like the rest of the state, though what it adds lies behind what an earlier value sees, in the same
/// place: an instance's numbers rise, so nearly every mark is one more at the end.
/// </summary>
public sealed class Marks
{
    public static Marks Empty { get; } = new(ImmutableDictionary<string, Numbers>.Empty);

    private readonly ImmutableDictionary<string, Numbers> _byInstance;

    private Marks(ImmutableDictionary<string, Numbers> byInstance) => _byInstance = byInstance;

    public bool Contains(CommandMark mark) => TryGetPosition(mark, out _);

    public bool TryGetPosition(CommandMark mark, out long position)
    {
        position = 0;
        return mark.Instance is { } instance && _byInstance.TryGetValue(instance, out var numbers) && numbers.TryGet(mark.Number, out position);
    }

    /// <param name="mark">Of a browser's instance, not the server's own.</param>
    public Marks With(CommandMark mark, long position) => new(_byInstance.SetItem(mark.Instance!, (_byInstance.GetValueOrDefault(mark.Instance!) ?? Numbers.None).With(mark.Number, position)));

    /// <summary>The first so many of what a shelf holds, and the few that did not rise.</summary>
    private sealed class Numbers(Shelf shelf, int count, ImmutableDictionary<long, long> late)
    {
        public static Numbers None { get; } = new(new(0), 0, ImmutableDictionary<long, long>.Empty);

        public bool TryGet(long number, out long position)
        {
            position = 0;
            if (count == 0 || number > shelf.Numbers[count - 1])
                return false;
            var at = Array.BinarySearch(shelf.Numbers, 0, count, number);
            if (at < 0)
                return late.TryGetValue(number, out position);
            position = shelf.Positions[at];
            return true;
        }

        public Numbers With(long number, long position)
        {
            if (count > 0 && number <= shelf.Numbers[count - 1])
                return new(shelf, count, late.SetItem(number, position));
            // Whoever is first to add behind what it sees may add in place. Anybody else's addition is of another future and has a shelf of its own.
            var own = count < shelf.Numbers.Length && Interlocked.CompareExchange(ref shelf.Used, count + 1, count) == count ? shelf : shelf.Copy(count);
            (own.Numbers[count], own.Positions[count]) = (number, position);
            return new(own, count + 1, late);
        }
    }

    private sealed class Shelf(int room)
    {
        public long[] Numbers { get; } = new long[room];
        public long[] Positions { get; } = new long[room];
        public int Used;

        /// <summary>The first <paramref name="count"/> with room for as many more, and one place taken behind them.</summary>
        public Shelf Copy(int count)
        {
            var copy = new Shelf(Math.Max(4, count * 2)) { Used = count + 1 };
            Array.Copy(Numbers, copy.Numbers, count);
            Array.Copy(Positions, copy.Positions, count);
            return copy;
        }
    }
}
