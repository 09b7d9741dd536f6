using LiveSessions.Rehearsal.Words;
using LiveSessions.Sessions;

namespace LiveSessions.Rehearsal;

/// <summary>Who somebody is and what will happen to them; follows from the seed alone.</summary>
/// <param name="ByLink">Comes by a personal link; the others by the code.</param>
/// <param name="Liveliness">How readily they speak, about 0.5 to 1.5.</param>
/// <param name="ArrivesAfter">Seconds after the doors open, in a person's time.</param>
/// <param name="IsLate">Comes when the rooms are open already.</param>
/// <param name="LosesLine">How many times the network goes away, at least once in the middle of a command.</param>
/// <param name="ChangesTo">What they choose instead, in the middle of the session, or null.</param>
/// <param name="CallsHelp">Asks the staff to come.</param>
internal sealed record Profile(
    string Name, string Team, Consent Consent, bool MayQuote, bool ByLink, double Liveliness, double ArrivesAfter, bool IsLate, int LosesLine, Consent? ChangesTo, bool CallsHelp, int Seed)
{
    /// <summary>Everybody who comes, and those on the roster who do not.</summary>
    public static (IReadOnlyList<Profile> Coming, IReadOnlyList<(string Team, string Name)> Missing) Make(Options options, Corpus corpus)
    {
        var chance = new Random(options.Seed);
        var teams = Teams(options.Teams, corpus);
        var names = Names(options.Teams * options.People + options.Teams, corpus, chance);
        var coming = new List<Profile>();
        var total = options.Teams * options.People;
        for (var i = 0; i < total; i++)
        {
            var consent = ((i * 7 + options.Seed) % 20) switch { < 12 => Consent.Named, < 17 => Consent.StandIn, _ => Consent.NotKept };
            coming.Add(new(
                names[i], teams[i / options.People], consent, consent != Consent.NotKept && chance.Next(3) > 0,
                ByLink: i % options.People % 3 == 0,
                Liveliness: 0.5 + chance.NextDouble(),
                ArrivesAfter: 5 + 160 * chance.NextDouble(),
                IsLate: false, LosesLine: 0, ChangesTo: null, CallsHelp: false, Seed: options.Seed * 100_003 + i));
        }
        // What happens to a few of any crowd, spread evenly over it: one in fifty comes late, one in thirty loses the line, and so on; at least one of each.
        Some(50, 3, p => p with { IsLate = true });
        Some(30, 7, p => p with { LosesLine = 1 + p.Seed % 2 });
        Some(50, 11, p => p.Consent == Consent.Named ? p with { ChangesTo = Consent.NotKept } : p.Consent == Consent.StandIn ? p with { ChangesTo = Consent.Named } : p);
        Some(50, 17, p => p.Consent == Consent.Named ? p with { ChangesTo = Consent.StandIn } : p);
        Some(36, 23, p => p with { CallsHelp = true });
        var missing = teams.Where((_, i) => i % 8 == 2).Select((team, i) => (team, names[total + i])).ToList();
        return (coming, missing);

        void Some(int oneIn, int from, Func<Profile, Profile> change)
        {
            for (var i = from % total; i < total; i += oneIn)
                coming[i] = change(coming[i]);
        }
    }

    private static List<string> Teams(int count, Corpus corpus)
    {
        var known = corpus["teams"];
        return [.. Enumerable.Range(0, count).Select(i => i < known.Count ? known[i] : $"{known[i % known.Count]} {i / known.Count + 1}")];
    }

    private static List<string> Names(int count, Corpus corpus, Random chance)
    {
        var names = new HashSet<string>();
        while (names.Count < count)
        {
            var name = $"{corpus["given"][chance.Next(corpus["given"].Count)]} {corpus["family"][chance.Next(corpus["family"].Count)]}";
            // With so many people some share a name; then a middle initial tells them apart.
            if (!names.Add(name))
                names.Add(name.Replace(" ", $" {(char)('A' + chance.Next(26))}. ", StringComparison.Ordinal));
        }
        return [.. names];
    }
}
