using System.IO.Compression;
using Microsoft.AspNetCore.Identity;

namespace LiveSessions.Server.Access;

/// <summary>
/// What a password must be: 12 characters or more, any characters, and not one that everybody tries first. No rule about capitals or signs: such rules make passwords worse.
/// </summary>
/// <remarks>
/// ASVS 5.0, 6.2: at least 8 characters, 15 or more advised, up to 64 at least, any characters, none of the 3,000 most used, no word of the context. What is used most comes from
/// the list of zxcvbn 4.4.2 (30,000 passwords, MIT licence, <c>scripts/common-passwords</c>); it is in the server itself, so that nobody is told what somebody chose. Since most of
/// these are shorter than 12, a password is refused too if it is one of them with digits and signs around it, with signs for letters, or said twice.
/// </remarks>
internal sealed class Passwords : IPasswordValidator<Account>
{
    public const int Shortest = 12;

    /// <summary>From here on a password is long enough to be alone.</summary>
    public const int Advised = 15;
    public const int Longest = 200;

    private static readonly string[] Sequences =
    [
        "01234567890123456789012345678901234567890", "98765432109876543210987654321098765432109", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm",
        "qwertyuiop[]\\asdfghjkl", "1234567890-=qwertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "123qweasdzxc", "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "azertyuiopqsdfghjklm",
    ];

    private static readonly HashSet<string> Words =
    [
        "password", "passwort", "motdepasse", "contraseña", "passphrase", "qwerty", "letmein", "welcome", "admin", "administrator", "changeme", "iloveyou", "sunshine", "princess", "football",
        "baseball", "dragon", "monkey", "superman", "batman", "trustno", "whatever", "starwars", "hello", "secret", "login", "master", "freedom", "library", "librarian", "libraries", "livesessions",
        "session", "sessions", "workshop", "facilitator", "california", "summer", "winter", "spring", "autumn", "correcthorsebatterystaple", "thisismypassword", "opensesame", "abc", "test", "guest", "user",
    ];

    private static readonly Lazy<HashSet<string>> Common = new(ReadCommon);

    private static readonly char[] Around = [.. "0123456789!?.,_-#*$@+&%^=~:;/\\()[]{}<>|'\"` "];

    public Task<IdentityResult> ValidateAsync(UserManager<Account> manager, Account user, string? password) =>
        Task.FromResult(WhyNot(password ?? "", user) is { } words ? IdentityResult.Failed(new IdentityError { Code = "Password", Description = words }) : IdentityResult.Success);

    /// <summary>Null if it may be used.</summary>
    public static string? WhyNot(string password, Account? of)
    {
        if (password.Length < Shortest)
            return $"A password has at least {Shortest} characters. Three or four words in a row are good.";
        if (password.Length > Longest)
            return $"A password has at most {Longest} characters.";
        return IsCommon(password, of) ? "This password is one of the first that others would try. Take three or four words that do not belong together." : null;
    }

    private static bool IsCommon(string password, Account? of)
    {
        var plain = password.ToLowerInvariant();
        var core = plain.Trim(Around);
        var letters = string.Concat(plain.Where(char.IsLetter));
        // "P@ssw0rd2026!" is "password" to everybody who tries.
        var unmasked = string.Concat(plain.TrimEnd([.. "0123456789!?.,_-#*$@+ "]).Select(Unmasked).Where(char.IsLetter));
        return plain.Distinct().Count() < 5
            || Sequences.Any(s => s.Contains(plain, StringComparison.Ordinal))
            || new[] { plain, core, Half(plain), Half(core), unmasked, Half(unmasked) }.Any(Common.Value.Contains)
            || Words.Contains(letters)
            || Words.Contains(unmasked)
            || Words.Any(w => IsRepeated(plain, w) || IsRepeated(unmasked, w))
            || (of is not null && OwnWords(of).Any(own => IsMostly(plain, own)));
    }

    /// <summary>What is said twice, or what is given.</summary>
    private static string Half(string text) => text.Length % 2 == 0 && text[..(text.Length / 2)] == text[(text.Length / 2)..] ? text[..(text.Length / 2)] : text;

    private static char Unmasked(char c) => c switch { '0' => 'o', '1' or '!' => 'i', '3' => 'e', '4' or '@' => 'a', '5' or '$' => 's', '7' => 't', _ => c };

    private static bool IsRepeated(string text, string word) => text.Length >= word.Length && text.Replace(word, "", StringComparison.Ordinal).Length <= 2 && text.Length > 0;

    /// <summary>The person's e-mail address, its parts, and their name, together and in parts.</summary>
    private static IEnumerable<string> OwnWords(Account of)
    {
        var (email, name) = ((of.Email ?? "").ToLowerInvariant(), (of.Name ?? "").ToLowerInvariant());
        return email.Split('@').Append(email).Append(string.Concat(name.Where(char.IsLetter))).Append(name).Concat(name.Split(' ')).Where(w => w.Length >= 4).Distinct();
    }

    /// <summary>It is the person's own word with little added.</summary>
    private static bool IsMostly(string password, string own) => password.Contains(own, StringComparison.Ordinal) && (own.Contains('@', StringComparison.Ordinal) || password.Length - own.Length < 6);

    private static HashSet<string> ReadCommon()
    {
        using var file = typeof(Passwords).Assembly.GetManifestResourceStream("common-passwords.gz") ?? throw new InvalidOperationException("The list of common passwords is not in the server.");
        using var text = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        return text.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
    }
}
