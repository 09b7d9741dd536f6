using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

/// <summary>Whatever a browser missed, what it asks for afterwards makes it equal to one that comes new.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class ResumeTests(LiveHouse house)
{
    [Fact]
    public async Task What_changed_since_any_position_makes_old_views_equal_to_fresh_ones_on_every_server()
    {
        var workshop = await house.Site.Workshop(people: 6);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(3), house.Second).IsIn();
        await using var eve = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();
        await workshop.Comes(4);
        var past = new List<ViewStore> { new() };
        await Workshop.OpenRooms(host);
        past.Add(ada.Read(s => s.Copy()));
        for (var i = 0; i < 4; i++)
        {
            await ben.Does(new AddNote(new($"b{i}"), "trust", $"note {i}", NoteColour.Bay));
            past.Add(ada.Read(s => s.Copy()));
            await eve.Does(new AddNote(new($"e{i}"), "trust", $"elsewhere {i}", NoteColour.Bay));
            past.Add(ada.Read(s => s.Copy()));
        }
        await ada.Does(new RenameMe("Ada B"));
        await ben.Does(new TakeBackNote(new("b1")));
        past.Add(ada.Read(s => s.Copy()));
        await host.Does(new PlacePerson(ada.Person, (await eve.Sees<MeView>("me")).Room));
        past.Add(ada.Read(s => s.Copy()));
        await host.Does(new OpenPoll(new("confidence_before"), null));
        await eve.Does(new CastBallot(new("confidence_before"), new([2], null)));
        past.Add(ada.Read(s => s.Copy()));
        await host.Does(new RemovePerson(ben.Person));
        await ada.Sees<PollView>("poll:confidence_before");
        await Eventually.True(() => ada.One<PersonView>($"person:{ben.Person}") is null, "Ben is gone");
        past.Add(ada.Read(s => s.Copy()));

        foreach (var server in house.Both)
        {
            await using var back = await new LiveClient(await workshop.Comes(1), [server]).IsIn();
            await Eventually.True(async () => (await back.Whole()).Positions["all"] >= await house.Head(workshop.Session), "the server has caught up");
            var fresh = await back.Whole();
            foreach (var (old, i) in past.Select((p, i) => (p, i)))
            {
                var told = await back.Since(old.Positions);
                // At first with a store that is taken as it is, as on a new connection, then as on one that stands.
                foreach (var isFresh in (bool[])[true, false])
                {
                    var store = old.Copy();
                    store.Take(told, isFresh);
                    Same(fresh, store, $"from {i} of {past.Count} at {string.Join(' ', old.Positions)}");
                }
            }
            // Any position at all, also ones that no browser ever held: what comes may be too much, never an error.
            for (var p = 0L; p <= fresh.Seen + 5; p += 3)
                Assert.Equal(fresh.Audiences.Order(), (await back.Since(fresh.Audiences.ToDictionary(a => a, _ => p))).Audiences.Select(a => a.Audience).Order());
        }
    }

    [Fact]
    public async Task A_position_that_the_server_does_not_remember_is_answered_with_everything()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        var old = ada.Read(s => s.Copy());
        for (var i = 0; i < 30; i++)
            await ada.Does(new RenameMe($"Ada {i}"));

        // The second server opens its desk now and knows nothing of what was told before.
        await using var back = await new LiveClient(await workshop.Comes(1), house.Second).IsIn();
        var told = await back.Since(old.Positions);
        old.Take(told, fresh: true);

        Assert.All(told.Audiences, a => Assert.True(a.Whole));
        Same(await back.Whole(), old, "from before the desk opened");
        // And a position beyond the end of the log, which only another log can have given.
        Assert.All((await back.Since(old.Positions.ToDictionary(p => p.Key, p => p.Value + 1_000))).Audiences, a => Assert.True(a.Whole));
    }

    [Fact]
    public async Task More_changes_than_are_remembered_are_answered_with_everything()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        var old = ada.Read(s => s.Copy());
        var node = house.One.Get<LiveSessionsNode>();
        for (var i = 0; i < 2_100; i++)
            await node.Act(workshop.Session, new(ada.Person, false, false), new RenameMe($"Ada {i}"), CancellationToken.None);
        var told = await ada.Since(old.Positions);
        old.Take(told, fresh: true);

        Assert.True(told.Audiences.Single(a => a.Audience == "all").Whole);
        Same(await ada.Whole(), old, "from before what is remembered");
    }

    [Fact]
    public async Task Tallies_are_told_at_their_own_pace_and_the_last_always_comes()
    {
        var workshop = await house.Site.Workshop(people: 12);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        var voters = new List<LiveClient>();
        foreach (var seat in await workshop.AllCome())
            voters.Add(await new LiveClient(seat, voters.Count % 2 == 0 ? house.First : house.Second).IsIn());
        await host.Does(new StartSession());
        await host.Does(new OpenPoll(new("live"), new("single", "Which?", ["One", "Two", "Three"], 1, ResultsLive: true)));
        await Task.WhenAll(voters.Select(v => v.Sees<PollView>("poll:live")));

        await Task.WhenAll(voters.Select((v, i) => v.Does(new CastBallot(new("live"), new([i % 3], null)))));

        foreach (var one in voters.Append(host))
        {
            var tally = await one.Sees<TallyView>("tally:live", t => t.Answered == 12);
            Assert.Equal([4, 4, 4], tally.Counts);
        }
        foreach (var voter in voters)
            await voter.DisposeAsync();
    }

    [Fact]
    public async Task A_tally_that_one_server_still_held_back_comes_from_the_next()
    {
        var workshop = await house.Site.Workshop(people: 8);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        var seats = await workshop.AllCome();
        await using var watcher = await new LiveClient(seats[0], house.First).IsIn();
        await host.Does(new StartSession());
        await host.Does(new OpenPoll(new("live"), new("single", "Which?", ["One", "Two"], 1, ResultsLive: true)));
        var voters = new List<LiveClient>();
        foreach (var seat in seats.Skip(1))
            voters.Add(await new LiveClient(seat, house.Second).IsIn());
        await Task.WhenAll(voters.Select(v => v.Sees<PollView>("poll:live")));
        foreach (var voter in voters)
            await voter.Does(new CastBallot(new("live"), new([0], null)));
        await watcher.Sees<TallyView>("tally:live", t => t.Answered == 7);
        var now = watcher.Read(s => s.Positions);

        // As a browser whose server died between an entry and its tally: it stands at the head and has not got the tally.
        await using var back = await new LiveClient(seats[0], house.Second).IsIn();
        var told = await back.Since(now);

        Assert.Contains(told.Audiences.SelectMany(a => a.Changes), c => c.Key == "tally:live" && c.View is not null);
        foreach (var voter in voters)
            await voter.DisposeAsync();
    }

    internal static void Same(ViewStore expected, ViewStore actual, string when)
    {
        var (fresh, held) = (expected.Everything(), actual.Everything());
        foreach (var (key, view) in fresh)
            Assert.True(held.TryGetValue(key, out var has) && has == view, $"{when}: {key} is {has ?? "missing"} and should be {view}");
        Assert.True(held.Count == fresh.Count, $"{when}: held beyond what there is: {string.Join(", ", held.Keys.Except(fresh.Keys))}");
    }
}
