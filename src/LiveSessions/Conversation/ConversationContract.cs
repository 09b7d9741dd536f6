using System.Text.Json.Serialization;
using LiveSessions.Exercises;
using LiveSessions.Log;

namespace LiveSessions.Conversation;

/// <summary>How a turn is written down.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TurnForm>))]
public enum TurnForm
{
    /// <summary>"In their words": word for word.</summary>
    [JsonStringEnumMemberName("verbatim")] Verbatim,
    /// <summary>"In short": a paraphrase.</summary>
    [JsonStringEnumMemberName("paraphrase")] Paraphrase,
}

/// <summary>How the floor goes round.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FloorKind>))]
public enum FloorKind
{
    /// <summary>Nobody has the floor in this step.</summary>
    [JsonStringEnumMemberName("none")] None,
    /// <summary>Everybody once, least heard first, with pass and pass for now.</summary>
    [JsonStringEnumMemberName("round")] Round,
    /// <summary>Whoever raises a hand, least heard first.</summary>
    [JsonStringEnumMemberName("hands")] Hands,
}

public abstract record ConversationCommand : Command;

/// <summary>Moves one room to its next step. Whoever leads the room (anybody in it while nobody leads), or facilitators.</summary>
/// <param name="From">The step it is in; if the room has gone on already, nothing changes.</param>
public sealed record AdvancePhase(RoomId Room, string From) : ConversationCommand;

/// <summary>Moves every room that is before the step to it. Facilitators.</summary>
/// <param name="To">A step of the exercise.</param>
public sealed record AdvanceRooms(string To) : ConversationCommand;

/// <summary>More minutes (or fewer) for the step a room is in, or all rooms. Facilitators.</summary>
/// <param name="Room">Null: all rooms.</param>
/// <param name="Minutes">-30 to 30, not 0.</param>
public sealed record ExtendPhase(RoomId? Room, int Minutes) : ConversationCommand;

/// <summary>Gives a role to a person, or frees it. Oneself for a free role; whoever leads, or facilitators, for any.</summary>
/// <param name="Person">Null frees the role.</param>
public sealed record GiveRole(RoomId Room, string Role, PersonId? Person) : ConversationCommand;

/// <summary>Writes down what was said: one's own words, or, for whoever takes notes or leads and for facilitators, somebody else's in the room.</summary>
/// <param name="Speaker">Whose words they are.</param>
/// <param name="Text">Small rich text, 1 to 2,000 characters.</param>
public sealed record WriteTurn(TurnId Turn, PersonId Speaker, string Text, TurnForm Form) : ConversationCommand, ICarriesRichText
{
    public Command WithCleanText(Func<string, string> clean) => this with { Text = clean(Text) };
}

/// <summary>Corrects a turn; both wordings stay. Its speaker, who wrote it down, or facilitators.</summary>
public sealed record CorrectTurn(TurnId Turn, string Text) : ConversationCommand, ICarriesRichText
{
    public Command WithCleanText(Func<string, string> clean) => this with { Text = clean(Text) };
}

/// <summary>"Stays in this room": left out of every export. Its speaker, or facilitators.</summary>
public sealed record HoldTurn(TurnId Turn, bool Held) : ConversationCommand;

/// <summary>Gets in line to speak, in a step of open talk.</summary>
public sealed record RaiseHand : ConversationCommand;

/// <summary>Gets out of line.</summary>
public sealed record LowerHand : ConversationCommand;

/// <summary>Gives the floor to a person in the room. Whoever leads, or facilitators.</summary>
public sealed record GiveFloor(RoomId Room, PersonId Person) : ConversationCommand;

/// <summary>Passes: for now (asked again at the end) or for this round. Oneself when in line; for another, whoever leads or takes notes, or facilitators.</summary>
/// <param name="Person">Who passes; null for oneself.</param>
public sealed record PassFloor(PersonId? Person, bool ForNow) : ConversationCommand;

/// <summary>The speaker has finished; the next in line has the floor. The speaker, whoever leads or takes notes, or facilitators.</summary>
public sealed record FinishTurn(PersonId? Person) : ConversationCommand;

/// <summary>Marks something seen on the observer's list about whoever leads now. Whoever watches.</summary>
/// <param name="Item">Position in the list, from 0.</param>
public sealed record MarkObserved(int Item, bool Seen) : ConversationCommand;

public abstract record ConversationEvent(RoomId Room) : Event;

/// <param name="Holders">Who holds which role at the start.</param>
public sealed record ConversationOpened(RoomId Room, IReadOnlyDictionary<string, PersonId> Holders) : ConversationEvent(Room);
public sealed record PhaseBegun(RoomId Room, string Phase, DateTimeOffset EndsAt) : ConversationEvent(Room);
public sealed record PhaseExtended(RoomId Room, int Minutes, PersonId By) : ConversationEvent(Room);
public sealed record RolesChanged(RoomId Room, IReadOnlyDictionary<string, PersonId> Holders) : ConversationEvent(Room);
public sealed record StandInGiven(RoomId Room, PersonId Person, string Name) : ConversationEvent(Room);
public sealed record FloorOpened(RoomId Room, FloorKind Kind, IReadOnlyList<PersonId> Order) : ConversationEvent(Room);
public sealed record HandRaised(RoomId Room, PersonId Person) : ConversationEvent(Room);
public sealed record HandLowered(RoomId Room, PersonId Person) : ConversationEvent(Room);
public sealed record FloorGiven(RoomId Room, PersonId Person) : ConversationEvent(Room);
public sealed record FloorPassed(RoomId Room, PersonId Person, bool ForNow) : ConversationEvent(Room);
public sealed record TurnFinished(RoomId Room, PersonId Person) : ConversationEvent(Room);
public sealed record TurnWritten(RoomId Room, TurnId Turn, string Phase, PersonId Speaker, PersonId By, string Text, TurnForm Form) : ConversationEvent(Room);
public sealed record TurnCorrected(RoomId Room, TurnId Turn, PersonId By, string Text) : ConversationEvent(Room);
public sealed record TurnHeld(RoomId Room, TurnId Turn, bool Held) : ConversationEvent(Room);
public sealed record ObservedMarked(RoomId Room, string Phase, PersonId Leader, PersonId By, int Item, bool Seen) : ConversationEvent(Room);

/// <summary>The exercise that runs in the rooms: its steps, prompts, roles and columns. Everybody while rooms are open.</summary>
public sealed record ExerciseView(Exercise Exercise) : View;

/// <summary>The step a room is in. That room.</summary>
/// <param name="Index">Position among the exercise's phases, from 0.</param>
/// <param name="ExtraMinutes">Minutes added to this step; <paramref name="ExtendedBy"/> says by whom.</param>
/// <param name="Floor">How the floor goes round in this step.</param>
/// <param name="TakesTurns">Turns may be written in this step.</param>
public sealed record StepView(RoomId Room, string Phase, int Index, DateTimeOffset StartedAt, DateTimeOffset EndsAt, int ExtraMinutes, PersonId? ExtendedBy, FloorKind Floor, bool TakesTurns) : View;

/// <summary>Who holds which role in a room, now and after the next change of roles. That room.</summary>
/// <param name="Next">Null when roles do not change again.</param>
/// <param name="Observed">What whoever watches has seen of whoever leads now, as positions in the observer's list.</param>
public sealed record RolesView(RoomId Room, IReadOnlyDictionary<string, PersonId> Holders, IReadOnlyDictionary<string, PersonId>? Next, IReadOnlyList<int> Observed) : View;

/// <summary>Whose turn it is. That room.</summary>
/// <param name="Speaking">Who has the floor, or null.</param>
/// <param name="Since">Since when.</param>
public sealed record FloorView(RoomId Room, FloorKind Kind, PersonId? Speaking, DateTimeOffset? Since, IReadOnlyList<FloorPlace> Line) : View;

/// <summary>One person in the line, in the order in which the floor goes round; those who have spoken or passed come last.</summary>
/// <param name="Heard">Turns of theirs written down in this conversation.</param>
public sealed record FloorPlace(PersonId Person, FloorState State, int Heard);

[JsonConverter(typeof(JsonStringEnumConverter<FloorState>))]
public enum FloorState
{
    [JsonStringEnumMemberName("speaking")] Speaking,
    [JsonStringEnumMemberName("waiting")] Waiting,
    [JsonStringEnumMemberName("passedForNow")] PassedForNow,
    [JsonStringEnumMemberName("hasSpoken")] HasSpoken,
    [JsonStringEnumMemberName("passed")] Passed,
}

/// <summary>A turn: what was said and by whom. That room.</summary>
/// <param name="Speaker">Null when the speaker uses a stand-in name.</param>
/// <param name="WrittenBy">Who wrote it down when that was somebody else.</param>
/// <param name="Earlier">Earlier wordings, oldest first; a correction never erases. At most <see cref="Limits.Wordings"/>.</param>
public sealed record TurnView(
    TurnId Turn,
    RoomId Room,
    string Phase,
    PersonId? Speaker,
    string SpeakerName,
    bool IsStandIn,
    bool NotKept,
    PersonId? WrittenBy,
    string Text,
    TurnForm Form,
    DateTimeOffset At,
    bool IsHeld,
    IReadOnlyList<CorrectedFrom> Earlier) : View;

/// <param name="Left">How many wordings that followed this one are left out here.</param>
public sealed record CorrectedFrom(DateTimeOffset Until, string Text, int Left = 0);

/// <summary>Somebody passed. That room.</summary>
public sealed record PassView(long Number, RoomId Room, string Phase, PersonId Person, bool ForNow, DateTimeOffset At) : View;
