using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Transcripts;

/// <summary>What came of a <see cref="TranscriptStore.Write"/>.</summary>
public abstract record ArchiveWrite
{
    private ArchiveWrite()
    {
    }

    /// <summary>All of it is on the disk.</summary>
    public sealed record Done(long UpTo, byte[] Hash) : ArchiveWrite;

    /// <summary>Nothing was written: the archive does not stand where the writer thought, but here. Read the log from here and write again.</summary>
    public sealed record StandsAt(long UpTo) : ArchiveWrite;
}

/// <summary>
/// The one place that writes transcripts. Log entries, the lines made of them and the position they bring the archive to are one SQL transaction, guarded on
/// the position, so a rerun after any crash adds nothing and a second writer is told where things stand.
/// </summary>
public sealed class TranscriptStore(IDbContextFactory<ArchiveDb> archive, TimeProvider time)
{
    private static readonly string[] EntryColumns = ["Session", "Epoch", "Seq", "At", "Json"];

    private static readonly string[] ConversationColumns =
        ["Session", "Id", "Room", "RoomName", "ExerciseKey", "ExerciseName", "Labelled", "StartedAt", "EndedAt", "People", "Phases", "Columns"];

    private static readonly string[] LineColumns =
    [
        "Session", "Id", "Seq", "At", "Conversation", "Phase", "Kind", "Speaker", "SpeakerKey", "SpeakerRole", "WrittenBy",
        "Text", "Form", "Column", "Colour", "StaysInRoom", "MayQuote", "IsFinal", "Earlier", "Words",
    ];

    private static readonly string[] ById = ["Session", "Id"];
    private static readonly string[] LineStays = ["Seq", "At", "Conversation"];

    /// <summary>The hash of an empty log.</summary>
    public static byte[] NoEntries => new byte[SHA256.HashSizeInBytes];

    /// <summary>The rolling hash after one more entry: SHA-256 of the hash before, then the entry's bytes.</summary>
    public static byte[] After(byte[] hash, ReadOnlySpan<byte> entry)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(hash);
        sha.AppendData(entry);
        return sha.GetHashAndReset();
    }

    /// <summary>How far this epoch of the session's log is copied.</summary>
    public async Task<(long UpTo, byte[] Hash)> Position(SessionId session, string epoch, CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var row = await db.ArchivePositions.AsNoTracking().SingleOrDefaultAsync(p => p.Session == session && p.Epoch == epoch, ct);
        return row is null ? (0, NoEntries) : (row.UpTo, row.Hash);
    }

    /// <summary>The epoch whose entries the archive had first, or null.</summary>
    public async Task<string?> FirstEpoch(SessionId session, CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return await db.ArchiveEntries.Where(e => e.Session == session && e.Seq == 0).OrderBy(e => e.At).ThenBy(e => e.Epoch).Select(e => e.Epoch).FirstOrDefaultAsync(ct);
    }

    /// <summary>Log entries as they were copied, from a position on.</summary>
    public async Task<IReadOnlyList<byte[]>> Entries(SessionId session, string epoch, long from, int max, CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var rows = await db.ArchiveEntries.Where(e => e.Session == session && e.Epoch == epoch && e.Seq >= from)
            .OrderBy(e => e.Seq).Take(max).Select(e => e.Json).ToListAsync(ct);
        return rows.ConvertAll(Encoding.UTF8.GetBytes);
    }

    /// <summary>Copies entries <paramref name="from"/>, from + 1 ... and puts conversations and lines as they stand after them.</summary>
    /// <param name="from">Where the writer believes the archive stands; anything else writes nothing.</param>
    /// <param name="entries">May be empty: lines alone can change when words are erased.</param>
    /// <param name="upserts">Added, or put in place of the line with the same id. Of two with one id the later counts.</param>
    /// <param name="removedLineIds">Lines that are gone; ids that do not exist are let pass. Removals come first.</param>
    /// <param name="rewritten">Entries copied earlier whose words must go; by position, with what stays. The rolling hash keeps speaking of them as they were first copied.</param>
    public async Task<ArchiveWrite> Write(
        SessionId session,
        string epoch,
        long from,
        IReadOnlyList<byte[]> entries,
        IReadOnlyList<ConversationRecord> conversations,
        IReadOnlyList<TranscriptLine> upserts,
        IReadOnlyList<string> removedLineIds,
        IReadOnlyDictionary<long, byte[]>? rewritten = null,
        CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var entryRows = entries.Select((entry, i) => EntryValues(db, session, epoch, from + i, entry)).ToList();
        var conversationRows = Last(conversations, c => c.Id).Select(c => Values(db, session, c)).ToList();
        var lineRows = Last(upserts, l => l.Id).Select(l => Values(db, session, l)).ToList();
        // Whoever comes in wants to write too, and in SQLite one writes at a time: everything is made ready before the transaction, and none of it waits for a thread that gives way to everybody.
        // Nor does it take one of the pool's, which are few: SQLite waits for the disk where it is called.
        return await Task.Factory.StartNew(Commit, ct, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap();

        async Task<ArchiveWrite> Commit()
        {
            await db.Database.OpenConnectionAsync(ct);
            // What does not fit in the cache is written to the journal in the middle of the transaction, again and again. The next who opens the connection has the usual size.
            if (entries.Count > ISessionLog.MaxEntries && db is SqliteArchive)
                await db.Database.ExecuteSqlAsync($"PRAGMA cache_size = -32000", ct);
            await using var transaction = await db.Database.BeginTransactionAsync(ct);

            var (upTo, hash) = await StandLocked(db, session, epoch, ct);
            if (upTo != from)
                return new ArchiveWrite.StandsAt(upTo);

            hash = entries.Aggregate(hash, (before, entry) => After(before, entry));
            var rows = new RowWriter(db);
            await rows.Insert("ArchiveEntries", EntryColumns, entryRows, ct);
            foreach (var (seq, entry) in rewritten ?? new Dictionary<long, byte[]>())
            {
                var json = Utf8.GetString(entry);
                await db.ArchiveEntries.Where(e => e.Session == session && e.Epoch == epoch && e.Seq == seq).ExecuteUpdateAsync(set => set.SetProperty(e => e.Json, json), ct);
            }
            await SessionFacts.Take(db, session, entries, ct);
            foreach (var ids in removedLineIds.Chunk(500))
                await db.Lines.Where(l => l.Session == session && ids.Contains(l.Id)).ExecuteDeleteAsync(ct);
            await rows.Upsert("Conversations", ConversationColumns, ById, [], conversationRows, ct);
            await rows.Upsert("Lines", LineColumns, ById, LineStays, lineRows, ct);
            upTo += entries.Count;
            await db.ArchivePositions.Where(p => p.Session == session && p.Epoch == epoch)
                .ExecuteUpdateAsync(set => set.SetProperty(p => p.UpTo, upTo).SetProperty(p => p.Hash, hash), ct);

            await transaction.CommitAsync(ct);
            // What was taken away is overwritten in the file; this also empties the journal, which still holds it.
            if (removedLineIds.Count + (rewritten?.Count ?? 0) > 0 && db is SqliteArchive)
                await db.Database.ExecuteSqlAsync($"PRAGMA wal_checkpoint(TRUNCATE)", CancellationToken.None);
            return new ArchiveWrite.Done(upTo, hash);
        }
    }

    private static async Task<(long UpTo, byte[] Hash)> StandLocked(ArchiveDb db, SessionId session, string epoch, CancellationToken ct)
    {
        await db.Database.ExecuteSqlAsync(
            $"""INSERT INTO "ArchivePositions" ("Session", "Epoch", "UpTo", "Hash") VALUES ({session.Value}, {epoch}, 0, {NoEntries}) ON CONFLICT DO NOTHING""", ct);
        var row = (await db.PositionHeld(session, epoch).AsNoTracking().ToListAsync(ct)).Single();
        return (row.UpTo, row.Hash);
    }

    private object?[] EntryValues(ArchiveDb db, SessionId session, string epoch, long seq, byte[] entry) =>
        [session.Value, epoch, seq, db.Instant(TimeOf(entry)), Utf8.GetString(entry)];

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>The entry's own "at", for people who look into the table; an entry without one gets the time of copying.</summary>
    private DateTimeOffset TimeOf(byte[] entry)
    {
        var reader = new Utf8JsonReader(entry);
        while (reader.Read())
            if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 } && reader.ValueTextEquals("at"u8))
                return reader.Read() && reader.TokenType == JsonTokenType.String && reader.TryGetDateTimeOffset(out var at) ? at : time.GetUtcNow();
        return time.GetUtcNow();
    }

    private static object?[] Values(ArchiveDb db, SessionId session, ConversationRecord c) =>
    [
        session.Value, c.Id, c.Room.Value, Storable(c.RoomName), Storable(c.ExerciseKey), Storable(c.ExerciseName), Storable(c.Labelled),
        db.Instant(c.StartedAt), c.EndedAt is { } ended ? db.Instant(ended) : null, c.People,
        TranscriptJson.Write(c.Phases), TranscriptJson.Write(c.Columns),
    ];

    private static object?[] Values(ArchiveDb db, SessionId session, TranscriptLine l) =>
    [
        session.Value, l.Id, l.Seq, db.Instant(l.At), l.Conversation, l.Phase, TranscriptJson.NameOf(l.Kind), Storable(l.Speaker), l.SpeakerKey, Storable(l.SpeakerRole),
        Storable(l.WrittenBy), Storable(l.Text), l.Form, l.Column, l.Colour, l.StaysInRoom, l.MayQuote, l.IsFinal, TranscriptJson.Write(l.Earlier), SearchWords.Fold(l.Text),
    ];

    private static IEnumerable<T> Last<T>(IReadOnlyList<T> items, Func<T, string> id) => items.GroupBy(id).Select(g => g.Last());

    /// <summary>
    /// PostgreSQL has no place for U+0000 and neither has UTF-8 for half a surrogate pair. Such a character must not stop the archive for good: it becomes the
    /// replacement character.
    /// </summary>
    private static string? Storable(string? text) =>
        text is null || (!text.Contains('\0') && text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            ? text
            : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\0', '\uFFFD');
}
