using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Transcripts.Wording;

/// <summary>Who did what in a room, and when that changed.</summary>
internal static class RoleWording
{
    public static void Tell(Page page, RoomId room, IReadOnlyDictionary<string, PersonId> holders)
    {
        var before = page.Before.Talks.GetValueOrDefault(room)?.Holders;
        var changed = page.After.Talks[room].Exercise.Roles
            .Select(r => (r.Title, Now: Holder(holders, r.Key), Was: before is null ? null : Holder(before, r.Key)))
            .Where(r => r.Now != r.Was).ToList();
        if (changed.Count == 0)
            return;
        page.Write(LineKind.Role, room, page.PhaseOf(room), changed.Where(r => r.Now is not null).Select(r => r.Now!.Value), teller =>
            new(string.Join(" ", changed.Select(r => $"{r.Title}: {(r.Now is { } person ? teller.Who(person) : "nobody")}."))));
    }

    /// <summary>The roles a person has in a room, in the words of the screen, or null.</summary>
    public static string? RolesOf(Session session, RoomId room, PersonId person)
    {
        if (session.Talks.GetValueOrDefault(room) is not { } talk)
            return null;
        var titles = talk.Exercise.Roles.Where(r => Holder(talk.Holders, r.Key) == person).Select(r => r.Title).ToList();
        return titles.Count == 0 ? null : string.Join(", ", titles);
    }

    private static PersonId? Holder(IReadOnlyDictionary<string, PersonId> holders, string role) => holders.TryGetValue(role, out var person) ? person : null;
}
