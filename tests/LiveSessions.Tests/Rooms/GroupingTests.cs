using CsCheck;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Rooms;

/// <summary>Who sits with whom.</summary>
public sealed class GroupingTests
{
    private static readonly Dictionary<TeamId, string> noNames = [];

    private static readonly Gen<List<PersonFacts>> people =
        Gen.Int[0, 6].List[2, 60].Select(teams => teams.Select((team, i) => new PersonFacts(new("p" + i), "P" + i, team == 0 ? null : new TeamId("t" + team), false, true, true, Consent.Named)).ToList());

    private static IReadOnlyList<PlacedRoom> Make(GroupingRule rule, int size, long seed, IReadOnlyList<PersonFacts> people) => Grouping.Make(rule, size, seed, people, 1, noNames);

    [Fact]
    public void Random_rooms_hold_everybody_once_and_nobody_alone_and_differ_by_one_at_most() => Gen.Select(people, Gen.Int[2, 12], Gen.Long).Sample((all, size, seed) =>
    {
        var rooms = Make(GroupingRule.Random, size, seed, all);
        Assert.Equal(all.Select(p => p.Person.Value).Order(), rooms.SelectMany(r => r.Members).Select(m => m.Value).Order());
        var sizes = rooms.Select(r => r.Members.Count).ToList();
        Assert.True(sizes.Min() >= 2, "somebody sits alone");
        Assert.True(sizes.Max() - sizes.Min() <= 1, "rooms are not balanced");
    }, iter: 200);

    [Fact]
    public void Random_rooms_keep_team_mates_apart_as_long_as_there_are_rooms() => Gen.Select(people, Gen.Int[2, 8], Gen.Long).Sample((all, size, seed) =>
    {
        var rooms = Make(GroupingRule.Random, size, seed, all);
        foreach (var team in all.Where(p => p.Team is not null).GroupBy(p => p.Team))
        {
            var most = rooms.Max(r => r.Members.Count(m => team.Any(p => p.Person == m)));
            Assert.Equal((team.Count() + rooms.Count - 1) / rooms.Count, most);
        }
    }, iter: 200);

    [Fact]
    public void The_same_seed_and_people_in_any_order_give_the_same_rooms() => Gen.Select(people, Gen.Long, Gen.ULong).Sample((all, seed, other) =>
    {
        var mixed = all.ToList();
        new Chance(other).Shuffle(mixed);
        // The people come sorted by id, as the session gives them; the shuffle must not depend on more than the seed.
        Assert.Equal(
            Make(GroupingRule.Random, 4, seed, all).Select(r => string.Join(' ', r.Members)),
            Make(GroupingRule.Random, 4, seed, mixed).Select(r => string.Join(' ', r.Members)));
    }, iter: 100);

    [Fact]
    public void Another_seed_gives_other_rooms()
    {
        var all = Enumerable.Range(0, 24).Select(i => new PersonFacts(new("p" + i), "P", null, false, true, true, Consent.Named)).ToList();
        Assert.Equal(10, Enumerable.Range(0, 10).Select(seed => string.Join(';', Make(GroupingRule.Random, 4, seed, all).Select(r => string.Join(' ', r.Members)))).Distinct().Count());
    }

    [Fact]
    public void Home_rooms_hold_everybody_once_and_nobody_alone_and_keep_teams_together() => people.Sample(all =>
    {
        var rooms = Make(GroupingRule.HomeTeams, 4, 1, all);
        Assert.Equal(all.Select(p => p.Person.Value).Order(), rooms.SelectMany(r => r.Members).Select(m => m.Value).Order());
        Assert.DoesNotContain(rooms, r => r.Members.Count < 2);
        foreach (var team in all.Where(p => p.Team is not null).GroupBy(p => p.Team).Where(t => t.Count() > 1))
            Assert.Single(rooms, r => team.All(p => r.Members.Contains(p.Person)));
    }, iter: 200);

    [Fact]
    public void Every_team_has_its_room_named_after_it() =>
        Given(Running(practice)).When(host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 6, 1))).Then(new GroupingProposed(GroupingRule.HomeTeams, 6, 1,
        [
            new(Room1, "Alpine", [ada, ben]), new(Room2, "Butte", [caz, dov]), new(Room3, "Colusa", [eve, fay]),
        ]));

    [Fact]
    public void Whoever_has_no_team_mate_shares_a_mixed_table() =>
        Assert.Equal(["Alpine", "Butte", "Colusa", "Mixed table"], Given(Running(practice, 8)).When(host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 6, 1))).Happened<GroupingProposed>().Rooms.Select(r => r.Name));

    [Fact]
    public void A_single_one_without_a_team_joins_the_smallest_room() =>
        Assert.Equal([3, 2, 2], Given(Running(practice, 7)).When(host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 6, 1))).Happened<GroupingProposed>().Rooms.Select(r => r.Members.Count));

    [Fact]
    public void Two_people_are_needed_to_group()
    {
        Given(Running(practice, 1)).When(host.Does(new ProposeGrouping(GroupingRule.Random, 4, 1))).Then(Refusal.NobodyToGroup);
        Given(Running(practice, 0)).When(host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 4, 1))).Then(Refusal.NobodyToGroup);
    }

    [Theory, InlineData(1), InlineData(0), InlineData(151), InlineData(int.MinValue)]
    public void A_room_has_two_to_a_hundred_and_fifty_places(int size) => Given(Running(practice)).When(host.Does(new ProposeGrouping(GroupingRule.Random, size, 1))).Then(Refusal.BadNumber);

    [Fact]
    public void A_rule_that_is_none_is_refused() => Given(Running(practice)).When(host.Does(new ProposeGrouping((GroupingRule)9, 4, 1))).Then(Refusal.BadNumber);

    [Fact]
    public void More_than_a_thousand_rooms_are_too_many()
    {
        var joined = Enumerable.Range(0, 2_002).Select(i => (Event)new PersonJoined(new("p" + i), "P", new TeamId("t" + i / 2), Consent.Named, false, false)).ToArray();
        Given(Made(practice)).AndHappened(joined).When(host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 4, 1))).Then(Refusal.TooMany);
        Given(Made(practice)).AndHappened(joined).When(host.Does(new ProposeGrouping(GroupingRule.Random, 2, 1))).Then(story => Assert.Equal(1_000, story.Session.House.Proposal!.Rooms.Count));
    }

    [Fact]
    public void Groups_are_the_facilitators_to_make_and_to_see()
    {
        var story = Given(Running(practice));
        story.When(ada.Does(new ProposeGrouping(GroupingRule.Random, 4, 1))).Then(Refusal.FacilitatorOnly);
        story = story.And(host.Does(new ProposeGrouping(GroupingRule.Random, 4, 1)));
        Assert.Null(story.Sees<GroupingView>(ada, "grouping"));
        Assert.NotNull(story.Sees<GroupingView>(cleo, "grouping"));
    }

    [Fact]
    public void A_person_is_put_into_another_room_of_the_preview_and_out_of_it()
    {
        var story = Given(Running(practice), host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 6, 1)));
        story.When(host.Does(new PlacePerson(ada, Room1))).ThenAlreadySo();
        story.When(host.Does(new PlacePerson(ada, new("r9-9")))).Then(Refusal.NotThere);
        story.When(host.Does(new PlacePerson(host, Room1))).Then(Refusal.NotThere);
        story = story.And(host.Does(new PlacePerson(ada, Room3)), host.Does(new PlacePerson(caz, RoomId.Plenary)));
        var view = story.Sees<GroupingView>(host, "grouping")!;
        Assert.Equal([[ben], [dov], [eve, fay, ada]], view.Rooms.Select(r => r.Members.Select(Named).ToArray()));
        Assert.Equal([caz.Id], view.NotPlaced);
    }

    [Fact]
    public void Nobody_is_placed_before_there_are_groups() => Given(Running(practice)).When(host.Does(new PlacePerson(ada, Room1))).Then(Refusal.NoGrouping);
}
