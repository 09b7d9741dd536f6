using System.Text.Json;
using LiveSessions.Log;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// What the programme learns from a session's log as it is copied, in the same transaction: when it started and ended, and who was taken out of it and so has lost their seat.
/// </summary>
internal static class SessionFacts
{
    public static async Task Take(ArchiveDb db, SessionId session, IReadOnlyList<byte[]> entries, CancellationToken ct)
    {
        foreach (var entry in entries.Where(MayHold))
        {
            using var json = JsonDocument.Parse(entry);
            if (json.RootElement.ValueKind != JsonValueKind.Object || !json.RootElement.TryGetProperty("events", out var events) || events.ValueKind != JsonValueKind.Array)
                continue;
            DateTimeOffset? at = json.RootElement.TryGetProperty("at", out var said) && said.TryGetDateTimeOffset(out var time) ? time : null;
            foreach (var one in events.EnumerateArray())
                if (one.ValueKind == JsonValueKind.Object && one.TryGetProperty("type", out var type))
                    await Take(db, session, type.GetString(), at, one, ct);
        }
    }

    /// <summary>Few entries do, and reading one whole takes longer than looking for its name.</summary>
    private static bool MayHold(byte[] entry) =>
        entry.AsSpan().IndexOf("sessionStarted"u8) >= 0 || entry.AsSpan().IndexOf("sessionEnded"u8) >= 0 || entry.AsSpan().IndexOf("personRemoved"u8) >= 0;

    private static async Task Take(ArchiveDb db, SessionId session, string? type, DateTimeOffset? at, JsonElement happened, CancellationToken ct)
    {
        switch (type)
        {
            case "sessionStarted":
                await db.Sessions.Where(s => s.Id == session && s.StartedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.StartedAt, at), ct);
                break;
            case "sessionEnded":
                await db.Sessions.Where(s => s.Id == session && s.EndedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.EndedAt, at), ct);
                break;
            case "personRemoved" when happened.TryGetProperty("person", out var person) && person.GetString() is { } id:
                var removed = new PersonId(id);
                await db.Seats.Where(s => s.Session == session && s.Person == removed && s.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(s => s.RevokedAt, at), ct);
                break;
        }
    }
}
