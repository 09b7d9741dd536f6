using LiveSessions.Conversation;
using LiveSessions.Log;

namespace LiveSessions.Transcripts.Wording;

/// <summary>What was said, whoever wrote it down: the words are their speaker's.</summary>
internal static class TurnWording
{
    public static string Key(TurnId turn) => "turn:" + turn;

    public static void Tell(Page page, TurnWritten e)
    {
        var role = RoleWording.RolesOf(page.Before, e.Room, e.Speaker);
        var mayQuote = page.After.Find(e.Speaker)?.MayQuote == true;
        page.Write(LineKind.Turn, e.Room, e.Phase, [e.Speaker, e.By], teller => Word(teller, e, role, mayQuote), Key(e.Turn));
    }

    private static Worded? Word(Teller teller, TurnWritten e, string? role, bool mayQuote)
    {
        if (!teller.Keeps(e.Speaker))
            return null;
        var turn = teller.Session.Talks[e.Room].Turns[e.Turn];
        return teller.By(e.Speaker, new(Texts.Plain(turn.Text))
        {
            SpeakerRole = role,
            WrittenBy = e.By == e.Speaker ? null : teller.Who(e.By),
            Form = turn.Form == TurnForm.Verbatim ? "verbatim" : "paraphrase",
            StaysInRoom = turn.IsHeld,
            MayQuote = mayQuote && teller.Session.Find(e.Speaker)?.MayQuote == true,
            Earlier = [.. turn.Earlier.Select(earlier => new EarlierWording(earlier.Until, Texts.Plain(earlier.Text), earlier.Left))],
        });
    }
}
