using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Contract;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Golden;

/// <summary>
/// Logs that were stored once and are never written again: whatever changes in the code, they must still fold, and to the same views. A log beside them is made with
/// <c>UPDATE_GOLDEN=1</c> when there is none of its name; the same writes the views anew, so that a change of what is shown is seen in review.
/// </summary>
public sealed class GoldenLogs
{
    private static readonly Dictionary<string, Func<Story>> sessions = new() { ["week-1"] = Week1, ["one-two-four-all"] = OneTwoFourAll };
    private static readonly bool update = Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    public static TheoryData<string> Names => [.. sessions.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_stored_log_folds_to_the_views_it_always_had(string name)
    {
        if (update && !File.Exists(Of(name, "log.jsonl")))
            File.WriteAllLines(Of(name, "log.jsonl"), sessions[name]().Log.Select(e => JsonSerializer.Serialize(e, Json.Options)));
        var session = Stored(name).Aggregate(new Session(new("golden")), (s, e) => s.Evolve(e));
        var views = Pictures.All(session).Select(v => $"{v.Key.Audience} {v.Key.Key} {v.Value}").Order(StringComparer.Ordinal).ToList();
        if (update)
            File.WriteAllLines(Of(name, "views.txt"), views);
        Assert.Equal(File.ReadAllLines(Of(name, "views.txt")), views);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_stored_log_is_written_as_it_was_read(string name) =>
        Assert.Equal(File.ReadAllLines(Of(name, "log.jsonl")), Stored(name).Select(e => JsonSerializer.Serialize(e, Json.Options)));

    [Fact]
    public void Every_stored_event_name_is_in_a_golden_log() =>
        Assert.Equal(
            typeof(Event).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(a => (string)a.TypeDiscriminator!).Order(),
            sessions.Keys.SelectMany(n => File.ReadAllLines(Of(n, "log.jsonl"))).SelectMany(l => JsonNode.Parse(l)!["events"]!.AsArray()).Select(e => (string)e!["type"]!).Distinct().Order());

    [Fact]
    public void An_event_of_no_known_name_stops_the_fold_loudly() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<LogEntry>("""{"at":"2026-03-04T20:00:00+00:00","by":"host","number":0,"events":[{"type":"lunchServed"}]}""", Json.Options));

    private static string Of(string name, string file) => Path.Combine(Repository.Root, "tests", "LiveSessions.Tests", "Golden", $"{name}.{file}");

    private static IEnumerable<LogEntry> Stored(string name) => File.ReadLines(Of(name, "log.jsonl")).Select(line => JsonSerializer.Deserialize<LogEntry>(line, Json.Options)!);

    /// <summary>The whole of Week 1: eight people, two rooms, everything that happens in such an hour.</summary>
    private static Story Week1()
    {
        var practiceBlock = new BlockId("practice");
        var before = new PollId("confidence_before");
        var story = Story.Given(
            Created(FromPlan("week-1")), system.Does(new EnterRoster([new(alpine, "Alpine Library"), new(butte, "Butte County")], [new(ada, alpine, "Ada"), new(ben, alpine, "Ben")])),
            system.Does(new JoinAsStaff(host, host.Name, true)), system.Does(new JoinAsStaff(cleo, cleo.Name, false)), IsHere(host), Comes(ada, Consent.Named, alpine), Waits(ben, Consent.StandIn, alpine),
            Waits(caz, Consent.Named, butte), Comes(dov, Consent.NotKept, butte), Comes(eve), Comes(fay, Consent.StandIn), Comes(gil), Waits(nobody), Step.Wait(4), host.Does(new AdmitPeople([ben, caz])),
            Everybody.Take(7).Select(IsHere).ToArray(), cleo.Does(new RemovePerson(nobody)), gil.Does(new RenameMe("Gil O.")), Step.Wait(2), host.Does(new StartSession()), Step.Wait(5),
            host.Does(new ExtendBlock(new("welcome"), 1, new("report"))), host.Does(new StartBlock(new("ready"))), host.Does(new OpenPoll(before, null)),
            Everybody.Take(6).Select((who, i) => who.Does(new CastBallot(before, new([i % 5], null)))).ToArray(), host.Does(new ClosePoll(before)), host.Does(new StartBlock(new("task"))),
            ada.Does(new CallHelp(new("h0"), "No sound")), ada.Does(new CallOffHelp(new("h0"))), host.Does(new PauseClocks()), Step.Wait(1.5), host.Does(new ResumeClocks()),
            host.Does(new ProposeGrouping(GroupingRule.Random, 4, 41)), Step.Wait(2), host.Does(new StartBlock(practiceBlock)), host.Does(new OpenRooms(practiceBlock, null)), Comes(hal), IsHere(hal), ToStep("write"));
        var (one, two) = (story.In(Room1), story.In(Room2));
        foreach (var (who, i) in one.Concat(two).Select((who, i) => (who, i)))
            story = story.And(who.Does(new AddNote(new("n" + i), i % 2 == 0 ? "aspirations" : "main_concerns", $"<p>Note {i}</p>", (NoteColour)(i % 6))));
        story = story.And(
            Step.Wait(3), ToStep("a_hopes"), one[0].Does(new CallHelp(new("h1"), "How long is a turn?")), host.Does(new ClaimHelp(new("h1"))), host.Does(new VisitRoom(Room1)), host.Does(new LeaveRoom()),
            two[0].Does(new CallHelp(new("h2"), null)), host.Does(new ResolveHelp(new("h2"))), cleo.Does(new SendMessage("Half of the time has gone.", [])), cleo.Does(new SendMessage("Well done.", [Room2])));
        var (leader, writer, watcher) = (story.Holder("facilitator"), story.Holder("note_taker"), story.Holder("observer"));
        story = story.And(leader.Does(new GiveFloor(Room1, one.First(w => w.Id != story.Session.Talks[Room1].Floor.Speaking))), leader.Does(new GiveFloor(Room1, leader)));
        story = story.And(
            leader.Does(new FinishTurn(null)), leader.Does(new PassFloor(Named(story.Session.Talks[Room1].Floor.Line[1].Person), true)), writer.Does(new WriteTurn(new("w1"), watcher, "A moment on the <b>porch</b>", TurnForm.Paraphrase)),
            watcher.Does(new CorrectTurn(new("w1"), "A moment on the back porch")), watcher.Does(new HoldTurn(new("w1"), true)), watcher.Does(new MarkObserved(0, true)), host.Does(new ExtendPhase(Room1, 2)), host.Does(new ExtendRooms(2, null)), Step.Wait(9), ToStep("swap1"), ToStep("b_concerns"), one[0].Does(new RaiseHand()), one[1].Does(new RaiseHand()), one[1].Does(new LowerHand()),
            one[0].Does(new WriteTurn(new("w2"), one[0], "Nowhere to meet in winter", TurnForm.Verbatim)), one[0].Does(new EditNote(new("n0"), "<p>Note 0, said better</p>", NoteColour.Sage)),
            one[1].Does(new MoveNote(new("n0"), "barriers", null)), one[1].Does(new HoldNote(new("n1"), true)), one[2].Does(new TakeBackNote(new("n2"))), ada.Does(new ChooseConsent(Consent.StandIn, false)),
            system.Does(new MarkAway(eve)), Step.Wait(8), ToStep("debrief"), host.Does(new PlacePerson(one[0], Room2)), host.Does(new RecallEveryone(60)),
            host.Does(new CancelRecall()), host.Does(new RecallEveryone(30)), Step.Wait(1), system.Does(new CloseRooms()), host.Does(new StartBlock(new("report"))), Step.Wait(7), host.Does(new StartBlock(new("close"))),
            host.Does(new OpenPoll(new("confidence_after"), null)), Everybody.Take(4).Select(who => who.Does(new CastBallot(new("confidence_after"), new([4], null)))).ToArray(), Step.Wait(2));
        return story.And(host.Does(new EndSession()));
    }

    /// <summary>A quarter of an hour in ones, twos, fours and all; what Week 1 does not have.</summary>
    private static Story OneTwoFourAll()
    {
        var story = Story.Given(
            Running(merging, 8), ben.Does(new ChooseConsent(Consent.StandIn, true)), host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 2, 1)), host.Does(new PlacePerson(gil, Room1)),
            host.Does(new OpenRooms(rooms, 15)), ToStep("one"));
        foreach (var who in Everybody)
            story = story.And(who.Does(new AddNote(new("n-" + who.Id), "mine", "Thought of " + who.Name, NoteColour.Rose)));
        return story.And(ToStep("two"), Step.Wait(2), ToStep("four"), Step.Wait(4), ToStep("all"), ToStep("dots"))
            .And([.. Everybody.Take(4).Select(who => (Part)who.Does(new CastBallot(new("r1-1-dots"), new([0, 1, 1], null))))]);
    }
}
