using System.Globalization;
using System.IO.Hashing;

namespace LiveSessions.Server.Redis;

/// <summary>
/// 64 bits that tell one log from another of the same length: each entry's XXH3 with the hash of those before it as seed. Against mishaps, not against somebody who looks for two logs of one hash.
/// </summary>
public readonly record struct LogHash(ulong Value)
{
    /// <summary>Of a log without entries.</summary>
    public static LogHash None => default;

    /// <summary>With one more entry.</summary>
    public LogHash After(ReadOnlySpan<byte> entry) => new(XxHash3.HashToUInt64(entry, (long)Value));

    /// <summary>With more entries, in order.</summary>
    public LogHash After(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        var hash = this;
        for (var i = 0; i < entries.Count; i++)
            hash = hash.After(entries[i].Span);
        return hash;
    }

    /// <summary>As it stands in Redis beside the length, with the length it is for: who appends without one leaves that of a shorter log.</summary>
    internal string Written(long length) => string.Create(CultureInfo.InvariantCulture, $"{length}:{Value:x16}");

    /// <summary>Null when there is none, or it is of another length.</summary>
    internal static LogHash? Read(string? written, long length) =>
        written?.Split(':') is [var of, var value] && long.TryParse(of, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at == length
        && ulong.TryParse(value, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hash) ? new(hash) : null;
}
