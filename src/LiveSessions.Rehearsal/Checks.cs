using System.Text.Json;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Polls;

namespace LiveSessions.Rehearsal;

/// <summary>What is wrong at the end; all empty when nothing is.</summary>
internal sealed class Findings
{
    public List<string> Lost { get; } = [];
    public List<string> Doubled { get; } = [];

    /// <summary>Not a loss, yet not as it must be: an unexpected refusal, words kept against consent.</summary>
    public List<string> Wrong { get; } = [];
    public bool AreClean => Lost.Count + Doubled.Count + Wrong.Count == 0;
}

/// <summary>Compares what people hold with what the server shows anew, and both with what was acknowledged.</summary>
internal static class Checks
{
    /// <summary>
    /// Refusals that people meet who act in the last moment of a step, a room or a poll. Anything else is a fault of the rehearsal or of the server.
    /// </summary>
    private static readonly HashSet<string> OfTheMoment =
    [
        "noTalkNow", "roomsAreClosed", "notSpeaking", "noRound", "pollIsClosed", "leaderOnly", "noConversation", "notInRoom", "observerOnly", "wasTakenBack", "helpIsDone", "sessionEnded",
        "noSuchColumn", "notThere", "lastPhase", "mergeTogether",
    ];

    /// <summary>Everybody's store must come to equal a fresh snapshot, given some seconds.</summary>
    public static async Task Stores(IReadOnlyList<(string Name, Line Line)> everybody, Findings findings, CancellationToken ct)
    {
        await Parallel.ForEachAsync(everybody, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct }, async (one, token) =>
        {
            string? differs = null;
            for (var tries = 0; tries < 40; tries++)
            {
                try
                {
                    await one.Line.WhenOpen(token);
                    differs = Difference(one.Line.Store.Everything(), await one.Line.Anew(token));
                }
                catch (Exception e) when (!token.IsCancellationRequested)
                {
                    differs = e.Message;
                }
                if (differs is null)
                    return;
                await Task.Delay(250, token);
            }
            lock (findings)
                findings.Lost.Add($"{one.Name} does not hold what a newcomer sees: {differs}");
        });
    }

    private static string? Difference(IReadOnlyDictionary<string, IReadOnlyDictionary<string, View>> held, Snapshot fresh)
    {
        foreach (var audience in fresh.Audiences)
        {
            if (!held.TryGetValue(audience.Audience, out var views))
                return $"nothing of {audience.Audience}";
            var told = audience.Changes.Where(c => c.View is not null).ToDictionary(c => c.Key, c => c.View!);
            foreach (var (key, view) in told)
                if (!views.TryGetValue(key, out var mine) || Json(mine) != Json(view))
                    return $"{key} of {audience.Audience}{(mine is null ? " is not there" : " is old")}";
            if (views.Keys.FirstOrDefault(k => !told.ContainsKey(k)) is { } extra)
                return $"{extra} of {audience.Audience} should be gone";
        }
        return held.Keys.FirstOrDefault(a => fresh.Audiences.All(f => f.Audience != a)) is { } gone ? $"{gone} is not theirs" : null;
    }

    private static string Json(View view) => JsonSerializer.Serialize(view, Log.Json.Options);

    /// <summary>Every acknowledged text is on the screen of everybody in its room, once, as it was last worded; and nothing is there that nobody wrote.</summary>
    public static void Words(IReadOnlyList<Store> everybody, Ledger ledger, Findings findings)
    {
        // What each room shows, by audience; all who are in a room must agree on it.
        var rooms = new Dictionary<string, (Dictionary<string, string> Texts, int People)>();
        foreach (var store in everybody)
            foreach (var (audience, views) in store.Everything())
            {
                if (!audience.StartsWith("room:", StringComparison.Ordinal))
                    continue;
                var texts = views.Select(v => (v.Key, Text: v.Value switch { NoteView n => n.IsTakenBack ? "" : Texts.Plain(n.Text), TurnView t => Texts.Plain(t.Text), _ => null }))
                    .Where(v => v.Text is not null).ToDictionary(v => v.Key, v => v.Text!);
                if (!rooms.TryGetValue(audience, out var room))
                    rooms[audience] = (texts, 1);
                else if (texts.Count != room.Texts.Count || texts.Any(t => room.Texts.GetValueOrDefault(t.Key) != t.Value))
                    findings.Lost.Add($"People in {audience} do not see the same words.");
            }
        var shown = rooms.Values.SelectMany(r => r.Texts).ToList();
        var places = shown.GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.Select(s => s.Value).ToList());
        foreach (var kept in ledger.Texts.Values)
        {
            var expected = kept.IsTakenBack ? "" : Texts.Plain(kept.Text);
            if (!places.TryGetValue(kept.Key, out var found))
                findings.Lost.Add($"{kept.Key} was acknowledged and is nowhere.");
            else if (found.Count > 1)
                findings.Doubled.Add($"{kept.Key} is in {found.Count} rooms.");
            else if (found[0] != expected)
                findings.Lost.Add($"{kept.Key} is not worded as it was acknowledged.");
        }
        findings.Doubled.AddRange(places.Keys.Where(k => !ledger.Texts.ContainsKey(k)).Select(k => $"{k} is shown and was never acknowledged."));
        findings.Doubled.AddRange(shown.Where(s => s.Value.Length > 0).GroupBy(s => s.Value).Where(g => g.Count() > 1).Select(g => $"{string.Join(" and ", g.Select(s => s.Key))} say the same."));
    }

    /// <summary>Every poll counts each acknowledged voter once.</summary>
    public static void Votes(Store staff, Ledger ledger, Findings findings)
    {
        foreach (var votes in ledger.Votes.GroupBy(v => v.Poll))
        {
            if (staff.Find<TallyView>("tally:" + votes.Key) is not { } tally)
                continue;
            if (tally.Answered < votes.Count())
                findings.Lost.Add($"{votes.Key}: {votes.Count()} people voted, {tally.Answered} are counted.");
            else if (tally.Answered > votes.Count())
                findings.Doubled.Add($"{votes.Key}: {votes.Count()} people voted, {tally.Answered} are counted.");
        }
    }

    public static void Answers(Ledger ledger, Findings findings)
    {
        if (ledger.Sent != ledger.Asked.Count)
            findings.Lost.Add($"{ledger.Sent - ledger.Asked.Count} commands were never answered.");
        foreach (var refused in ledger.Asked.Where(a => a.Answer.IsRefused && !OfTheMoment.Contains(a.Answer.Reason ?? "")).GroupBy(a => (a.Command.GetType().Name, a.Answer.Reason)))
            findings.Wrong.Add($"{refused.Key.Name} was refused {refused.Count()} times: {refused.Key.Reason}");
        if (ledger.DoorFailures.Count > 0)
            findings.Wrong.Add($"At the door the server failed {ledger.DoorFailures.Count} times, at last with: {ledger.DoorFailures.Last()}");
        findings.Wrong.AddRange(ledger.Faults.Select(f => "The client library could not use a message: " + f));
    }
}
