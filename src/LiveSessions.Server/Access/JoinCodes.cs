using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LiveSessions.Server.Access;

/// <summary>
/// Join codes: eight symbols, shown 4-4, that can be read aloud and typed on a phone. 28^8 is 38.5 bits, which holds only together with <see cref="FailureThrottle"/>.
/// </summary>
public static class JoinCodes
{
    public const int Length = 8;

    /// <summary>Without O, I, 0, 1 as promised on the page, and without L (1), S (5), U (V) and Z (2), which are misread as the sign in brackets.</summary>
    public const string Alphabet = "ABCDEFGHJKMNPQRTVWXY23456789";

    public static string New() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>As it is shown: <c>K7MQ-4TXB</c>.</summary>
    public static string Shown(string code) => $"{code[..4]}-{code[4..]}";

    /// <summary>
    /// What somebody typed, as it is stored: case, spaces and dashes do not matter, and S, U and Z, which no code has, are taken for what they were misread from.
    /// Null if it cannot be a code.
    /// </summary>
    public static string? Read(string? typed)
    {
        if (typed is null || typed.Length > 64)
            return null;
        var code = new StringBuilder(Length);
        foreach (var rune in typed.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.DashPunctuation or UnicodeCategory.Format or UnicodeCategory.MathSymbol)
                continue;
            var symbol = rune.ToString().Normalize(NormalizationForm.FormKC).ToUpperInvariant() switch { "S" => "5", "U" => "V", "Z" => "2", var other => other };
            if (symbol.Length != 1 || !Alphabet.Contains(symbol[0], StringComparison.Ordinal) || code.Length == Length)
                return null;
            code.Append(symbol);
        }
        return code.Length == Length ? code.ToString() : null;
    }
}
