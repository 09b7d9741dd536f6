using System.Buffers;
using Ganss.Xss;
using LiveSessions.Log;

namespace LiveSessions.Server.Live;

/// <summary>What a note or turn may hold: bold, italic, lists, line breaks, links by http, https or mailto. Everything else is taken out before any rule sees it.</summary>
public sealed class CleanText
{
    private readonly HtmlSanitizer _sanitizer = Make();
    private readonly Func<string, string> _clean;

    private static readonly HashSet<string> Tags = new(StringComparer.OrdinalIgnoreCase) { "b", "strong", "i", "em", "ul", "ol", "li", "p", "br", "a" };
    private static readonly SearchValues<char> NameEnds = SearchValues.Create(" \t\n\f\r/>");

    /// <summary>Tags that do not stand within one another without end, or that cost little when they do.</summary>
    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Flat =
        Tags.Except(["ul", "ol"]).ToHashSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>
    /// What is parsed at most: twice the longest text that is accepted, as many tags as a list of 200 short lines has, and few lists and tags that are not ours, of which our browser writes none:
    /// those that stand within one another cost the square of their number.
    /// </summary>
    internal const int LongestRaw = 2 * Limits.Words, MostTags = 500, MostNesting = 50;

    public CleanText() => _clean = Clean;

    /// <summary>A command without what its text may not hold.</summary>
    public Command Of(Command command) => command is ICarriesRichText rich ? rich.WithCleanText(_clean) : command;

    /// <returns>Clean text. What is far too long, or all tags, is not parsed: in its place comes a text of harmless signs, which the rules refuse for its length.</returns>
    public string Clean(string raw)
    {
        if (IsTooMuch(raw))
            return new string('x', Limits.Words + 1);
        // Plain words, which most are, need no parser.
        if (raw.AsSpan().IndexOfAny('<', '>', '&') < 0 && !raw.Contains('\0'))
            return raw.Trim();
        return _sanitizer.Sanitize(raw).Trim();
    }

    internal static bool IsTooMuch(string raw) => raw.Length > LongestRaw || raw.AsSpan().Count('<') > MostTags || Nesting(raw) > MostNesting;

    /// <summary>Whatever the parser may take for the beginning of an element, if only within a comment.</summary>
    private static int Nesting(ReadOnlySpan<char> rest)
    {
        var count = 0;
        for (int at; (at = rest.IndexOf('<')) >= 0;)
        {
            rest = rest[(at + 1)..];
            if (rest is [var first, ..] && char.IsAsciiLetter(first) && !Flat.Contains(Name(rest)))
                count++;
        }
        return count;
    }

    private static ReadOnlySpan<char> Name(ReadOnlySpan<char> tag) => tag.IndexOfAny(NameEnds) is var end and >= 0 ? tag[..end] : tag;

    private static HtmlSanitizer Make()
    {
        var sanitizer = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = Tags,
            AllowedAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href" },
            AllowedSchemes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "http", "https", "mailto" },
            UriAttributes = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "href" },
            AllowedCssProperties = new HashSet<string>(),
            AllowedAtRules = new HashSet<AngleSharp.Css.Dom.CssRuleType>(),
        });
        sanitizer.AllowDataAttributes = false;
        sanitizer.KeepChildNodes = true;
        return sanitizer;
    }
}
