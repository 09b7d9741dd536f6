using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

public class TablesTests
{
    private static Dictionary<string, byte[]?> Shown(params IEnumerable<(string Key, View? View)> views) => views.ToDictionary(v => v.Key, v => v.View is { } view ? WireBytes.Of(view) : null);

    private static (string Key, View? View) Person(int number, string name, string? team = null) =>
        ($"person:p{number}", new PersonView(new($"p{number}"), name, team is null ? null : new(team), Standing.In, false, number % 2 == 0));

    private static (string Key, View? View) Note(string id, string text, PersonId? author, double rank) =>
        ($"note:{id}", new NoteView(new(id), new("r1-1"), "trust", text, NoteColour.Sun, rank, author, "Ada", author is null, false, false, false, false, DateTimeOffset.UnixEpoch, null));

    private static IReadOnlyList<HeardChange> Read(byte[] packed) =>
        HeardShow.ChangesIn(JsonDocument.Parse($$"""{"packed":[{{Encoding.UTF8.GetString(packed)}}],"changes":[]}""").RootElement);

    private static void SaysTheSame(Dictionary<string, byte[]?> changes)
    {
        var read = Read(WireBytes.Pack(changes)).ToDictionary(c => c.Key, c => c.View);
        Assert.Equal(changes.Keys.Order(StringComparer.Ordinal), read.Keys.Order(StringComparer.Ordinal));
        foreach (var (key, view) in changes)
            Assert.True(JsonNode.DeepEquals(view is null ? null : JsonNode.Parse(view), read[key] is { } text ? JsonNode.Parse(text) : null), $"{key}: {read[key]}");
    }

    [Fact]
    public void Views_of_one_kind_are_read_as_they_were_whichever_members_they_have() => SaysTheSame(Shown(
        Person(1, "Ada"), Person(2, "Grüße \"🌱\"", "t1"), Person(10, "Ada", "t1"), Person(3, "Ada"), ("person:p4", null),
        Note("n1", "<b>one</b>", new("p1"), 1.5), Note("n2", "", null, -2), Note("n3", "{\"key\":null}", new("p2"), 1e21),
        ("rooms", new Rooms.RoomsView(true, new("b"), 2, null, null, null)), ("team:t1", new TeamView(new("t1"), "One")), ("team:t2", null), ("team:t3", null)));

    [Fact]
    public void Nothing_and_a_single_view_are_read_as_they_were()
    {
        SaysTheSame([]);
        SaysTheSame(Shown(Person(1, "Ada")));
        SaysTheSame(Shown(("person:p1", null)));
    }

    [Fact]
    public void A_thousand_people_of_a_roster_take_less_than_ten_bytes_each()
    {
        var packed = WireBytes.Pack(Shown(Enumerable.Range(1, 1_000).Select(i => Person(i, $"m{i}", "t0123456789ab"))));
        Assert.InRange(packed.Length, 1, 10_000);
    }
}
