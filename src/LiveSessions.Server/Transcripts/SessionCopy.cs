using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Sessions;
using LiveSessions.Transcripts;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Copies one session's log to the archive, told in words. What was folded is kept only once it is committed, so any failure leaves a state to go on from; a commit whose answer was lost
/// shows as a position that is further on, and then the log is folded anew up to there.
/// </summary>
internal sealed class SessionCopy(SessionId session, ISessionLog log, TranscriptStore store, ILogger logger)
{
    private Folded? _folded;

    /// <summary>Where the copy stands after some entries.</summary>
    private sealed record Folded(string Epoch, Session Session, TranscriptBook Book, Redaction Redaction);

    /// <summary>Entries the archive holds, and entries the log has, as last seen.</summary>
    public long UpTo { get; private set; }
    public long Head { get; private set; }

    /// <summary>When the session ended, as far as is archived.</summary>
    public DateTimeOffset? EndedAt => _folded?.Session.EndedAt;

    /// <summary>When the last entry that is archived was written; null before anything was read.</summary>
    public DateTimeOffset? ArchivedTill => _folded is { Session.Head: > 0 } folded ? folded.Session.LastAt : null;

    /// <summary>Copies what there is, at most one transaction of it.</summary>
    /// <param name="most">Entries of a transaction.</param>
    /// <param name="calm">Asked before more of the log is read into the same transaction; false ends it with what there is.</param>
    /// <returns>True when there may be more; null when the log is gone.</returns>
    public async Task<bool?> Step(int most, Func<bool> calm, CancellationToken ct)
    {
        var folded = _folded ??= await Resume(ct);
        if (folded is null)
            return null;
        var from = folded.Session.Head;
        var (next, page) = (folded, new PageTold());
        do
        {
            var read = await log.Read(session, next.Session.Head, Math.Min(most - page.Entries.Count, ISessionLog.MaxEntries), ct);
            if (read.Epoch != folded.Epoch || read.Length < next.Session.Head)
            {
                _folded = null;
                return read.Epoch is null ? null : true;
            }
            (UpTo, Head) = (from, read.Length);
            next = Tell(next, read.Entries, page);
        }
        while (page.Entries.Count < most && next.Session.Head < Head && calm());
        if (page.Entries.Count == 0)
            return false;
        next = Settle(next, page);
        var rewritten = await Rewritten(next, page.Erased.Where(seq => seq < from), ct);
        var entries = page.Entries.Select((e, i) => Bytes(next, from + i, e.Entry, e.AsRead)).ToList();
        switch (await store.Write(session, folded.Epoch, from, entries, [.. page.Conversations.Values], [.. page.Lines.Values], [.. page.Removed], rewritten, ct))
        {
            case ArchiveWrite.Done done:
                (_folded, UpTo) = (next, done.UpTo);
                ArchiveMeter.Entries.Add(entries.Count);
                ArchiveMeter.Lines.Add(page.Lines.Count);
                return done.UpTo < Head;
            case ArchiveWrite.StandsAt stands:
                logger.ArchiveStandsElsewhere(session.Value, from, stands.UpTo);
                _folded = null;
                return true;
            default:
                throw new InvalidOperationException("The archive gave an answer that is not known.");
        }
    }

    /// <summary>How far the archive is, when another node copies.</summary>
    public async Task Watch(CancellationToken ct)
    {
        var read = await log.Read(session, 0, 1, ct);
        if (read.Epoch is { } epoch)
            (UpTo, Head) = ((await store.Position(session, epoch, ct)).UpTo, read.Length);
    }

    /// <summary>Forgets what was folded; the next step begins with what the archive holds.</summary>
    public void Drop() => _folded = null;

    /// <summary>Folds the log up to where the archive stands; null when there is no log.</summary>
    private async Task<Folded?> Resume(CancellationToken ct)
    {
        var first = await log.Read(session, 0, 1, ct);
        if (first.Epoch is not { } epoch)
            return null;
        var (upTo, _) = await store.Position(session, epoch, ct);
        if (first.Length < upTo)
            throw new ArchiveAhead(session, upTo, first.Length);
        // A log that began anew must not write over what the lost one told.
        var prefix = await store.FirstEpoch(session, ct) is { } known && known != epoch ? epoch[..Math.Min(8, epoch.Length)] + "." : "";
        var folded = new Folded(epoch, new Session(session), new TranscriptBook(session, prefix), Redaction.Empty);
        while (folded.Session.Head < upTo)
        {
            var at = folded.Session.Head;
            var read = await log.Read(session, at, (int)Math.Min(ISessionLog.MaxEntries, upTo - at), ct);
            if (read.Epoch != epoch || read.Entries.Count == 0)
                return null;
            folded = Tell(folded, read.Entries, new());
        }
        folded = Settle(folded, new());
        logger.ArchiveResumed(session.Value, upTo, first.Length);
        (UpTo, Head) = (upTo, first.Length);
        return folded;
    }

    /// <summary>What the entries of a transaction change, all told.</summary>
    private sealed class PageTold
    {
        public List<(LogEntry Entry, byte[] AsRead)> Entries { get; } = [];
        public Dictionary<string, TranscriptLine> Lines { get; } = [];
        public HashSet<string> Removed { get; } = [];
        public Dictionary<string, ConversationRecord> Conversations { get; } = [];
        public SortedSet<long> Erased { get; } = [];

        public void Take(Telling told)
        {
            foreach (var id in told.Removed)
            {
                Lines.Remove(id);
                Removed.Add(id);
            }
            foreach (var line in told.Upserted)
            {
                Lines[line.Id] = line;
                Removed.Remove(line.Id);
            }
            foreach (var conversation in told.Conversations)
                Conversations[conversation.Id] = conversation;
        }
    }

    private static Folded Settle(Folded folded, PageTold page)
    {
        var (book, told) = folded.Book.Settle(folded.Session);
        page.Take(told);
        return folded with { Book = book };
    }

    private static Folded Tell(Folded folded, IReadOnlyList<byte[]> entries, PageTold page)
    {
        var (state, book, redaction) = (folded.Session, folded.Book, folded.Redaction);
        foreach (var bytes in entries)
        {
            var entry = EntryBytes.Read(bytes);
            var after = state.Evolve(entry);
            (book, var told) = book.Apply(state, after, entry, settles: false);
            (redaction, var erased) = redaction.Apply(state, after, entry);
            page.Take(told);
            page.Erased.UnionWith(erased);
            page.Entries.Add((entry, bytes));
            state = after;
        }
        return new(folded.Epoch, state, book, redaction);
    }

    /// <summary>Entries archived before whose words must go, as they may stay.</summary>
    private async Task<Dictionary<long, byte[]>> Rewritten(Folded next, IEnumerable<long> positions, CancellationToken ct)
    {
        var rewritten = new Dictionary<long, byte[]>();
        foreach (var seq in positions)
        {
            var read = await log.Read(session, seq, 1, ct);
            if (read.Epoch != next.Epoch || read.Entries.Count != 1)
                throw new InvalidDataException("The log changed while it was being read.");
            rewritten[seq] = Bytes(next, seq, EntryBytes.Read(read.Entries[0]), read.Entries[0]);
        }
        return rewritten;
    }

    private static byte[] Bytes(Folded next, long seq, LogEntry entry, byte[] asRead) =>
        next.Redaction.ForArchive(seq, entry, next.Session) is var kept && ReferenceEquals(kept, entry) ? asRead : JsonSerializer.SerializeToUtf8Bytes(kept, Json.Options);
}

/// <summary>The archive holds more of a log than the log does: Redis was set back to an earlier state. Nobody can say which is right, so nothing is copied.</summary>
public sealed class ArchiveAhead(SessionId session, long archived, long length)
    : Exception($"The archive holds {archived} entries of session {session}, but its log has only {length}: Redis was set back. Nothing of it is copied until all servers were ended and one was started alone with --restore databases (docs/backup.md).");
