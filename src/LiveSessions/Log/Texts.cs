using System.Globalization;
using System.Text;

namespace LiveSessions.Log;

/// <summary>Names and words as they may be stored.</summary>
public static class Texts
{
    /// <summary>
    /// A name or title: NFKC, single spaces, no control, format or bidi-override characters, 1 to <paramref name="max"/> characters; null when nothing usable is left.
    /// </summary>
    public static string? CleanName(string? raw, int max = Limits.Name)
    {
        if (raw is null || raw.Length > max * 8)
            return null;
        string text;
        try
        {
            text = raw.Normalize(NormalizationForm.FormKC);
        }
        catch (ArgumentException)
        {
            return null;
        }
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var kind = Rune.GetUnicodeCategory(rune);
            if (kind is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator || rune.Value is '\t' or '\n' or '\r')
            {
                if (kept.Length > 0 && kept[^1] != ' ')
                    kept.Append(' ');
            }
            else if (kind is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned))
            {
                kept.Append(rune.ToString());
            }
        }
        var name = kept.ToString().Trim();
        return name.Length is 0 ? null : name.Length > max ? null : name;
    }

    /// <summary>A note's or turn's small rich text: something must be left of it, and not too much. What may be in it is the sanitiser's list at the edge.</summary>
    public static Refusal? Judge(string? words) =>
        string.IsNullOrWhiteSpace(words) ? Refusal.NothingWritten
        : words.Length > Limits.Words ? Refusal.TooLong
        : HasHalfCharacter(words) ? Refusal.Malformed
        : null;

    /// <summary>Half of a surrogate pair cannot be stored: it would be read back as something else.</summary>
    private static bool HasHalfCharacter(string words)
    {
        for (var i = 0; i < words.Length; i++)
            if (char.IsSurrogate(words[i]) && !(char.IsHighSurrogate(words[i]) && i + 1 < words.Length && char.IsLowSurrogate(words[++i])))
                return true;
        return false;
    }

    /// <summary>The words without their markup, for lists, the last line of a room and the transcript.</summary>
    public static string Plain(string rich)
    {
        var plain = new StringBuilder(rich.Length);
        for (var i = 0; i < rich.Length; i++)
        {
            var c = rich[i];
            if (c == '<')
            {
                var end = rich.IndexOf('>', i);
                if (end < 0)
                    break;
                var tag = rich.AsSpan(i + 1, end - i - 1);
                if (tag.StartsWith("br", StringComparison.OrdinalIgnoreCase) || tag.StartsWith("/p", StringComparison.OrdinalIgnoreCase) || tag.StartsWith("/li", StringComparison.OrdinalIgnoreCase))
                    plain.Append('\n');
                else if (tag.StartsWith("li", StringComparison.OrdinalIgnoreCase))
                    plain.Append("- ");
                i = end;
            }
            else if (c == '&')
            {
                var end = rich.IndexOf(';', i);
                var name = end > i && end - i <= 8 ? rich[(i + 1)..end] : "";
                var stands = name switch { "amp" => "&", "lt" => "<", "gt" => ">", "quot" => "\"", "#39" or "apos" => "'", "nbsp" => " ", _ => null };
                if (stands is null)
                {
                    plain.Append('&');
                }
                else
                {
                    plain.Append(stands);
                    i = end;
                }
            }
            else
            {
                plain.Append(c);
            }
        }
        return plain.ToString().Trim();
    }
}
