using CsvHelper;
using LiveSessions.Log;
using LiveSessions.Server.Access;

namespace LiveSessions.Server.Programme;

/// <summary>One person as the host entered them.</summary>
public sealed record RosterLine(long Line, string Team, string Name, string? Email);

/// <summary>Why a line of the roster cannot be taken. Lines are counted from 1; 0 speaks of the whole.</summary>
public sealed record RosterFault(long Line, string Words);

/// <summary>
/// Reads what a host pastes or exports from a spreadsheet: team, name, e-mail (which may be left out); comma, semicolon or tab; with or without a heading. All lines are good, or
/// none is entered.
/// </summary>
public static class RosterFile
{
    public const int MaxTeams = 1_000;
    public const int MaxPeople = Limits.People;
    public const int MaxLength = 1_000_000;
    private const int MaxFaults = 50;

    private static readonly string[] TeamWords = ["team", "teams", "library", "table", "group", "team name"];
    private static readonly string[] NameWords = ["name", "person", "full name", "participant"];

    public static (IReadOnlyList<RosterLine> Lines, IReadOnlyList<RosterFault> Faults) Read(string text)
    {
        if (text.Length > MaxLength)
            return ([], [new RosterFault(0, "This is too much text for a roster.")]);
        var lines = new List<RosterLine>();
        var faults = new List<RosterFault>();
        var seen = new Dictionary<string, long>();
        var broken = new HashSet<long>();
        using var csv = CsvReader.FromText(text, new CsvReaderOptions
        {
            HasHeader = false,
            Separator = SeparatorOf(text),
            DetectSeparatorHint = false,
            SkipEmptyLines = true,
            TrimWhitespace = true,
            TrimInsideQuotes = true,
            TrackLineNumbers = true,
            // A forgotten quote spoils its own line, not all that follow.
            AllowLineBreaksInQuotes = false,
            OnMalformedRecord = record =>
            {
                if (record.Reason is CsvMalformedReason.LineBreakInQuotes or CsvMalformedReason.UnterminatedQuote)
                    broken.Add(record.LineNumber);
            },
        });
        var isFirst = true;
        while (csv.Read() && faults.Count < MaxFaults)
        {
            var fields = Enumerable.Range(0, csv.FieldCount).Select(csv.GetString).ToArray();
            var at = csv.LineNumber;
            if (fields.All(string.IsNullOrWhiteSpace))
                continue;
            var isHeading = isFirst && IsHeading(fields);
            isFirst = false;
            if (isHeading)
                continue;
            if (broken.Contains(at))
                faults.Add(new RosterFault(at, "A double quote is opened here and never closed."));
            else if (Fault(fields, out var team, out var name, out var email) is { } words)
                faults.Add(new RosterFault(at, words));
            else if (KeysOf(team, name, email).Where(seen.ContainsKey).Select(k => seen[k]).FirstOrDefault() is > 0 and var earlier)
                faults.Add(new RosterFault(at, email is null ? $"{name} of {team} is on line {earlier} already." : $"{name} or the e-mail address is on line {earlier} already."));
            else
            {
                foreach (var key in KeysOf(team, name, email))
                    seen[key] = at;
                lines.Add(new RosterLine(at, team, name, email));
            }
        }
        if (faults.Count == 0)
            faults.AddRange(Whole(lines));
        return (lines, faults);
    }

    /// <summary>What tells people and teams apart: the same words in other cases are the same.</summary>
    public static string Same(string name) => name.Normalize(System.Text.NormalizationForm.FormKC).ToUpperInvariant();

    private static IEnumerable<RosterFault> Whole(List<RosterLine> lines)
    {
        if (lines.Count == 0)
            yield return new RosterFault(0, "There is nobody in this list. Each line holds a team, a name and, if you have it, an e-mail address.");
        if (lines.Count > MaxPeople)
            yield return new RosterFault(0, $"A session holds at most {MaxPeople:N0} people; this list has {lines.Count:N0}.");
        var teams = lines.Select(l => Same(l.Team)).Distinct().Count();
        if (teams > MaxTeams)
            yield return new RosterFault(0, $"A session holds at most {MaxTeams:N0} teams; this list has {teams:N0}.");
    }

    private static string? Fault(string[] fields, out string team, out string name, out string? email)
    {
        (team, name, email) = ("", "", null);
        if (fields.Length < 2)
            return "A team and a name are needed, with a comma, a semicolon or a tab between them.";
        if (fields.Skip(3).Any(f => !string.IsNullOrWhiteSpace(f)))
            return "There is more here than team, name and e-mail address. Put names with commas in them in double quotes.";
        if (string.IsNullOrWhiteSpace(fields[0]))
            return "The team is missing.";
        if (string.IsNullOrWhiteSpace(fields[1]))
            return "The name is missing.";
        if (Texts.CleanName(fields[0]) is not { } cleanTeam)
            return $"The team's name must have 1 to {Limits.Name} characters.";
        if (Texts.CleanName(fields[1]) is not { } cleanName)
            return $"The name must have 1 to {Limits.Name} characters.";
        if (fields.Length > 2 && !string.IsNullOrWhiteSpace(fields[2]))
        {
            if (!Accounts.LooksLikeEmail(fields[2].Trim()))
                return "The third part does not look like an e-mail address.";
            email = fields[2].Trim();
        }
        (team, name) = (cleanTeam, cleanName);
        return null;
    }

    /// <summary>Two people of one team may share a name if their e-mail addresses tell them apart.</summary>
    private static IEnumerable<string> KeysOf(string team, string name, string? email) => email is null ? [$"n{Same(team)}\n{Same(name)}"] : [$"e{Same(email)}"];

    private static bool IsHeading(string[] fields) =>
        fields.Length >= 2 && TeamWords.Contains(fields[0].Trim().ToLowerInvariant()) && NameWords.Contains(fields[1].Trim().ToLowerInvariant());

    /// <summary>The one that stands most often outside quotes in the first line with anything in it.</summary>
    private static char SeparatorOf(string text)
    {
        var first = text.Split('\n').FirstOrDefault(l => !string.IsNullOrWhiteSpace(l)) ?? "";
        var isQuoted = false;
        var counts = new Dictionary<char, int> { ['\t'] = 0, [';'] = 0, [','] = 0 };
        foreach (var c in first)
            if (c == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && counts.TryGetValue(c, out var count))
                counts[c] = count + 1;
        return counts['\t'] > 0 ? '\t' : counts[';'] > counts[','] ? ';' : ',';
    }
}
