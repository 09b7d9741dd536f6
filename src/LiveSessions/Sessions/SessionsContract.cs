using System.Text.Json.Serialization;
using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Plan;

namespace LiveSessions.Sessions;

/// <summary>What a session is made from; copied into the log, so later changes to a template do not change a session's record.</summary>
/// <param name="Title">1 to 80 characters.</param>
/// <param name="StartsAt">When it is planned to start.</param>
/// <param name="TimeZone">IANA name, such as <c>America/Los_Angeles</c>.</param>
/// <param name="RetentionUntil">The day on which names are erased from the record.</param>
/// <param name="Blocks">The plan, in order.</param>
/// <param name="Exercises">The exercises the plan's blocks use, by key of the block.</param>
public sealed record SessionInfo(
    string Title,
    string Programme,
    DateTimeOffset StartsAt,
    string TimeZone,
    DateOnly RetentionUntil,
    IReadOnlyList<PlannedBlock> Blocks,
    IReadOnlyDictionary<BlockId, Exercise> Exercises);

/// <summary>How a person's words are kept.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Consent>))]
public enum Consent
{
    /// <summary>Kept with the person's name.</summary>
    [JsonStringEnumMemberName("named")] Named,
    /// <summary>Kept under an invented name, new for each conversation.</summary>
    [JsonStringEnumMemberName("standIn")] StandIn,
    /// <summary>Never kept: marked "not saved", never in the transcript store, gone from Redis within 24 hours of the end.</summary>
    [JsonStringEnumMemberName("notKept")] NotKept,
}

/// <summary>Where a person stands.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Standing>))]
public enum Standing
{
    /// <summary>On the roster, has not joined.</summary>
    [JsonStringEnumMemberName("expected")] Expected,
    /// <summary>Waits in the lobby.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,
    [JsonStringEnumMemberName("in")] In,
    [JsonStringEnumMemberName("removed")] Removed,
}

[JsonConverter(typeof(JsonStringEnumConverter<SessionStage>))]
public enum SessionStage
{
    /// <summary>People may come in; the plan has not begun.</summary>
    [JsonStringEnumMemberName("gathering")] Gathering,
    [JsonStringEnumMemberName("running")] Running,
    [JsonStringEnumMemberName("ended")] Ended,
}

public sealed record RosterTeam(TeamId Team, string Name);
public sealed record RosterPerson(PersonId Person, TeamId Team, string Name);

public abstract record SessionCommand : Command;

/// <summary>Makes the session; the first entry of its log. Server only.</summary>
public sealed record CreateSession(SessionInfo Info) : SessionCommand;

/// <summary>Adds teams and people to the roster or renames them; never removes. Server only (the edge reads the CSV).</summary>
public sealed record EnterRoster(IReadOnlyList<RosterTeam> Teams, IReadOnlyList<RosterPerson> People) : SessionCommand;

/// <summary>A person comes in by code (waits in the lobby) or by personal link (goes straight in). Server only.</summary>
/// <param name="Team">A team of the roster, or null.</param>
/// <param name="ByLink">A personal link skips the lobby.</param>
public sealed record JoinSession(PersonId Person, string Name, TeamId? Team, Consent Consent, bool MayQuote, bool ByLink) : SessionCommand;

/// <summary>The host or a co-facilitator comes in; refused to one who was taken out. Server only.</summary>
/// <param name="Again">Takes one back who was taken out, and does nothing else.</param>
public sealed record JoinAsStaff(PersonId Person, string Name, bool IsOwner, bool Again = false) : SessionCommand;

/// <summary>Lets people in from the lobby; an empty list lets everybody in who waits. Facilitators.</summary>
public sealed record AdmitPeople(IReadOnlyList<PersonId> People) : SessionCommand;

/// <summary>Takes a person out of the session for good. Facilitators.</summary>
public sealed record RemovePerson(PersonId Person) : SessionCommand;

/// <summary>Chooses how one's own words are kept from now on. A stricter choice also covers the words already written.</summary>
public sealed record ChooseConsent(Consent Consent, bool MayQuote) : SessionCommand;

/// <summary>Changes one's own name, 1 to 80 characters.</summary>
public sealed record RenameMe(string Name) : SessionCommand;

/// <summary>A person's device is connected. Server only.</summary>
public sealed record MarkHere(PersonId Person) : SessionCommand;

/// <summary>None of a person's devices has been connected for some seconds. Server only.</summary>
public sealed record MarkAway(PersonId Person) : SessionCommand;

/// <summary>Begins the plan with its first block. Facilitators.</summary>
public sealed record StartSession : SessionCommand;

/// <summary>Ends the session for everybody: open rooms and polls close. Facilitators.</summary>
public sealed record EndSession : SessionCommand;

public abstract record SessionEvent : Event;

public sealed record SessionCreated(SessionInfo Info) : SessionEvent;
public sealed record RosterEntered(IReadOnlyList<RosterTeam> Teams, IReadOnlyList<RosterPerson> People) : SessionEvent;
public sealed record PersonJoined(PersonId Person, string Name, TeamId? Team, Consent Consent, bool MayQuote, bool Waits) : SessionEvent;
public sealed record StaffJoined(PersonId Person, string Name, bool IsOwner) : SessionEvent;
public sealed record PersonAdmitted(PersonId Person) : SessionEvent;
public sealed record PersonRemoved(PersonId Person) : SessionEvent;
public sealed record ConsentChosen(PersonId Person, Consent Consent, bool MayQuote) : SessionEvent;
public sealed record PersonRenamed(PersonId Person, string Name) : SessionEvent;
public sealed record PersonCame(PersonId Person) : SessionEvent;
public sealed record PersonWentAway(PersonId Person) : SessionEvent;
public sealed record SessionStarted : SessionEvent;
public sealed record SessionEnded : SessionEvent;

/// <summary>The session itself. Everybody, also in the lobby.</summary>
public sealed record SessionView(
    string Title,
    string Programme,
    DateTimeOffset StartsAt,
    string TimeZone,
    DateOnly RetentionUntil,
    SessionStage Stage,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt,
    IReadOnlyList<string> Facilitators) : View;

/// <summary>What is so about the person who reads it. That person only.</summary>
/// <param name="Room">Where the person is; <c>plenary</c> when in no room.</param>
/// <param name="Visiting">The room a facilitator has looked into, or null.</param>
/// <param name="LastRoom">The room left at the last recall, still readable, or null.</param>
public sealed record MeView(
    PersonId Person,
    string Name,
    TeamId? Team,
    Standing Standing,
    bool IsStaff,
    bool IsOwner,
    Consent Consent,
    bool MayQuote,
    RoomId Room,
    RoomId? Visiting,
    RoomId? LastRoom) : View;

/// <summary>A person as others see them. Everybody; people in the lobby are shown to the staff only.</summary>
/// <param name="Here">A device of theirs is connected.</param>
public sealed record PersonView(PersonId Person, string Name, TeamId? Team, Standing Standing, bool IsStaff, bool Here) : View;

/// <summary>A team of the roster. Everybody.</summary>
public sealed record TeamView(TeamId Team, string Name) : View;

/// <summary>Which notes and turns are one's own, also under a stand-in name. That person only.</summary>
public sealed record MineView(IReadOnlyList<NoteId> Notes, IReadOnlyList<TurnId> Turns) : View;
