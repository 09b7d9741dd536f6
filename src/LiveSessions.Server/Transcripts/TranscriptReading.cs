using LiveSessions.Log;
using LiveSessions.Server.Programme;
using LiveSessions.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Transcripts;

/// <summary>What an account may do with a session's transcripts.</summary>
public enum ReadingRight
{
    Read,
    Export,
}

/// <summary>
/// Reads transcripts for those who may: the session's owner, and who holds a grant that is live now. Everybody else, co-facilitators and admins included, gets what they would get
/// if the session were not there.
/// </summary>
internal sealed class TranscriptReading(IDbContextFactory<ArchiveDb> archive, TimeProvider time)
{
    private const int MostHits = 100;
    private static readonly string[] Counted = [TranscriptJson.NameOf(LineKind.Turn), TranscriptJson.NameOf(LineKind.Note)];

    public async Task<ReadingRight?> RightOf(SessionId session, string account, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return (await Readable(db, account, ct)).TryGetValue(session, out var right) ? right : null;
    }

    public async Task<IReadOnlyList<ReviewSession>> Sessions(string account, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var rights = await Readable(db, account, ct);
        var ids = rights.Keys.ToList();
        var sessions = await db.Sessions.AsNoTracking().Where(s => ids.Contains(s.Id)).OrderByDescending(s => s.StartsAt).ToListAsync(ct);
        var conversations = await db.Conversations.Where(c => ids.Contains(c.Session)).GroupBy(c => c.Session).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        var lines = await db.Lines.Where(l => ids.Contains(l.Session) && Counted.Contains(l.Kind)).GroupBy(l => l.Session).Select(g => new { g.Key, Count = g.Count() })
            .ToDictionaryAsync(g => g.Key, g => g.Count, ct);
        return sessions.ConvertAll(s => new ReviewSession(
            s.Id.Value, s.Title, s.Programme, s.StartsAt, s.TimeZone, s.RetentionUntil, rights[s.Id] == ReadingRight.Export, conversations.GetValueOrDefault(s.Id), lines.GetValueOrDefault(s.Id)));
    }

    public async Task<ReviewDetail> Session(SessionId session, ReadingRight right, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var s = await db.Sessions.AsNoTracking().SingleAsync(r => r.Id == session, ct);
        var rooms = await Conversations(db, session, ct);
        return new ReviewDetail(
            s.Id.Value, s.Title, s.Programme, s.StartsAt, s.TimeZone, s.RetentionUntil, right == ReadingRight.Export, rooms.Count,
            await db.Lines.CountAsync(l => l.Session == session && Counted.Contains(l.Kind), ct), rooms);
    }

    /// <summary>Null if the session has no such conversation.</summary>
    public async Task<ConversationReading?> Conversation(SessionId session, string id, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        if ((await Conversations(db, session, ct)).SingleOrDefault(c => c.Id == id) is not { } conversation)
            return null;
        return new ConversationReading(conversation, await Lines(db, session, id, ct));
    }

    /// <summary>All conversations of a session, in the order of their rooms.</summary>
    public async Task<IReadOnlyList<ConversationReading>> Everything(SessionId session, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var readings = new List<ConversationReading>();
        foreach (var conversation in await Conversations(db, session, ct))
            readings.Add(new ConversationReading(conversation, await Lines(db, session, conversation.Id, ct)));
        return readings;
    }

    /// <summary>Looks for words in everything the account may read, or in one session of it.</summary>
    public async Task<(SearchResult Result, IReadOnlyList<SessionId> Searched)> Search(string account, SearchWords words, SessionId? only, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var ids = (await Readable(db, account, ct)).Keys.Where(id => only is null || id == only).ToList();
        var found = db.LinesWith(words).Where(l => ids.Contains(l.Session));
        var total = await found.CountAsync(ct);
        var conversations = await found.Select(l => new { l.Session, l.Conversation }).Distinct().CountAsync(ct);
        var rows = await found.AsNoTracking().OrderBy(l => l.Session).ThenBy(l => l.Seq).ThenBy(l => l.Row).Take(MostHits).ToListAsync(ct);
        var rooms = await db.Conversations.Where(c => ids.Contains(c.Session)).Select(c => new { c.Session, c.Id, c.RoomName }).ToDictionaryAsync(c => (c.Session, c.Id), c => c.RoomName, ct);
        var titles = await db.Sessions.Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, s => s.Title, ct);
        var hits = rows.ConvertAll(l => new SearchHit(
            l.Session.Value, titles.GetValueOrDefault(l.Session, ""), l.Conversation, rooms.GetValueOrDefault((l.Session, l.Conversation), ""), l.Id, l.Kind, l.At, l.Phase, l.Speaker,
            Excerpt.Of(l.Text, words.Find(l.Text))));
        return (new SearchResult(total, conversations, hits), ids);
    }

    private async Task<Dictionary<SessionId, ReadingRight>> Readable(ArchiveDb db, string account, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var granted = await db.Grants.Where(g => g.Account == account && g.RevokedAt == null && g.From <= now && g.Until > now).Select(g => new { g.Session, g.MayExport }).ToListAsync(ct);
        var rights = granted.GroupBy(g => g.Session).ToDictionary(g => g.Key, g => g.Any(one => one.MayExport) ? ReadingRight.Export : ReadingRight.Read);
        foreach (var owned in await db.Sessions.Where(s => s.Owner == account).Select(s => s.Id).ToListAsync(ct))
            rights[owned] = ReadingRight.Export;
        return rights;
    }

    private static async Task<List<ReviewConversation>> Conversations(ArchiveDb db, SessionId session, CancellationToken ct)
    {
        var rows = await db.Conversations.AsNoTracking().Where(c => c.Session == session).ToListAsync(ct);
        var counts = await db.Lines.Where(l => l.Session == session && l.Phase != null && Counted.Contains(l.Kind))
            .GroupBy(l => new { l.Conversation, l.Phase }).Select(g => new { g.Key.Conversation, g.Key.Phase, Count = g.Count() }).ToListAsync(ct);
        return rows.Select(TranscriptJson.Read)
            .Select(c => new ReviewConversation(
                c.Id, c.Room.Value, c.RoomName, c.ExerciseKey, c.ExerciseName, c.Labelled, c.StartedAt, c.EndedAt, c.People, c.Phases, c.Columns,
                counts.Where(n => n.Conversation == c.Id).ToDictionary(n => n.Phase!, n => n.Count)))
            .OrderBy(c => c.StartedAt).ThenBy(c => c.RoomName.Length).ThenBy(c => c.RoomName, StringComparer.Ordinal).ThenBy(c => c.Id, StringComparer.Ordinal).ToList();
    }

    private static async Task<List<TranscriptLine>> Lines(ArchiveDb db, SessionId session, string conversation, CancellationToken ct)
    {
        var rows = await db.Lines.AsNoTracking().Where(l => l.Session == session && l.Conversation == conversation).ToListAsync(ct);
        return rows.OrderBy(l => l.Seq).ThenBy(l => l.Id, StringComparer.Ordinal).Select(TranscriptJson.Read).ToList();
    }
}

/// <summary>A piece of a text around what was found in it.</summary>
internal static class Excerpt
{
    private const int Before = 80;
    private const int Longest = 280;

    public static IReadOnlyList<SearchPart> Of(string text, IReadOnlyList<(int Start, int Length)> found)
    {
        var from = text.Length <= Longest || found.Count == 0 ? 0 : WordAt(text, Math.Max(0, found[0].Start - Before), found[0].Start);
        var to = text.Length - from <= Longest ? text.Length : WordAt(text, from + Longest, text.Length);
        var parts = new List<SearchPart>();
        var at = from;
        foreach (var (start, length) in found.Where(f => f.Start >= from && f.Start + f.Length <= to))
        {
            Add(parts, text[at..start], false);
            Add(parts, text.Substring(start, length), true);
            at = start + length;
        }
        Add(parts, text[at..to], false);
        if (from > 0)
            parts.Insert(0, new SearchPart("… ", false));
        if (to < text.Length)
            parts.Add(new SearchPart(" …", false));
        return parts;
    }

    private static void Add(List<SearchPart> parts, string text, bool found)
    {
        if (text.Length > 0)
            parts.Add(new SearchPart(text, found));
    }

    /// <summary>The beginning of a word at or after a place; never inside a pair of surrogates.</summary>
    private static int WordAt(string text, int at, int limit)
    {
        var word = at;
        while (word < limit && word > 0 && !char.IsWhiteSpace(text[word - 1]))
            word++;
        if (word - at > 40)
            word = at;
        return word < text.Length && char.IsLowSurrogate(text[word]) ? word - 1 : word;
    }
}
