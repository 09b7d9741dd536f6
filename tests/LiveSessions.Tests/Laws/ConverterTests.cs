using System.Text.Json;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Rooms;

namespace LiveSessions.Tests.Laws;

/// <summary>The two shapes that are read member by member: a call around its command, an entry around its events.</summary>
public sealed class ConverterTests
{
    private const string Command = """{"type":"editNote","note":"n1","text":"Words"}""";
    private const string Event = """{"type":"noteEdited","note":"n1","by":"ada","text":"Words"}""";

    [Theory]
    [InlineData($$"""{"instance":"inst-0001","number":7,"command":{{Command}}}""")]
    [InlineData($$"""{"command":{{Command}},"number":7,"instance":"inst-0001"}""")]
    [InlineData($$"""{"instance":"other","instance":"inst\u002d0001","number":1,"number":7,"command":{{Command}}}""")]
    [InlineData("""{"instance":"inst-0001","number":7,"command":{"note":"n1","text":"Words","type":"editNote"}}""")]
    public void A_call_is_read_in_any_order_and_the_last_of_two_members_counts(string json) =>
        Assert.Equal(new Act("inst-0001", 7, new EditNote(new("n1"), "Words", null)), Read<Act>(json));

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"Act\"")]
    [InlineData("{}")]
    [InlineData($$"""{"number":7,"command":{{Command}}}""")]
    [InlineData($$"""{"instance":"inst-0001","command":{{Command}}}""")]
    [InlineData("""{"instance":"inst-0001","number":7}""")]
    [InlineData($$"""{"instance":null,"number":7,"command":{{Command}}}""")]
    [InlineData($$"""{"instance":1,"number":7,"command":{{Command}}}""")]
    [InlineData($$"""{"instance":"\ud800","number":7,"command":{{Command}}}""")]
    [InlineData($$"""{"instance":"inst-0001","number":null,"command":{{Command}}}""")]
    [InlineData($$"""{"instance":"inst-0001","number":"7","command":{{Command}}}""")]
    [InlineData($$"""{"instance":"inst-0001","number":7.5,"command":{{Command}}}""")]
    [InlineData($$"""{"instance":"inst-0001","number":9223372036854775808,"command":{{Command}}}""")]
    [InlineData("""{"instance":"inst-0001","number":7,"command":null}""")]
    [InlineData("""{"instance":"inst-0001","number":7,"command":[]}""")]
    [InlineData("""{"instance":"inst-0001","number":7,"command":{"type":"nothingOfThisName"}}""")]
    [InlineData("""{"instance":"inst-0001","number":7,"command":{"type":"leaveRoom","asStaff":true}}""")]
    [InlineData($$"""{"instance":"inst-0001","number":7,"command":{{Command}},"asStaff":true}""")]
    public void A_call_that_is_none_is_refused(string json) => Assert.True(Record.Exception(() => Assert.NotNull(Read<Act>(json))) is JsonException or Xunit.Sdk.NotNullException);

    [Fact]
    public void A_call_is_as_deep_as_any_message_may_be()
    {
        var deep = string.Concat(Enumerable.Repeat("{\"a\":", 20)) + "1" + new string('}', 20);
        Assert.Throws<JsonException>(() => Read<Act>("""{"instance":"inst-0001","number":7,"command":{"type":"editNote","note":""" + deep + "}}"));
    }

    [Fact]
    public void An_entry_is_written_as_it_always_was()
    {
        var entry = new LogEntry(new(2026, 3, 2, 18, 30, 0, 250, TimeSpan.Zero), new("ada"), "ada.inst-0001", 7, [new NoteEdited(new("n1"), new("ada"), "Words", null)]);
        var written = JsonSerializer.Serialize(entry, Json.Options);
        Assert.Equal($$"""{"at":"2026-03-02T18:30:00.25+00:00","by":"ada","instance":"ada.inst-0001","number":7,"events":[{{Event}}]}""", written);
        Assert.Equal(written, JsonSerializer.Serialize(Read<LogEntry>(written), Json.Options));
        Assert.Equal("""{"at":"2026-03-02T18:30:00.25+00:00","by":"system","number":0,"events":[{"type":"roomsClosed"}]}""",
            JsonSerializer.Serialize(new LogEntry(entry.At, PersonId.System, null, 0, [new RoomsClosed()]), Json.Options));
    }

    [Theory]
    [InlineData($$"""{"of":{"later":[1,2,{}]},"at":"2026-03-02T18:30:00+00:00","by":"ada","number":7,"events":[{{Event}}],"more":null}""")]
    [InlineData($$"""{"events":[{{Event}}],"instance":null,"number":7,"by":"ada","at":"2026-03-02T18:30:00Z"}""")]
    public void What_a_newer_version_says_of_an_entry_is_passed_over(string json)
    {
        var entry = Read<LogEntry>(json)!;
        Assert.Equal((new DateTimeOffset(2026, 3, 2, 18, 30, 0, TimeSpan.Zero), new PersonId("ada"), null, 7), (entry.At, entry.By, entry.Instance, entry.Number));
        Assert.Equal([new NoteEdited(new("n1"), new("ada"), "Words", null)], entry.Events);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData($$"""{"by":"ada","number":7,"events":[{{Event}}]}""")]
    [InlineData($$"""{"at":"yesterday","by":"ada","number":7,"events":[{{Event}}]}""")]
    [InlineData($$"""{"at":"2026-03-02T18:30:00Z","number":7,"events":[{{Event}}]}""")]
    [InlineData($$"""{"at":"2026-03-02T18:30:00Z","by":"a b","number":7,"events":[{{Event}}]}""")]
    [InlineData("""{"at":"2026-03-02T18:30:00Z","by":"ada","number":7}""")]
    [InlineData("""{"at":"2026-03-02T18:30:00Z","by":"ada","number":7,"events":null}""")]
    [InlineData("""{"at":"2026-03-02T18:30:00Z","by":"ada","number":7,"events":[null]}""")]
    [InlineData("""{"at":"2026-03-02T18:30:00Z","by":"ada","number":7,"events":[{"type":"somethingNew"}]}""")]
    public void An_entry_that_is_none_is_not_read(string json) => Assert.Throws<JsonException>(() => Read<LogEntry>(json));

    private static T? Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Json.Options);
}
