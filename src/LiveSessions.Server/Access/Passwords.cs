using Microsoft.AspNetCore.Identity;

namespace LiveSessions.Server.Access;

/// <summary>
/// What a password must be: 12 characters or more, any characters, and not one that everybody tries first. No rule about capitals or signs: such rules make passwords worse.
/// </summary>
internal sealed class Passwords : IPasswordValidator<Account>
{
    public const int Shortest = 12;
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
        var letters = string.Concat(plain.Where(char.IsLetter));
        // "P@ssw0rd2026!" is "password" to everybody who tries.
        var unmasked = string.Concat(plain.TrimEnd([.. "0123456789!?.,_-#*$@+ "]).Select(Unmasked).Where(char.IsLetter));
        return plain.Distinct().Count() < 5
            || Sequences.Any(s => s.Contains(plain, StringComparison.Ordinal))
            || Words.Contains(letters)
            || Words.Contains(unmasked)
            || Words.Any(w => IsRepeated(plain, w) || IsRepeated(unmasked, w))
            || (of?.Email is { } email && IsMostly(plain, email.ToLowerInvariant()))
            || (of?.Name is { } name && IsMostly(plain, string.Concat(name.ToLowerInvariant().Where(char.IsLetter))));
    }

    private static char Unmasked(char c) => c switch { '0' => 'o', '1' or '!' => 'i', '3' => 'e', '4' or '@' => 'a', '5' or '$' => 's', '7' => 't', _ => c };

    private static bool IsRepeated(string text, string word) => text.Length >= word.Length && text.Replace(word, "", StringComparison.Ordinal).Length <= 2 && text.Length > 0;

    /// <summary>It is the person's own e-mail or name with little added.</summary>
    private static bool IsMostly(string password, string own)
    {
        var local = own.Split('@')[0];
        return (own.Length >= 4 && password.Contains(own, StringComparison.Ordinal)) || (local.Length >= 4 && password.Contains(local, StringComparison.Ordinal) && password.Length - local.Length < 6);
    }
}
