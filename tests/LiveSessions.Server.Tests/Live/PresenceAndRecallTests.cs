using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

[Collection(InTheLiveHouse.Name)]
public sealed class PresenceAndRecallTests(LiveHouse house)
{
    [Fact]
    public async Task Whoever_asks_a_server_what_time_it_is_hears_redis()
    {
        foreach (var node in (LiveNode[])[house.One, house.Two])
        {
            Assert.Same(node.Get<SharedClock>(), node.Get<TimeProvider>());
            await Eventually.True(() => node.Get<SharedClock>().IsRead, "the clock is read");
        }
    }

    [Fact]
    public async Task A_session_at_rest_is_told_less_often_how_long_it_is_and_at_once_when_something_happens()
    {
        var workshop = await house.Site.Workshop(people: 1);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await Eventually.True(() => Heads().TakeLast(4).Distinct().Count() == 1 && Heads().Count >= 4, "it has said the same four times");

        var before = Heads().Count;
        await Task.Delay(TimeSpan.FromSeconds(11));
        var atRest = Heads().Count - before;
        Assert.InRange(atRest, 2, 4);

        var position = await ada.Does(new RenameMe("Ada Again"));
        await Eventually.True(() => Heads().Count(h => h.Head >= position) >= 4, "it is told four times", seconds: 8);

        List<Heads> Heads() => [.. ada.Heard.Where(h => h.Method == "Heads").Select(h => h.Body.Deserialize<Heads>(Json.Options)! with { Now = default })];
    }

    [Fact]
    public async Task Somebody_is_here_at_once_and_away_only_after_the_grace()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        var ben = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();
        var seen = await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Here, seconds: 5);

        var left = DateTimeOffset.UtcNow;
        await ben.DisposeAsync();
        await ada.Sees<PersonView>($"person:{seen.Person}", p => !p.Here, seconds: 25);

        var away = (await house.Entries(workshop.Session)).Single(e => e.Events is [PersonWentAway went] && went.Person == seen.Person);
        Assert.True(away.At - left >= Attendance.Grace - TimeSpan.FromMilliseconds(200), $"away after {away.At - left}");
    }

    [Fact]
    public async Task Whoever_leaves_leaves_nothing_in_any_list_of_the_server_nor_do_the_rooms_they_were_in()
    {
        await using var node = await LiveNode.Start(house.Settings());
        var workshop = await house.Site.Workshop(people: 4, teams: 2);
        var (host, people) = await workshop.InRooms(node.Address);
        await people[0].Glimpse(new("typing", null, null, null));
        var held = HeldLists.Of(node.Get<NodeLines>());
        Assert.Equal((5, 5), (held["connections"], held["of one person"]));
        // Two rooms, and the plenary with the host.
        await Eventually.True(() => HeldLists.Of(node.Get<NodeLines>())["groups"] == 3, "each room has its group");

        foreach (var one in people.Append(host))
            await one.DisposeAsync();

        await Eventually.True(() => HeldLists.Of(node.Get<NodeLines>()).Values.All(count => count == 0), "nothing is held of anybody");
    }

    [Fact]
    public async Task A_short_drop_disturbs_nobody_also_when_the_way_back_leads_to_another_server()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), house.Both).IsIn();
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Here);
        for (var drop = 2; drop <= 4; drop++)
        {
            await ben.Drop();
            await Eventually.True(() => ben.Entered == drop, "Ben is back");
        }
        // Past the grace of every drop.
        await Task.Delay(Attendance.Grace + TimeSpan.FromSeconds(1));

        Assert.DoesNotContain(await house.Entries(workshop.Session), e => e.Events.Any(x => x is PersonWentAway));
        Assert.True(ada.One<PersonView>($"person:{ben.Person}")!.Here);
    }

    [Fact]
    public async Task A_recall_brings_everyone_back_when_the_server_that_began_it_is_killed_and_no_other_holds_the_session()
    {
        var workshop = await house.Site.Workshop(people: 4);
        await using var third = await ServerNode.Start(house.Settings());
        await using var host = await new LiveClient(workshop.Host, third.Address).IsIn();
        var seats = await workshop.AllCome();
        await Workshop.OpenRooms(host);
        await host.Does(new RecallEveryone(Limits.RecallSeconds));
        var recall = (await host.Sees<RoomsView>("rooms", r => r.RecallEndsAt is not null)).RecallEndsAt!.Value;

        await third.Kill();
        await host.DisposeAsync();

        await Eventually.True(async () => (await house.Entries(workshop.Session)).Any(e => e.Events.Any(x => x is RoomsClosed)), "the rooms are closed", 60);
        var closed = (await house.Entries(workshop.Session)).Single(e => e.Events.Any(x => x is RoomsClosed));
        Assert.True(closed.At >= recall, "nobody is pulled out early");
        await using var ada = await new LiveClient(seats[0], house.Second).IsIn();
        var me = await ada.Sees<MeView>("me");
        Assert.Equal(RoomId.Plenary, me.Room);
        Assert.NotNull(me.LastRoom);
    }

    [Fact]
    public async Task A_recall_that_is_cancelled_leaves_people_in_their_rooms()
    {
        var workshop = await house.Site.Workshop(people: 4);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.Second).IsIn();
        await workshop.AllCome();
        await Workshop.OpenRooms(host);
        Assert.Equal("refused", (await host.Ask(new RecallEveryone(Limits.RecallSeconds - 1))).Kind);
        await host.Does(new RecallEveryone(Limits.RecallSeconds));
        await ada.Sees<RoomsView>("rooms", r => r.RecallEndsAt is not null);
        await host.Does(new CancelRecall());
        await ada.Sees<RoomsView>("rooms", r => r.RecallEndsAt is null);

        Assert.Equal("alreadySo", (await house.Two.Get<ILiveSessions>().Act(workshop.Session, Actor.System, new CloseRooms(), CancellationToken.None)).Kind);
        Assert.NotEqual(RoomId.Plenary, ada.One<MeView>("me")!.Room);
    }
}
