using System.Globalization;
using System.Text;
using LiveSessions.Transcripts;

namespace LiveSessions.Server.Transcripts.Exports;

/// <summary>To read and to print. Everything that people wrote is escaped, so it stays text in any viewer.</summary>
internal sealed class MarkdownExport : IExportFormat
{
    private const string Special = "\\`*_{}[]<>#|~!&";

    public string Name => "md";
    public string ContentType => "text/markdown; charset=utf-8";

    public byte[] Write(Export export)
    {
        var zone = TimeZoneInfo.TryFindSystemTimeZoneById(export.Session.TimeZone, out var found) ? found : TimeZoneInfo.Utc;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"# {Plain(export.Session.Title)}").AppendLine();
        if (export.Session.Programme is { } programme)
            text.AppendLine(Plain(programme)).AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"{Day(export.Session.StartsAt, zone)}, times in {Plain(export.Session.TimeZone)}. {export.LeftOutWords}").AppendLine();
        foreach (var reading in export.Conversations)
            Conversation(text, reading, zone);
        return new UTF8Encoding(false).GetBytes(text.ToString());
    }

    private static void Conversation(StringBuilder text, ConversationReading reading, TimeZoneInfo zone)
    {
        var c = reading.Conversation;
        text.AppendLine(CultureInfo.InvariantCulture, $"## {Plain(c.RoomName)}{(c.ExerciseName is { } name ? $": {Plain(name)}" : "")}").AppendLine();
        var people = c.People == 1 ? "1 person" : $"{c.People} people";
        var until = c.EndedAt is { } ended ? $" to {Time(ended, zone)}" : "";
        text.AppendLine(CultureInfo.InvariantCulture, $"{Time(c.StartedAt, zone)}{until}, {people}.{(c.Labelled is { } label ? $" {Plain(label)}." : "")}").AppendLine();
        string? phase = null;
        foreach (var line in reading.Lines)
        {
            if (line.Phase is { } now && now != phase && c.Phases.FirstOrDefault(p => p.Id == now) is { } prompt)
            {
                phase = now;
                text.AppendLine(CultureInfo.InvariantCulture, $"### {Plain(OneLine(prompt.Prompt))}").AppendLine();
            }
            if (line.Kind == LineKind.Prompt)
                continue;
            Line(text, line, c, zone);
        }
    }

    private static void Line(StringBuilder text, TranscriptLine line, ReviewConversation conversation, TimeZoneInfo zone)
    {
        if (line.Kind is not (LineKind.Turn or LineKind.Note))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"*{Time(line.At, zone)} {(line is { Kind: LineKind.Message, Speaker: { } from } ? $"{Plain(from)}: " : "")}{Plain(OneLine(line.Text))}*").AppendLine();
            return;
        }
        var about = new List<string> { line.Kind == LineKind.Note ? "note" : line.Form == "paraphrase" ? "in short" : "in their words" };
        if (line.SpeakerRole is { } role)
            about.Insert(0, Plain(role));
        if (line.Column is { } column)
            about.Add(Plain(conversation.Columns.FirstOrDefault(c => c.Id == column)?.Title ?? column));
        if (line.WrittenBy is { } by)
            about.Add($"written by {Plain(by)}");
        if (line.MayQuote)
            about.Add("may be quoted");
        if (line is { Kind: LineKind.Note, IsFinal: false })
            about.Add("taken back");
        text.AppendLine(CultureInfo.InvariantCulture, $"**{Plain(line.Speaker ?? "Somebody")}** ({string.Join(", ", about)}), {Time(line.At, zone)}").AppendLine();
        Quote(text, line.Text);
        foreach (var earlier in line.Earlier)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"Earlier, {Time(earlier.At, zone)}:").AppendLine();
            Quote(text, earlier.Text);
            if (earlier.Left > 0)
                text.AppendLine(CultureInfo.InvariantCulture, $"After that it was changed {earlier.Left} times more, which is left out here.").AppendLine();
        }
    }

    private static void Quote(StringBuilder text, string words)
    {
        foreach (var line in words.ReplaceLineEndings("\n").Split('\n'))
            text.Append("> ").AppendLine(Plain(line));
        text.AppendLine();
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (Special.Contains(c, StringComparison.Ordinal))
                plain.Append('\\');
            plain.Append(c);
        }
        return plain.ToString();
    }

    private static string Day(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("MMMM d, yyyy", CultureInfo.GetCultureInfo("en-US"));

    private static string Time(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone).ToString("H:mm:ss", CultureInfo.InvariantCulture);
}
