using System.Collections.Immutable;
using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Board;

/// <param name="Consent">How its author's words were kept when it was written.</param>
public sealed record Note(
    NoteId Id,
    RoomId Room,
    string? Phase,
    PersonId Author,
    Consent Consent,
    string Column,
    string Text,
    NoteColour Colour,
    double Rank,
    bool IsHidden,
    bool IsHeld,
    bool IsTakenBack,
    DateTimeOffset At,
    DateTimeOffset? EditedAt)
{
    public string PlainText => Texts.Plain(Text);

    /// <summary>Its author has chosen since that their words are not kept; choosing otherwise again does not bring it back.</summary>
    public bool IsWithdrawn { get; init; }

    public Note Tightened(Consent consent) => this with { Consent = consent == Consent.StandIn && Consent == Consent.Named ? consent : Consent, IsWithdrawn = IsWithdrawn || consent == Consent.NotKept };

    public Note Edited(NoteEdited edit, DateTimeOffset at) => this with { Text = edit.Text ?? Text, Colour = edit.Colour ?? Colour, EditedAt = at };

    /// <summary>The note as a choice of a poll that is put on notes, or null when it cannot be one. The transcript finds a choice's author by it.</summary>
    public string? AsChoice
    {
        get
        {
            var line = PlainText.ReplaceLineEndings(" ");
            return Texts.CleanName(line.Length <= Limits.Option ? line : line[..(Limits.Option - (char.IsHighSurrogate(line[Limits.Option - 2]) ? 2 : 1))] + "…", Limits.Option);
        }
    }
}

/// <summary>What lies on one room's board.</summary>
/// <param name="Notes">In the order of writing.</param>
/// <param name="Standing">How many have not been taken back.</param>
/// <param name="HighestRank">No note here has a higher rank, or ever had.</param>
public sealed record RoomBoard(ImmutableList<NoteId> Notes, int Standing, double HighestRank)
{
    public static RoomBoard Empty { get; } = new([], 0, 0);
}

/// <summary>Every note of the session, and which room's board it is on.</summary>
public sealed record Notes(ImmutableDictionary<NoteId, Note> All, ImmutableDictionary<RoomId, RoomBoard> Boards)
{
    public static Notes Empty { get; } = new(ImmutableDictionary.Create<NoteId, Note>(null, ReferenceEqualityComparer.Instance), ImmutableDictionary<RoomId, RoomBoard>.Empty);

    public IEnumerable<Note> In(RoomId room) => Boards.TryGetValue(room, out var board) ? board.Notes.Select(id => All[id]) : [];

    public int CountIn(RoomId room) => Boards.GetValueOrDefault(room)?.Standing ?? 0;

    public static Decision Decide(Notes notes, BoardCommand command, Scene scene)
    {
        var note = notes.All.GetValueOrDefault(command.Note);
        var room = scene.RoomOf(note?.Room ?? scene.Room);
        return (note, command) switch
        {
            ({ } n, AddNote add) => n.Author == scene.By && n.Room == scene.Room && n.Text == add.Text ? Decision.Already : Decision.Refuse(Refusal.IdInUse),
            (null, AddNote add) => notes.Add(add, room, scene),
            (null, _) => Decision.Refuse(Refusal.NotThere),
            _ when room is null || !CanSee(note, scene) => Decision.Refuse(Refusal.NotThere),
            _ when !room.IsOpen => Decision.Refuse(Refusal.RoomsAreClosed),
            ({ IsTakenBack: true }, TakeBackNote) => Decision.Already,
            ({ IsTakenBack: true }, _) => Decision.Refuse(Refusal.WasTakenBack),
            (_, MoveNote move) => notes.Move(note, move, room, scene),
            _ when note.Author != scene.By && !scene.IsStaff => Decision.Refuse(Refusal.NotYours),
            (_, EditNote edit) => Edit(note, edit, scene),
            (_, HoldNote hold) => note.IsHeld == hold.Held ? Decision.Already : Decision.Accept(new NoteHeld(note.Id, hold.Held)),
            (_, TakeBackNote) => Decision.Accept(new NoteTakenBack(note.Id, scene.By)),
            _ => throw new NotSupportedException(command.GetType().Name),
        };
    }

    private static bool CanSee(Note note, Scene scene) => note.Author == scene.By || !note.IsHidden && (scene.IsStaff || note.Room == scene.Room);

    private Decision Add(AddNote add, RoomFacts? room, Scene scene)
    {
        if (room?.Phase is null)
            return Decision.Refuse(Refusal.NoConversation);
        if (!room.IsOpen)
            return Decision.Refuse(Refusal.RoomsAreClosed);
        if (All.Count >= Limits.Notes)
            return Decision.Refuse(Refusal.TooMany);
        if (Texts.Judge(add.Text) is { } refusal)
            return Decision.Refuse(refusal);
        if (!Enum.IsDefined(add.Colour))
            return Decision.Refuse(Refusal.Malformed);
        if (room.Columns.All(c => c.Id != add.Column))
            return Decision.Refuse(Refusal.NoSuchColumn);
        return Decision.Accept(new NoteAdded(add.Note, room.Room, room.Phase.Id, scene.By, add.Column, add.Text, add.Colour, After(room.Room), room.HidesNotes));
    }

    private static Decision Edit(Note note, EditNote edit, Scene scene)
    {
        if (edit.Text is { } text && Texts.Judge(text) is { } refusal)
            return Decision.Refuse(refusal);
        if (edit.Colour is { } colour && !Enum.IsDefined(colour))
            return Decision.Refuse(Refusal.Malformed);
        return (edit.Text ?? note.Text) == note.Text && (edit.Colour ?? note.Colour) == note.Colour
            ? Decision.Already
            : Decision.Accept(new NoteEdited(note.Id, scene.By, edit.Text, edit.Colour));
    }

    private Decision Move(Note note, MoveNote move, RoomFacts room, Scene scene)
    {
        if (room.Columns.All(c => c.Id != move.Column))
            return Decision.Refuse(Refusal.NoSuchColumn);
        if (move.Before == note.Id)
            return Decision.Already;
        var line = In(note.Room).Where(n => n.Column == move.Column && n.Id != note.Id && !n.IsHidden | n.Author == scene.By).OrderBy(n => n.Rank).ThenBy(n => n.Id.Value, StringComparer.Ordinal).ToList();
        var at = line.FindIndex(n => n.Id == move.Before);
        if (move.Before is not null && at < 0)
            return Decision.Refuse(Refusal.NotThere);
        if (at < 0)
            at = line.Count;
        // Already standing there: the neighbours are the ones asked for.
        if (note.Column == move.Column && (at == 0 || line[at - 1].Rank < note.Rank) && (at == line.Count || note.Rank < line[at].Rank))
            return Decision.Already;
        var rank = at == line.Count ? After(note.Room) : at == 0 ? line[0].Rank - 1 : (line[at - 1].Rank + line[at].Rank) / 2;
        if (at == 0 || at == line.Count || line[at - 1].Rank < rank && rank < line[at].Rank)
            return Decision.Accept(new NoteMoved(note.Id, scene.By, move.Column, rank));
        // No number is left between the two: the whole column is numbered anew.
        line.Insert(at, note);
        return Decision.Accept([.. line.Index().Where(n => n.Item.Id == note.Id || n.Item.Rank != n.Index + 1).Select(n => new NoteMoved(n.Item.Id, scene.By, move.Column, n.Index + 1))]);
    }

    /// <summary>Behind every note of the room, so at the end of any column.</summary>
    private double After(RoomId room) => Math.Floor(Boards.GetValueOrDefault(room, RoomBoard.Empty).HighestRank) + 1;

    /// <param name="consent">How the words of an added note's author are kept now.</param>
    public Notes Evolve(BoardEvent happened, DateTimeOffset at, Consent consent) => happened switch
    {
        NoteAdded a => new(
            All.Add(a.Note, new(a.Note, a.Room, a.Phase, a.Author, consent, a.Column, a.Text, a.Colour, a.Rank, a.Hidden, false, false, at, null)),
            Boards.SetItem(a.Room, Boards.GetValueOrDefault(a.Room, RoomBoard.Empty) is var b ? new(b.Notes.Add(a.Note), b.Standing + 1, Math.Max(b.HighestRank, a.Rank)) : b)),
        NoteEdited e => With(All[e.Note].Edited(e, at)),
        NoteMoved m => With(All[m.Note] with { Column = m.Column, Rank = m.Rank }).OnBoard(All[m.Note].Room, b => b.HighestRank >= m.Rank ? b : b with { HighestRank = m.Rank }),
        NoteHeld h => With(All[h.Note] with { IsHeld = h.Held }),
        NoteTakenBack t => With(All[t.Note] with { IsTakenBack = true, EditedAt = at }).OnBoard(All[t.Note].Room, b => All[t.Note].IsTakenBack ? b : b with { Standing = b.Standing - 1 }),
        NotesRevealed r => this with { All = All.SetItems(In(r.Room).Where(n => n.IsHidden).Select(n => KeyValuePair.Create(n.Id, n with { IsHidden = false }))) },
        _ => throw new NotSupportedException(happened.GetType().Name),
    };

    /// <summary>The notes of one room go to another's board.</summary>
    public Notes Merge(RoomId from, RoomId into)
    {
        if (!Boards.TryGetValue(from, out var moved))
            return this;
        var there = Boards.GetValueOrDefault(into, RoomBoard.Empty);
        return new(
            All.SetItems(moved.Notes.Select(id => KeyValuePair.Create(id, All[id] with { Room = into }))),
            Boards.Remove(from).SetItem(into, new(there.Notes.AddRange(moved.Notes), there.Standing + moved.Standing, Math.Max(there.HighestRank, moved.HighestRank))));
    }

    private Notes OnBoard(RoomId room, Func<RoomBoard, RoomBoard> change) => Boards[room] is var board && change(board) is var changed && ReferenceEquals(board, changed) ? this : this with { Boards = Boards.SetItem(room, changed) };

    private Notes With(Note changed) => this with { All = All.SetItem(changed.Id, changed) };

    public static IEnumerable<Shown> Render(Note note, bool hidesAuthor, Consent consent, string name, string? standIn)
    {
        var view = new NoteView(
            note.Id, note.Room, note.Column, note.IsTakenBack ? "" : note.Text, note.Colour, note.Rank,
            hidesAuthor ? null : note.Author, hidesAuthor ? standIn ?? "Somebody" : name, hidesAuthor, consent == Consent.NotKept,
            note.IsHeld, note.IsTakenBack, note.IsHidden, Second(note.At), note.EditedAt is { } edited ? Second(edited) : null);
        return [note.IsHidden ? To.Person(note.Author, view) : To.Room(note.Room, view)];
    }

    /// <summary>A board tells times of day, and a thousand notes' milliseconds do not deflate.</summary>
    private static DateTimeOffset Second(DateTimeOffset time) => time.AddTicks(-(time.Ticks % TimeSpan.TicksPerSecond));
}
