using System.Text;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>One line of <c>docs/access.csv</c>: what, on which object, and each role's answer.</summary>
internal sealed record Policy(string Section, IReadOnlyList<string> What, IReadOnlyDictionary<string, string> Answers)
{
    public string Name => What[0];
    public string Object => What[^1];
    public override string ToString() => string.Join(' ', What.Where(w => w.Length > 0));
}

/// <summary>Who may do what, as it is written down; the tests try it and the documentation shows it.</summary>
internal static class AccessMatrix
{
    private const string Begin = "<!-- The tables to the end mark are made from access.csv -->", End = "<!-- End of the tables -->";

    public static IReadOnlyList<Policy> All { get; } = Read(Path.Combine(Repository.Root, "docs", "access.csv"));

    public static IEnumerable<Policy> Of(string section) => All.Where(p => p.Section == section);

    private static List<Policy> Read(string file)
    {
        var policies = new List<Policy>();
        var section = "";
        string[]? heads = null;
        var what = 0;
        foreach (var line in File.ReadLines(file).Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith('#')))
        {
            if (line.StartsWith('['))
            {
                (section, heads) = (line.Trim('[', ']'), null);
                continue;
            }
            var cells = line.Split(',', StringSplitOptions.TrimEntries);
            if (heads is null)
            {
                (heads, what) = (cells, Array.IndexOf(cells, section == "shown" ? "object" : "object") + 1);
                continue;
            }
            Assert.True(cells.Length == heads.Length, $"access.csv, this line has {cells.Length} cells and its heading {heads.Length}: {line}");
            Assert.All(cells.Skip(what), cell => Assert.True(cell.Length > 0, $"access.csv, an empty answer: {line}"));
            policies.Add(new(section, cells[..what], heads.Skip(what).Zip(cells.Skip(what)).ToDictionary(p => p.First, p => p.Second)));
        }
        return policies;
    }

    /// <summary>The tables as they stand in <c>docs/security.md</c>.</summary>
    public static string Tables()
    {
        var text = new StringBuilder();
        foreach (var section in All.GroupBy(p => p.Section))
        {
            var roles = section.First().Answers.Keys.ToList();
            text.Append(Title(section.Key)).Append("\n\n");
            text.Append($"| | {string.Join(" | ", roles)} |\n|---|{string.Concat(roles.Select(_ => "---|"))}\n");
            foreach (var policy in section)
                text.Append($"| {Row(policy)} | {string.Join(" | ", policy.Answers.Values.Select(a => a switch { "yes" => "yes", "-" => "–", _ => section.Key == "commands" ? $"– {a}" : a }))} |\n");
            text.Append('\n');
        }
        return text.ToString().TrimEnd('\n');
    }

    private static string Row(Policy policy) =>
        policy.Section == "endpoints" ? $"{policy.What[0]} `{policy.What[1]}`{(policy.Object.Length > 0 ? $", {policy.Object}" : "")}" : $"`{policy.Name}`{(policy.Object.Length > 0 ? $", {policy.Object}" : "")}";

    private static string Title(string section) => section switch
    {
        "commands" => "**Commands** over the hub. A dash: refused, with the reason.",
        "shown" => "**What is shown.** Facilitators look into the room that is called their own here. A dash: never sent to them.",
        "hub" => "**The socket.** 401: it does not open.",
        "endpoints" => "**HTTP.** Yes: let through. 404 is the answer that a wrong address gets.",
        _ => throw new InvalidOperationException($"access.csv has a section that nobody knows: {section}"),
    };

    /// <summary>The page with fresh tables.</summary>
    public static string Refreshed(string page)
    {
        var (from, to) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(from >= 0 && to > from, "docs/security.md has lost the marks around its tables.");
        return $"{page[..(from + Begin.Length)]}\n\n{Tables()}\n\n{page[to..]}";
    }
}

public sealed class AccessMatrixIsShown
{
    [Fact]
    public void The_tables_in_the_documentation_are_those_that_are_tested()
    {
        var path = Path.Combine(Repository.Root, "docs", "security.md");
        var page = File.ReadAllText(path);
        var fresh = AccessMatrix.Refreshed(page);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(path, fresh);
        Assert.Equal(fresh, File.ReadAllText(path));
    }
}

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LiveSessions.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The repository's root was not found above the tests.");
    }
}
