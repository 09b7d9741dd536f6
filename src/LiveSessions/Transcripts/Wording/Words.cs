using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;

namespace LiveSessions.Transcripts.Wording;

/// <summary>Which wording tells which event. An event that is not told is named here all the same, so that none is forgotten.</summary>
internal static class Words
{
    public static void Tell(Page page, Event happened)
    {
        switch (happened)
        {
            case SessionStarted: PromptWording.SessionBegan(page); break;
            case SessionEnded: PromptWording.SessionEnded(page); break;
            case BlockStarted e: PromptWording.Tell(page, e); break;
            case PhaseBegun e: PromptWording.Tell(page, e); break;
            case TurnWritten e: TurnWording.Tell(page, e); break;
            case TurnCorrected e: page.Touch(TurnWording.Key(e.Turn)); break;
            case TurnHeld e: page.Touch(TurnWording.Key(e.Turn)); break;
            case FloorPassed e: PassWording.Tell(page, e); break;
            case NoteAdded e: NoteWording.Tell(page, e); break;
            case NoteEdited e: NoteWording.Tell(page, e); break;
            case NoteMoved e: NoteWording.Tell(page, e); break;
            case NoteHeld e: page.Touch(NoteWording.Key(e.Note)); break;
            case NoteTakenBack e: NoteWording.Tell(page, e); break;
            case NotesRevealed e: NoteWording.TouchAllIn(page, e.Room); break;
            case ConversationOpened e: RoleWording.Tell(page, e.Room, e.Holders); break;
            case RolesChanged e: RoleWording.Tell(page, e.Room, e.Holders); break;
            case RoomsOpened e: PresenceWording.Tell(page, e); break;
            case PersonMoved e: PresenceWording.Tell(page, e); break;
            case PersonRemoved e: PresenceWording.Tell(page, e); break;
            case RoomVisited e: PresenceWording.Tell(page, e); break;
            case RoomLeft e: PresenceWording.Tell(page, e); break;
            case RoomsMerged e: PresenceWording.Tell(page, e); break;
            case RoomsClosed: PresenceWording.EverybodyBack(page); break;
            case HelpCalled e: HelpWording.Tell(page, e); break;
            case HelpClaimed e: HelpWording.Tell(page, e.Help, e.By, "is on the way"); break;
            case HelpArrived e: HelpWording.Tell(page, e.Help, e.By, "came to help"); break;
            case HelpResolved e: HelpWording.Tell(page, e.Help, "The call for help was answered."); break;
            case HelpCalledOff e: HelpWording.Tell(page, e.Help, "The call for help was called off."); break;
            case PhaseExtended e: ClockWording.Tell(page, e); break;
            case RoomsExtended e: ClockWording.Tell(page, e); break;
            case BlockExtended e: ClockWording.Tell(page, e); break;
            case RecallBegun e: ClockWording.Tell(page, e); break;
            case RecallCancelled: ClockWording.TellRooms(page, "The call back was cancelled."); break;
            case ClocksPaused: ClockWording.TellAll(page, "The clocks were stopped."); break;
            case ClocksResumed e: ClockWording.Tell(page, e); break;
            case MessageSent e: MessageWording.Tell(page, e); break;
            case PollOpened e: PollWording.Tell(page, e); break;
            case BallotCast e: PollWording.Tell(page, e); break;
            case PollClosed e: PollWording.Tell(page, e); break;
            case ObservedMarked e: ObserverWording.Tell(page, e); break;
            case PersonJoined e: page.Tighten(e.Person); page.Touch(e.Person); break;
            case ConsentChosen e: page.Tighten(e.Person); page.Touch(e.Person); break;
            case PersonRenamed e: page.Rename(e.Person); break;
            case StaffJoined e: page.Touch(e.Person); break;
            case StandInGiven e: page.Touch(e.Person); break;
            case SessionCreated or RosterEntered or PersonAdmitted or PersonCame or PersonWentAway: break;
            case GroupingProposed or PersonPlaced: break;
            case FloorOpened or HandRaised or HandLowered or FloorGiven or TurnFinished: break;
            default: throw new InvalidOperationException($"No wording knows about {happened.GetType().Name}.");
        }
    }
}
