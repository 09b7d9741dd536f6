using System.Globalization;
using CsvHelper;

namespace LiveSessions.Server.Transcripts.Exports;

/// <summary>One line per row, for spreadsheets. No cell can be a formula, in whatever script its sign is written.</summary>
internal sealed class CsvExport : IExportFormat
{
    private static readonly string[] Heading =
    [
        "Conversation", "Room", "Exercise", "Time (UTC)", "Step", "Prompt", "Kind", "Speaker", "Role", "Written by", "Text", "Form", "Column", "Colour", "May be quoted", "Stood at the end", "Corrected",
    ];

    public string Name => "csv";
    public string ContentType => "text/csv; charset=utf-8";

    public byte[] Write(Export export)
    {
        using var bytes = new MemoryStream();
        // With a mark in front, or a spreadsheet takes UTF-8 for something older.
        using (var csv = CsvWriter.Create(bytes, new CsvWriterOptions { WriteByteOrderMark = true, Quoting = CsvQuoting.Always }, leaveOpen: true))
        {
            Row(csv, Heading);
            foreach (var (conversation, lines) in export.Conversations)
                foreach (var l in lines)
                    Row(csv,
                    [
                        conversation.Id, conversation.RoomName, conversation.ExerciseName, l.At.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), l.Phase,
                        conversation.Phases.FirstOrDefault(p => p.Id == l.Phase)?.Prompt, TranscriptJson.NameOf(l.Kind), l.Speaker, l.SpeakerRole, l.WrittenBy, l.Text, l.Form,
                        conversation.Columns.FirstOrDefault(c => c.Id == l.Column)?.Title ?? l.Column, l.Colour, YesNo(l.MayQuote), YesNo(l.IsFinal), YesNo(l.Earlier.Count > 0),
                    ]);
        }
        return bytes.ToArray();
    }

    /// <summary>
    /// A spreadsheet takes a cell for a formula by its first sign. An apostrophe in front makes it text. Blanks and signs without width before it are looked through, and so are the wide and small
    /// forms of the signs, which some programs fold.
    /// </summary>
    internal static string Harmless(string? cell)
    {
        if (string.IsNullOrEmpty(cell))
            return "";
        if (cell[0] is '\t' or '\r' or '\n')
            return "'" + cell;
        foreach (var c in cell)
        {
            if (char.IsWhiteSpace(c) || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.Control)
                continue;
            return c is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠' or '﹦' or '﹢' or '﹣' or '﹫' or '−' or '⁼' or '₌' or '⁺' or '₊' or '⁻' or '₋' ? "'" + cell : cell;
        }
        return cell;
    }

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static void Row(CsvWriter csv, string?[] cells)
    {
        foreach (var cell in cells)
            csv.WriteField(Harmless(cell));
        csv.EndRecord();
    }
}
