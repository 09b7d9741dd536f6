using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSessions.Log;

namespace LiveSessions.Rehearsal;

/// <summary>Packed changes as plain ones, in the order in which they count; as a browser reads them.</summary>
internal static class Unpack
{
    public static Show Plain(this Show show) => show.Packed is { } packed ? show with { Packed = null, Changes = [.. packed.SelectMany(Changes), .. show.Changes] } : show;

    public static Snapshot Plain(this Snapshot snapshot) => snapshot.Audiences.All(a => a.Packed is null) ? snapshot : snapshot with
    {
        Audiences = [.. snapshot.Audiences.Select(a => a.Packed is { } packed ? a with { Packed = null, Changes = [.. packed.SelectMany(Changes), .. a.Changes] } : a)],
    };

    private static IEnumerable<Change> Changes(string packed)
    {
        using var plain = new DeflateStream(new MemoryStream(Convert.FromBase64String(packed)), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<JsonElement[]>(plain)!.SelectMany(one => one.TryGetProperty("ids", out var ids) ? Rows(one, ids) : [Change(one)]).ToList();
    }

    private static Change Change(JsonElement change) => change.Deserialize<Change>(Json.Options)!;

    /// <summary>The views of a table (docs/protocol.md).</summary>
    private static IEnumerable<Change> Rows(JsonElement table, JsonElement ids)
    {
        for (var row = 0; row < ids.GetArrayLength(); row++)
        {
            var view = new JsonObject();
            foreach (var column in table.GetProperty("columns").EnumerateObject())
            {
                var count = column.Value.GetArrayLength();
                var value = count == 0 ? ids[row] : column.Value[Math.Min(row, count - 1)];
                if (value.ValueKind != JsonValueKind.Null)
                    view[column.Name] = JsonNode.Parse(value.GetRawText());
            }
            yield return new($"{table.GetProperty("kind").GetString()}:{ids[row].GetString()}", view.Deserialize<View>(Json.Options));
        }
    }
}
