using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Simulation;

/// <summary>What must hold of every seed.</summary>
internal enum Law
{
    /// <summary>A command that was answered "accepted" is in the log, at the position that was told.</summary>
    AckedIsKept,
    /// <summary>No command is in the log twice, answered or not, and none that nobody asked.</summary>
    Once,
    /// <summary>What was refused did not happen.</summary>
    RefusedIsNot,
    /// <summary>What was answered before something else was asked is before it in the log.</summary>
    RealTime,
    /// <summary>Messages are taken without a gap, and nothing held goes back.</summary>
    Contiguous,
    /// <summary>No snapshot is older than one's last answer.</summary>
    OwnWords,
    /// <summary>What is held up to a position is what the log was there.</summary>
    HeldIsWhatWas,
    /// <summary>In the end everybody holds the whole log, folded and rendered for them.</summary>
    SameViews,
    /// <summary>Everybody is in exactly one room at every position.</summary>
    OneRoom,
    /// <summary>The log can be folded.</summary>
    Fold,
    /// <summary>No entry is earlier than the one before it, whatever clocks the nodes have.</summary>
    TimeGoesOn,
    /// <summary>No rule fails.</summary>
    Rules,
    /// <summary>A desk fails only when the log is away.</summary>
    Desk,
    /// <summary>Everything comes to an end.</summary>
    Lively,
}

/// <summary>Looks at a whole run from outside: the log, and what every tab asked, was answered and holds.</summary>
internal sealed class Checks(Run run, IReadOnlyList<Tab> tabs, IReadOnlyList<byte[]> log)
{
    public int Asked => tabs.Sum(t => t.Everything.Count);
    public int Again => tabs.Sum(t => t.Everything.Count(a => a.TimesSent > 1));
    public int Entries => log.Count;

    public void All(List<Session> states)
    {
        var entries = log.Select(bytes => EntryBytes.Read(bytes)).ToList();
        Commands(entries);
        for (var i = 1; i < entries.Count; i++)
            if (entries[i].At < entries[i - 1].At)
                run.Violated(Law.TimeGoesOn, $"entry {i + 1} is of {entries[i].At:O}, and the one before of {entries[i - 1].At:O}");
        states.Clear();
        states.Add(new(run.Session));
        try
        {
            foreach (var entry in entries)
                states.Add(states[^1].Evolve(entry));
        }
        catch (Exception e)
        {
            run.Violated(Law.Fold, $"entry {states.Count} cannot be folded: {e}");
            return;
        }
        for (var i = 0; i < states.Count; i++)
            OneRoom(states[i], i);
        foreach (var tab in tabs.Where(t => !t.IsGone && !t.IsDismissed))
            SameViews(tab, states[^1]);
    }

    private void Commands(List<LogEntry> entries)
    {
        var asked = tabs.SelectMany(t => t.Everything).ToDictionary(a => a.Mark);
        var positions = new Dictionary<CommandMark, long>();
        long latestAsked = 0;
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Instance is not { } instance)
                continue;
            var mark = new CommandMark(instance, entries[i].Number);
            if (!positions.TryAdd(mark, i + 1))
                run.Violated(Law.Once, $"{instance} {mark.Number} is in the log at {positions[mark]} and at {i + 1}");
            if (!asked.TryGetValue(mark, out var one))
            {
                run.Violated(Law.Once, $"{instance} {mark.Number} is in the log and nobody asked it");
                continue;
            }
            if (one.Answer?.Kind == "accepted" && one.AnsweredAt < latestAsked)
                run.Violated(Law.RealTime, $"{one} is at {i + 1}, behind something that was asked after its answer");
            latestAsked = Math.Max(latestAsked, one.AskedAt);
        }
        foreach (var one in asked.Values)
        {
            var isKept = positions.TryGetValue(one.Mark, out var position);
            switch (one.Answer?.Kind)
            {
                case "accepted" when !isKept:
                    run.Violated(Law.AckedIsKept, $"{one} is not in the log");
                    break;
                case "accepted" when one.Answer!.Position != position:
                    run.Violated(Law.AckedIsKept, $"{one} is at {position} in the log");
                    break;
                // A copy of what was refused, or was so already, may still have been under way, and be right when it arrives: it happens late, and once.
                case "refused" when isKept && !one.HasStrays:
                    run.Violated(Law.RefusedIsNot, $"{one} is at {position} in the log");
                    break;
            }
        }
    }

    private void OneRoom(Session state, int position)
    {
        var house = state.House;
        foreach (var person in state.People.Keys)
        {
            var rooms = house.Order.Where(r => house.IsOpen && house.Rooms[r].Members.Contains(person)).ToList();
            var seats = rooms.Sum(r => house.Rooms[r].Members.Count(m => m == person));
            var told = house.RoomOf(person);
            if (seats > 1 || (house.IsOpen && (rooms.Count == 1 ? told != rooms[0] : told != RoomId.Plenary)))
                run.Violated(Law.OneRoom, $"at {position} {person} sits in {string.Join(", ", rooms)} ({seats} seats) and is told to be in {told}");
        }
    }

    private void SameViews(Tab tab, Session session)
    {
        var held = tab.Store.Everything();
        var audiences = session.AudiencesOf(tab.Person).Select(a => a.Name).ToHashSet();
        if (!audiences.SetEquals(held.Keys))
            run.Violated(Law.SameViews, $"{tab.Instance} holds {string.Join(", ", held.Keys.Order())} and not {string.Join(", ", audiences.Order())}");
        foreach (var audience in audiences.Where(held.ContainsKey))
            Compare(run, Law.SameViews, tab, audience, session, held[audience], withPaced: true);
    }

    public static void HeldIsWhatWas(Run run, Tab tab, List<Session> states)
    {
        if (tab.IsGone || tab.IsDismissed)
            return;
        var positions = tab.Store.Positions;
        foreach (var (audience, views) in tab.Store.Everything())
            if (positions[audience] < states.Count)
                Compare(run, Law.HeldIsWhatWas, tab, audience, states[(int)positions[audience]], views, withPaced: false);
            else
                run.Violated(Law.HeldIsWhatWas, $"{tab.Instance} holds {audience} up to {positions[audience]}, and the log has {states.Count - 1} entries");
    }

    private static void Compare(Run run, Law law, Tab tab, string audience, Session session, IReadOnlyDictionary<string, View> held, bool withPaced)
    {
        var wanted = run.Rendered(session).GetValueOrDefault(audience) ?? [];
        foreach (var key in wanted.Keys.Union(held.Keys))
        {
            if (!withPaced && ViewKey.IsPacedName(key))
                continue;
            var view = held.TryGetValue(key, out var one) ? Written(one) : null;
            if (view != wanted.GetValueOrDefault(key))
            {
                run.Violated(law, $"{tab.Instance} in {audience} at {session.Head} holds {key} as {view ?? "nothing"} and not as {wanted.GetValueOrDefault(key) ?? "nothing"}");
                return;
            }
        }
    }

    /// <summary>Everything there is to see, by audience and name.</summary>
    public static Dictionary<string, Dictionary<string, string>> Rendered(Session session)
    {
        var rendered = new Dictionary<string, Dictionary<string, string>>();
        foreach (var key in session.AllKeys())
            foreach (var shown in session.Render(key))
                (rendered.TryGetValue(shown.To.Name, out var views) ? views : rendered[shown.To.Name] = [])[Session.StoreName(key)] = Written(shown.View);
        return rendered;
    }

    private static string Written(View view) => JsonSerializer.Serialize(view, Json.Options);
}
