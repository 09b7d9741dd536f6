// Generated from the C# contract; never edited. A test fails when it is stale:
// UPDATE_CONTRACT=1 dotnet test --project tests/LiveSessions.Tests
/* eslint-disable */

export type BlockId = string;
export type HelpId = string;
export type NoteId = string;
export type PersonId = string;
export type PollId = string;
export type RoomId = string;
export type SessionId = string;
export type TeamId = string;
export type TurnId = string;

export type BlockState = "done" | "now" | "later";
/** How a person's words are kept. */
export type Consent = "named" | "standIn" | "notKept";
/** How the floor goes round. */
export type FloorKind = "none" | "round" | "hands";
export type FloorState = "speaking" | "waiting" | "passedForNow" | "hasSpoken" | "passed";
/** How people are put into rooms. */
export type GroupingRule = "homeTeams" | "random";
export type HelpState = "waiting" | "onTheWay" | "here" | "done" | "calledOff";
/** The six colours of notes; the name is always printed. */
export type NoteColour = "sun" | "poppy" | "rose" | "lupine" | "bay" | "sage";
/** Where a phase is meant to happen; a hint for the facilitator, told on the screen. */
export type PhasePlace = "plenary" | "room" | "pair" | "four" | "solo" | "table";
/** The ten kinds of phase; what differs between them lives in Conversation/Phases, one file each. */
export type PhaseType = "frame" | "silent" | "goRound" | "open" | "rotate" | "merge" | "report" | "poll" | "boardSort" | "closing";
export type SessionStage = "gathering" | "running" | "ended";
/** Where a person stands. */
export type Standing = "expected" | "waiting" | "in" | "removed";
/** How a turn is written down. */
export type TurnForm = "verbatim" | "paraphrase";

/** A command with its mark. Numbers rise from 1 within an instance; a resend keeps its number. */
export interface Act {
  instance: string;
  number: number;
  command: Command;
}

/** Puts a note on the board of the room one is in. During quiet writing only its author sees it until the reveal. */
export interface AddNote {
  type: "addNote";
  note: NoteId;
  /** A column of the room's exercise. */
  column: string;
  /** Small rich text (bold, italic, lists, links), 1 to 2,000 characters. */
  text: string;
  colour: NoteColour;
}

/** Lets people in from the lobby; an empty list lets everybody in who waits. Facilitators. */
export interface AdmitPeople {
  type: "admitPeople";
  people: PersonId[];
}

/** Moves one room to its next step. Whoever leads the room (anybody in it while nobody leads), or facilitators. */
export interface AdvancePhase {
  type: "advancePhase";
  room: RoomId;
  /** The step it is in; if the room has gone on already, nothing changes. */
  from: string;
}

/** Moves every room that is before the step to it. Facilitators. */
export interface AdvanceRooms {
  type: "advanceRooms";
  /** A step of the exercise. */
  to: string;
}

/** The answer to one command as it goes to the browser. */
export interface Answer {
  /** accepted, alreadySo or refused. */
  kind: string;
  /** The log position after which the effect is visible; null when refused. */
  position?: number | null;
  /** Stable key of the refusal, or null. */
  reason?: string | null;
  /** The refusal in a sentence a person can read, or null. */
  words?: string | null;
}

export interface AudienceState {
  audience: string;
  /** The position after this. */
  upTo: number;
  /** True: replaces everything held for the audience. False: changes since the position that was asked from. */
  whole: boolean;
  changes: Change[];
  /** Changes that come before Changes, only on a line whose Enter allows it: each text is base64 of a raw-deflated (RFC 1951) JSON array of changes and of tables, which stand for many views of one kind (docs/protocol.md), to be applied in order; a later one of the same key counts. */
  packed?: string[] | null;
}

/** One person's answer. */
export interface Ballot {
  /** Positions in the options, from 0; for dots one entry per vote, so a position may repeat. Empty for text. */
  choices: number[];
  /** The answer of an open-text poll, up to 300 characters; null otherwise. */
  text?: string | null;
}

/** One's own answer. That person only. */
export interface BallotView {
  type: "ballot";
  poll: PollId;
  ballot: Ballot;
}

export interface BlockView {
  block: BlockId;
  title: string;
  kind: string;
  /** As it stands now; PlannedMinutes as it was planned. */
  minutes: number;
  plannedMinutes: number;
  text?: string | null;
  /** The poll that belongs to it, or null. */
  poll?: PollId | null;
  /** When it was to start. */
  plannedAt: string;
  /** When it started, or will as things stand. */
  startsAt: string;
  /** When it ended, or will as things stand. */
  endsAt: string;
  /** done, now, later. */
  state: BlockState;
}

/** A place for notes. The id is stable; the title may be translated. */
export interface BoardColumn {
  id: string;
  title: string;
}

/** A room's board. That room. */
export interface BoardView {
  type: "board";
  room: RoomId;
  /** Quiet writing: each sees only their own notes. */
  isHidden: boolean;
  /** How many notes are on it; while hidden, how many are being written by everybody together. */
  notes: number;
}

/** Asks the staff to come to one's room. */
export interface CallHelp {
  type: "callHelp";
  help: HelpId;
  /** What it is about, up to 300 characters, or null. */
  words?: string | null;
}

/** The room no longer needs help. Anybody in the room, or facilitators. */
export interface CallOffHelp {
  type: "callOffHelp";
  help: HelpId;
}

/** Stops the countdown; people stay in their rooms. Facilitators. */
export interface CancelRecall {
  type: "cancelRecall";
}

/** Votes in an open poll; voting again replaces the earlier ballot. Participants whom the poll asks. */
export interface CastBallot {
  type: "castBallot";
  poll: PollId;
  ballot: Ballot;
}

export interface Change {
  /** The view's name in the browser's store: session, me, mine, plan, script, grouping, rooms, exercise (one each); person:PERSON, team:TEAM, room:ROOM, watch:ROOM, help:HELP, message:NUMBER, poll:POLL, tally:POLL, ballot:POLL, board:ROOM, note:NOTE, step:ROOM, roles:ROOM, floor:ROOM, turn:TURN, pass:ROOM-NUMBER. */
  key: string;
  /** The view as it is now; null: it is no longer shown to this audience. */
  view?: View | null;
}

/** Chooses how one's own words are kept from now on. A stricter choice also covers the words already written. */
export interface ChooseConsent {
  type: "chooseConsent";
  consent: Consent;
  mayQuote: boolean;
}

/** "I will go." The room sees who is on the way. Facilitators. */
export interface ClaimHelp {
  type: "claimHelp";
  help: HelpId;
}

/** Takes no more ballots and shows the result. Facilitators. */
export interface ClosePoll {
  type: "closePoll";
  poll: PollId;
}

/** The countdown is over: the rooms close. Server only; too early or too late it changes nothing. */
export interface CloseRooms {
  type: "closeRooms";
}

/** Corrects a turn; both wordings stay. Its speaker, who wrote it down, or facilitators. */
export interface CorrectTurn {
  type: "correctTurn";
  turn: TurnId;
  text: string;
}

export interface CorrectedFrom {
  until: string;
  text: string;
  /** How many wordings that followed this one are left out here. */
  left: number;
}

/** Makes the session; the first entry of its log. Server only. */
export interface CreateSession {
  type: "createSession";
  info: SessionInfo;
}

/** This connection is over and must not come back by itself. */
export interface Dismissed {
  /** removed, replaced (the same seat opened elsewhere), gone. */
  why: string;
  /** The reason in a sentence. */
  words: string;
}

/** Changes a note's words or colour; earlier words stay in the record. Its author, or facilitators. */
export interface EditNote {
  type: "editNote";
  note: NoteId;
  /** New words, or null to leave them. */
  text?: string | null;
  /** New colour, or null to leave it. */
  colour?: NoteColour | null;
}

/** Ends the session for everybody: open rooms and polls close. Facilitators. */
export interface EndSession {
  type: "endSession";
}

/** First call on a new connection. A page of a newer version may say more of itself than is known here; that is passed over. */
export interface Enter {
  /** This browser tab: 8 to 40 letters, digits, -, _; kept over reloads. */
  instance: string;
  /** The positions still held, by audience; null or empty for a first load. */
  positions?: Record<string, number> | null;
  /** Said by pages from before there were tables; they are told everything unpacked. */
  packs: boolean;
  /** Whether what is told may hold Packed. */
  tables: boolean;
  /** Whether the page, once it is told Leaving, closes the connection itself when everything it sent on it is answered. The server waits for it. */
  leaves: boolean;
}

/** Adds teams and people to the roster or renames them; never removes. Server only (the edge reads the CSV). */
export interface EnterRoster {
  type: "enterRoster";
  teams: RosterTeam[];
  people: RosterPerson[];
}

/** A conversation exercise as data: phases with minutes and prompts, roles, board columns and polls. Shipped as YAML in Exercises/Templates; the text shown is copied into the log when rooms open, so a record keeps the wording people saw. */
export interface Exercise {
  /** Stable name, lower case with hyphens. */
  key: string;
  name: string;
  /** Its place in the map of dialogue methods: exploration, conflict transformation, decision making, collaborative action, any. */
  stream: string;
  purpose: string;
  /** How many people fit in one room. */
  groupSize: GroupSize;
  /** Minutes in all; the phases' minutes sum to it. */
  minutes: number;
  /** How it runs when a team does it for real; null when the live form is the real one. */
  fullRun?: string | null;
  /** When not to use it. */
  whenNot?: string | null;
  /** Roles in a room, in the order in which they are filled. */
  roles: ExerciseRole[];
  groundRules: string[];
  phases: Phase[];
  board: BoardColumn[];
  polls: ExercisePoll[];
  observerList: string[];
  noteFields: string[];
  cases: string[];
  safety?: string | null;
  groupNote?: string | null;
  transcript: string[];
  /** What its words are marked as in the record (a role play, say), or null. */
  labelled?: string | null;
  tableSize?: GroupSize | null;
  oddNumbers?: string | null;
}

/** A poll that belongs to an exercise. */
export interface ExercisePoll {
  id: string;
  /** single, multi, scale, text, dots or rag. */
  kind: string;
  question: string;
  /** The choices of single, multi and dots (none for dots over the room's own notes); the five words beside 1 to 5 of a scale, or none; green, amber and red in words for rag; none for text. */
  options: string[];
  /** Votes each, for dots. */
  votes: number;
  /** What it is asked per (a clause, a theme, a learning outcome), or null. */
  per?: string | null;
}

export interface ExerciseRole {
  /** Stable name, such as facilitator or note_taker. */
  key: string;
  /** The word on the screen. */
  title: string;
  /** How often it passes on during the exercise; 0 = it stays. */
  rotates: number;
  /** What the role does, or null. */
  hint?: string | null;
}

/** The exercise that runs in the rooms: its steps, prompts, roles and columns. Everybody while rooms are open. */
export interface ExerciseView {
  type: "exercise";
  exercise: Exercise;
}

/** Gives the block more minutes (or fewer, when negative), taken from a later block when one is named, so that the session still ends on time. Facilitators. */
export interface ExtendBlock {
  type: "extendBlock";
  block: BlockId;
  /** -30 to 30, not 0. */
  minutes: number;
  /** The later block that gives the minutes, or null: the session ends later. */
  from?: BlockId | null;
}

/** More minutes (or fewer) for the step a room is in, or all rooms. Facilitators. */
export interface ExtendPhase {
  type: "extendPhase";
  /** Null: all rooms. */
  room?: RoomId | null;
  /** -30 to 30, not 0. */
  minutes: number;
}

/** More time for all rooms, or for one. Facilitators. */
export interface ExtendRooms {
  type: "extendRooms";
  /** -30 to 60, not 0. */
  minutes: number;
  room?: RoomId | null;
}

/** The speaker has finished; the next in line has the floor. The speaker, whoever leads or takes notes, or facilitators. */
export interface FinishTurn {
  type: "finishTurn";
  person?: PersonId | null;
}

/** One person in the line, in the order in which the floor goes round; those who have spoken or passed come last. */
export interface FloorPlace {
  person: PersonId;
  state: FloorState;
  /** Turns of theirs written down in this conversation. */
  heard: number;
}

/** Whose turn it is. That room. */
export interface FloorView {
  type: "floor";
  room: RoomId;
  kind: FloorKind;
  /** Who has the floor, or null. */
  speaking?: PersonId | null;
  /** Since when. */
  since?: string | null;
  line: FloorPlace[];
}

/** Gives the floor to a person in the room. Whoever leads, or facilitators. */
export interface GiveFloor {
  type: "giveFloor";
  room: RoomId;
  person: PersonId;
}

/** Gives a role to a person, or frees it. Oneself for a free role; whoever leads, or facilitators, for any. */
export interface GiveRole {
  type: "giveRole";
  room: RoomId;
  role: string;
  /** Null frees the role. */
  person?: PersonId | null;
}

/** A glimpse for one's room: a typing mark, a pointer, a drag in progress. Lossy, at most 10 a second, never stored. */
export interface Glimpse {
  /** typing, pointer or drag. */
  kind: string;
  /** The note dragged, or null. */
  note?: NoteId | null;
  /** 0 to 1 across the board, or null. */
  x?: number | null;
  /** 0 to 1 down the board, or null. */
  y?: number | null;
}

/** A glimpse of another person in one's room. */
export interface Glimpsed {
  person: PersonId;
  glimpse: Glimpse;
}

/** People in a room: at least Min, best Ideal, at most Max. */
export interface GroupSize {
  min: number;
  ideal: number;
  max: number;
}

/** The grouping to look at before the rooms open. Staff. */
export interface GroupingView {
  type: "grouping";
  rule: GroupingRule;
  size: number;
  seed: number;
  rooms: PlacedRoom[];
  /** People who are in the session and in no room of it. */
  notPlaced: PersonId[];
}

/** Told once a second, and every fourth second once it has said the same four times, so that a lost last message shows, with the server's clock. */
export interface Heads {
  head: number;
  archived: number;
  now: string;
}

/** A call for help. Its room and the staff. */
export interface HelpView {
  type: "help";
  help: HelpId;
  room: RoomId;
  roomName: string;
  by: PersonId;
  words?: string | null;
  at: string;
  state: HelpState;
  /** Place in line, 1 = next; 0 once somebody is on the way or it is over. */
  place: number;
  /** Who comes, or null. */
  claimedBy?: PersonId | null;
}

/** "Stays in this room": left out of every export. Its author, or facilitators. */
export interface HoldNote {
  type: "holdNote";
  note: NoteId;
  held: boolean;
}

/** "Stays in this room": left out of every export. Its speaker, or facilitators. */
export interface HoldTurn {
  type: "holdTurn";
  turn: TurnId;
  held: boolean;
}

/** The host or a co-facilitator comes in; refused to one who was taken out. Server only. */
export interface JoinAsStaff {
  type: "joinAsStaff";
  person: PersonId;
  name: string;
  isOwner: boolean;
  /** Takes one back who was taken out, and does nothing else. */
  again: boolean;
}

/** A person comes in by code (waits in the lobby) or by personal link (goes straight in). Server only. */
export interface JoinSession {
  type: "joinSession";
  person: PersonId;
  name: string;
  /** A team of the roster, or null. */
  team?: TeamId | null;
  consent: Consent;
  mayQuote: boolean;
  /** A personal link skips the lobby. */
  byLink: boolean;
}

/** Goes out of the room one looks into. Facilitators. */
export interface LeaveRoom {
  type: "leaveRoom";
}

/** This server is about to end: what was sent is still answered, nothing more may be sent on this connection, and it closes soon. Come back as after any break. */
export interface Leaving {
  /** When it closes at the earliest. Who said Leaves closes it then, or once everything is answered; for the others it is closed. */
  inMilliseconds: number;
}

/** Gets out of line. */
export interface LowerHand {
  type: "lowerHand";
}

/** None of a person's devices has been connected for some seconds. Server only. */
export interface MarkAway {
  type: "markAway";
  person: PersonId;
}

/** A person's device is connected. Server only. */
export interface MarkHere {
  type: "markHere";
  person: PersonId;
}

/** Marks something seen on the observer's list about whoever leads now. Whoever watches. */
export interface MarkObserved {
  type: "markObserved";
  /** Position in the list, from 0. */
  item: number;
  seen: boolean;
}

/** What is so about the person who reads it. That person only. */
export interface MeView {
  type: "me";
  person: PersonId;
  name: string;
  team?: TeamId | null;
  standing: Standing;
  isStaff: boolean;
  isOwner: boolean;
  consent: Consent;
  mayQuote: boolean;
  /** Where the person is; plenary when in no room. */
  room: RoomId;
  /** The room a facilitator has looked into, or null. */
  visiting?: RoomId | null;
  /** The room left at the last recall, still readable, or null. */
  lastRoom?: RoomId | null;
}

/** A message from the staff. The rooms it went to, and the staff. */
export interface MessageView {
  type: "message";
  number: number;
  from: PersonId;
  text: string;
  at: string;
  /** Empty: everybody. */
  rooms: RoomId[];
}

/** Which notes and turns are one's own, also under a stand-in name. That person only. */
export interface MineView {
  type: "mine";
  notes: NoteId[];
  turns: TurnId[];
}

/** Moves a note to a column, before another note or to the end. Anybody in the room. */
export interface MoveNote {
  type: "moveNote";
  note: NoteId;
  column: string;
  /** The note it is put in front of, or null: the end of the column. */
  before?: NoteId | null;
}

/** A note. Its room; only its author while it is hidden. */
export interface NoteView {
  type: "note";
  note: NoteId;
  room: RoomId;
  column: string;
  text: string;
  colour: NoteColour;
  rank: number;
  /** Null when the author uses a stand-in name. */
  author?: PersonId | null;
  /** The name shown: a name or a stand-in name. */
  authorName: string;
  /** The name shown is a stand-in name. */
  isStandIn: boolean;
  /** The author chose that their words are not kept. */
  notKept: boolean;
  /** Stays in this room. */
  isHeld: boolean;
  /** A gap: the words are gone from the board. */
  isTakenBack: boolean;
  /** Hidden from everybody else until the reveal. */
  onlyMine: boolean;
  /** The second in which it was written. */
  at: string;
  /** The second in which it was last changed, or null. */
  editedAt?: string | null;
}

/** Shows the ballot of a prepared poll (leave Spec out) or of a new one to everybody. Facilitators. */
export interface OpenPoll {
  type: "openPoll";
  poll: PollId;
  spec?: PollSpec | null;
}

/** Opens the proposed rooms for a block: everybody placed goes to their room and its exercise begins. Facilitators. */
export interface OpenRooms {
  type: "openRooms";
  /** A block of kind rooms. */
  block: BlockId;
  /** 1 to 240; null for the block's own minutes. */
  minutes?: number | null;
}

/** Passes: for now (asked again at the end) or for this round. Oneself when in line; for another, whoever leads or takes notes, or facilitators. */
export interface PassFloor {
  type: "passFloor";
  /** Who passes; null for oneself. */
  person?: PersonId | null;
  forNow: boolean;
}

/** Somebody passed. That room. */
export interface PassView {
  type: "pass";
  number: number;
  room: RoomId;
  phase: string;
  person: PersonId;
  forNow: boolean;
  at: string;
}

/** Stops every clock of the session; a countdown to come back runs on. Facilitators. */
export interface PauseClocks {
  type: "pauseClocks";
}

/** A person as others see them. Everybody; people in the lobby are shown to the staff only. */
export interface PersonView {
  type: "person";
  person: PersonId;
  name: string;
  team?: TeamId | null;
  standing: Standing;
  isStaff: boolean;
  /** A device of theirs is connected. */
  here: boolean;
}

/** One step of an exercise. The screen says "step". */
export interface Phase {
  /** Unique in its exercise. */
  id: string;
  type: PhaseType;
  where: PhasePlace;
  /** Planned length, 1 to 120. */
  minutes: number;
  prompt: string;
  followUps: string[];
  /** Notices before the end: half, 1m, 30s. */
  warn: string[];
  /** The exercise's poll that opens with a poll phase, or null. */
  poll?: string | null;
  /** Short name on the step bar, or null for the type's own word. */
  label?: string | null;
  perTeam?: TeamTime | null;
}

/** Puts a person into a room: of the grouping before the rooms open, of the open rooms afterwards. plenary takes them out. Facilitators. */
export interface PlacePerson {
  type: "placePerson";
  person: PersonId;
  room: RoomId;
}

/** A room and who is placed in it. */
export interface PlacedRoom {
  room: RoomId;
  name: string;
  members: PersonId[];
}

/** The run of show: planned beside actual. Everybody. */
export interface PlanView {
  type: "plan";
  blocks: BlockView[];
  /** The block that runs, or null before the start and after the end. */
  now?: BlockId | null;
  /** Since when the clocks stand, or null. */
  pausedAt?: string | null;
  /** When the session was to end. */
  plannedEnd: string;
  /** When it ends as things stand. */
  expectedEnd: string;
}

/** One block of a session's plan as it was when the session was made. */
export interface PlannedBlock {
  id: BlockId;
  title: string;
  /** talk, poll, rooms, report or close. */
  kind: string;
  /** 1 to 240. */
  minutes: number;
  /** What everybody reads, or null. */
  text?: string | null;
  /** What only the staff reads, or null. */
  script?: string | null;
  /** The poll that belongs to the block, or null. */
  poll?: PlannedPoll | null;
}

/** A poll prepared with the plan. */
export interface PlannedPoll {
  poll: PollId;
  /** single, multi, scale, text, dots or rag. */
  kind: string;
  question: string;
  options: string[];
  votes: number;
  /** True: results show while people answer. False: at closing. */
  resultsLive: boolean;
}

/** A poll as it is asked. */
export interface PollSpec {
  /** single, multi, scale, text, dots or rag. */
  kind: string;
  /** 1 to 300 characters. */
  question: string;
  /** The choices; a scale has five, rag three, text none. */
  options: string[];
  /** Votes each person has, for dots (1 to 10). */
  votes: number;
  /** True: results show while people answer. False: at closing. */
  resultsLive: boolean;
}

/** A poll's question. Everybody it asks, and the staff. */
export interface PollView {
  type: "poll";
  poll: PollId;
  room?: RoomId | null;
  kind: string;
  question: string;
  options: string[];
  votes: number;
  resultsLive: boolean;
  isOpen: boolean;
  openedAt: string;
  closedAt?: string | null;
}

/** Makes a grouping to look at; nobody moves until the rooms open. Facilitators. */
export interface ProposeGrouping {
  type: "proposeGrouping";
  rule: GroupingRule;
  /** People in a room, 2 to 150, for random groups; about this many. */
  size: number;
  /** The same seed and the same people give the same groups. */
  seed: number;
}

/** Gets in line to speak, in a step of open talk. */
export interface RaiseHand {
  type: "raiseHand";
}

/** Brings everyone back after a countdown of 20 to 600 seconds that can be cancelled. Facilitators. */
export interface RecallEveryone {
  type: "recallEveryone";
  seconds: number;
}

/** Takes a person out of the session for good. Facilitators. */
export interface RemovePerson {
  type: "removePerson";
  person: PersonId;
}

/** Changes one's own name, 1 to 80 characters. */
export interface RenameMe {
  type: "renameMe";
  name: string;
}

/** The call has been answered. Facilitators. */
export interface ResolveHelp {
  type: "resolveHelp";
  help: HelpId;
}

/** Asks what changed since the positions held, by audience. More than is known here is passed over. */
export interface Resume {
  positions: Record<string, number>;
}

/** Lets the clocks run again; every end moves by the length of the pause. Facilitators. */
export interface ResumeClocks {
  type: "resumeClocks";
}

/** Who holds which role in a room, now and after the next change of roles. That room. */
export interface RolesView {
  type: "roles";
  room: RoomId;
  holders: Record<string, PersonId>;
  /** Null when roles do not change again. */
  next?: Record<string, PersonId> | null;
  /** What whoever watches has seen of whoever leads now, as positions in the observer's list. */
  observed: number[];
}

/** One room and who is in it. That room. */
export interface RoomView {
  type: "room";
  room: RoomId;
  /** 1, 2, 3 ... in the order of opening. */
  number: number;
  name: string;
  /** Who belongs here, in the order of arrival. */
  members: PersonId[];
  /** Staff who look in now; a visitor is always named. */
  visitors: PersonId[];
  /** False once everyone has gone back: it can be read, not written. */
  isOpen: boolean;
  /** When this room's time is over. */
  endsAt: string;
  /** Minutes added since opening; ExtendedBy says by whom. */
  extraMinutes: number;
  extendedBy?: PersonId | null;
}

/** Whether rooms are open and until when. Everybody. */
export interface RoomsView {
  type: "rooms";
  isOpen: boolean;
  block?: BlockId | null;
  count: number;
  openedAt?: string | null;
  endsAt?: string | null;
  /** When everyone comes back, while the countdown runs. */
  recallEndsAt?: string | null;
}

export interface RosterPerson {
  person: PersonId;
  team: TeamId;
  name: string;
}

export interface RosterTeam {
  team: TeamId;
  name: string;
}

/** The facilitators' own words beside the plan, by block. Staff. */
export interface ScriptView {
  type: "script";
  scripts: Record<BlockId, string>;
}

/** Tells rooms something; an empty list of rooms means everybody. Facilitators. */
export interface SendMessage {
  type: "sendMessage";
  /** 1 to 2,000 characters of plain text. */
  text: string;
  rooms: RoomId[];
}

/** What a session is made from; copied into the log, so later changes to a template do not change a session's record. */
export interface SessionInfo {
  /** 1 to 80 characters. */
  title: string;
  programme: string;
  /** When it is planned to start. */
  startsAt: string;
  /** IANA name, such as America/Los_Angeles. */
  timeZone: string;
  /** The day on which names are erased from the record. */
  retentionUntil: string;
  /** The plan, in order. */
  blocks: PlannedBlock[];
  /** The exercises the plan's blocks use, by key of the block. */
  exercises: Record<BlockId, Exercise>;
}

/** The session itself. Everybody, also in the lobby. */
export interface SessionView {
  type: "session";
  title: string;
  programme: string;
  startsAt: string;
  timeZone: string;
  retentionUntil: string;
  stage: SessionStage;
  startedAt?: string | null;
  endedAt?: string | null;
  facilitators: string[];
}

/** Changed views of one audience. Apply it if After is not beyond the position held for the audience, and leave it if UpTo is behind that; when After is beyond it, a message is missing: wait a moment, then Resume. */
export interface Show {
  audience: string;
  after: number;
  upTo: number;
  changes: Change[];
  /** Changes that come before Changes, as in an AudienceState. */
  packed?: string[] | null;
}

/** Everything, or what changed, for one person. Audiences that are not in it are no longer theirs: drop what is held for them. */
export interface Snapshot {
  session: SessionId;
  person: PersonId;
  isStaff: boolean;
  /** Entries in the log; positions count entries, so the head of an empty log is 0. */
  head: number;
  /** Entries the transcript store holds. */
  archived: number;
  /** The server's time. */
  now: string;
  audiences: AudienceState[];
}

/** Goes to a block; the block before it ends. Facilitators. */
export interface StartBlock {
  type: "startBlock";
  block: BlockId;
}

/** Begins the plan with its first block. Facilitators. */
export interface StartSession {
  type: "startSession";
}

/** The step a room is in. That room. */
export interface StepView {
  type: "step";
  room: RoomId;
  phase: string;
  /** Position among the exercise's phases, from 0. */
  index: number;
  startedAt: string;
  endsAt: string;
  /** Minutes added to this step; ExtendedBy says by whom. */
  extraMinutes: number;
  extendedBy?: PersonId | null;
  /** How the floor goes round in this step. */
  floor: FloorKind;
  /** Turns may be written in this step. */
  takesTurns: boolean;
}

/** Takes a note back; the gap is shown. Its author, or facilitators. */
export interface TakeBackNote {
  type: "takeBackNote";
  note: NoteId;
}

/** The count. Staff while it is hidden; everybody asked once results show. Nobody's answer can be read from it: under five answers only the number of answers is told. */
export interface TallyView {
  type: "tally";
  poll: PollId;
  /** How many people have answered. */
  answered: number;
  /** How many are asked (people in scope). */
  asked: number;
  /** False under five answers: no counts, no words. */
  isEnough: boolean;
  /** Votes by option, in the options' order. */
  counts: number[];
  /** Mean of a scale (1 to 5), or null. */
  mean?: number | null;
  /** Answers in words, in no order that tells who wrote them. */
  texts: string[];
}

/** Minutes for one team's report: to present, for questions, to change over. */
export interface TeamTime {
  present: number;
  questions: number;
  change: number;
}

/** A team of the roster. Everybody. */
export interface TeamView {
  type: "team";
  team: TeamId;
  name: string;
}

/** A turn: what was said and by whom. That room. */
export interface TurnView {
  type: "turn";
  turn: TurnId;
  room: RoomId;
  phase: string;
  /** Null when the speaker uses a stand-in name. */
  speaker?: PersonId | null;
  speakerName: string;
  isStandIn: boolean;
  notKept: boolean;
  /** Who wrote it down when that was somebody else. */
  writtenBy?: PersonId | null;
  text: string;
  form: TurnForm;
  at: string;
  isHeld: boolean;
  /** Earlier wordings, oldest first; a correction never erases. At most Wordings. */
  earlier: CorrectedFrom[];
}

/** Looks into a room; the room is told who is there. Facilitators. */
export interface VisitRoom {
  type: "visitRoom";
  room: RoomId;
}

/** What a room is doing, for the facilitators' screen. Staff. */
export interface WatchView {
  type: "watch";
  room: RoomId;
  number: number;
  name: string;
  members: PersonId[];
  visitors: PersonId[];
  /** How many of the members are connected. */
  present: number;
  /** Id of the step it is in, or null. */
  phase?: string | null;
  phaseEndsAt?: string | null;
  /** How many steps behind the furthest room. */
  stepsBehind: number;
  /** The last words written down or noted (never a hidden or not-kept one), up to 120 characters, or null. */
  lastLine?: string | null;
  /** When something last happened there, to the second. */
  lastAt: string;
  /** Notes on its board. */
  notes: number;
  turns: number;
  /** Its open call for help, or null. */
  help?: HelpId | null;
  endsAt: string;
  extraMinutes: number;
}

/** Writes down what was said: one's own words, or, for whoever takes notes or leads and for facilitators, somebody else's in the room. */
export interface WriteTurn {
  type: "writeTurn";
  turn: TurnId;
  /** Whose words they are. */
  speaker: PersonId;
  /** Small rich text, 1 to 2,000 characters. */
  text: string;
  form: TurnForm;
}

export interface Commands {
  createSession: CreateSession;
  enterRoster: EnterRoster;
  joinSession: JoinSession;
  joinAsStaff: JoinAsStaff;
  admitPeople: AdmitPeople;
  removePerson: RemovePerson;
  chooseConsent: ChooseConsent;
  renameMe: RenameMe;
  markHere: MarkHere;
  markAway: MarkAway;
  startSession: StartSession;
  endSession: EndSession;
  startBlock: StartBlock;
  extendBlock: ExtendBlock;
  pauseClocks: PauseClocks;
  resumeClocks: ResumeClocks;
  proposeGrouping: ProposeGrouping;
  placePerson: PlacePerson;
  openRooms: OpenRooms;
  visitRoom: VisitRoom;
  leaveRoom: LeaveRoom;
  sendMessage: SendMessage;
  callHelp: CallHelp;
  callOffHelp: CallOffHelp;
  claimHelp: ClaimHelp;
  resolveHelp: ResolveHelp;
  extendRooms: ExtendRooms;
  recallEveryone: RecallEveryone;
  cancelRecall: CancelRecall;
  closeRooms: CloseRooms;
  openPoll: OpenPoll;
  closePoll: ClosePoll;
  castBallot: CastBallot;
  addNote: AddNote;
  editNote: EditNote;
  moveNote: MoveNote;
  holdNote: HoldNote;
  takeBackNote: TakeBackNote;
  advancePhase: AdvancePhase;
  advanceRooms: AdvanceRooms;
  extendPhase: ExtendPhase;
  giveRole: GiveRole;
  writeTurn: WriteTurn;
  correctTurn: CorrectTurn;
  holdTurn: HoldTurn;
  raiseHand: RaiseHand;
  lowerHand: LowerHand;
  giveFloor: GiveFloor;
  passFloor: PassFloor;
  finishTurn: FinishTurn;
  markObserved: MarkObserved;
}
export type Command = Commands[keyof Commands];

export interface Views {
  session: SessionView;
  me: MeView;
  person: PersonView;
  team: TeamView;
  mine: MineView;
  plan: PlanView;
  script: ScriptView;
  grouping: GroupingView;
  rooms: RoomsView;
  room: RoomView;
  watch: WatchView;
  help: HelpView;
  message: MessageView;
  poll: PollView;
  tally: TallyView;
  ballot: BallotView;
  board: BoardView;
  note: NoteView;
  exercise: ExerciseView;
  step: StepView;
  roles: RolesView;
  floor: FloorView;
  turn: TurnView;
  pass: PassView;
}
export type View = Views[keyof Views];

export type RefusalKey =
  | "facilitatorOnly"
  | "ownerOnly"
  | "serverOnly"
  | "leaderOnly"
  | "notYours"
  | "notAdmitted"
  | "removed"
  | "notThere"
  | "staffDoNotVote"
  | "noSession"
  | "sessionExists"
  | "notStarted"
  | "sessionEnded"
  | "sessionFull"
  | "roomsAreOpen"
  | "roomsAreClosed"
  | "noGrouping"
  | "nobodyToGroup"
  | "recallTooShort"
  | "noConversation"
  | "lastPhase"
  | "mergeTogether"
  | "noTalkNow"
  | "noRound"
  | "notSpeaking"
  | "notInRoom"
  | "noSuchRole"
  | "observerOnly"
  | "pollIsClosed"
  | "notAChoice"
  | "tooManyVotes"
  | "noMoreTime"
  | "noSuchColumn"
  | "wasTakenBack"
  | "helpIsDone"
  | "nothingWritten"
  | "tooLong"
  | "badName"
  | "badPlan"
  | "badNumber"
  | "idInUse"
  | "tooMany"
  | "malformed"
  | "unsaved"
  | "tooFast";

export const limits = {
  name: 80,
  words: 2000,
  question: 300,
  option: 120,
  options: 50,
  notes: 10000,
  turns: 20000,
  polls: 200,
  wordings: 20,
  people: 5000,
  rooms: 1000,
  messages: 500,
  blocks: 60,
  blockMinutes: 240,
  recallSeconds: 20,
  answersBeforeResult: 5,
} as const;
