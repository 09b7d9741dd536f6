using System.Text.Json.Serialization;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;

namespace LiveSessions.Log;

/// <summary>What somebody asks for. This is the one table of command names on the wire.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CreateSession), "createSession")]
[JsonDerivedType(typeof(EnterRoster), "enterRoster")]
[JsonDerivedType(typeof(JoinSession), "joinSession")]
[JsonDerivedType(typeof(JoinAsStaff), "joinAsStaff")]
[JsonDerivedType(typeof(AdmitPeople), "admitPeople")]
[JsonDerivedType(typeof(RemovePerson), "removePerson")]
[JsonDerivedType(typeof(ChooseConsent), "chooseConsent")]
[JsonDerivedType(typeof(RenameMe), "renameMe")]
[JsonDerivedType(typeof(MarkHere), "markHere")]
[JsonDerivedType(typeof(MarkAway), "markAway")]
[JsonDerivedType(typeof(StartSession), "startSession")]
[JsonDerivedType(typeof(EndSession), "endSession")]
[JsonDerivedType(typeof(StartBlock), "startBlock")]
[JsonDerivedType(typeof(ExtendBlock), "extendBlock")]
[JsonDerivedType(typeof(PauseClocks), "pauseClocks")]
[JsonDerivedType(typeof(ResumeClocks), "resumeClocks")]
[JsonDerivedType(typeof(ProposeGrouping), "proposeGrouping")]
[JsonDerivedType(typeof(PlacePerson), "placePerson")]
[JsonDerivedType(typeof(OpenRooms), "openRooms")]
[JsonDerivedType(typeof(VisitRoom), "visitRoom")]
[JsonDerivedType(typeof(LeaveRoom), "leaveRoom")]
[JsonDerivedType(typeof(SendMessage), "sendMessage")]
[JsonDerivedType(typeof(CallHelp), "callHelp")]
[JsonDerivedType(typeof(CallOffHelp), "callOffHelp")]
[JsonDerivedType(typeof(ClaimHelp), "claimHelp")]
[JsonDerivedType(typeof(ResolveHelp), "resolveHelp")]
[JsonDerivedType(typeof(ExtendRooms), "extendRooms")]
[JsonDerivedType(typeof(RecallEveryone), "recallEveryone")]
[JsonDerivedType(typeof(CancelRecall), "cancelRecall")]
[JsonDerivedType(typeof(CloseRooms), "closeRooms")]
[JsonDerivedType(typeof(OpenPoll), "openPoll")]
[JsonDerivedType(typeof(ClosePoll), "closePoll")]
[JsonDerivedType(typeof(CastBallot), "castBallot")]
[JsonDerivedType(typeof(AddNote), "addNote")]
[JsonDerivedType(typeof(EditNote), "editNote")]
[JsonDerivedType(typeof(MoveNote), "moveNote")]
[JsonDerivedType(typeof(HoldNote), "holdNote")]
[JsonDerivedType(typeof(TakeBackNote), "takeBackNote")]
[JsonDerivedType(typeof(AdvancePhase), "advancePhase")]
[JsonDerivedType(typeof(AdvanceRooms), "advanceRooms")]
[JsonDerivedType(typeof(ExtendPhase), "extendPhase")]
[JsonDerivedType(typeof(GiveRole), "giveRole")]
[JsonDerivedType(typeof(WriteTurn), "writeTurn")]
[JsonDerivedType(typeof(CorrectTurn), "correctTurn")]
[JsonDerivedType(typeof(HoldTurn), "holdTurn")]
[JsonDerivedType(typeof(RaiseHand), "raiseHand")]
[JsonDerivedType(typeof(LowerHand), "lowerHand")]
[JsonDerivedType(typeof(GiveFloor), "giveFloor")]
[JsonDerivedType(typeof(PassFloor), "passFloor")]
[JsonDerivedType(typeof(FinishTurn), "finishTurn")]
[JsonDerivedType(typeof(MarkObserved), "markObserved")]
public abstract record Command
{
    private protected Command() { }
}

/// <summary>A command that carries free text, which the edge cleans before any rule sees it.</summary>
public interface ICarriesRichText
{
    Command WithCleanText(Func<string, string> clean);
}

/// <summary>What happened. This is the one table of stored event names; a stored name never changes its meaning.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SessionCreated), "sessionCreated")]
[JsonDerivedType(typeof(RosterEntered), "rosterEntered")]
[JsonDerivedType(typeof(PersonJoined), "personJoined")]
[JsonDerivedType(typeof(StaffJoined), "staffJoined")]
[JsonDerivedType(typeof(PersonAdmitted), "personAdmitted")]
[JsonDerivedType(typeof(PersonRemoved), "personRemoved")]
[JsonDerivedType(typeof(ConsentChosen), "consentChosen")]
[JsonDerivedType(typeof(PersonRenamed), "personRenamed")]
[JsonDerivedType(typeof(PersonCame), "personCame")]
[JsonDerivedType(typeof(PersonWentAway), "personWentAway")]
[JsonDerivedType(typeof(SessionStarted), "sessionStarted")]
[JsonDerivedType(typeof(SessionEnded), "sessionEnded")]
[JsonDerivedType(typeof(BlockStarted), "blockStarted")]
[JsonDerivedType(typeof(BlockExtended), "blockExtended")]
[JsonDerivedType(typeof(ClocksPaused), "clocksPaused")]
[JsonDerivedType(typeof(ClocksResumed), "clocksResumed")]
[JsonDerivedType(typeof(GroupingProposed), "groupingProposed")]
[JsonDerivedType(typeof(PersonPlaced), "personPlaced")]
[JsonDerivedType(typeof(RoomsOpened), "roomsOpened")]
[JsonDerivedType(typeof(PersonMoved), "personMoved")]
[JsonDerivedType(typeof(RoomVisited), "roomVisited")]
[JsonDerivedType(typeof(RoomLeft), "roomLeft")]
[JsonDerivedType(typeof(MessageSent), "messageSent")]
[JsonDerivedType(typeof(HelpCalled), "helpCalled")]
[JsonDerivedType(typeof(HelpCalledOff), "helpCalledOff")]
[JsonDerivedType(typeof(HelpClaimed), "helpClaimed")]
[JsonDerivedType(typeof(HelpArrived), "helpArrived")]
[JsonDerivedType(typeof(HelpResolved), "helpResolved")]
[JsonDerivedType(typeof(RoomsExtended), "roomsExtended")]
[JsonDerivedType(typeof(RecallBegun), "recallBegun")]
[JsonDerivedType(typeof(RecallCancelled), "recallCancelled")]
[JsonDerivedType(typeof(RoomsMerged), "roomsMerged")]
[JsonDerivedType(typeof(RoomsClosed), "roomsClosed")]
[JsonDerivedType(typeof(PollOpened), "pollOpened")]
[JsonDerivedType(typeof(PollClosed), "pollClosed")]
[JsonDerivedType(typeof(BallotCast), "ballotCast")]
[JsonDerivedType(typeof(NoteAdded), "noteAdded")]
[JsonDerivedType(typeof(NoteEdited), "noteEdited")]
[JsonDerivedType(typeof(NoteMoved), "noteMoved")]
[JsonDerivedType(typeof(NoteHeld), "noteHeld")]
[JsonDerivedType(typeof(NoteTakenBack), "noteTakenBack")]
[JsonDerivedType(typeof(NotesRevealed), "notesRevealed")]
[JsonDerivedType(typeof(ConversationOpened), "conversationOpened")]
[JsonDerivedType(typeof(PhaseBegun), "phaseBegun")]
[JsonDerivedType(typeof(PhaseExtended), "phaseExtended")]
[JsonDerivedType(typeof(RolesChanged), "rolesChanged")]
[JsonDerivedType(typeof(StandInGiven), "standInGiven")]
[JsonDerivedType(typeof(FloorOpened), "floorOpened")]
[JsonDerivedType(typeof(HandRaised), "handRaised")]
[JsonDerivedType(typeof(HandLowered), "handLowered")]
[JsonDerivedType(typeof(FloorGiven), "floorGiven")]
[JsonDerivedType(typeof(FloorPassed), "floorPassed")]
[JsonDerivedType(typeof(TurnFinished), "turnFinished")]
[JsonDerivedType(typeof(TurnWritten), "turnWritten")]
[JsonDerivedType(typeof(TurnCorrected), "turnCorrected")]
[JsonDerivedType(typeof(TurnHeld), "turnHeld")]
[JsonDerivedType(typeof(ObservedMarked), "observedMarked")]
public abstract record Event
{
    private protected Event() { }
}

/// <summary>What people see: a small typed record under a key, shown to an audience. This is the one table of view names.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SessionView), "session")]
[JsonDerivedType(typeof(MeView), "me")]
[JsonDerivedType(typeof(PersonView), "person")]
[JsonDerivedType(typeof(TeamView), "team")]
[JsonDerivedType(typeof(MineView), "mine")]
[JsonDerivedType(typeof(PlanView), "plan")]
[JsonDerivedType(typeof(ScriptView), "script")]
[JsonDerivedType(typeof(GroupingView), "grouping")]
[JsonDerivedType(typeof(RoomsView), "rooms")]
[JsonDerivedType(typeof(RoomView), "room")]
[JsonDerivedType(typeof(WatchView), "watch")]
[JsonDerivedType(typeof(HelpView), "help")]
[JsonDerivedType(typeof(MessageView), "message")]
[JsonDerivedType(typeof(PollView), "poll")]
[JsonDerivedType(typeof(TallyView), "tally")]
[JsonDerivedType(typeof(BallotView), "ballot")]
[JsonDerivedType(typeof(BoardView), "board")]
[JsonDerivedType(typeof(NoteView), "note")]
[JsonDerivedType(typeof(ExerciseView), "exercise")]
[JsonDerivedType(typeof(StepView), "step")]
[JsonDerivedType(typeof(RolesView), "roles")]
[JsonDerivedType(typeof(FloorView), "floor")]
[JsonDerivedType(typeof(TurnView), "turn")]
[JsonDerivedType(typeof(PassView), "pass")]
public abstract record View
{
    private protected View() { }
}
