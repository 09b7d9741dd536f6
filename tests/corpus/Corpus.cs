using System.Text.RegularExpressions;

namespace LiveSessions.Corpus;

/// <summary>The hostile markup of <c>markup.txt</c>.</summary>
internal static partial class HostileMarkup
{
    /// <summary>Every vector, its call named by its place in the list: <c>__x(17)</c>.</summary>
    public static IReadOnlyList<string> All { get; } = Read();

    private static string[] Read()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LiveSessions.sln")))
            folder = folder.Parent;
        var lines = File.ReadAllLines(Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("The repository's root was not found above the tests."), "tests", "corpus", "markup.txt"));
        return [.. lines.Where(l => !l.StartsWith("# ", StringComparison.Ordinal)).Select((line, n) => Escape().Replace(line, Meant).Replace("RUN", $"__x({n})", StringComparison.Ordinal))];
    }

    private static string Meant(Match escape) => escape.Value[1] switch
    {
        'n' => "\n",
        't' => "\t",
        '0' => "\0",
        'f' => "\f",
        '1' => "\u0001",
        'e' => "\u001f",
        'L' => "\u2028",
        'P' => "\u2029",
        _ => "\\",
    };

    [GeneratedRegex(@"\\[\\nt0f1eLP]", RegexOptions.NonBacktracking)]
    private static partial Regex Escape();
}
