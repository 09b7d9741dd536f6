using System.Reflection;
using System.Text.Json.Serialization;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>Every command of the contract, by every role, on objects of one's own, of others and of nobody: as <c>docs/access.csv</c> says, over real sockets.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class CommandMatrixTests(LiveHouse house)
{
    private static readonly string[] Commands = [.. Names<Command>()];

    internal static IEnumerable<string> Names<T>() => typeof(T).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(a => (string)a.TypeDiscriminator!);

    [Fact]
    public void Every_command_and_every_view_has_a_policy_and_no_policy_is_about_nothing()
    {
        Assert.Equal(Commands.Order(), AccessMatrix.Of("commands").Select(p => p.Name).Distinct().Order());
        Assert.Equal(Names<View>().Order(), AccessMatrix.Of("shown").Select(p => p.Name).Distinct().Order());
        Assert.All(AccessMatrix.All.GroupBy(p => (p.Section, string.Join('|', p.What))), g => Assert.Single(g));
    }

    [Fact]
    public async Task Every_role_gets_the_answer_that_is_written_down()
    {
        await using var scene = await MatrixScene.Make(house);
        var wrong = new List<string>();
        var allowed = new Dictionary<string, bool>();
        foreach (var policy in AccessMatrix.Of("commands"))
            foreach (var (role, expected) in policy.Answers)
            {
                var command = await scene.Ask(policy, role);
                var who = scene.Client(role);
                var answer = await who.Ask(command);
                await scene.After(policy, role);
                if (expected == "yes")
                {
                    allowed[policy.Name] = allowed.GetValueOrDefault(policy.Name) || answer.Kind is "accepted" or "alreadySo";
                    if (answer.Kind == "refused")
                        wrong.Add($"{policy}: {role} may, and was refused: {answer.Reason}");
                }
                else if (answer.Kind != "refused" || answer.Reason != expected)
                {
                    wrong.Add($"{policy}: {role} is to be told {expected}, and was told {answer.Reason ?? answer.Kind}");
                }
            }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(allowed.Values.All(a => a), $"nobody was ever let do {string.Join(", ", allowed.Where(a => !a.Value).Select(a => a.Key))}");

        // Whatever was refused left nothing: each person's entries in the log are those that were accepted.
        var entries = await house.Entries(scene.Workshop.Session);
        foreach (var role in scene.Roles)
            Assert.Equal(
                scene.Client(role).Asked.Where(a => a.Answer?.Kind == "accepted").Select(a => a.Number).Order(),
                entries.Where(e => e.By == scene.Client(role).Person && e.Instance == $"{e.By}.{scene.Client(role).Instance}").Select(e => e.Number).Order());
    }

    private const int MostLooks = 30;

    [Fact]
    public async Task Everybody_is_shown_what_is_written_down_and_nothing_else()
    {
        await using var scene = await MatrixScene.Make(house);
        var keys = await scene.Fill();
        var wrong = new List<string>();
        foreach (var role in AccessMatrix.Of("shown").First().Answers.Keys)
        {
            var who = scene.Client(role);
            var store = await who.Whole();
            // A tally is told some moments after the votes. What nobody should see is looked for at each look.
            List<string> missing;
            for (var looks = 0; ; looks++)
            {
                missing = [];
                foreach (var policy in AccessMatrix.Of("shown"))
                {
                    var key = keys(policy, role);
                    // A preview of groups is shown until the rooms open.
                    var isShown = key == "grouping" ? who.Heard.Any(m => m.Body.GetRawText().Contains("\"key\":\"grouping\"", StringComparison.Ordinal)) : store.Raw(key) is not null;
                    if (isShown != (policy.Answers[role] == "yes"))
                        (isShown ? wrong : missing).Add($"{policy} ({key}): {role} {(isShown ? "is shown it" : "is not shown it")}");
                }
                if (missing.Count == 0 || looks == MostLooks)
                    break;
                await Task.Delay(100);
                store = await who.Whole();
            }
            wrong.AddRange(missing);
            Assert.Equal(who.Person, store.One<MeView>("me")!.Person);
            // What is waiting elsewhere is not in anything that was ever sent, either.
            if (role is "lobby" or "member")
                foreach (var secret in MatrixScene.Secrets(role))
                    if (who.Heard.Any(m => m.Body.GetRawText().Contains(secret, StringComparison.Ordinal)))
                        wrong.Add($"{role} was once sent \"{secret}\"");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }
}

/// <summary>A session in the middle of its rooms, with somebody in every role, and how each command is asked there.</summary>
internal sealed class MatrixScene : IAsyncDisposable
{
    private readonly LiveHouse _house;
    private readonly Dictionary<string, LiveClient> _clients = [];
    private readonly List<HelpId> _helps = [];
    private int _next;
    private RoomId _main, _other;

    private MatrixScene(LiveHouse house, Workshop workshop) => (_house, Workshop) = (house, workshop);

    public Workshop Workshop { get; }
    public IEnumerable<string> Roles => AccessMatrix.Of("commands").First().Answers.Keys;
    public LiveClient Client(string role) => _clients[role];
    private LiveClient Owner => Client("owner");
    private LiveClient Mate => Client("mate");
    private LiveClient Other => Client("other");
    private PersonId Me(string role) => Client(role).Person;
    private static bool IsStaff(string role) => role is "cofacilitator" or "owner";

    public static async Task<MatrixScene> Make(LiveHouse house)
    {
        var scene = new MatrixScene(house, await house.Site.Workshop(people: 9));
        // Odd numbers are the one team, even ones the other.
        foreach (var (role, person) in ((string, int)[])[("member", 1), ("leader", 3), ("writer", 5), ("watcher", 7), ("mate", 9), ("other", 2)])
            scene._clients[role] = await new LiveClient(await scene.Workshop.Comes(person), person % 4 == 1 ? house.First : house.Second).IsIn();
        await scene.Workshop.Comes(4);
        scene._clients["owner"] = await new LiveClient(scene.Workshop.Host, house.First).IsIn();
        scene._clients["cofacilitator"] = await new LiveClient(await house.Site.CoFacilitator(scene.Workshop), house.Second).IsIn();
        scene._clients["lobby"] = await new LiveClient(await scene.Workshop.KnocksAs("Lou Lobby"), house.Second).IsIn();
        var owner = scene.Owner;
        foreach (var role in (string[])["leader", "writer", "watcher"])
            await owner.Sees<PersonView>($"person:{scene.Me(role)}", p => p.Here);
        await Workshop.OpenRooms(owner);
        scene._main = (await scene.Client("member").Sees<MeView>("me", me => me.Room != RoomId.Plenary)).Room;
        scene._other = (await scene.Other.Sees<MeView>("me", me => me.Room != RoomId.Plenary)).Room;
        Assert.NotEqual(scene._main, scene._other);
        await owner.Does(new VisitRoom(scene._main));
        await scene.Client("cofacilitator").Does(new VisitRoom(scene._main));
        await scene.RolesAreHeld();
        return scene;
    }

    private async Task RolesAreHeld()
    {
        foreach (var (role, holder) in ((string, string)[])[("facilitator", "leader"), ("note_taker", "writer"), ("observer", "watcher")])
            await Done(Owner, new GiveRole(_main, role, Me(holder)));
        foreach (var free in (string[])["timekeeper", "reader"])
            await Done(Owner, new GiveRole(_main, free, null));
    }

    /// <summary>Puts the scene in order, by the same rules but past the allowance of a line.</summary>
    private async Task Done(LiveClient who, Command command)
    {
        var answer = await _house.One.Get<Server.Live.ILiveSessions>().Act(Workshop.Session, new Actor(who.Person, who == Owner, false), command, CancellationToken.None);
        Assert.True(answer.Kind is "accepted" or "alreadySo", $"{command} was answered {answer}");
    }

    private string Fresh(string kind) => $"{kind}{++_next}";

    private async Task<NoteId> Note(LiveClient by)
    {
        var note = new NoteId(Fresh("n"));
        await Done(by, new AddNote(note, "aspirations", $"{note} of {by.Person}", NoteColour.Sun));
        return note;
    }

    private async Task<TurnId> Turn(LiveClient by)
    {
        var turn = new TurnId(Fresh("t"));
        await Done(by, new WriteTurn(turn, by.Person, $"{turn} of {by.Person}", TurnForm.Verbatim));
        return turn;
    }

    private async Task<HelpId> Help(LiveClient by)
    {
        await NobodyWaits();
        var help = FreshHelp();
        await Done(by, new CallHelp(help, null));
        return help;
    }

    private HelpId FreshHelp()
    {
        var help = new HelpId(Fresh("h"));
        _helps.Add(help);
        return help;
    }

    /// <summary>A room calls once: what waits is answered. A call that was refused is not there.</summary>
    private async Task NobodyWaits()
    {
        foreach (var help in _helps)
            await _house.One.Get<Server.Live.ILiveSessions>().Act(Workshop.Session, new Actor(Owner.Person, true, false), new ResolveHelp(help), CancellationToken.None);
        _helps.Clear();
    }

    private async Task<PollId> OpenPoll()
    {
        var poll = new PollId(Fresh("p"));
        await Done(Owner, new OpenPoll(poll, Question));
        return poll;
    }

    private static PollSpec Question => new("single", "Which?", ["One", "Two"], 1, false);

    /// <summary>Whose object a policy speaks of, made fresh by whoever it belongs to.</summary>
    private async Task<T> Made<T>(Policy policy, string role, Func<LiveClient, Task<T>> make, Func<string, T> none) => policy.Object switch
    {
        "own" => role == "lobby" ? none("none") : await make(Client(role)),
        "another's in the room" or "own room" => await make(Mate),
        "another room" => await make(Other),
        "not there" => none("none"),
        _ => throw new InvalidOperationException($"Nobody knows whose this is: {policy}"),
    };

    private Task<NoteId> Note(Policy policy, string role) => Made(policy, role, Note, n => new NoteId(n));
    private Task<TurnId> Turn(Policy policy, string role) => Made(policy, role, Turn, t => new TurnId(t));

    /// <summary>Puts the scene in order for the command and gives the command.</summary>
    public async Task<Command> Ask(Policy policy, string role)
    {
        var me = Me(role);
        switch (policy.Name, policy.Object)
        {
            case ("createSession", _): return new CreateSession(new SessionInfo("Mine now", "Programme", DateTimeOffset.UtcNow, "UTC", new DateOnly(2030, 1, 1), [], new Dictionary<BlockId, Exercises.Exercise>()));
            case ("enterRoster", _): return new EnterRoster([], [new RosterPerson(new("p-smuggled"), new("t1"), "Sam Smuggled")]);
            case ("joinSession", _): return new JoinSession(me, "Again", null, Consent.Named, false, ByLink: true);
            case ("joinAsStaff", _): return new JoinAsStaff(me, "Boss", true);
            case ("markHere", _): return new MarkHere(Workshop.Person(4));
            case ("markAway", _): return new MarkAway(Mate.Person);
            case ("closeRooms", _): return new CloseRooms();
            case ("chooseConsent", _): return new ChooseConsent(Consent.Named, (++_next & 1) == 0);
            case ("renameMe", _): return new RenameMe(Fresh("Name "));
            case ("admitPeople", "who waits"): return new AdmitPeople([await Newcomer(byLink: false)]);
            case ("admitPeople", _): return new AdmitPeople([new("nobody")]);
            case ("removePerson", "a participant"): return new RemovePerson(await Newcomer(byLink: true));
            case ("removePerson", "the owner"): return new RemovePerson(Owner.Person);
            case ("removePerson", "oneself"): return new RemovePerson(me);
            case ("removePerson", _): return new RemovePerson(new("nobody"));
            case ("startSession", _): return new StartSession();
            case ("startBlock", "not there"): return new StartBlock(new("nowhere"));
            case ("startBlock", _): return new StartBlock(new(role == "owner" ? "task" : "practice"));
            case ("extendBlock", _): return new ExtendBlock(new("close"), 1, null);
            case ("pauseClocks", _): return new PauseClocks();
            case ("resumeClocks", _):
                await Done(Owner, new PauseClocks());
                return new ResumeClocks();
            case ("sendMessage", "not there"): return new SendMessage("words", [new("nowhere")]);
            case ("sendMessage", _): return new SendMessage("words", []);
            case ("visitRoom", "not there"): return new VisitRoom(new("nowhere"));
            case ("visitRoom", _): return new VisitRoom(_other);
            case ("leaveRoom", _): return new LeaveRoom();
            case ("placePerson", "another"): return new PlacePerson(Workshop.Person(4), _main);
            case ("placePerson", "not there"): return new PlacePerson(new("nobody"), _main);
            case ("placePerson", _): return new PlacePerson(me, _other);
            case ("callHelp", _):
                await NobodyWaits();
                return new CallHelp(FreshHelp(), null);
            case ("callOffHelp", _): return new CallOffHelp(await Made(policy, role, Help, h => new HelpId(h)));
            case ("claimHelp", "not there"): return new ClaimHelp(new("none"));
            case ("claimHelp", _): return new ClaimHelp(await Help(Other));
            case ("resolveHelp", "not there"): return new ResolveHelp(new("none"));
            case ("resolveHelp", _): return new ResolveHelp(await Help(Other));
            case ("extendRooms", _): return new ExtendRooms(1, null);
            case ("openPoll", _): return new OpenPoll(new(Fresh("p")), Question);
            case ("closePoll", "not there"): return new ClosePoll(new("none"));
            case ("closePoll", _): return new ClosePoll(await OpenPoll());
            case ("castBallot", "own"): return new CastBallot(await OpenPoll(), new([0], null));
            case ("castBallot", _): return new CastBallot(new("none"), new([0], null));
            case ("addNote", "own"): return new AddNote(new(Fresh("n")), "trust", "words", NoteColour.Sage);
            case ("addNote", _): return new AddNote(await Note(Mate), "trust", "words over theirs", NoteColour.Sage);
            case ("editNote", _): return new EditNote(await Note(policy, role), "other words", null);
            case ("moveNote", _): return new MoveNote(await Note(policy, role), "trust", null);
            case ("holdNote", _): return new HoldNote(await Note(policy, role), true);
            case ("takeBackNote", _): return new TakeBackNote(await Note(policy, role));
            case ("writeTurn", "own"): return new WriteTurn(new(Fresh("t")), me, "words", TurnForm.Verbatim);
            case ("writeTurn", "another room"): return new WriteTurn(new(Fresh("t")), Other.Person, "words", TurnForm.Paraphrase);
            case ("writeTurn", _): return new WriteTurn(new(Fresh("t")), Mate.Person, "words", TurnForm.Paraphrase);
            case ("correctTurn", _): return new CorrectTurn(await Turn(policy, role), "other words");
            case ("holdTurn", _): return new HoldTurn(await Turn(policy, role), true);
            case ("raiseHand", _):
                await LineIsEmpty();
                return new RaiseHand();
            case ("lowerHand", _): return new LowerHand();
            case ("giveFloor", "another room"): return new GiveFloor(_other, Other.Person);
            case ("giveFloor", _):
                await LineIsEmpty();
                return new GiveFloor(_main, Mate.Person);
            case ("passFloor", "own"):
                await LineIsEmpty();
                if (role is not "lobby" && !IsStaff(role))
                    await Done(Client(role), new RaiseHand());
                return new PassFloor(null, false);
            case ("passFloor", _):
                await LineIsEmpty();
                await Done(Mate, new RaiseHand());
                return new PassFloor(Mate.Person, false);
            case ("finishTurn", "own"):
                await LineIsEmpty();
                await Done(Owner, new GiveFloor(_main, role is "lobby" || IsStaff(role) ? Mate.Person : me));
                return new FinishTurn(null);
            case ("finishTurn", _):
                await LineIsEmpty();
                await Done(Owner, new GiveFloor(_main, Mate.Person));
                return new FinishTurn(Mate.Person);
            case ("giveRole", "a free one to oneself"): return new GiveRole(_main, "timekeeper", me);
            case ("giveRole", "another room"): return new GiveRole(_other, "reader", Other.Person);
            case ("giveRole", _): return new GiveRole(_main, role == "watcher" ? "note_taker" : "observer", Mate.Person);
            case ("markObserved", _): return new MarkObserved(0, (++_next & 1) == 0);
            case ("extendPhase", "all rooms"): return new ExtendPhase(null, 1);
            case ("extendPhase", "another room"): return new ExtendPhase(_other, 1);
            case ("extendPhase", _): return new ExtendPhase(_main, 1);
            case ("advancePhase", "another room"): return new AdvancePhase(_other, (await StepOf(_other)).Phase);
            case ("advancePhase", _): return new AdvancePhase(_main, (await StepOf(_main)).Phase);
            case ("advanceRooms", _): return new AdvanceRooms("debrief");
            case ("recallEveryone", _): return new RecallEveryone(600);
            case ("cancelRecall", _):
                await Done(Owner, new RecallEveryone(600));
                return new CancelRecall();
            case ("proposeGrouping", _): return new ProposeGrouping(GroupingRule.HomeTeams, 6, 1);
            case ("openRooms", _): return new OpenRooms(new("practice"), null);
            case ("endSession", _): return new EndSession();
            default: throw new InvalidOperationException($"Nobody knows how to ask for this: {policy}");
        }
    }

    /// <summary>Puts back what the answer may have moved.</summary>
    public async Task After(Policy policy, string role)
    {
        switch (policy.Name)
        {
            case "giveRole" or "advancePhase": await RolesAreHeld(); break;
            case "placePerson": await Done(Owner, new PlacePerson(Workshop.Person(4), _other)); break;
            case "pauseClocks": await Done(Owner, new ResumeClocks()); break;
            case "visitRoom" or "leaveRoom" when IsStaff(role): await Done(Client(role), new VisitRoom(_main)); break;
            case "raiseHand" or "giveFloor" or "passFloor" or "finishTurn": await LineIsEmpty(); break;
            case "recallEveryone": await Done(Owner, new CancelRecall()); break;
        }
    }

    private async Task LineIsEmpty()
    {
        await Task.WhenAll(((string[])["member", "leader", "writer", "watcher", "mate"]).Select(role => Done(Client(role), new LowerHand())));
    }

    private async Task<StepView> StepOf(RoomId room)
    {
        var inside = room == _main ? Mate : Other;
        return (await inside.Whole()).One<StepView>($"step:{room}")!;
    }

    private async Task<PersonId> Newcomer(bool byLink)
    {
        var person = new PersonId(Fresh("new"));
        var answer = await _house.One.Get<Server.Live.ILiveSessions>().Act(Workshop.Session, Actor.System, new JoinSession(person, $"Nova {_next}", null, Consent.Named, false, byLink), CancellationToken.None);
        Assert.Equal("accepted", answer.Kind);
        return person;
    }

    private const string HereNote = "canary-note-here", ThereNote = "canary-note-there", ThereTurn = "canary-turn-there", ThereMessage = "canary-message-there", ThereHelp = "canary-help-there", HereTurn = "canary-turn-here";

    /// <summary>Words that were never to reach somebody.</summary>
    public static string[] Secrets(string role) => role == "lobby" ? [HereNote, HereTurn, ThereNote, ThereTurn, ThereMessage, ThereHelp] : [ThereNote, ThereTurn, ThereMessage, ThereHelp];

    /// <summary>Fills the session with one of everything, and tells the key under which a policy's view would lie in somebody's store.</summary>
    public async Task<Func<Policy, string, string>> Fill()
    {
        foreach (var (who, note, turn) in ((LiveClient, string, string)[])[(Mate, HereNote, HereTurn), (Other, ThereNote, ThereTurn)])
        {
            await Done(who, new AddNote(new(note), "trust", note, NoteColour.Sun));
            await Done(who, new WriteTurn(new(turn), who.Person, turn, TurnForm.Verbatim));
            await Done(who, new RaiseHand());
            await Done(who, new PassFloor(null, false));
        }
        await Done(Mate, new CallHelp(new("help-here"), "here"));
        await Done(Other, new CallHelp(new("help-there"), ThereHelp));
        await Done(Owner, new SendMessage("to all", []));
        await Done(Owner, new SendMessage("to here", [_main]));
        await Done(Owner, new SendMessage(ThereMessage, [_other]));
        foreach (var poll in (string[])["closed", "open"])
        {
            await Done(Owner, new OpenPoll(new(poll), Question));
            foreach (var role in (string[])["member", "leader", "writer", "watcher", "mate", "other"])
                await Done(Client(role), new CastBallot(new(poll), new([0], null)));
        }
        await Done(Owner, new ClosePoll(new("closed")));
        var messages = (await Owner.Whole()).All<MessageView>().DistinctBy(m => m.Number).ToList();
        string Message(string text) => $"message:{messages.Single(m => m.Text == text).Number}";
        async Task<string> Pass(LiveClient who, RoomId room) => $"pass:{room}-{(await who.Whole()).All<PassView>().Single(p => p.Person == who.Person).Number}";
        var (passHere, passThere) = (await Pass(Mate, _main), await Pass(Other, _other));
        return (policy, role) => (policy.Name, policy.Object) switch
        {
            ("session" or "me" or "mine" or "plan" or "script" or "grouping" or "rooms" or "exercise", _) => policy.Name,
            ("person", "admitted") => $"person:{Mate.Person}",
            ("person", _) => $"person:{Me("lobby")}",
            ("team", _) => $"team:{Mate.Read(s => s.All<TeamView>())[0].Team}",
            ("room" or "watch" or "board" or "step" or "roles" or "floor", "own room") => $"{policy.Name}:{_main}",
            ("room" or "watch" or "board" or "step" or "roles" or "floor", "another room") => $"{policy.Name}:{_other}",
            ("help", "own room") => "help:help-here",
            ("help", _) => "help:help-there",
            ("message", "to all") => Message("to all"),
            ("message", "to own room") => Message("to here"),
            ("message", _) => Message(ThereMessage),
            ("poll" or "ballot", _) => $"{policy.Name}:open",
            ("tally", "closed") => "tally:closed",
            ("tally", _) => "tally:open",
            ("note", "own room") => $"note:{HereNote}",
            ("note", _) => $"note:{ThereNote}",
            ("turn", "own room") => $"turn:{HereTurn}",
            ("turn", _) => $"turn:{ThereTurn}",
            ("pass", "own room") => passHere,
            ("pass", _) => passThere,
            _ => throw new InvalidOperationException($"Nobody knows where this is shown: {policy} ({role})"),
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
            await client.DisposeAsync();
    }
}
