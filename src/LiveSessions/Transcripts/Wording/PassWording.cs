using LiveSessions.Conversation;

namespace LiveSessions.Transcripts.Wording;

/// <summary>Passing is a way to take part; it is told without judgement.</summary>
internal static class PassWording
{
    public static void Tell(Page page, FloorPassed e)
    {
        var role = RoleWording.RolesOf(page.Before, e.Room, e.Person);
        var passed = e.ForNow ? "passed for now." : "passed.";
        page.Write(LineKind.Pass, e.Room, page.PhaseOf(e.Room), [e.Person], teller => teller.By(e.Person, new($"{teller.Somebody(e.Person)} {passed}")
        {
            SpeakerRole = teller.Keeps(e.Person) ? role : null,
        }));
    }
}
