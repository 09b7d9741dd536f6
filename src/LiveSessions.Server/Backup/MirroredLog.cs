using System.Collections.Concurrent;
using LiveSessions.Log;
using LiveSessions.Server.Redis;

namespace LiveSessions.Server.Backup;

/// <summary>Which logs have grown, or gone, since somebody last asked.</summary>
internal sealed class LogNews
{
    private readonly ConcurrentDictionary<SessionId, bool> _sessions = new();

    public void Tell(SessionId session) => _sessions[session] = true;

    /// <summary>Told once.</summary>
    public IReadOnlyList<SessionId> Take() => [.. _sessions.Keys.Where(session => _sessions.TryRemove(session, out _))];
}

/// <summary>The log, which tells what becomes longer or is erased. With SQLite there is one server, so all that is written goes through here.</summary>
internal sealed class MirroredLog(ISessionLog log, LogNews news) : ISessionLog
{
    public Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default) => log.Open(session, newEpoch, ct);

    public async Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
    {
        try
        {
            return await log.Append(session, end, entries, ct);
        }
        finally
        {
            // Also when no answer came: it may have been written.
            news.Tell(session);
        }
    }

    public Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default) => log.Read(session, from, max, ct);

    public Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) => log.SaveSnapshot(session, epoch, position, bytes, ct);

    public Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default) => log.LoadSnapshot(session, ct);

    public async Task Erase(SessionId session, CancellationToken ct = default)
    {
        await log.Erase(session, ct);
        news.Tell(session);
    }

    public async Task<bool> Erase(SessionId session, long length, CancellationToken ct = default)
    {
        var isErased = await log.Erase(session, length, ct);
        news.Tell(session);
        return isErased;
    }

    public Task RewriteStorage(CancellationToken ct = default) => log.RewriteStorage(ct);
}
