using LiveSessions.Log;
using LiveSessions.Rooms;

namespace LiveSessions.Transcripts.Wording;

/// <summary>What the staff told the rooms, or everybody: their own words.</summary>
internal static class MessageWording
{
    public static void Tell(Page page, MessageSent e)
    {
        foreach (var room in e.Rooms.Count == 0 ? [RoomId.Plenary] : e.Rooms)
            page.Write(LineKind.Message, room, page.PhaseOf(room), [e.From], teller => teller.Keeps(e.From) ? teller.By(e.From, new(e.Text)) : null);
    }
}
