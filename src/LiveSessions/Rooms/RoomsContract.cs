using System.Text.Json.Serialization;
using LiveSessions.Exercises;
using LiveSessions.Log;

namespace LiveSessions.Rooms;

/// <summary>How people are put into rooms.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<GroupingRule>))]
public enum GroupingRule
{
    /// <summary>Each team has its own room; a team of one joins the smallest other.</summary>
    [JsonStringEnumMemberName("homeTeams")] HomeTeams,
    /// <summary>Seeded and balanced, team mates apart where that can be, nobody alone.</summary>
    [JsonStringEnumMemberName("random")] Random,
}

/// <summary>A room and who is placed in it.</summary>
public sealed record PlacedRoom(RoomId Room, string Name, IReadOnlyList<PersonId> Members);

public abstract record RoomCommand : Command;

/// <summary>Makes a grouping to look at; nobody moves until the rooms open. Facilitators.</summary>
/// <param name="Size">People in a room, 2 to 150, for random groups; about this many.</param>
/// <param name="Seed">The same seed and the same people give the same groups.</param>
public sealed record ProposeGrouping(GroupingRule Rule, int Size, long Seed) : RoomCommand;

/// <summary>Puts a person into a room: of the grouping before the rooms open, of the open rooms afterwards. <c>plenary</c> takes them out. Facilitators.</summary>
public sealed record PlacePerson(PersonId Person, RoomId Room) : RoomCommand;

/// <summary>Opens the proposed rooms for a block: everybody placed goes to their room and its exercise begins. Facilitators.</summary>
/// <param name="Block">A block of kind <c>rooms</c>.</param>
/// <param name="Minutes">1 to 240; null for the block's own minutes.</param>
public sealed record OpenRooms(BlockId Block, int? Minutes) : RoomCommand;

/// <summary>Looks into a room; the room is told who is there. Facilitators.</summary>
public sealed record VisitRoom(RoomId Room) : RoomCommand;

/// <summary>Goes out of the room one looks into. Facilitators.</summary>
public sealed record LeaveRoom : RoomCommand;

/// <summary>Tells rooms something; an empty list of rooms means everybody. Facilitators.</summary>
/// <param name="Text">1 to 2,000 characters of plain text.</param>
public sealed record SendMessage(string Text, IReadOnlyList<RoomId> Rooms) : RoomCommand;

/// <summary>Asks the staff to come to one's room.</summary>
/// <param name="Words">What it is about, up to 300 characters, or null.</param>
public sealed record CallHelp(HelpId Help, string? Words) : RoomCommand;

/// <summary>The room no longer needs help. Anybody in the room, or facilitators.</summary>
public sealed record CallOffHelp(HelpId Help) : RoomCommand;

/// <summary>"I will go." The room sees who is on the way. Facilitators.</summary>
public sealed record ClaimHelp(HelpId Help) : RoomCommand;

/// <summary>The call has been answered. Facilitators.</summary>
public sealed record ResolveHelp(HelpId Help) : RoomCommand;

/// <summary>More time for all rooms, or for one. Facilitators.</summary>
/// <param name="Minutes">-30 to 60, not 0.</param>
public sealed record ExtendRooms(int Minutes, RoomId? Room) : RoomCommand;

/// <summary>Brings everyone back after a countdown of 20 to 600 seconds that can be cancelled. Facilitators.</summary>
public sealed record RecallEveryone(int Seconds) : RoomCommand;

/// <summary>Stops the countdown; people stay in their rooms. Facilitators.</summary>
public sealed record CancelRecall : RoomCommand;

/// <summary>The countdown is over: the rooms close. Server only; too early or too late it changes nothing.</summary>
public sealed record CloseRooms : RoomCommand;

public abstract record RoomEvent : Event;

public sealed record GroupingProposed(GroupingRule Rule, int Size, long Seed, IReadOnlyList<PlacedRoom> Rooms) : RoomEvent;
public sealed record PersonPlaced(PersonId Person, RoomId Room) : RoomEvent;
public sealed record RoomsOpened(BlockId Block, GroupingRule Rule, IReadOnlyList<PlacedRoom> Rooms, Exercise Exercise, DateTimeOffset EndsAt) : RoomEvent;
public sealed record PersonMoved(PersonId Person, RoomId From, RoomId To) : RoomEvent;
public sealed record RoomVisited(PersonId Person, RoomId Room) : RoomEvent;
public sealed record RoomLeft(PersonId Person, RoomId Room) : RoomEvent;
public sealed record MessageSent(PersonId From, string Text, IReadOnlyList<RoomId> Rooms) : RoomEvent;
public sealed record HelpCalled(HelpId Help, RoomId Room, PersonId By, string? Words) : RoomEvent;
public sealed record HelpCalledOff(HelpId Help) : RoomEvent;
public sealed record HelpClaimed(HelpId Help, PersonId By) : RoomEvent;
public sealed record HelpArrived(HelpId Help, PersonId By) : RoomEvent;
public sealed record HelpResolved(HelpId Help) : RoomEvent;
public sealed record RoomsExtended(int Minutes, RoomId? Room, PersonId By) : RoomEvent;
public sealed record RecallBegun(DateTimeOffset EndsAt) : RoomEvent;
public sealed record RecallCancelled : RoomEvent;

/// <summary>Two rooms came together: the people and notes of <paramref name="From"/> are now in <paramref name="Into"/>.</summary>
public sealed record RoomsMerged(RoomId From, RoomId Into) : RoomEvent;
public sealed record RoomsClosed : RoomEvent;

/// <summary>The grouping to look at before the rooms open. Staff.</summary>
/// <param name="NotPlaced">People who are in the session and in no room of it.</param>
public sealed record GroupingView(GroupingRule Rule, int Size, long Seed, IReadOnlyList<PlacedRoom> Rooms, IReadOnlyList<PersonId> NotPlaced) : View;

/// <summary>Whether rooms are open and until when. Everybody.</summary>
/// <param name="RecallEndsAt">When everyone comes back, while the countdown runs.</param>
public sealed record RoomsView(bool IsOpen, BlockId? Block, int Count, DateTimeOffset? OpenedAt, DateTimeOffset? EndsAt, DateTimeOffset? RecallEndsAt) : View;

/// <summary>One room and who is in it. That room.</summary>
/// <param name="Number">1, 2, 3 ... in the order of opening.</param>
/// <param name="Members">Who belongs here, in the order of arrival.</param>
/// <param name="Visitors">Staff who look in now; a visitor is always named.</param>
/// <param name="IsOpen">False once everyone has gone back: it can be read, not written.</param>
/// <param name="EndsAt">When this room's time is over.</param>
/// <param name="ExtraMinutes">Minutes added since opening; <paramref name="ExtendedBy"/> says by whom.</param>
public sealed record RoomView(
    RoomId Room,
    int Number,
    string Name,
    IReadOnlyList<PersonId> Members,
    IReadOnlyList<PersonId> Visitors,
    bool IsOpen,
    DateTimeOffset EndsAt,
    int ExtraMinutes,
    PersonId? ExtendedBy) : View;

/// <summary>What a room is doing, for the facilitators' screen. Staff.</summary>
/// <param name="Present">How many of the members are connected.</param>
/// <param name="Phase">Id of the step it is in, or null.</param>
/// <param name="StepsBehind">How many steps behind the furthest room.</param>
/// <param name="LastLine">The last words written down or noted (never a hidden or not-kept one), up to 120 characters, or null.</param>
/// <param name="LastAt">When something last happened there, to the second.</param>
/// <param name="Notes">Notes on its board.</param>
/// <param name="Help">Its open call for help, or null.</param>
public sealed record WatchView(
    RoomId Room,
    int Number,
    string Name,
    IReadOnlyList<PersonId> Members,
    IReadOnlyList<PersonId> Visitors,
    int Present,
    string? Phase,
    DateTimeOffset? PhaseEndsAt,
    int StepsBehind,
    string? LastLine,
    DateTimeOffset LastAt,
    int Notes,
    int Turns,
    HelpId? Help,
    DateTimeOffset EndsAt,
    int ExtraMinutes) : View;

[JsonConverter(typeof(JsonStringEnumConverter<HelpState>))]
public enum HelpState
{
    [JsonStringEnumMemberName("waiting")] Waiting,
    [JsonStringEnumMemberName("onTheWay")] OnTheWay,
    [JsonStringEnumMemberName("here")] Here,
    [JsonStringEnumMemberName("done")] Done,
    [JsonStringEnumMemberName("calledOff")] CalledOff,
}

/// <summary>A call for help. Its room and the staff.</summary>
/// <param name="Place">Place in line, 1 = next; 0 once somebody is on the way or it is over.</param>
/// <param name="ClaimedBy">Who comes, or null.</param>
public sealed record HelpView(HelpId Help, RoomId Room, string RoomName, PersonId By, string? Words, DateTimeOffset At, HelpState State, int Place, PersonId? ClaimedBy) : View;

/// <summary>A message from the staff. The rooms it went to, and the staff.</summary>
/// <param name="Rooms">Empty: everybody.</param>
public sealed record MessageView(long Number, PersonId From, string Text, DateTimeOffset At, IReadOnlyList<RoomId> Rooms) : View;
