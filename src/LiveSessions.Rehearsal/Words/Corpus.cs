using System.Reflection;

namespace LiveSessions.Rehearsal.Words;

/// <summary>
/// What simulated people say. Sentences come from the text files beside this one, with the names of invented towns, places and people put in. No two texts of a rehearsal are
/// the same, so that each can be counted at the end.
/// </summary>
internal sealed class Corpus
{
    private readonly Dictionary<string, string[]> _lines = [];
    private readonly HashSet<string> _given = [];
    private readonly Lock _gate = new();

    public Corpus()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var name in assembly.GetManifestResourceNames())
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            _lines[name] = [.. reader.ReadToEnd().Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Trim().Length > 0)];
        }
    }

    public IReadOnlyList<string> this[string list] => _lines[list];

    /// <summary>A new text of a theme.</summary>
    public string Say(string theme, Random chance)
    {
        for (var tries = 0; tries < 40; tries++)
        {
            var text = Filled(Pick(theme, chance), chance);
            if (IsNew(text))
                return text;
        }
        // The theme's plain sentences are used up: two of them together are new again.
        for (; ; )
        {
            var text = Filled(Pick(theme, chance), chance) + " " + Filled(Pick(theme, chance), chance);
            if (IsNew(text))
                return text;
        }
    }

    /// <summary>A text that goes on from another: an edit or a correction.</summary>
    public string Continue(string text, string theme, Random chance)
    {
        for (; ; )
        {
            var longer = text + Filled(Pick(theme, chance), chance);
            if (IsNew(longer))
                return longer;
            text = longer;
        }
    }

    /// <summary>A line that need not be new.</summary>
    public string Line(string theme, Random chance) => Filled(Pick(theme, chance), chance);

    private bool IsNew(string text)
    {
        lock (_gate)
            return _given.Add(Log.Texts.Plain(text));
    }

    private string Pick(string theme, Random chance) => _lines[theme][chance.Next(_lines[theme].Length)];

    private string Filled(string line, Random chance)
    {
        if (!line.Contains('{', StringComparison.Ordinal))
            return line;
        var who = Pick("people", chance);
        var other = who;
        while (other == who)
            other = Pick("people", chance);
        var town = Pick("towns", chance);
        // Now and then somebody leans on a word.
        var leaning = chance.Next(24) == 0 ? $"<b>{town}</b>" : town;
        var (spot, one, thing) = (Pick("spots", chance), Pick("persons", chance), Pick("things", chance));
        return line
            .Replace("{town}", leaning, StringComparison.Ordinal)
            .Replace("{spot}", spot, StringComparison.Ordinal).Replace("{Spot}", Capital(spot), StringComparison.Ordinal)
            .Replace("{who2}", other, StringComparison.Ordinal)
            .Replace("{who}", who, StringComparison.Ordinal).Replace("{Who}", Capital(who), StringComparison.Ordinal)
            .Replace("{one}", one, StringComparison.Ordinal).Replace("{One}", Capital(one), StringComparison.Ordinal)
            .Replace("{thing}", thing, StringComparison.Ordinal).Replace("{Thing}", Capital(thing), StringComparison.Ordinal)
            .Replace("{hour}", Pick("hours", chance), StringComparison.Ordinal)
            .Replace("{day}", Pick("days", chance), StringComparison.Ordinal).Replace("{Day}", Pick("days", chance), StringComparison.Ordinal);
    }

    private static string Capital(string words) => char.ToUpperInvariant(words[0]) + words[1..];
}
