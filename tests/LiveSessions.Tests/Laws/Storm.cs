using System.Text.Json;
using CsCheck;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Exercises;
using LiveSessions.Tests.Stories;

namespace LiveSessions.Tests.Laws;

/// <summary>One thing asked in a storm, and the answer.</summary>
internal sealed record Gust(PersonId By, CommandMark Mark, Command Command, DateTimeOffset At, Decision Decision, Session Before, Session After, LogEntry? Entry, bool IsResend)
{
    public override string ToString() => $"{At:mm:ss} {By}: {Told(Command)} -> {Decision switch { Decision.Accepted a => string.Join(", ", a.Events.Select(Told)), Decision.Refused r => r.Why.Key, _ => "already so" }}";

    private static string Told(Command command) => command is CreateSession ? "createSession" : JsonSerializer.Serialize(command, Json.Options);
    private static string Told(Event happened) => JsonSerializer.Serialize(happened, Json.Options) is var json && json.Length > 300 ? json[..300] + "..." : json;
}

/// <summary>How a storm goes: the session's exercise, how many people, and one number for each thing asked, from which everything about it follows.</summary>
internal sealed record Weather(int Exercise, int People, bool Wild, ulong[] Winds)
{
    /// <summary>Calm weather mostly asks what can be; wild weather mostly what cannot.</summary>
    public static Gen<Weather> Any(int length, bool wild = false) =>
        Gen.Select(Gen.Int[0, 14], Gen.Int[3, 12], Gen.ULong.Array[1, length], (exercise, people, winds) => new Weather(exercise, people, wild, winds));

    public override string ToString() => string.Join('\n', [$"exercise {Exercise}, {People} people", .. Storm.Of(this).Where(g => g.Entry is not null).Skip(4).Select(g => g.ToString())]);
}

internal static class Storm
{
    /// <summary>How many storms a law is tried on; <c>STORMS</c> in the environment makes it more.</summary>
    public static int Count(int few) => int.TryParse(Environment.GetEnvironmentVariable("STORMS"), out var more) ? Math.Max(few, more) : few;

    /// <summary>The shipped exercises; where rooms come together and where roles pass on most can go wrong, so these come oftener.</summary>
    private static readonly string[] Keys = [.. Shelf.Shipped.Exercises.Keys, .. Enumerable.Repeat(World.merging.Key, 3), .. Enumerable.Repeat(World.practice.Key, 2)];

    public static IEnumerable<Gust> Of(Weather weather)
    {
        var session = new Session(new("storm"));
        var now = World.Noon;
        var numbers = new Dictionary<string, long>();
        var asked = new List<(PersonId By, CommandMark Mark, Command Command)>();
        foreach (var step in Beginning(weather))
        {
            var gust = Ask(session, step.By, CommandMark.None, step.Command!, now, 1, false);
            session = gust.After;
            yield return gust;
        }
        foreach (var wind in weather.Winds)
        {
            var dice = new Dice(wind, session, weather.Wild);
            now += TimeSpan.FromSeconds(dice.Below(40));
            if (asked.Count > 0 && dice.Once(9))
            {
                var again = dice.Of(asked);
                var resent = Ask(session, again.By, again.Mark, again.Command, now, dice.Bits(), session.Applied.Contains(again.Mark));
                session = resent.After;
                yield return resent;
                continue;
            }
            var (by, command) = Choose(dice, session);
            var mark = CommandMark.None;
            if (by != PersonId.System)
            {
                var instance = $"tab-{by}-{dice.Below(2)}";
                mark = new(instance, numbers[instance] = numbers.GetValueOrDefault(instance) + 1);
                asked.Add((by, mark, command));
            }
            var gust = Ask(session, by, mark, command, now, dice.Bits(), false);
            session = gust.After;
            yield return gust;
        }
    }

    private static Gust Ask(Session session, PersonId by, CommandMark mark, Command command, DateTimeOffset now, ulong chance, bool isResend)
    {
        var actor = by == PersonId.System ? Actor.System : new Actor(by, false, false);
        var decision = session.Decide(actor, mark, command, now, chance);
        if (decision is not Decision.Accepted accepted)
            return new(by, mark, command, now, decision, session, session, null, isResend);
        var entry = new LogEntry(now, by, mark.Instance, mark.Number, accepted.Events);
        return new(by, mark, command, now, decision, session, session.Evolve(entry), entry, isResend);
    }

    private static IEnumerable<Step> Beginning(Weather weather)
    {
        foreach (var step in World.Made(Shelf.Shipped.Exercises[Keys[weather.Exercise]]))
            yield return step;
        for (var i = 0; i < weather.People; i++)
            yield return World.system.Does(new JoinSession(new("p" + i), "Person " + i, i % 4 == 3 ? null : new[] { World.alpine, World.butte, World.colusa }[i % 3], (Consent)(i % 3), i % 2 == 0, i % 5 != 4));
        if (weather.Winds.Length % 7 == 0)
            yield break;
        yield return World.host.Does(new StartSession());
        if (weather.Winds.Length % 5 == 0)
            yield break;
        yield return World.host.Does(new ProposeGrouping((GroupingRule)(weather.People % 2), 2 + weather.People % 4, weather.Winds.Length));
        yield return World.host.Does(new OpenRooms(World.rooms, null));
    }

    /// <summary>Every command there is, with how often it comes.</summary>
    private static readonly (int Often, Type Command, Func<Dice, Session, (PersonId, Command)> Make)[] Table =
    [
        One<CreateSession>(1, (_, s) => (PersonId.System, new CreateSession(s.Info!))),
        One<EnterRoster>(1, (d, _) => (PersonId.System, new EnterRoster([new(new("t" + d.Below(3)), d.Name())], [new(d.Newcomer(), World.alpine, d.Name())]))),
        One<JoinSession>(4, (d, _) => (PersonId.System, new JoinSession(d.Once(2) ? d.Newcomer() : d.Person(), d.Name(), d.Team(), d.Choice<Consent>(), d.Once(2), d.Once(2)))),
        One<JoinAsStaff>(1, (d, _) => (PersonId.System, new JoinAsStaff(d.Once(3) ? d.Person() : new("staff" + d.Below(2)), d.Name(), d.Once(3)))),
        One<AdmitPeople>(3, (d, _) => (d.Facilitator(), new AdmitPeople(d.Once(2) ? [] : [d.Person(), d.Person()]))),
        One<RemovePerson>(2, (d, _) => (d.Facilitator(), new RemovePerson(d.Person()))),
        One<ChooseConsent>(5, (d, _) => (d.Person(), new ChooseConsent(d.Choice<Consent>(), d.Once(2)))),
        One<RenameMe>(2, (d, _) => (d.Person(), new RenameMe(d.Name()))),
        One<MarkHere>(5, (d, _) => (PersonId.System, new MarkHere(d.Person()))),
        One<MarkAway>(2, (d, _) => (PersonId.System, new MarkAway(d.Person()))),
        One<StartSession>(2, (d, _) => (d.Facilitator(), new StartSession())),
        One<EndSession>(1, (d, s) => (d.Once(4) ? d.Facilitator() : d.Participant(), new EndSession())),
        One<StartBlock>(2, (d, _) => (d.Facilitator(), new StartBlock(d.Block()))),
        One<ExtendBlock>(2, (d, _) => (d.Facilitator(), new ExtendBlock(d.Block(), d.Minutes(), d.Once(2) ? d.Block() : null))),
        One<PauseClocks>(2, (d, _) => (d.Facilitator(), new PauseClocks())),
        One<ResumeClocks>(2, (d, _) => (d.Facilitator(), new ResumeClocks())),
        One<ProposeGrouping>(4, (d, _) => (d.Facilitator(), new ProposeGrouping(d.Choice<GroupingRule>(), d.Number(6), (long)d.Bits()))),
        One<PlacePerson>(5, (d, _) => (d.Facilitator(), new PlacePerson(d.Participant(), d.Once(2) ? d.ProposedRoom() : d.Room()))),
        One<OpenRooms>(8, (d, _) => (d.Facilitator(), new OpenRooms(d.RoomsBlock(), d.Once(2) ? d.Number(60) : null))),
        One<VisitRoom>(5, (d, _) => (d.Facilitator(), new VisitRoom(d.Room()))),
        One<LeaveRoom>(2, (d, _) => (d.Facilitator(), new LeaveRoom())),
        One<SendMessage>(3, (d, _) => (d.Facilitator(), new SendMessage(d.Words(), d.Once(2) ? [] : [d.Room(), d.Room()]))),
        One<CallHelp>(3, (d, _) => (d.Participant(), new CallHelp(new("h" + d.Below(30)), d.Once(2) ? null : d.Name()))),
        One<CallOffHelp>(1, (d, _) => (d.Person(), new CallOffHelp(d.Help()))),
        One<ClaimHelp>(3, (d, _) => (d.Facilitator(), new ClaimHelp(d.Help()))),
        One<ResolveHelp>(1, (d, _) => (d.Facilitator(), new ResolveHelp(d.Help()))),
        One<ExtendRooms>(2, (d, _) => (d.Facilitator(), new ExtendRooms(d.Minutes(), d.Once(2) ? d.Room() : null))),
        One<RecallEveryone>(2, (d, _) => (d.Facilitator(), new RecallEveryone(d.Once(3) ? d.Number(600) : 20))),
        One<CancelRecall>(1, (d, _) => (d.Facilitator(), new CancelRecall())),
        One<CloseRooms>(4, (_, _) => (PersonId.System, new CloseRooms())),
        One<OpenPoll>(4, (d, _) => (d.Facilitator(), new OpenPoll(d.Once(2) ? new("q" + d.Below(6)) : d.Poll(), d.Spec()))),
        One<ClosePoll>(2, (d, _) => (d.Facilitator(), new ClosePoll(d.Poll()))),
        One<CastBallot>(16, (d, _) => d.Poll() is var poll ? (d.Participant(), new CastBallot(poll, d.Ballot(poll))) : default),
        One<AddNote>(16, (d, s) => Acting(d, s, room => new AddNote(new("n" + d.Below(400)), d.Column(room), d.Words(), d.Choice<NoteColour>()))),
        One<EditNote>(4, (d, s) => d.Note() is var note ? (Author(d, s, note), new EditNote(note, d.Once(3) ? null : d.Words(), d.Once(3) ? d.Choice<NoteColour>() : null)) : default),
        One<MoveNote>(8, (d, s) => Acting(d, s, room => new MoveNote(d.Note(), d.Column(room), d.Once(2) ? d.Note() : null))),
        One<HoldNote>(2, (d, s) => d.Note() is var note ? (Author(d, s, note), new HoldNote(note, d.Once(2))) : default),
        One<TakeBackNote>(2, (d, s) => d.Note() is var note ? (Author(d, s, note), new TakeBackNote(note)) : default),
        One<AdvancePhase>(8, (d, s) => d.Room() is var room ? (Leader(d, s, room), new AdvancePhase(room, d.PhaseNow(room))) : default),
        One<AdvanceRooms>(8, (d, _) => (d.Facilitator(), new AdvanceRooms(d.NextPhase()))),
        One<ExtendPhase>(2, (d, _) => (d.Facilitator(), new ExtendPhase(d.Once(2) ? null : d.Room(), d.Minutes()))),
        One<GiveRole>(5, (d, s) => Acting(d, s, room => new GiveRole(room, d.Role(room), d.Once(5) ? null : d.Participant()))),
        One<WriteTurn>(18, (d, s) => Acting(d, s, _ => new WriteTurn(new("w" + d.Below(400)), d.Participant(), d.Words(), d.Choice<TurnForm>()))),
        One<CorrectTurn>(3, (d, s) => d.Turn() is var turn ? (Speaker(d, s, turn), new CorrectTurn(turn, d.Words())) : default),
        One<HoldTurn>(5, (d, s) => d.Turn() is var turn ? (Speaker(d, s, turn), new HoldTurn(turn, d.Once(2))) : default),
        One<RaiseHand>(9, (d, s) => Acting(d, s, _ => new RaiseHand())),
        One<LowerHand>(8, (d, s) => Acting(d, s, _ => new LowerHand())),
        One<GiveFloor>(3, (d, s) => d.Room() is var room ? (Leader(d, s, room), new GiveFloor(room, d.Participant())) : default),
        One<PassFloor>(5, (d, s) => Acting(d, s, _ => new PassFloor(d.Once(2) ? null : d.Participant(), d.Once(2)))),
        One<FinishTurn>(9, (d, s) => Acting(d, s, _ => new FinishTurn(d.Once(2) ? null : d.Participant()))),
        One<MarkObserved>(3, (d, s) => d.Room() is var room && s.Talks.GetValueOrDefault(room)?.Holders.TryGetValue(Roles.Observer, out var watcher) == true
            ? (watcher, new MarkObserved(d.Number(7) - 1, !d.Once(3))) : (d.Participant(), new MarkObserved(d.Number(7) - 1, true))),
    ];

    public static IEnumerable<Type> Commands => Table.Select(row => row.Command);

    private static readonly int Sum = Table.Sum(row => row.Often);

    internal static (PersonId By, Command Command) Choose(Dice dice, Session session)
    {
        var at = dice.Below(Sum);
        var row = Table.First(r => (at -= r.Often) < 0);
        var (by, command) = row.Make(dice, session);
        // Anybody may try anything.
        return dice.Once(12) ? (dice.Once(6) ? PersonId.System : dice.Person(), command) : (by, command);
    }

    private static (int, Type, Func<Dice, Session, (PersonId, Command)>) One<T>(int often, Func<Dice, Session, (PersonId, Command)> make) where T : Command => (often, typeof(T), make);

    /// <summary>Somebody and the room they act in.</summary>
    private static (PersonId, Command) Acting(Dice dice, Session session, Func<RoomId, Command> command) =>
        (dice.Once(10) ? dice.Facilitator() : dice.Participant()) is var by ? (by, command(session.ActsIn(by))) : default;

    private static PersonId Leader(Dice dice, Session session, RoomId room) =>
        dice.Once(3) || session.Talks.GetValueOrDefault(room)?.Holders.TryGetValue(Roles.Leader, out var leader) != true ? dice.Facilitator() : leader;

    private static PersonId Author(Dice dice, Session session, NoteId note) => !dice.Once(4) && session.Notes.All.TryGetValue(note, out var one) ? one.Author : dice.Person();

    private static PersonId Speaker(Dice dice, Session session, TurnId turn) =>
        !dice.Once(4) && session.TurnRooms.TryGetValue(turn, out var room) ? session.Talks[room].Turns[turn].Speaker : dice.Person();
}
