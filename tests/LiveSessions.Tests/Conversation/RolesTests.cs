using CsCheck;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation;

/// <summary>Who leads, who writes, who watches, and how that passes on.</summary>
public sealed class RolesTests
{
    private static readonly Part room = InOneRoom(practice);

    [Fact]
    public void Each_role_has_one_holder_in_the_exercise_s_order() =>
        Assert.Equal(["facilitator", "note_taker", "observer", "reader", "timekeeper"], Given(room).Sees<RolesView>(ada, "roles:r1-1")!.Holders.Keys.Order());

    [Fact]
    public void Whoever_is_connected_gets_a_role_before_whoever_is_not()
    {
        var story = Given(Running(practice), system.Does(new LiveSessions.Sessions.MarkAway(ada)), system.Does(new LiveSessions.Sessions.MarkAway(ben)), host.Does(new ProposeGrouping(GroupingRule.Random, 6, 7)), host.Does(new OpenRooms(rooms, null)));
        var holders = story.Session.Talks[Room1].Holders;
        Assert.DoesNotContain(holders[Roles.Leader], (PersonId[])[ada, ben]);
        Assert.DoesNotContain(holders[Roles.NoteTaker], (PersonId[])[ada, ben]);
    }

    [Fact]
    public void The_watcher_leads_the_leader_writes_the_writer_becomes_a_resident_a_resident_watches()
    {
        var before = Given(room, ToStep("a_hopes"));
        var after = before.And(ToStep("swap1"));
        Assert.Equal(before.Holder("observer"), after.Holder("facilitator"));
        Assert.Equal(before.Holder("facilitator"), after.Holder("note_taker"));
        Assert.DoesNotContain(before.Holder("note_taker").Id, after.Session.Talks[Room1].Holders.Values);
        Assert.DoesNotContain(after.Holder("observer"), (Who[])[before.Holder("facilitator"), before.Holder("note_taker"), before.Holder("observer")]);
    }

    [Fact]
    public void The_room_sees_who_is_next_before_roles_change()
    {
        var story = Given(room, ToStep("a_hopes"));
        var next = story.Sees<RolesView>(ada, "roles:r1-1")!.Next!;
        Assert.Equal(next.OrderBy(n => n.Key), story.And(ToStep("swap1")).Sees<RolesView>(ada, "roles:r1-1")!.Holders.OrderBy(n => n.Key));
        Assert.Null(story.And(ToStep("c_action")).Sees<RolesView>(ada, "roles:r1-1")!.Next);
    }

    [Theory, InlineData(3), InlineData(4), InlineData(5), InlineData(6), InlineData(7), InlineData(8)]
    public void Nobody_writes_three_times_while_another_never_does(int people)
    {
        var story = Given(InOneRoom(practice, people));
        var (leaders, writers) = (new List<Who> { story.Holder("facilitator") }, new List<Who> { story.Holder("note_taker") });
        foreach (var step in (string[])["roles", "a_hopes", "swap1", "b_concerns", "swap2", "c_action"])
        {
            story = story.And(ToStep(step));
            if (!step.StartsWith("swap", StringComparison.Ordinal))
                continue;
            leaders.Add(story.Holder("facilitator"));
            writers.Add(story.Holder("note_taker"));
        }
        Assert.Equal(3, leaders.Distinct().Count());
        Assert.Equal(3, writers.Distinct().Count());
    }

    [Fact]
    public void In_any_room_over_any_many_changes_the_burden_of_writing_is_shared() => Gen.Select(Gen.Int[2, 8], Gen.Int[1, 30]).Sample((people, changes) =>
    {
        var members = Everybody.Take(people).Select(w => w.Id).ToList();
        var held = new Dictionary<(string, PersonId), int>();
        IReadOnlyDictionary<string, PersonId> now = Roles.First(practice, members);
        Count();
        for (var i = 0; i < changes; i++)
        {
            now = Roles.Next(practice, now, members, (role, person) => held.GetValueOrDefault((role, person)));
            Assert.True(now.ContainsKey(Roles.Leader), "nobody leads");
            Assert.Equal(now.Count, now.Values.Distinct().Count());
            Assert.All(now.Values, holder => Assert.Contains(holder, members));
            Count();
        }
        var writing = members.Select(m => held.GetValueOrDefault((Roles.NoteTaker, m))).ToList();
        Assert.False(writing.Max() >= 3 && writing.Min() == 0, $"written: {string.Join(' ', writing)}");

        void Count()
        {
            foreach (var (role, person) in now)
                held[(role, person)] = held.GetValueOrDefault((role, person)) + 1;
        }
    }, iter: 200);

    [Fact]
    public void Rotation_goes_on_when_holders_have_left()
    {
        var story = Given(room, ToStep("a_hopes"));
        story = story.And(host.Does(new LiveSessions.Sessions.RemovePerson(story.Holder("observer"))), host.Does(new PlacePerson(story.Holder("facilitator"), RoomId.Plenary)), ToStep("swap1"));
        Assert.Equal(3, ((string[])["facilitator", "note_taker", "observer"]).Select(r => story.Holder(r)).Distinct().Count());
        Assert.All(story.Session.Talks[Room1].Holders.Values, holder => Assert.Contains(holder, story.Session.House.Rooms[Room1].Members));
    }

    [Fact]
    public void A_free_role_is_taken_by_oneself_and_given_back()
    {
        var story = Given(room, host.Does(new GiveRole(Room1, "timekeeper", null)));
        var resident = story.In(Room1).First(w => !story.Session.Talks[Room1].Holders.ContainsValue(w));
        story.When(resident.Does(new GiveRole(Room1, "timekeeper", resident))).Then(after =>
        {
            Assert.Equal(resident, after.Holder("timekeeper"));
            after.When(resident.Does(new GiveRole(Room1, "timekeeper", resident))).ThenAlreadySo();
            after.When(resident.Does(new GiveRole(Room1, "timekeeper", null))).Then(freed => Assert.False(freed.Session.Talks[Room1].Holders.ContainsKey("timekeeper")));
        });
    }

    [Fact]
    public void Whoever_leads_gives_any_role_and_others_do_not_take_what_is_held()
    {
        var story = Given(room);
        var (leader, writer) = (story.Holder("facilitator"), story.Holder("note_taker"));
        var resident = story.In(Room1).First(w => !story.Session.Talks[Room1].Holders.ContainsValue(w));
        story.When(resident.Does(new GiveRole(Room1, "note_taker", resident))).Then(Refusal.LeaderOnly);
        story.When(resident.Does(new GiveRole(Room1, "observer", writer))).Then(Refusal.LeaderOnly);
        story.When(leader.Does(new GiveRole(Room1, "note_taker", resident))).Then(after => Assert.Equal(resident, after.Holder("note_taker")));
        story.When(leader.Does(new GiveRole(Room1, "king", resident))).Then(Refusal.NoSuchRole);
        story.When(leader.Does(new GiveRole(Room1, "observer", host))).Then(Refusal.NotInRoom);
        story.When(leader.Does(new GiveRole(new("r7-7"), "observer", leader))).Then(Refusal.NoConversation);
    }

    [Fact]
    public void Nobody_gives_roles_in_another_room() => Given(InHomeRooms(practice)).When(ada.Does(new GiveRole(Room2, "observer", caz))).Then(Refusal.NotThere);

    [Fact]
    public void The_role_of_somebody_who_went_away_may_be_taken()
    {
        var story = Given(room);
        var resident = story.In(Room1).First(w => !story.Session.Talks[Room1].Holders.ContainsValue(w));
        story = story.And(system.Does(new LiveSessions.Sessions.MarkAway(story.Holder("facilitator"))));
        story.When(resident.Does(new GiveRole(Room1, "facilitator", resident))).Then(after => Assert.Equal(resident, after.Holder("facilitator")));
    }

    [Fact]
    public void Whoever_watches_fills_in_the_list_about_whoever_leads_now()
    {
        var story = Given(room, ToStep("a_hopes"));
        var (watcher, leader) = (story.Holder("observer"), story.Holder("facilitator"));
        story.When(watcher.Does(new MarkObserved(1, true))).Then(new ObservedMarked(Room1, "a_hopes", leader, watcher, 1, true));
        story.When(leader.Does(new MarkObserved(1, true))).Then(Refusal.ObserverOnly);
        story.When(watcher.Does(new MarkObserved(7, true))).Then(Refusal.NotAChoice);
        story.When(watcher.Does(new MarkObserved(-1, true))).Then(Refusal.NotAChoice);
        story.When(watcher.Does(new MarkObserved(1, false))).ThenAlreadySo();
        var seen = story.And(watcher.Does(new MarkObserved(1, true)), watcher.Does(new MarkObserved(4, true)), watcher.Does(new MarkObserved(1, false)));
        Assert.Equal([4], seen.Sees<RolesView>(ada, "roles:r1-1")!.Observed);
        Assert.Empty(seen.And(ToStep("swap1")).Sees<RolesView>(ada, "roles:r1-1")!.Observed);
    }
}
