using Ganss.Xss;
using LiveSessions.Log;

namespace LiveSessions.Server.Live;

/// <summary>What a note or turn may hold: bold, italic, lists, line breaks, links by http, https or mailto. Everything else is taken out before any rule sees it.</summary>
public sealed class CleanText
{
    private readonly HtmlSanitizer _sanitizer = Make();

    /// <summary>What is parsed at most: twice the longest text that is accepted, and as many tags as a list of 200 short lines has. Parsing takes time with the square of the nesting.</summary>
    internal const int LongestRaw = 2 * Limits.Words, MostTags = 500;

    /// <returns>Clean text. What is far too long, or all tags, is not parsed: in its place comes a text of harmless signs, which the rules refuse for its length.</returns>
    public string Clean(string raw)
    {
        if (raw.Length > LongestRaw || raw.AsSpan().Count('<') > MostTags)
            return new string('x', Limits.Words + 1);
        // Plain words, which most are, need no parser.
        if (raw.AsSpan().IndexOfAny('<', '>', '&') < 0 && !raw.Contains('\0'))
            return raw.Trim();
        return _sanitizer.Sanitize(raw).Trim();
    }

    private static HtmlSanitizer Make()
    {
        var sanitizer = new HtmlSanitizer(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "b", "strong", "i", "em", "ul", "ol", "li", "p", "br", "a" },
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
