using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LiveSessions.Log;

namespace LiveSessions.Server.Access;

/// <summary>Tokens and secrets: 256 bits of chance, shown once, kept only as SHA-256 (which needs no salt for so much chance).</summary>
public static class Secret
{
    private const int Bytes = 32;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>What stands for a secret in memory: half of its hash.</summary>
    internal static UInt128 Mark(string secret) => Mark(Hash(secret));

    internal static UInt128 Mark(byte[] hash) => BinaryPrimitives.ReadUInt128BigEndian(hash);

    /// <summary>The secret that follows an old one; who has not the old one can not make it, whatever is in the database.</summary>
    public static string Following(string old, byte[] nonce) => Base64Url.EncodeToString(HMACSHA256.HashData(nonce, Encoding.UTF8.GetBytes(old)));

    public static byte[] Nonce() => RandomNumberGenerator.GetBytes(Bytes);
}

/// <summary>Ids that the edge makes. They are unique, not secret, and prove nothing.</summary>
internal static class NewId
{
    public static SessionId Session() => new(Hex('s', 15));

    /// <summary>Somebody who is on no roster.</summary>
    public static PersonId Participant() => new(Hex('p', 15));

    /// <summary>Somebody on a session's roster, by their number on it. Short, because everybody is told a thousand of them; of another length than a guest's.</summary>
    public static PersonId OnRoster(int number) => new($"p{number}");

    /// <summary>The number, or 0 when the id is a longer one, as on rosters of earlier versions.</summary>
    public static int NumberOf(PersonId person) => person.Value.Length <= 8 && int.TryParse(person.Value.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    public static string Team() => Hex('t', 11);

    public static string Row() => Hex('r', 31);

    /// <summary>The same account is the same person in a session on every node and after every sign-in, and another person in another session.</summary>
    public static PersonId Staff(string account, SessionId session) =>
        new("f" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account + session.Value)))[..15]);

    private static string Hex(char kind, int digits) => kind + RandomNumberGenerator.GetHexString(digits, lowercase: true);
}
