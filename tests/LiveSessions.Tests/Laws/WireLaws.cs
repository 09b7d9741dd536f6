using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSessions.Log;
using LiveSessions.Tests.Stories;

namespace LiveSessions.Tests.Laws;

/// <summary>What a browser may send: it is read whole or not at all, so that no rule meets a missing value.</summary>
public sealed class WireLaws
{
    /// <summary>One well-formed command of each kind that a storm makes.</summary>
    private static readonly Lazy<IReadOnlyList<Command>> Examples = new(() =>
        [.. Enumerable.Range(0, 200).SelectMany(i => Storm.Of(new(i % 10, 6, false, [.. Enumerable.Range(0, 60).Select(n => (ulong)(i * 1_000 + n) * 0x9E3779B97F4A7C15)])))
            .Select(g => g.Command).Where(c => c is not LiveSessions.Sessions.CreateSession).GroupBy(c => c.GetType()).SelectMany(g => g.Take(5))]);

    public static TheoryData<string> Commands => [.. Examples.Value.Select(c => JsonSerializer.Serialize(c, Json.Options)).Where(j => !j.Contains("\\uFFFD", StringComparison.Ordinal))];

    [Theory, MemberData(nameof(Commands))]
    public void A_command_reads_back_as_it_was_written(string written) =>
        Assert.Equal(written, JsonSerializer.Serialize(JsonSerializer.Deserialize<Command>(written, Json.Options), Json.Options));

    [Theory, MemberData(nameof(Commands))]
    public void A_command_with_a_part_missing_or_null_is_not_read_or_is_answered(string written)
    {
        var story = Story.Given(World.InOneRoom(World.practice));
        foreach (var spoiled in Spoiled(JsonNode.Parse(written)!))
        {
            Command? command;
            try
            {
                command = JsonSerializer.Deserialize<Command>(spoiled, Json.Options);
            }
            catch (JsonException)
            {
                continue;
            }
            catch (NotSupportedException)
            {
                // No command has this name.
                continue;
            }
            foreach (var by in (PersonId[])[World.ada, World.host])
            {
                var decision = story.Session.Decide(new(by, false, false), CommandMark.None, command!, story.Now, 5);
                if (decision is Decision.Accepted accepted)
                    Pictures.All(story.Session.Evolve(new(story.Now, by, null, 0, accepted.Events)));
            }
        }
    }

    [Fact]
    public void A_member_that_no_command_has_is_refused() =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Command>("""{"type":"leaveRoom","asStaff":true}""", Json.Options));

    [Theory, InlineData(""), InlineData("a b"), InlineData("ä"), InlineData("a/b"), InlineData("12345678901234567890123456789012345678901")]
    public void An_id_that_is_no_id_is_refused(string id) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Command>($$"""{"type":"closePoll","poll":"{{id}}"}""", Json.Options));

    private static IEnumerable<string> Spoiled(JsonNode whole)
    {
        foreach (var (name, _) in whole.AsObject().ToList())
        {
            var without = whole.DeepClone().AsObject();
            without.Remove(name);
            yield return without.ToJsonString();
            var withNull = whole.DeepClone().AsObject();
            withNull[name] = null;
            yield return withNull.ToJsonString();
            if (whole[name] is JsonObject inner)
                foreach (var part in Spoiled(inner))
                {
                    var with = whole.DeepClone().AsObject();
                    with[name] = JsonNode.Parse(part);
                    yield return with.ToJsonString();
                }
            if (whole[name] is JsonArray)
            {
                var withNullInside = whole.DeepClone().AsObject();
                withNullInside[name] = new JsonArray((JsonNode?)null);
                yield return withNullInside.ToJsonString();
            }
        }
    }
}
