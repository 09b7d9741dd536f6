using LiveSessions.Log;
using LiveSessions.Rooms;

namespace LiveSessions.Transcripts.Wording;

/// <summary>Calls for help: asked, on the way, there, done. What was asked are the words of whoever asked.</summary>
internal static class HelpWording
{
    public static void Tell(Page page, HelpCalled e) =>
        page.Write(LineKind.Help, e.Room, page.PhaseOf(e.Room), [e.By], teller =>
            teller.By(e.By, new($"{teller.Somebody(e.By)} asked for help{(e.Words is { } words && teller.Keeps(e.By) ? $": {words}" : ".")}")));

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
