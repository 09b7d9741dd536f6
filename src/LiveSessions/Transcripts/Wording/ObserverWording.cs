using LiveSessions.Conversation;

namespace LiveSessions.Transcripts.Wording;

/// <summary>What whoever watched saw of whoever led: one line for each leader, filled as it is marked.</summary>
internal static class ObserverWording
{
    public static void Tell(Page page, ObservedMarked e)
    {
        var key = (page.ConversationOf(e.Room), e.Leader);
        var seen = page.Book.Observed.GetValueOrDefault(key);
        var items = e.Seen ? (seen?.Items ?? []).Add(e.Item) : (seen?.Items ?? []).Remove(e.Item);
        var watchers = (seen?.Watchers ?? []).Add(e.By);
        var list = page.After.Talks[e.Room].Exercise.ObserverList;

        Worded? Word(Teller teller) => items.IsEmpty ? null
            : new($"Seen by {teller.Everyone([.. watchers.OrderBy(w => w.Value, StringComparer.Ordinal)])} while {teller.Who(e.Leader)} led: {string.Join("; ", items.Select(i => list[i]))}.");

        var line = seen?.Line;
        if (line is null)
            line = page.Write(LineKind.Role, e.Room, e.Phase.Length == 0 ? null : e.Phase, [e.Leader, e.By], Word);
        else
            page.WriteAgain(line, [e.By], Word);
        page.Remember(book => book with { Observed = book.Observed.SetItem(key, new(line, items, watchers)) });
    }
}
