using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

public sealed class GoRoundTests
{
    private static readonly Story round = Given(InOneRoom(practice), ToStep("a_hopes"));

    private static FloorView Floor(Story story) => story.Sees<FloorView>(story.In(Room1)[0], "floor:r1-1")!;
    private static Who Speaking(Story story) => Named(Floor(story).Speaking!.Value);
    private static Step Finishes(Story story) => Speaking(story).Does(new FinishTurn(null));

    [Fact]
    public void Everybody_is_in_line_once_and_whoever_leads_begins()
    {
        Assert.Equal(round.In(Room1).Select(w => w.Id).Order(Comparer<PersonId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))), Floor(round).Line.Select(p => p.Person).Order(Comparer<PersonId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))));
        Assert.Equal(round.Holder("facilitator"), Speaking(round));
    }

    [Fact]
    public void The_floor_goes_round_until_everybody_has_spoken()
    {
        var story = round;
        var spoken = new List<Who>();
        while (Floor(story).Speaking is not null)
        {
            spoken.Add(Speaking(story));
            story = story.And(Finishes(story));
        }
        Assert.Equal(6, spoken.Distinct().Count());
        Assert.Equal(6, spoken.Count);
        story.When(ada.Does(new FinishTurn(null))).ThenAlreadySo();
    }

    [Fact]
    public void Whoever_has_been_heard_least_comes_first()
    {
        var first = round.Holder("facilitator");
        var story = round.And(first.Does(new WriteTurn(new("t1"), first, "I have said much", TurnForm.Verbatim)));
        var again = practice with { Phases = [.. practice.Phases.Select(p => p.Id == "swap1" ? p with { Type = LiveSessions.Exercises.PhaseType.GoRound } : p)] };
        story = Given(InOneRoom(again), ToStep("a_hopes"));
        first = story.Holder("facilitator");
        story = story.And(first.Does(new WriteTurn(new("t1"), first, "I have said much", TurnForm.Verbatim)), ToStep("swap1"));
        Assert.Equal(first.Id, Floor(story).Line[^1].Person);
        Assert.Equal(1, Floor(story).Line[^1].Heard);
    }

    [Fact]
    public void Who_passes_is_not_asked_again_in_this_round()
    {
        var passing = Speaking(round);
        var story = round.And(passing.Does(new PassFloor(null, ForNow: false)));
        Assert.NotEqual(passing, Speaking(story));
        story.When(passing.Does(new PassFloor(null, false))).ThenAlreadySo();
        for (var i = 0; i < 5; i++)
            story = story.And(Finishes(story));
        Assert.Null(Floor(story).Speaking);
        Assert.Equal((passing.Id, false), (story.SeenBy(ada).Values.OfType<PassView>().Single().Person, story.SeenBy(ada).Values.OfType<PassView>().Single().ForNow));
    }

    [Fact]
    public void Who_passes_for_now_is_asked_once_more_at_the_end()
    {
        var passing = Speaking(round);
        var story = round.And(passing.Does(new PassFloor(null, ForNow: true)));
        story.When(passing.Does(new PassFloor(null, true))).ThenAlreadySo();
        for (var i = 0; i < 5; i++)
        {
            Assert.NotEqual(passing, Speaking(story));
            story = story.And(Finishes(story));
        }
        Assert.Equal(passing, Speaking(story));
        story = story.And(passing.Does(new PassFloor(null, ForNow: true)));
        Assert.Null(Floor(story).Speaking);
        Assert.Equal(FloorState.Passed, Floor(story).Line.Single(p => p.Person == passing).State);
    }

    [Fact]
    public void Whoever_leads_or_writes_passes_for_another_and_nobody_else_does()
    {
        var (leader, writer, watcher) = (round.Holder("facilitator"), round.Holder("note_taker"), round.Holder("observer"));
        round.When(leader.Does(new PassFloor(watcher, false))).Then(new FloorPassed(Room1, watcher, false));
        round.When(writer.Does(new PassFloor(watcher, true))).Then(new FloorPassed(Room1, watcher, true));
        round.When(watcher.Does(new PassFloor(writer, true))).Then(Refusal.LeaderOnly);
        round.When(writer.Does(new FinishTurn(leader))).Then(new TurnFinished(Room1, leader));
        round.When(watcher.Does(new FinishTurn(leader))).Then(Refusal.LeaderOnly);
        round.When(watcher.Does(new FinishTurn(null))).Then(Refusal.NotSpeaking);
    }

    [Fact]
    public void Whoever_leads_gives_the_floor_to_somebody_in_the_room()
    {
        var (leader, watcher) = (round.Holder("facilitator"), round.Holder("observer"));
        round.When(leader.Does(new GiveFloor(Room1, watcher))).Then(after => Assert.Equal(watcher, Speaking(after)));
        round.When(leader.Does(new GiveFloor(Room1, leader))).ThenAlreadySo();
        round.When(leader.Does(new GiveFloor(Room1, host))).Then(Refusal.NotInRoom);
        round.When(watcher.Does(new GiveFloor(Room1, watcher))).Then(Refusal.LeaderOnly);
    }

    [Fact]
    public void Who_leaves_the_room_leaves_the_line_and_the_next_speaks()
    {
        var (speaker, next) = (Speaking(round), Named(Floor(round).Line[1].Person));
        var story = round.And(host.Does(new LiveSessions.Rooms.PlacePerson(speaker, RoomId.Plenary)));
        Assert.Equal(next.Id, story.Sees<FloorView>(next, "floor:r1-1")!.Speaking);
        Assert.Equal(5, story.Sees<FloorView>(next, "floor:r1-1")!.Line.Count);
    }
}
