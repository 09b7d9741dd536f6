using System.Globalization;
using LiveSessions.Transcripts;

namespace LiveSessions.Server.Transcripts.Exports;

/// <summary>What goes out: a session's conversations, without the words that stay in the room.</summary>
/// <param name="Asked">The one conversation that was asked for, or null for all.</param>
/// <param name="LeftOut">How many lines stay in the room.</param>
internal sealed record Export(ReviewSession Session, string? Asked, IReadOnlyList<ConversationReading> Conversations, int LeftOut, DateTimeOffset At)
{
    public static Export Of(ReviewSession session, string? asked, IReadOnlyList<ConversationReading> conversations, DateTimeOffset at)
    {
        var kept = conversations.Select(c => c with { Lines = c.Lines.Where(l => !l.StaysInRoom).ToList() }).ToList();
        return new Export(session, asked, kept, conversations.Sum(c => c.Lines.Count) - kept.Sum(c => c.Lines.Count), at);
    }

    /// <summary>Made by us, of digits and ids; nothing that anybody typed.</summary>
    public string FileName(string extension) =>
        $"transcript-{Session.StartsAt.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}-{Session.Session}{(Asked is null ? "" : "-" + Asked)}.{extension}";

    public string LeftOutWords => LeftOut switch
    {
        0 => "Words that their speakers did not want kept are not in here.",
        1 => "Words that their speakers did not want kept are not in here. One line that stays in its room is left out.",
        _ => $"Words that their speakers did not want kept are not in here. {LeftOut} lines that stay in their rooms are left out.",
    };
}

/// <summary>A way to write transcripts out. One file each.</summary>
internal interface IExportFormat
{
    string Name { get; }
    string ContentType { get; }
    byte[] Write(Export export);
}

internal static class ExportFormats
{
    private static readonly IReadOnlyDictionary<string, IExportFormat> ByName = new IExportFormat[] { new MarkdownExport(), new CsvExport(), new JsonExport() }.ToDictionary(f => f.Name);

    public static IExportFormat? Find(string? name) => ByName.GetValueOrDefault(name ?? "");
}
