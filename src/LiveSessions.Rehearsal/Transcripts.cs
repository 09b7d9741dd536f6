using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Rehearsal;

/// <summary>What the transcript store was found to hold.</summary>
internal sealed record TranscriptsFound(int Conversations, int Turns, int Notes, double ArchivedAfterSeconds)
{
    public int Other { get; init; }
}

/// <summary>Reads every transcript by the review API, as an instructor would, and compares it with what was acknowledged.</summary>
internal static class Transcripts
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private sealed record Detail(List<Conversation> Rooms);
    private sealed record Conversation(string Id, string Room, string RoomName);
    private sealed record Whole(List<TranscriptLine> Lines);
    private sealed record TranscriptLine(string Id, string Kind, string? Speaker, string Text, bool IsFinal);

    /// <summary>Waits until the store holds everything the log holds; how long that took, or null when it did not come about.</summary>
    public static async Task<double?> Stored(Line line, CancellationToken ct)
    {
        var started = DateTime.UtcNow;
        while (line.Heads is not { } heads || heads.Archived < Math.Max(heads.Head, line.Store.Seen))
        {
            if (DateTime.UtcNow - started > Patience)
                return null;
            await Task.Delay(50, ct);
        }
        return (DateTime.UtcNow - started).TotalSeconds;
    }

    public static async Task<TranscriptsFound?> Check(Door door, string session, Line line, Task<double?> stored, IReadOnlyList<Participant> crowd, Ledger ledger, Findings findings, CancellationToken ct)
    {
        // What people sent in the last moment is in the log by now, and must be in the store too.
        if (await stored is not { } after || await Stored(line, ct) is null)
        {
            findings.Lost.Add($"The transcript store holds {line.Heads?.Archived ?? 0} of {line.Heads?.Head ?? 0} entries after {Patience.TotalSeconds:0} s.");
            return null;
        }
        var detail = await door.Get<Detail>($"/api/review/sessions/{session}", ct);
        var lines = new List<TranscriptLine>();
        foreach (var conversation in detail.Rooms)
            lines.AddRange((await door.Get<Whole>($"/api/review/sessions/{session}/conversations/{conversation.Id}", ct)).Lines);

        var consents = crowd.Where(p => p.IsHere).ToDictionary(p => p.Person, p => p.LastConsent);
        var words = lines.Where(l => l.Kind is "turn" or "note").ToList();
        var byText = words.GroupBy(l => l.Text).ToDictionary(g => g.Key, g => g.Count());
        var expected = ledger.Texts.Values.Where(k => consents[k.Whose] != Consent.NotKept).ToList();
        foreach (var kept in ledger.Texts.Values)
        {
            var text = Texts.Plain(kept.Text);
            var count = byText.GetValueOrDefault(text);
            if (consents[kept.Whose] == Consent.NotKept)
            {
                // Somebody else may have said a sentence within a longer one.
                if (lines.Any(l => l.Text.Contains(text, StringComparison.Ordinal)) && !expected.Any(k => Texts.Plain(k.Text).Contains(text, StringComparison.Ordinal)))
                    findings.Wrong.Add($"{kept.Key} is in the transcript although its author chose that it is not kept.");
            }
            else if (kept.IsTakenBack)
            {
                // The gap is told; the words may be in the record of earlier wordings only.
            }
            else if (count == 0)
                findings.Lost.Add($"{kept.Key} is not in the transcript.");
            else if (count > 1)
                findings.Doubled.Add($"{kept.Key} is in the transcript {count} times.");
        }
        Same("turns", expected.Count(k => !k.IsNote), words.Count(l => l.Kind == "turn"), findings);
        Same("notes", expected.Count(k => k is { IsNote: true, IsTakenBack: false }), words.Count(l => l is { Kind: "note", IsFinal: true }), findings);
        return new(detail.Rooms.Count, words.Count(l => l.Kind == "turn"), words.Count(l => l.Kind == "note"), after) { Other = lines.Count - words.Count };
    }

    private static void Same(string what, int asked, int there, Findings findings)
    {
        if (there < asked)
            findings.Lost.Add($"The transcripts hold {there} {what} of {asked}.");
        else if (there > asked)
            findings.Doubled.Add($"The transcripts hold {there} {what}, {asked} were written.");
    }
}
