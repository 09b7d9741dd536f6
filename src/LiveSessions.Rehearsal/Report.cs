using System.Globalization;

namespace LiveSessions.Rehearsal;

/// <summary>What came of the rehearsal, for the person who started it.</summary>
internal sealed class Report(Options options, SessionMade made, int people, int rooms, Ledger ledger, Findings findings, TranscriptsFound? transcripts, Uri url)
{
    public bool IsClean => findings.AreClean && transcripts is not null;

    public void Print(TextWriter to)
    {
        var acknowledged = ledger.Acknowledged();
        var (delivered, later) = ledger.Delivered();
        var refused = ledger.Asked.Where(a => a.Answer.IsRefused).GroupBy(a => a.Answer.Reason!).OrderByDescending(g => g.Count()).ToList();
        to.WriteLine();
        to.WriteLine($"""
            {made.Title}, {(options.Minutes is { } minutes ? $"{minutes:0.#} minutes of it, " : "")}{(options.Speed == 1 ? "at real speed" : $"{options.Speed:0.#} times faster than real")}

              people                       {people,8}
              rooms                        {rooms,8}
              commands                     {ledger.Asked.Count,8}   accepted {ledger.Asked.Count(a => a.Answer.Kind == "accepted")}, already so {ledger.Asked.Count(a => a.Answer.Kind == "alreadySo")}, refused {refused.Sum(g => g.Count())}
              lines that broke             {ledger.Breaks,8}   commands sent again {ledger.Again}, holes found and filled {ledger.Holes}
              turns and notes              {ledger.Texts.Count,8}   in the transcripts {transcripts?.Turns ?? 0} turns and {transcripts?.Notes ?? 0} notes of people who let them be kept

                                               p50       p95       p99       max   ms
              asked to acknowledged       {Row(acknowledged)}   {acknowledged.Count} commands
              asked to room-mates         {Row(delivered)}   {delivered.Count} receipts{(later > 0 ? $", {later} more on coming back" : "")}
              slowest to be acknowledged       {string.Join(", ", ledger.Slowest(4).Select(k => $"{k.Kind} {k.P99.ToString("0", CultureInfo.InvariantCulture)} ({k.Count})"))}   p99 ms (how many)

              lost                         {findings.Lost.Count,8}
              doubled                      {findings.Doubled.Count,8}
              transcripts complete         {(transcripts is null ? "no" : "yes"),8}   {transcripts?.Conversations ?? 0} conversations, all stored {transcripts?.ArchivedAfterSeconds ?? 0:0.0} s after the end
              transcripts                  {new Uri(url, $"/review/{made.Session}")}
            """);
        if (refused.Count > 0)
            to.WriteLine($"\n  Refused, as happens in the last moment of a step: {string.Join(", ", refused.Select(g => $"{g.Key} {g.Count()}"))}");
        Tell(to, "Lost", findings.Lost);
        Tell(to, "Doubled", findings.Doubled);
        Tell(to, "Wrong", findings.Wrong);
        to.WriteLine();
    }

    private static string Row(Percentiles p) => string.Join(' ', new[] { p.Of(50), p.Of(95), p.Of(99), p.Max }.Select(v => v.ToString("0.0", CultureInfo.InvariantCulture).PadLeft(9)));

    private static void Tell(TextWriter to, string what, List<string> findings)
    {
        if (findings.Count == 0)
            return;
        to.WriteLine($"\n  {what}:");
        foreach (var finding in findings.Take(20))
            to.WriteLine("    " + finding);
        if (findings.Count > 20)
            to.WriteLine($"    and {findings.Count - 20} more");
    }
}
