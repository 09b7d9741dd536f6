using System.Collections.Concurrent;
using LiveSessions.Log;
using LiveSessions.Server.Redis;

namespace LiveSessions.Server.Tests.Redis;

/// <summary>The session log without a server, for simulations. Obeys the same laws.</summary>
public sealed class InMemorySessionLog : ISessionLog
{
    private sealed class Kept
    {
        public string? Epoch;
        public readonly List<byte[]> Entries = [];
        public LogSnapshot? Snapshot;
        public bool Erased;
        public (long Length, LogHash Hash)? Hashed;

        public LogHash? Hash => Hashed is { } hashed && hashed.Length == Entries.Count ? hashed.Hash : null;
    }

    private readonly ConcurrentDictionary<SessionId, Kept> _sessions = new();

    private T With<T>(SessionId session, Func<Kept, T> act)
    {
        var kept = _sessions.GetOrAdd(session, _ => new Kept());
        lock (kept)
            return act(kept);
    }

    private static byte[][] Some(Kept kept, long from, int max) => [.. kept.Entries.Skip((int)from).Take(Math.Min(max, ISessionLog.MaxEntries))];

    public Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(newEpoch);
        return Task.FromResult(With(session, kept =>
            kept.Erased ? throw new SessionErased(session) : new LogHead(kept.Epoch ??= newEpoch, kept.Entries.Count)));
    }

    public Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
    {
        var (epoch, length, hash) = end;
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfZero(entries.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(entries.Count, ISessionLog.MaxEntries);
        ct.ThrowIfCancellationRequested();
        return Task.FromResult(With<Appended>(session, kept =>
        {
            if (kept.Epoch != epoch || kept.Entries.Count < length)
                return new Replaced(kept.Epoch, kept.Entries.Count);
            if (kept.Entries.Count > length)
                return new Behind(kept.Entries.Count, Some(kept, length, ISessionLog.MaxEntries));
            if (hash is not null && kept.Hash is { } stands && stands != hash)
                return new Replaced(kept.Epoch, kept.Entries.Count);
            kept.Hashed = hash is { } before ? (length + entries.Count, before.After(entries)) : kept.Hashed;
            kept.Entries.AddRange(entries.Select(e => e.ToArray()));
            return new Done(kept.Entries.Count);
        }));
    }

    public Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(max);
        return Task.FromResult(With(session, kept => new LogRead(kept.Epoch, kept.Entries.Count, Some(kept, from, max)) { Hash = kept.Hash }));
    }

    public Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) =>
        Task.FromResult(With(session, kept =>
        {
            if (kept.Epoch != epoch || kept.Entries.Count < position || (kept.Snapshot is { } s && s.Epoch == epoch && s.Position > position))
                return false;
            kept.Snapshot = new LogSnapshot(epoch, position, bytes.ToArray());
            return true;
        }));

    public Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default) => Task.FromResult(With(session, kept => kept.Snapshot));

    public Task Erase(SessionId session, CancellationToken ct = default) => Erase(session, -1, ct);

    public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) =>
        Task.FromResult(With(session, kept =>
        {
            if (length >= 0 && !kept.Erased && kept.Entries.Count != length)
                return false;
            (kept.Epoch, kept.Snapshot, kept.Erased) = (null, null, true);
            kept.Entries.Clear();
            kept.Hashed = null;
            return true;
        }));

    public Task RewriteStorage(CancellationToken ct = default) => Task.CompletedTask;
}
