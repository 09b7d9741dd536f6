using LiveSessions.Log;

namespace LiveSessions.Rooms;

/// <summary>Puts people into rooms. Pure: the same people, rule, size and seed give the same rooms.</summary>
public static class Grouping
{
    /// <param name="people">At least two.</param>
    /// <param name="opening">How many times rooms have been opened before, plus one: part of the rooms' ids.</param>
    /// <param name="teamNames">Team names, for rooms of home teams.</param>
    public static IReadOnlyList<PlacedRoom> Make(GroupingRule rule, int size, long seed, IReadOnlyList<PersonFacts> people, int opening, IReadOnlyDictionary<TeamId, string> teamNames) =>
        rule switch
        {
            GroupingRule.HomeTeams => HomeTeams(people, opening, teamNames),
            GroupingRule.Random => Random(size, seed, people, opening),
            _ => throw new NotSupportedException(rule.ToString()),
        };

    private static List<PlacedRoom> HomeTeams(IReadOnlyList<PersonFacts> people, int opening, IReadOnlyDictionary<TeamId, string> teamNames)
    {
        var groups = people.Where(p => p.Team is not null).GroupBy(p => p.Team!.Value)
            .OrderBy(g => teamNames.GetValueOrDefault(g.Key, g.Key.Value), StringComparer.Ordinal).ThenBy(g => g.Key.Value, StringComparer.Ordinal)
            .Select(g => (Name: teamNames.GetValueOrDefault(g.Key, g.Key.Value), People: g.Select(p => p.Person).ToList())).ToList();
        // Nobody sits alone: a team of one and people without a team go together, or to the smallest table.
        var loose = groups.Where(g => g.People.Count == 1).SelectMany(g => g.People).Concat(people.Where(p => p.Team is null).Select(p => p.Person)).ToList();
        groups.RemoveAll(g => g.People.Count == 1);
        if (groups.Count == 0 || loose.Count is > 1 and <= 6)
        {
            if (loose.Count > 1)
                groups.Add(("Mixed table", loose));
        }
        else
        {
            foreach (var person in loose)
                groups.MinBy(g => g.People.Count).People.Add(person);
        }
        return [.. groups.Select((g, i) => new PlacedRoom(RoomIdOf(opening, i + 1), g.Name, g.People))];
    }

    private static List<PlacedRoom> Random(int size, long seed, IReadOnlyList<PersonFacts> people, int opening)
    {
        var chance = new Chance((ulong)seed);
        var shuffled = people.OrderBy(p => p.Person.Value, StringComparer.Ordinal).ToList();
        chance.Shuffle(shuffled);
        // Team mates dealt one after the other land in different rooms as long as there are rooms.
        var dealt = shuffled.GroupBy(p => p.Team).OrderByDescending(g => g.Count()).SelectMany(g => g).ToList();
        var count = Math.Clamp((int)Math.Round((double)people.Count / size, MidpointRounding.AwayFromZero), 1, Math.Max(1, people.Count / 2));
        var rooms = Enumerable.Range(0, Math.Min(count, Limits.Rooms)).Select(_ => new List<PersonId>()).ToList();
        for (var i = 0; i < dealt.Count; i++)
            rooms[i % rooms.Count].Add(dealt[i].Person);
        return [.. rooms.Select((members, i) => new PlacedRoom(RoomIdOf(opening, i + 1), RoomNames.Of(i + 1), members))];
    }

    public static RoomId RoomIdOf(int opening, int number) => new($"r{opening}-{number}");
}
