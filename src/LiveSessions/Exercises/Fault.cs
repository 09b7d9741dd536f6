using System.Text.RegularExpressions;

namespace LiveSessions.Exercises;

/// <summary>What is wrong in a template, and where.</summary>
/// <param name="Path">The place, named as in the file: <c>phases[2].prompt</c>, counted from 0.</param>
/// <param name="Sentence">What is wrong and what would be right, in a sentence for the person who wrote the file.</param>
public sealed record Fault(string Path, string Sentence);

/// <summary>Gathers faults; the checks that exercises and plans share.</summary>
internal sealed partial class FaultList
{
    public const int MaxTitle = 80;

    private readonly List<Fault> faults = [];

    public IReadOnlyList<Fault> All => faults;

    public void Add(string path, string sentence) => faults.Add(new Fault(path, sentence));

    public void Unless(bool right, string path, string sentence)
    {
        if (!right)
            Add(path, sentence);
    }

    /// <summary>A name on the screen: one line of 1 to 80 characters.</summary>
    public void Title(string path, string? value) => Text(path, value, MaxTitle);

    public void TitleOrNull(string path, string? value)
    {
        if (value is not null)
            Title(path, value);
    }

    public void TextOrNull(string path, string? value, int max, bool paragraphs = false)
    {
        if (value is not null)
            Text(path, value, max, paragraphs);
    }

    public void Text(string path, string? value, int max, bool paragraphs = false)
    {
        if (string.IsNullOrWhiteSpace(value))
            Add(path, "This is empty; it needs words.");
        else if (value.Length > max)
            Add(path, $"This has {value.Length} characters; {max} fit.");
        else if (value.Any(c => char.IsControl(c) && !(paragraphs && c == '\n')))
            Add(path, paragraphs ? "This holds a control character; only line breaks may be in it." : "This holds a line break or another control character; it must be one line.");
        else if (value.Any(IsDirectionControl))
            Add(path, "This holds a character that turns the direction of writing; take it out.");
    }

    public void Texts(string path, IReadOnlyList<string> values, int max)
    {
        for (var i = 0; i < values.Count; i++)
            Text($"{path}[{i}]", values[i], max);
    }

    public void Minutes(string path, int minutes, int max = ExerciseRules.MaxMinutes) =>
        Unless(minutes >= 1 && minutes <= max, path, $"{minutes} minutes: it must be 1 to {max}.");

    /// <summary>Ids are kept in the log and in exports, so they have one spelling.</summary>
    public void Ids(string path, IEnumerable<string> ids, string member = "id")
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, id) in ids.Index())
            OneId($"{path}[{i}].{member}", id, seen);
    }

    public void OneId(string path, string? id, HashSet<string> seen)
    {
        if (!StableId().IsMatch(id ?? ""))
            Add(path, $"'{id}' cannot be a name that is kept: small letters, digits and _, beginning with a letter, at most 40.");
        else if (!seen.Add(id!))
            Add(path, $"'{id}' is used twice; each needs its own.");
    }

    public void Key(string value) =>
        Unless(HyphenKey().IsMatch(value ?? "") && value!.Length <= 40, "key", $"'{value}' cannot be a key: small letters and digits, with single hyphens between words, at most 40.");

    private static bool IsDirectionControl(char c) => c is (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,39}\z")]
    private static partial Regex StableId();

    [GeneratedRegex(@"\A[a-z0-9]+(-[a-z0-9]+)*\z")]
    private static partial Regex HyphenKey();
}
