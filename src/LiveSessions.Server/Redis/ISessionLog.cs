using LiveSessions.Log;

namespace LiveSessions.Server.Redis;

/// <summary>
/// The logs of the sessions: the one place where what happened is kept. An entry is an opaque piece of UTF-8 here; its position is its index, from 0.
/// Nothing is ever changed in the middle. Every call ends within <see cref="Patience.Limit"/>, well or with an exception.
/// </summary>
public interface ISessionLog
{
    /// <summary>The most entries that one <see cref="Append"/> takes, one <see cref="Read"/> gives, or one <see cref="Behind"/> carries.</summary>
    public const int MaxEntries = 1_000;

    /// <summary>
    /// Finds the session's log, or makes an empty one with <paramref name="newEpoch"/>. The epoch that comes back is the one that stands. When a log that a
    /// node has folded comes back with another epoch or shorter, Redis was emptied or restored: fold it anew.
    /// </summary>
    /// <exception cref="SessionErased">The session was erased a short while ago.</exception>
    Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default);

    /// <summary>
    /// Adds <paramref name="entries"/> (1 to <see cref="MaxEntries"/>) if the log still ends there: all of them or none, in this order, kept on disk
    /// before the answer comes. With a hash it must be of the same entries, too, as far as the log knows its own: then it is not a log of this length
    /// that Redis lost the end of and another node made of something else.
    /// </summary>
    /// <exception cref="AppendOutcomeUnknown">No answer came: they may have been added or not, or may still be. Read the log to learn it.</exception>
    Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default);

    /// <summary>Up to <paramref name="max"/> entries (at most <see cref="MaxEntries"/>) from position <paramref name="from"/> on, with the head as it stood then.</summary>
    Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default);

    /// <summary>Keeps the folded state after <paramref name="position"/> entries. False, and nothing kept, when the log has another epoch or is shorter, or a newer one is there.</summary>
    Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default);

    Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default);

    /// <summary>
    /// Takes away everything that is kept of the session here, but for a mark (for a day) that it was erased, which stops a late node from beginning it
    /// anew. May be called again after a failure. The bytes stay in Redis' own files until <see cref="RewriteStorage"/>.
    /// </summary>
    Task Erase(SessionId session, CancellationToken ct = default);

    /// <summary>The same if the log still has this length: what was added since is not lost. False: it has another length, and nothing was erased.</summary>
    Task<bool> Erase(SessionId session, long length, CancellationToken ct = default);

    /// <summary>Has Redis write its files anew with only what it still holds. A rewrite that is already going on is left to finish and another follows it.</summary>
    Task RewriteStorage(CancellationToken ct = default);
}

/// <summary>Where a log stands. No epoch: there is no log.</summary>
public readonly record struct LogHead(string? Epoch, long Length);

/// <summary>The end that entries are put behind.</summary>
/// <param name="Hash">Of all entries up to there; null: they may be any.</param>
public readonly record struct LogEnd(string Epoch, long Length, LogHash? Hash = null);

/// <summary>Entries <c>from</c> and on, and the head at the same moment. No epoch: there is no log.</summary>
public sealed record LogRead(string? Epoch, long Length, IReadOnlyList<byte[]> Entries)
{
    /// <summary>Of all entries up to <see cref="Length"/>; null where the last of them were put there without.</summary>
    public LogHash? Hash { get; init; }
}

public sealed record LogSnapshot(string Epoch, long Position, byte[] Bytes);

/// <summary>What became of an append.</summary>
public abstract record Appended
{
    private protected Appended() { }
}

/// <summary>All entries were added; the log is now this long.</summary>
public sealed record Done(long Length) : Appended;

/// <summary>Somebody was first. Nothing was added; <paramref name="Missing"/> are the entries from the claimed length on (at most <see cref="ISessionLog.MaxEntries"/>: read on if there are more).</summary>
public sealed record Behind(long Length, IReadOnlyList<byte[]> Missing) : Appended;

/// <summary>This is not the log that the caller folded: another epoch, shorter, of other entries, or gone (no epoch). Nothing was added.</summary>
public sealed record Replaced(string? Epoch, long Length) : Appended;

/// <summary>An append was sent and no answer came. Entries carry their commands' numbers, so reading the log shows whether they landed.</summary>
public sealed class AppendOutcomeUnknown(SessionId session, Exception inner)
    : Exception($"The log of session {session} did not answer an append; whether it happened is unknown.", inner)
{
    public SessionId Session { get; } = session;
}

/// <summary>The session was erased; its log is not begun anew.</summary>
public sealed class SessionErased(SessionId session) : Exception($"Session {session} was erased.")
{
    public SessionId Session { get; } = session;
}

/// <summary>The log says that it holds more than it does. Nothing is added to it.</summary>
public sealed class LogDamaged(SessionId session, string what) : Exception($"The log of session {session} is damaged: {what}.")
{
    public SessionId Session { get; } = session;
}
