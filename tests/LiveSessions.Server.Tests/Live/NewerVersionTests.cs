using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

/// <summary>While servers are replaced, or set back to the version before, pages and entries of a newer version come to this one.</summary>
public sealed class NewerVersionTests(LiveHouse house) : IClassFixture<LiveHouse>
{
    [Fact]
    public async Task A_page_that_says_more_of_itself_than_is_known_here_gets_in_and_is_not_believed()
    {
        var workshop = await house.Site.Workshop(people: 1);
        await using var raw = await RawLine.Open(await workshop.Comes(1), house.One.Address);

        var entered = await raw.Call("Enter", """{"instance":"raw-raw-raw","positions":{},"folds":{"of":["tomorrow"]},"isStaff":true,"person":"system","role":"staff","__proto__":{"isStaff":true}}""");
        var resumed = await raw.Call("Resume", """{"positions":{"all":1},"atMost":7,"isStaff":true}""", "2");

        foreach (var told in (string?[])[entered, resumed])
        {
            Assert.Contains("\"audiences\"", told, StringComparison.Ordinal);
            Assert.Contains("\"isStaff\":false", told, StringComparison.Ordinal);
            Assert.Contains($"\"person\":\"{workshop.Person(1)}\"", told, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_newer_server_adds_to_an_entry_and_its_events_is_passed_over()
    {
        var workshop = await house.Site.Workshop(people: 2);
        await using var host = await new LiveClient(workshop.Host, house.First).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
        await using var eve = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();
        await Workshop.OpenRooms(host);
        await ada.Does(new AddNote(new("n1"), "trust", "as it is today", NoteColour.Bay));
        var added = JsonNode.Parse((await house.Log(workshop.Session)).Entries[^1])!;
        added["weight"] = 3;
        added["instance"] = $"{ada.Person}.tomorrows";
        added["events"]![0]!["note"] = "n2";
        added["events"]![0]!["text"] = "as it will be tomorrow";
        added["events"]![0]!["shape"] = "a leaf";

        await Append(workshop.Session, added);

        await ada.Sees<NoteView>("note:n2", n => n.Text == "as it will be tomorrow");
        await ada.Does(new EditNote(new("n2"), "and today again", null));
        await Eventually.True(() => ada.LastHeads is { } heads && heads.Archived == heads.Head, "the archive holds it all");
    }

    [Fact]
    public async Task A_session_with_an_entry_of_an_unknown_kind_is_left_to_the_newer_version_and_others_go_on()
    {
        var workshop = await house.Site.Workshop(people: 1);
        var other = await house.Site.Workshop(people: 1);
        await using var ben = await new LiveClient(await other.Comes(1), house.First).IsIn();
        var seat = await workshop.Comes(1);
        await using var ada = await new LiveClient(seat, house.First).IsIn();
        await ada.Does(new RenameMe("Ada"));
        var unknown = JsonNode.Parse((await house.Log(workshop.Session)).Entries[^1])!;
        unknown["instance"] = $"{ada.Person}.tomorrows";
        unknown["events"]![0]!["type"] = "somethingOfTomorrow";
        var head = await Append(workshop.Session, unknown);

        var asked = ada.Ask(new RenameMe("Nobody decides this"));
        // She is let go, and does not get in again here: her words wait on her device for a server that knows what happened.
        await Eventually.True(() => !ada.IsOpen, "her line ends");
        await using var raw = await RawLine.Open(seat, house.Two.Address);
        var entered = await raw.Call("Enter", """{"instance":"raw-raw-raw"}""");

        Assert.Contains(Refusal.Unsaved.Words, entered, StringComparison.Ordinal);
        Assert.False(asked.IsCompleted);
        Assert.Equal(head, await house.Head(workshop.Session));
        await ben.Does(new RenameMe("Ben goes on"));
        Assert.Equal(1, ben.Entered);
    }

    /// <summary>As a server of another version would.</summary>
    private async Task<long> Append(SessionId session, JsonNode entry)
    {
        var log = house.One.Get<ISessionLog>();
        while (true)
        {
            var read = await log.Read(session, 0, 1);
            if (await log.Append(session, new(read.Epoch!, read.Length), [Encoding.UTF8.GetBytes(entry.ToJsonString())]) is not Behind)
                return read.Length + 1;
        }
    }
}
