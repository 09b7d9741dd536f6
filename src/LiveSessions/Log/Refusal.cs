namespace LiveSessions.Log;

/// <summary>Why something does not happen: a stable key and a sentence a librarian understands. Every refusal of the product is in this file.</summary>
public sealed record Refusal(string Key, string Words)
{
    // who may
    public static readonly Refusal FacilitatorOnly = new("facilitatorOnly", "Only the facilitators can do this.");
    public static readonly Refusal OwnerOnly = new("ownerOnly", "Only the host of this session can do this.");
    public static readonly Refusal ServerOnly = new("serverOnly", "This is done by the server itself.");
    public static readonly Refusal LeaderOnly = new("leaderOnly", "The person who leads this room, or a facilitator, does this.");
    public static readonly Refusal NotYours = new("notYours", "This was written by somebody else. Its author or a facilitator can change it.");
    public static readonly Refusal NotAdmitted = new("notAdmitted", "You are still in the lobby. A facilitator will let you in.");
    public static readonly Refusal Removed = new("removed", "You are no longer in this session.");
    public static readonly Refusal NotThere = new("notThere", "That is not there.");
    public static readonly Refusal StaffDoNotVote = new("staffDoNotVote", "Facilitators do not vote.");

    // when
    public static readonly Refusal NoSession = new("noSession", "This session is not there.");
    public static readonly Refusal SessionExists = new("sessionExists", "This session has been made already.");
    public static readonly Refusal NotStarted = new("notStarted", "The session has not started yet.");
    public static readonly Refusal SessionEnded = new("sessionEnded", "The session has ended. Nothing more can be added.");
    public static readonly Refusal SessionFull = new("sessionFull", "This session is full.");
    public static readonly Refusal RoomsAreOpen = new("roomsAreOpen", "Rooms are open now. Bring everyone back first.");
    public static readonly Refusal RoomsAreClosed = new("roomsAreClosed", "No rooms are open.");
    public static readonly Refusal NoGrouping = new("noGrouping", "Make the groups first, then open the rooms.");
    public static readonly Refusal NobodyToGroup = new("nobodyToGroup", "Two people or more must be here before rooms can be made.");
    public static readonly Refusal RecallTooShort = new("recallTooShort", "People get at least 20 seconds before they come back.");
    public static readonly Refusal NoConversation = new("noConversation", "There is no conversation in this room now.");
    public static readonly Refusal LastPhase = new("lastPhase", "This is the last step.");
    public static readonly Refusal MergeTogether = new("mergeTogether", "Rooms come together here. A facilitator moves all rooms on.");
    public static readonly Refusal NoTalkNow = new("noTalkNow", "This step is without talk. Write a note; talk comes next.");
    public static readonly Refusal NoRound = new("noRound", "Nobody is in line now.");
    public static readonly Refusal NotSpeaking = new("notSpeaking", "It is somebody else's turn.");
    public static readonly Refusal NotInRoom = new("notInRoom", "That person is not in this room.");
    public static readonly Refusal NoSuchRole = new("noSuchRole", "This conversation has no such role.");
    public static readonly Refusal ObserverOnly = new("observerOnly", "The person who watches fills in this list.");
    public static readonly Refusal PollIsClosed = new("pollIsClosed", "This poll is closed.");
    public static readonly Refusal NotAChoice = new("notAChoice", "That is not one of the choices.");
    public static readonly Refusal TooManyVotes = new("tooManyVotes", "That is more votes than you have.");
    public static readonly Refusal NoMoreTime = new("noMoreTime", "There is not that much time to take.");
    public static readonly Refusal NoSuchColumn = new("noSuchColumn", "There is no such place on the board.");
    public static readonly Refusal WasTakenBack = new("wasTakenBack", "This note was taken back.");
    public static readonly Refusal HelpIsDone = new("helpIsDone", "This call for help has been answered.");

    // what
    public static readonly Refusal NothingWritten = new("nothingWritten", "Write something first.");
    public static readonly Refusal TooLong = new("tooLong", "This is longer than 2,000 characters. Please split it.");
    public static readonly Refusal BadName = new("badName", "A name is 1 to 80 characters.");
    public static readonly Refusal BadPlan = new("badPlan", "This plan cannot be used.");
    public static readonly Refusal BadNumber = new("badNumber", "That number is outside what can be used here.");
    public static readonly Refusal IdInUse = new("idInUse", "This id has been used for something else.");
    public static readonly Refusal TooMany = new("tooMany", "There are too many of these already.");
    public static readonly Refusal Malformed = new("malformed", "The message could not be read.");
    public static readonly Refusal Unsaved = new("unsaved", "This could not be saved yet. It is kept on your device and sent again.");
    public static readonly Refusal TooFast = new("tooFast", "That was too much at once. Wait a moment; it is sent again.");
}
