using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Sessions;

namespace LiveSessions.Transcripts.Wording;

/// <summary>Who came and who left. A room's conversation begins when it opens and ends when it closes or joins another.</summary>
internal static class PresenceWording
{
    public static void Tell(Page page, RoomsOpened e)
    {
        foreach (var room in e.Rooms)
        {
            var phases = e.Exercise.Phases.Select(p => new PhaseRecord(p.Id, NameOf(p.Type), p.Prompt, p.FollowUps, null, null));
            var columns = e.Exercise.Board.Select(c => new ColumnRecord(c.Id, c.Title));
            page.Open(new($"{page.Book.Prefix}{page.Seq}-{room.Room}", page.After.Id, room.Room, room.Name, e.Exercise.Key, e.Exercise.Name, e.Exercise.Labelled, page.At, null, 0, [.. phases], [.. columns]),
                room.Room, room.Members);
            page.Write(LineKind.Presence, room.Room, null, room.Members, teller => new($"In the room: {teller.Everyone(room.Members)}."));
        }
    }

    public static void Tell(Page page, PersonMoved e)
    {
        if (e.From != RoomId.Plenary)
            One(page, e.From, e.Person, "left the room");
        if (e.To == RoomId.Plenary)
            return;
        page.Enter(e.To, [e.Person]);
        One(page, e.To, e.Person, "came into the room");
    }

    public static void Tell(Page page, PersonRemoved e)
    {
        if (page.Before.House.RoomOf(e.Person) is var room && room != RoomId.Plenary)
            One(page, room, e.Person, "left the room");
    }

    public static void Tell(Page page, RoomVisited e) => One(page, e.Room, e.Person, "looked in");

    public static void Tell(Page page, RoomLeft e) => One(page, e.Room, e.Person, "went out again");

    public static void Tell(Page page, RoomsMerged e)
    {
        var (from, into) = (page.After.House.Rooms[e.From].Name, page.After.House.Rooms[e.Into].Name);
        var came = page.Before.House.Rooms[e.From].Members;
        page.Write(LineKind.Presence, e.From, page.PhaseOf(e.From), [], _ => new($"The room went together with {into}; its notes went along."));
        page.Change(e.From, record => PromptWording.Over(record, page.At));
        page.Enter(e.Into, came);
        page.Write(LineKind.Presence, e.Into, page.PhaseOf(e.Into), came, teller => new($"{from} came in with its notes: {teller.Everyone(came)}."));
    }

    public static void EverybodyBack(Page page)
    {
        foreach (var room in page.OpenRooms)
        {
            page.Write(LineKind.Presence, room, page.PhaseOf(room), [], _ => new("Everybody went back."));
            page.Change(room, record => PromptWording.Over(record, page.At));
            NoteWording.TouchAllIn(page, room);
        }
    }

    /// <summary>Staff may look into a room whose conversation is over; that is no part of it.</summary>
    private static void One(Page page, RoomId room, PersonId person, string did)
    {
        if (page.IsOpen(room))
            page.Write(LineKind.Presence, room, page.PhaseOf(room), [person], teller => new($"{teller.Somebody(person)} {did}."));
    }

    private static string NameOf(PhaseType type) => type.ToString() is var name ? char.ToLowerInvariant(name[0]) + name[1..] : "";
}
