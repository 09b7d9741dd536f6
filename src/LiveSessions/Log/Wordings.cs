using System.Collections.Immutable;

namespace LiveSessions.Log;

/// <summary>Earlier wordings of one text, oldest first. Somebody may change a text all day, and everybody is shown it each time: so there are at most <see cref="Limits.Wordings"/>.</summary>
internal static class Wordings
{
    /// <param name="onceMore">The first wording with one more left out after it.</param>
    public static ImmutableList<T> Add<T>(ImmutableList<T> earlier, T next, Func<T, T> onceMore) =>
        earlier.Count < Limits.Wordings ? earlier.Add(next) : earlier.SetItem(0, onceMore(earlier[0])).RemoveAt(1).Add(next);
}
