using System.Collections.Immutable;
using LiveSessions.Exercises;
using LiveSessions.Log;

namespace LiveSessions.Conversation;

/// <summary>Who holds which role in a room, and how roles pass on.</summary>
public static class Roles
{
    public const string Leader = "facilitator";
    public const string NoteTaker = "note_taker";
    public const string Observer = "observer";

    /// <summary>Roles that many hold at once are not given to anybody by name.</summary>
    private static readonly HashSet<string> Shared = ["resident", "residents", "traveller", "travellers", "listener", "listeners", "extra"];

    private static IEnumerable<ExerciseRole> Named(Exercise exercise) => exercise.Roles.Where(r => !Shared.Contains(r.Key));

    /// <summary>The first holders: one role each, in the exercise's order, as far as the people reach.</summary>
    public static ImmutableSortedDictionary<string, PersonId> First(Exercise exercise, IReadOnlyList<PersonId> members) =>
        Named(exercise).Zip(members, (role, person) => KeyValuePair.Create(role.Key, person)).ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>
    /// After a change of roles: the last rotating role passes to the first (the watcher leads), each other to the next (the leader writes), and the last goes to whoever has held it
    /// least among those without a role. Two roles alone change places (the sides of a role play). Nobody holds two. Roles that do not rotate stay; where
    /// their holder now has another, somebody without a role takes them over.
    /// </summary>
    /// <param name="held">How often each person has held each role before.</param>
    public static ImmutableSortedDictionary<string, PersonId> Next(Exercise exercise, IReadOnlyDictionary<string, PersonId> now, IReadOnlyList<PersonId> members, Func<string, PersonId, int> held)
    {
        var rotating = Named(exercise).Where(r => r.Rotates > 0).Select(r => r.Key).ToList();
        if (rotating.Count == 0)
            return now.ToImmutableSortedDictionary(StringComparer.Ordinal);
        var next = new Dictionary<string, PersonId>();
        var taken = new HashSet<PersonId>();
        for (var i = 0; i < rotating.Count; i++)
        {
            var role = rotating[i];
            // Two who rotate swap; with three or more, the last role goes to somebody fresh.
            var isLast = i == rotating.Count - 1 && i > 1;
            var before = now.TryGetValue(rotating[i == 0 ? ^1 : i - 1], out var holder) && members.Contains(holder) && rotating.Count > 1 ? holder : (PersonId?)null;
            var chosen = !isLast && before is { } b && !taken.Contains(b) ? b : Fresh(role, isLast, before);
            if (chosen is { } person && taken.Add(person))
                next[role] = person;
        }
        var staying = Named(exercise).Select(r => r.Key).Concat(now.Keys.Order(StringComparer.Ordinal)).Distinct().Where(r => now.ContainsKey(r) && !rotating.Contains(r)).ToList();
        foreach (var role in staying.Where(r => members.Contains(now[r]) && !taken.Contains(now[r])))
            next[role] = now[role];
        foreach (var role in staying.Where(r => !next.ContainsKey(r)))
            if (members.Where(m => !next.ContainsValue(m)).OrderBy(m => held(role, m)).Select(m => (PersonId?)m).FirstOrDefault() is { } free)
                next[role] = free;
        return next.ToImmutableSortedDictionary(StringComparer.Ordinal);

        PersonId? Fresh(string role, bool isLast, PersonId? fallback)
        {
            var free = members.Where(m => !taken.Contains(m) && (!isLast || !rotating.Any(r => now.TryGetValue(r, out var h) && h == m))).ToList();
            if (free.Count == 0)
                free = isLast && fallback is { } f && !taken.Contains(f) ? [f] : [.. members.Where(m => !taken.Contains(m) && !(now.TryGetValue(role, out var h) && h == m))];
            return free.Count == 0 ? null : free.OrderBy(m => held(role, m)).ThenBy(m => now.Values.Contains(m)).ThenBy(m => IndexOf(members, m)).First();
        }
    }

    private static int IndexOf(IReadOnlyList<PersonId> members, PersonId person)
    {
        for (var i = 0; i < members.Count; i++)
            if (members[i] == person)
                return i;
        return -1;
    }
}
