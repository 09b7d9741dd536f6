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

    /// <summary>Positions by number, and the few that did not rise.</summary>
    private sealed class Numbers(Rising<long> rising, ImmutableDictionary<long, long> late)
    {
        public static Numbers None { get; } = new(Rising<long>.None, ImmutableDictionary<long, long>.Empty);

        public bool TryGet(long number, out long position) => rising.TryGet(number, out position) || late.TryGetValue(number, out position);

        public Numbers With(long number, long position) => number > rising.Last ? new(rising.With(number, position), late) : new(rising, late.SetItem(number, position));
    }
}
