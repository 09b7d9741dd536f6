using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

/// <summary>Coming in, asking and being shown, on two servers.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class EnterActShowTests(LiveHouse house)
{
    [Fact]
    public async Task A_note_reaches_the_room_on_both_servers_and_nobody_else()
    {
        var workshop = await house.Site.Workshop(people: 4);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(3), house.Second).IsIn();
        await using var eve = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();
        await using var fay = await new LiveClient(await workshop.Comes(4), house.First).IsIn();
        await Workshop.OpenRooms(host);
        await ben.Sees<MeView>("me", me => me.Room != RoomId.Plenary);

        var position = await ada.Does(new AddNote(new("n1"), "aspirations", "A lit <b onclick=\"x()\">window</b> at <u>nine</u>", NoteColour.Sun));

        await ada.Sees<NoteView>("note:n1", n => n.Text == "A lit <b>window</b> at nine");
        await ben.Sees<NoteView>("note:n1", n => n.Author == ada.Person);
        await host.Sees<WatchView>($"watch:{ada.One<MeView>("me")!.Room}", w => w.Notes == 1);
        var after = await fay.Does(new RenameMe("Fay"));
        await eve.Sees<PersonView>($"person:{fay.Person}", p => p.Name == "Fay");
        Assert.True(after > position);
        Assert.All([eve, fay], outsider => Assert.DoesNotContain(outsider.Heard, m => m.Body.GetRawText().Contains("note:n1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_refusal_says_why_and_leaves_log_and_views_alone()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Here);
        await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Here);
        var head = await house.Head(workshop.Session);
        var views = (Ada: ada.Read(s => s.Everything()), Ben: ben.Read(s => s.Everything()));

        foreach (var (command, why) in new (Command, Refusal)[]
        {
            (new StartSession(), Refusal.FacilitatorOnly),
            (new AddNote(new("n1"), "aspirations", "words", NoteColour.Sun), Refusal.NoConversation),
            (new CastBallot(new("none"), new([0], null)), Refusal.NotThere),
            (new RenameMe("   "), Refusal.BadName),
            (new MarkAway(ben.Person), Refusal.ServerOnly),
            (new JoinAsStaff(ada.Person, "Ada", true), Refusal.ServerOnly),
        })
        {
            var answer = await ada.Ask(command);
            Assert.Equal("refused", answer.Kind);
            Assert.False(string.IsNullOrWhiteSpace(answer.Words));
            if (command is not CastBallot)
                Assert.Equal((why.Key, why.Words), (answer.Reason, answer.Words));
        }

        Assert.Equal(head, await house.Head(workshop.Session));
        Assert.Equal(views.Ada, ada.Read(s => s.Everything()));
        Assert.Equal(views.Ben, ben.Read(s => s.Everything()));
    }

    [Fact]
    public async Task A_command_sent_again_on_another_socket_of_another_server_is_already_so_at_the_same_position()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.Both).IsIn();
        var position = await ada.Does(new RenameMe("Ada the First"));
        await ada.Does(new RenameMe("Ada the Second"));
        var head = await house.Head(workshop.Session);

        await ada.Drop();
        await Eventually.True(() => ada.Entered == 2 && ada.IsOpen, "the client is on the other server");
        var again = await ada.Call<Answer>("Act", new Act(ada.Instance, 1, new RenameMe("Ada the First")));
        // What a resend says does not matter either: the mark is what counts.
        var other = await ada.Call<Answer>("Act", new Act(ada.Instance, 1, new RenameMe("Somebody else")));

        Assert.Equal(Answer.AlreadySo(position), again);
        Assert.Equal(Answer.AlreadySo(position), other);
        Assert.Equal("Ada the Second", (await ada.Sees<MeView>("me")).Name);
        Assert.Single(await house.Entries(workshop.Session), e => e.Instance == $"{ada.Person}.{ada.Instance}" && e.Number == 1);
        Assert.True(await house.Head(workshop.Session) - head <= 2, "nothing but presence may have been added");
    }

    [Fact]
    public async Task A_server_that_has_not_yet_heard_what_another_stored_refuses_nothing_that_is_right()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.Second).IsIn();
        await host.Does(new StartSession());
        for (var i = 0; i < 20; i++)
        {
            await host.Does(new OpenPoll(new($"poll{i}"), new("single", "Which?", ["One", "Two"], 1, true)));
            await ada.Does(new CastBallot(new($"poll{i}"), new([0], null)));
            await host.Does(new ClosePoll(new($"poll{i}")));
            Assert.Equal(Refusal.PollIsClosed.Key, (await ada.Ask(new CastBallot(new($"poll{i}"), new([1], null)))).Reason);
        }
    }

    [Fact]
    public async Task Two_people_cannot_use_each_others_marks()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), house.First).IsIn();
        await ada.Does(new RenameMe("Ada"));

        var answer = await ben.Call<Answer>("Act", new Act(ada.Instance, 1, new RenameMe("Ben")));

        Assert.Equal("accepted", answer.Kind);
        await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben");
    }

    [Fact]
    public async Task Whoever_is_placed_elsewhere_gets_the_new_room_whole_and_hears_no_more_of_the_old()
    {
        var workshop = await house.Site.Workshop(people: 4);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.Second).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(3), house.First).IsIn();
        await using var eve = await new LiveClient(await workshop.Comes(2), house.First).IsIn();
        await using var fay = await new LiveClient(await workshop.Comes(4), house.First).IsIn();
        await Workshop.OpenRooms(host);
        var old = (await ada.Sees<MeView>("me", me => me.Room != RoomId.Plenary)).Room;
        var other = (await eve.Sees<MeView>("me", me => me.Room != RoomId.Plenary)).Room;
        Assert.NotEqual(old, other);
        await ben.Does(new AddNote(new("old1"), "trust", "in the old room", NoteColour.Sun));
        await eve.Does(new AddNote(new("new1"), "trust", "in the new room", NoteColour.Sun));
        await ada.Sees<NoteView>("note:old1");

        await host.Does(new PlacePerson(ada.Person, other));
        await ada.Sees<NoteView>("note:new1");
        await ada.Sees<RoomView>($"room:{other}", r => r.Members.Contains(ada.Person));
        var moved = ada.Heard.Count;
        await ben.Does(new AddNote(new("old2"), "trust", "after she left", NoteColour.Sun));
        await eve.Does(new AddNote(new("new2"), "trust", "after she came", NoteColour.Sun));
        await ada.Sees<NoteView>("note:new2");

        Assert.Contains(ada.Heard, m => m.Method == "Moved");
        Assert.Equal(["all", $"person:{ada.Person}", $"room:{other}"], ada.Read(s => s.Audiences).Order());
        Assert.Null(ada.One<NoteView>("note:old1"));
        Assert.DoesNotContain(ada.Heard.Skip(moved), m => m.Body.GetRawText().Contains("old2", StringComparison.Ordinal));
        await Eventually.True(async () => (await ada.Whole()).Everything().SequenceEqual(ada.Read(s => s.Everything())), "Ada holds what a newcomer sees");
    }

    [Fact]
    public async Task People_in_the_lobby_hear_the_lobby_and_themselves_until_they_are_let_in()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var guest = await new LiveClient(await workshop.KnocksAs("Gil Guest"), house.Second).IsIn();

        Assert.Equal(["lobby", $"person:{guest.Person}"], guest.Read(s => s.Audiences).Order());
        Assert.Equal(Refusal.NotAdmitted.Key, (await guest.Ask(new Conversation.RaiseHand())).Reason);
        await host.Sees<PersonView>($"person:{guest.Person}", p => p.Standing == Standing.Waiting);
        await ada.Does(new RenameMe("Ada Again"));
        await host.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada Again");
        Assert.Null(ada.One<PersonView>($"person:{guest.Person}"));
        Assert.DoesNotContain(guest.Heard, m => m.Method != "Heads" && m.Body.GetRawText().Contains("Ada Again", StringComparison.Ordinal));

        await host.Does(new AdmitPeople([guest.Person]));

        await guest.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada Again");
        await ada.Sees<PersonView>($"person:{guest.Person}");
        Assert.Equal(["all", $"person:{guest.Person}"], guest.Read(s => s.Audiences).Order());
    }

    [Fact]
    public async Task Whoever_is_removed_loses_every_line_on_every_server_and_cannot_come_in_again()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        var seat = await workshop.Comes(1);
        await using var here = await new LiveClient(seat, house.First).IsIn();
        await using var there = await new LiveClient(seat, house.Second).IsIn();
        await using var raw = await RawLine.Open(seat, house.Two.Address);
        await raw.Enter();

        await host.Does(new RemovePerson(here.Person));

        await Eventually.True(() => here.Dismissal?.Why == "removed" && there.Dismissal?.Why == "removed", "both windows are told");
        await Eventually.True(() => raw.IsClosed, "the socket is closed by the server also when the other end does not");
        // The session lets them in no more from the moment of the removal; their seat is taken away right after it.
        await Eventually.True(async () =>
        {
            try
            {
                await using var again = await RawLine.Open(seat, house.One.Address);
                Assert.Contains("error", await again.Call("Enter", """{"instance":"raw-raw-raw"}"""), StringComparison.Ordinal);
                // More than some sockets a second and the door says that it is too often.
                await Task.Delay(250);
                return false;
            }
            catch (System.Net.WebSockets.WebSocketException refused)
            {
                Assert.Contains("401", refused.Message, StringComparison.Ordinal);
                return true;
            }
        }, "the seat is taken away");
        await host.Sees<PersonView>($"person:{host.Person}");
        Assert.Null(host.One<PersonView>($"person:{here.Person}"));
    }

    [Fact]
    public async Task A_fourth_window_of_one_person_takes_the_place_of_the_first()
    {
        var workshop = await house.Site.Workshop(people: 1);
        var seat = await workshop.Comes(1);
        await using var first = await new LiveClient(seat, house.First).IsIn();
        await using var second = await new LiveClient(seat, house.First).IsIn();
        await using var third = await new LiveClient(seat, house.First).IsIn();
        await using var fourth = await new LiveClient(seat, house.First).IsIn();

        await Eventually.True(() => first.Dismissal?.Why == "replaced", "the first window is told");
        Assert.All([second, third, fourth], c => Assert.Null(c.Dismissal));
    }

    [Fact]
    public async Task Glimpses_reach_the_others_in_the_room_on_both_servers_and_nobody_else()
    {
        var workshop = await house.Site.Workshop(people: 6);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(3), house.Second).IsIn();
        await using var cid = await new LiveClient(await workshop.Comes(5), house.First).IsIn();
        await using var eve = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();
        await using var fay = await new LiveClient(await workshop.Comes(4), house.First).IsIn();
        await Workshop.OpenRooms(host);
        await Task.WhenAll(((LiveClient[])[ada, ben, cid, eve, fay]).Select(c => c.Sees<MeView>("me", me => me.Room != RoomId.Plenary)));

        // Groups of glimpses are changed just after a move is told, so the first may be lost, as any may.
        await Eventually.True(async () =>
        {
            await ada.Glimpse(new("drag", new("n1"), 0.25, 0.5));
            await Task.Delay(150);
            return ben.Heard.Any(IsGlimpse) && cid.Heard.Any(IsGlimpse);
        }, "both room-mates glimpse it");
        await ada.Glimpse(new("nonsense", null, null, null));
        await ada.Glimpse(new("pointer", null, 7, 0));
        await ada.Does(new RenameMe("Ada"));
        await eve.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada");

        Assert.All(ben.Heard.Concat(cid.Heard).Where(IsGlimpse), m => Assert.Equal($$$"""{"person":"{{{ada.Person}}}","glimpse":{"kind":"drag","note":"n1","x":0.25,"y":0.5}}""", m.Body.GetRawText()));
        Assert.DoesNotContain(ada.Heard.Concat(eve.Heard).Concat(fay.Heard).Concat(host.Heard), IsGlimpse);

    }

    [Fact]
    public async Task Whoever_came_while_a_server_was_alone_glimpses_those_of_a_server_that_comes_later()
    {
        await using var redis = await RedisServer.Start();
        using var directory = new ScratchDirectory();
        var settings = new NodeSettings(Directory.CreateDirectory(Path.Combine(directory.Path, "one")).FullName, redis.ConnectionString, $"Data Source={Path.Combine(directory.Path, "archive.db")}");
        await using var one = await LiveNode.Start(settings);
        using var site = await Site.SetUp(one.Address, await one.SetUpPath());
        var workshop = await site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), one.Address).IsIn();
        await using var two = await LiveNode.Start(new(Directory.CreateDirectory(Path.Combine(directory.Path, "two")).FullName, redis.ConnectionString, settings.Archive));
        await using var ben = await new LiveClient(await workshop.Comes(2), two.Address).IsIn();

        await Eventually.True(async () =>
        {
            await ada.Glimpse(new("pointer", null, 0.25, 0.5));
            await ben.Glimpse(new("pointer", null, 0.75, 0.5));
            await Task.Delay(150);
            return ada.Heard.Any(IsGlimpse) && ben.Heard.Any(IsGlimpse);
        }, "each glimpses the other");
    }

    private static bool IsGlimpse((string Method, System.Text.Json.JsonElement) m) => m.Method == "Glimpsed";

    [Fact]
    public async Task A_person_dismissed_on_one_server_loses_the_socket_on_the_other()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var ada = await new LiveClient(await workshop.Comes(1), house.Second).IsIn();
        await using var raw = await RawLine.Open(await workshop.Comes(1), house.Two.Address);
        await raw.Enter();
        await using var ben = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();

        await house.One.Get<Server.Live.ILiveSessions>().Dismiss(workshop.Session, ada.Person, new("removed", "No longer here."), CancellationToken.None);

        await Eventually.True(() => ada.Dismissal is { Words: "No longer here." }, "the client is told");
        await Eventually.True(() => raw.IsClosed, "the socket is closed by the server");
        await ben.Does(new RenameMe("Ben"));
        Assert.Null(ben.Dismissal);
    }
}
