using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace LiveSessions.Server.Redis;

/// <summary>
/// What tells one log of a session from another: 16 hex digits by chance. A log that was put back from a copy keeps the first eight, so that what the archive told of it stays its own, and says behind a
/// "+" up to which position browsers may hold what the copy has not.
/// </summary>
internal static class Epoch
{
    /// <summary>More entries than a session gets in all the time in which a copy could fall behind unnoticed.</summary>
    private const long MostLost = 1_000_000;

    public static string New(ulong chance) => chance.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>The epoch of a log that is put back with so many entries. The same each time it is tried.</summary>
    public static string PutBack(string before, long length)
    {
        var mark = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{before} {length.ToString(CultureInfo.InvariantCulture)}")))[..8];
        return $"{before[..Math.Min(8, before.Length)]}{mark}+{(length + MostLost).ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>Whoever holds a position before this one may hold what is not in this log: they are told everything anew.</summary>
    public static long UnknownUntil(string epoch) =>
        epoch.IndexOf('+') is >= 0 and var at && long.TryParse(epoch.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var until) ? until : 0;
}
