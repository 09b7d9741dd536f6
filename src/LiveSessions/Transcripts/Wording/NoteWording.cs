using System.Collections.Immutable;
using LiveSessions.Board;
using LiveSessions.Log;

namespace LiveSessions.Transcripts.Wording;

/// <summary>
/// Notes and their ways over the board. A note stays with the conversation it was written in, also when its room joins another. A note that is hidden is not told; one that was taken back is told as a gap.
/// </summary>
internal static class NoteWording
{
    private const int QuoteLength = 60;
    private const string TakenBack = "(taken back)";

    public static string Key(NoteId note) => "note:" + note;

    public static void Tell(Page page, NoteAdded e)
    {
        var role = RoleWording.RolesOf(page.Before, e.Room, e.Author);
        var mayQuote = page.After.Find(e.Author)?.MayQuote == true;
        page.Write(LineKind.Note, e.Room, e.Phase, [e.Author], teller => Word(teller, e.Note, role, mayQuote), Key(e.Note));
    }

    public static void Tell(Page page, NoteEdited e)
    {
        var before = page.Before.Notes.All[e.Note];
        // What was changed before anybody else saw it was never said.
        if (e.Text is not null && e.Text != before.Text && !before.IsHidden)
            page.Change(page.FirstAbout(Key(e.Note)), draft => draft with { Earlier = Wordings.Add(draft.Earlier, new(page.At, before.PlainText), first => first with { Left = first.Left + 1 }) });
        page.Touch(Key(e.Note));
    }

    public static void Tell(Page page, NoteTakenBack e)
    {
        if (page.Before.Notes.All[e.Note].IsHidden)
            page.Drop(page.FirstAbout(Key(e.Note)));
        page.Touch(Key(e.Note));
    }

    public static void Tell(Page page, NoteMoved e)
    {
        var note = page.Before.Notes.All[e.Note];
        page.Touch(Key(e.Note));
        if (note.Column == e.Column || note.IsHidden)
            return;
        var quote = Quote(note.PlainText);
        var role = RoleWording.RolesOf(page.Before, note.Room, e.By);
        var line = page.Write(LineKind.Move, note.Room, page.PhaseOf(note.Room), [e.By, note.Author], teller =>
        {
            if (!teller.Keeps(note.Author))
                return null;
            var now = teller.Session.Notes.All[e.Note];
            var way = $"from {Title(teller, note.Room, note.Column)} to {Title(teller, note.Room, e.Column)}.";
            return teller.By(e.By, new($"{teller.Somebody(e.By)} moved {(now.IsTakenBack ? "a note, taken back since," : $"“{quote}”")} {way}")
            {
                SpeakerRole = teller.Keeps(e.By) ? role : null,
                Column = e.Column,
                StaysInRoom = now.IsHeld,
            });
        }, Key(e.Note));
        page.Hold(line, note.Author, page.After.ConsentOf(note));
    }

    /// <summary>All notes the room has or had: by the end of the entry it may have joined another.</summary>
    public static void TouchAllIn(Page page, RoomId room)
    {
        foreach (var note in page.Before.Notes.In(room).Concat(page.After.Notes.In(room)))
            page.Touch(Key(note.Id));
    }

    private static Worded? Word(Teller teller, NoteId id, string? role, bool mayQuote)
    {
        var note = teller.Session.Notes.All[id];
        if (!teller.Keeps(note.Author) || note.IsHidden)
            return null;
        return teller.By(note.Author, new(note.IsTakenBack ? TakenBack : note.PlainText)
        {
            SpeakerRole = role,
            Column = note.Column,
            Colour = note.Colour.ToString().ToLowerInvariant(),
            StaysInRoom = note.IsHeld,
            MayQuote = mayQuote && !note.IsTakenBack && teller.Session.Find(note.Author)?.MayQuote == true,
            IsFinal = !note.IsTakenBack && teller.Session.House.Rooms.GetValueOrDefault(note.Room) is { IsOpen: false },
            Earlier = note.IsTakenBack ? [] : teller.Earlier,
        });
    }

    private static string Title(Teller teller, RoomId room, string column) =>
        teller.Session.Talks[room].Exercise.Board.FirstOrDefault(c => c.Id == column)?.Title ?? column;

    private static string Quote(string words)
    {
        var line = words.ReplaceLineEndings(" ");
        return line.Length <= QuoteLength ? line : string.Concat(line.AsSpan(0, char.IsHighSurrogate(line[QuoteLength - 2]) ? QuoteLength - 2 : QuoteLength - 1), "…");
    }
}
