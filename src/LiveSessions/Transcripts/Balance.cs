namespace LiveSessions.Transcripts;

/// <summary>
/// How a conversation was shared out, from its lines. For a look at the conversation as a whole, not for a comparison of people: speakers come in the order in which they first appear, and airtime is not influence.
/// </summary>
/// <param name="Turns">Turns whose words are kept.</param>
/// <param name="Contributors">How many people have a turn or a note in it.</param>
/// <param name="Passes">Passes by people with and without a name.</param>
public sealed record Balance(string Conversation, int Turns, int Contributors, int Passes, IReadOnlyList<SpeakerShare> Speakers)
{
    /// <param name="lines">Lines of one conversation or of several.</param>
    public static IReadOnlyList<Balance> Of(IEnumerable<TranscriptLine> lines) =>
        [.. lines.OrderBy(l => l.Seq).ThenBy(l => l.Id, StringComparer.Ordinal).GroupBy(l => l.Conversation).Select(g => Of(g.Key, [.. g]))];

    private static Balance Of(string conversation, IReadOnlyList<TranscriptLine> lines)
    {
        var turns = lines.Count(l => l.Kind == LineKind.Turn);
        var speakers = lines.Where(l => l is { SpeakerKey: not null, Kind: LineKind.Turn or LineKind.Note or LineKind.Pass }).GroupBy(l => l.SpeakerKey!).Select(g =>
        {
            var own = g.Count(l => l.Kind == LineKind.Turn);
            return new SpeakerShare(
                g.Key, g.Last().Speaker!, own, turns == 0 ? 0 : Math.Round((double)own / turns, 3), g.Count(l => l.Kind == LineKind.Note), g.Count(l => l.Kind == LineKind.Pass));
        }).ToList();
        return new(conversation, turns, speakers.Count(s => s.Turns + s.Notes > 0), lines.Count(l => l.Kind == LineKind.Pass), speakers);
    }
}

/// <param name="Share">Of the conversation's turns, 0 to 1.</param>
public sealed record SpeakerShare(string SpeakerKey, string Speaker, int Turns, double Share, int Notes, int Passes);
