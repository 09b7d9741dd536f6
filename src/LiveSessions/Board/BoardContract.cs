using System.Text.Json.Serialization;
using LiveSessions.Log;

namespace LiveSessions.Board;

/// <summary>The six colours of notes; the name is always printed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NoteColour>))]
public enum NoteColour
{
    [JsonStringEnumMemberName("sun")] Sun,
    [JsonStringEnumMemberName("poppy")] Poppy,
    [JsonStringEnumMemberName("rose")] Rose,
    [JsonStringEnumMemberName("lupine")] Lupine,
    [JsonStringEnumMemberName("bay")] Bay,
    [JsonStringEnumMemberName("sage")] Sage,
}

public abstract record BoardCommand(NoteId Note) : Command;

/// <summary>Puts a note on the board of the room one is in. During quiet writing only its author sees it until the reveal.</summary>
/// <param name="Column">A column of the room's exercise.</param>
/// <param name="Text">Small rich text (bold, italic, lists, links), 1 to 2,000 characters.</param>
public sealed record AddNote(NoteId Note, string Column, string Text, NoteColour Colour) : BoardCommand(Note), ICarriesRichText
{
    public Command WithCleanText(Func<string, string> clean) => this with { Text = clean(Text) };
}

/// <summary>Changes a note's words or colour; earlier words stay in the record. Its author, or facilitators.</summary>
/// <param name="Text">New words, or null to leave them.</param>
/// <param name="Colour">New colour, or null to leave it.</param>
public sealed record EditNote(NoteId Note, string? Text, NoteColour? Colour) : BoardCommand(Note), ICarriesRichText
{
    public Command WithCleanText(Func<string, string> clean) => Text is null ? this : this with { Text = clean(Text) };
}

/// <summary>Moves a note to a column, before another note or to the end. Anybody in the room.</summary>
/// <param name="Before">The note it is put in front of, or null: the end of the column.</param>
public sealed record MoveNote(NoteId Note, string Column, NoteId? Before) : BoardCommand(Note);

/// <summary>"Stays in this room": left out of every export. Its author, or facilitators.</summary>
public sealed record HoldNote(NoteId Note, bool Held) : BoardCommand(Note);

/// <summary>Takes a note back; the gap is shown. Its author, or facilitators.</summary>
public sealed record TakeBackNote(NoteId Note) : BoardCommand(Note);

public abstract record BoardEvent : Event;

/// <param name="Rank">Order within the column; lower comes first.</param>
public sealed record NoteAdded(NoteId Note, RoomId Room, string? Phase, PersonId Author, string Column, string Text, NoteColour Colour, double Rank, bool Hidden) : BoardEvent;
public sealed record NoteEdited(NoteId Note, PersonId By, string? Text, NoteColour? Colour) : BoardEvent;
public sealed record NoteMoved(NoteId Note, PersonId By, string Column, double Rank) : BoardEvent;
public sealed record NoteHeld(NoteId Note, bool Held) : BoardEvent;
public sealed record NoteTakenBack(NoteId Note, PersonId By) : BoardEvent;

/// <summary>Quiet writing is over in the room: everybody there sees every note.</summary>
public sealed record NotesRevealed(RoomId Room) : BoardEvent;

/// <summary>A room's board. That room.</summary>
/// <param name="IsHidden">Quiet writing: each sees only their own notes.</param>
/// <param name="Notes">How many notes are on it; while hidden, how many are being written by everybody together.</param>
public sealed record BoardView(RoomId Room, bool IsHidden, int Notes) : View;

/// <summary>A note. Its room; only its author while it is hidden.</summary>
/// <param name="Author">Null when the author uses a stand-in name.</param>
/// <param name="AuthorName">The name shown: a name or a stand-in name.</param>
/// <param name="IsStandIn">The name shown is a stand-in name.</param>
/// <param name="NotKept">The author chose that their words are not kept.</param>
/// <param name="IsHeld">Stays in this room.</param>
/// <param name="IsTakenBack">A gap: the words are gone from the board.</param>
/// <param name="OnlyMine">Hidden from everybody else until the reveal.</param>
/// <param name="At">The second in which it was written.</param>
/// <param name="EditedAt">The second in which it was last changed, or null.</param>
public sealed record NoteView(
    NoteId Note,
    RoomId Room,
    string Column,
    string Text,
    NoteColour Colour,
    double Rank,
    PersonId? Author,
    string AuthorName,
    bool IsStandIn,
    bool NotKept,
    bool IsHeld,
    bool IsTakenBack,
    bool OnlyMine,
    DateTimeOffset At,
    DateTimeOffset? EditedAt) : View;
