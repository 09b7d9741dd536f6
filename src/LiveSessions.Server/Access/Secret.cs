using System.Buffers.Text;
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

    /// <summary>The secret that follows an old one; who has not the old one can not make it, whatever is in the database.</summary>
    public static string Following(string old, byte[] nonce) => Base64Url.EncodeToString(HMACSHA256.HashData(nonce, Encoding.UTF8.GetBytes(old)));

    public static byte[] Nonce() => RandomNumberGenerator.GetBytes(Bytes);
}

/// <summary>Ids that the edge makes. They are unique, not secret, and prove nothing.</summary>
internal static class NewId
{
    public static SessionId Session() => new(Hex('s', 15));

    public static PersonId Participant() => new(Hex('p', 15));

    public static string Team() => Hex('t', 11);

    public static string Row() => Hex('r', 31);

    /// <summary>The same account is the same person in a session on every node and after every sign-in, and another person in another session.</summary>
    public static PersonId Staff(string account, SessionId session) =>
        new("f" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(account + session.Value)))[..15]);

    private static string Hex(char kind, int digits) => kind + RandomNumberGenerator.GetHexString(digits, lowercase: true);
}
