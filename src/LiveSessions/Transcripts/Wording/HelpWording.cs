using LiveSessions.Log;
using LiveSessions.Rooms;

namespace LiveSessions.Transcripts.Wording;

/// <summary>Calls for help: asked, on the way, there, done. What was asked are the words of whoever asked.</summary>
internal static class HelpWording
{
    public static void Tell(Page page, HelpCalled e) =>
        page.Write(LineKind.Help, e.Room, page.PhaseOf(e.Room), [e.By], teller => teller.Keeps(e.By)
            ? teller.By(e.By, new(e.Words is { } words ? $"Asked for help: {words}" : "Asked for help."))
            : new("Somebody asked for help."));

    public static void Tell(Page page, HelpId help, PersonId by, string did)
    {
        var room = RoomOf(page, help);
        page.Write(LineKind.Help, room, page.PhaseOf(room), [by], teller => new($"{teller.Somebody(by)} {did}."));
    }

    public static void Tell(Page page, HelpId help, string what)
    {
        var room = RoomOf(page, help);
        page.Write(LineKind.Help, room, page.PhaseOf(room), [], _ => new(what));
    }

    private static RoomId RoomOf(Page page, HelpId help) => page.After.House.Helps.First(h => h.Id == help).Room;
}
