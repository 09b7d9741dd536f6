using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSessions.Log;

namespace LiveSessions.Server.Tests.Live;

/// <summary>A changed view as it came, in the bytes it came in; null is a removal.</summary>
internal readonly record struct HeardChange(string Key, string? View);

internal sealed record HeardShow(string Audience, long After, long UpTo, IReadOnlyList<HeardChange> Changes)
{
    public static HeardShow Of(JsonElement message) => new(
        message.GetProperty("audience").GetString()!, message.GetProperty("after").GetInt64(), message.GetProperty("upTo").GetInt64(), ChangesIn(message));

    /// <summary>Of a show, or of an audience in a snapshot: what is packed, then what is plain.</summary>
    internal static IReadOnlyList<HeardChange> ChangesIn(JsonElement told) => [.. Unpacked(told), .. ChangesOf(told.GetProperty("changes"))];

    private static IEnumerable<HeardChange> Unpacked(JsonElement told)
    {
        if (!told.TryGetProperty("packed", out var packed))
            yield break;
        foreach (var part in packed.EnumerateArray())
        {
            using var plain = JsonDocument.Parse(new DeflateStream(new MemoryStream(part.GetBytesFromBase64()), CompressionMode.Decompress));
            foreach (var one in plain.RootElement.EnumerateArray())
                foreach (var change in one.TryGetProperty("ids", out var ids) ? Rows(one, ids) : [ChangeOf(one)])
                    yield return change;
        }
    }

    private static IEnumerable<HeardChange> Rows(JsonElement table, JsonElement ids)
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
            yield return new($"{table.GetProperty("kind").GetString()}:{ids[row].GetString()}", view.ToJsonString());
        }
    }

    private static IReadOnlyList<HeardChange> ChangesOf(JsonElement changes) =>
        [.. changes.EnumerateArray().Select(ChangeOf)];

    private static HeardChange ChangeOf(JsonElement c) => new(c.GetProperty("key").GetString()!, c.TryGetProperty("view", out var view) && view.ValueKind != JsonValueKind.Null ? view.GetRawText() : null);
}

internal sealed record HeardAudience(string Audience, long UpTo, bool Whole, IReadOnlyList<HeardChange> Changes);

internal sealed record HeardSnapshot(SessionId Session, PersonId Person, bool IsStaff, long Head, long Archived, IReadOnlyList<HeardAudience> Audiences)
{
    public static HeardSnapshot Of(JsonElement message) => new(
        new(message.GetProperty("session").GetString()!), new(message.GetProperty("person").GetString()!), message.GetProperty("isStaff").GetBoolean(),
        message.GetProperty("head").GetInt64(), message.GetProperty("archived").GetInt64(),
        [.. message.GetProperty("audiences").EnumerateArray().Select(a => new HeardAudience(
            a.GetProperty("audience").GetString()!, a.GetProperty("upTo").GetInt64(), a.GetProperty("whole").GetBoolean(), HeardShow.ChangesIn(a)))]);
}

/// <summary>The browser's store of views, with the rules of <c>wwwroot/app/live/store.svelte.ts</c>. Not safe for several threads.</summary>
internal sealed class ViewStore
{
    private readonly Dictionary<string, (long UpTo, Dictionary<string, string> Views)> _audiences = [];
    private List<HeardShow> _early = [];

    public IReadOnlyDictionary<string, long> Positions => _audiences.ToDictionary(a => a.Key, a => a.Value.UpTo);
    public IReadOnlyCollection<string> Audiences => [.. _audiences.Keys];
    public long Seen => _audiences.Count == 0 ? 0 : _audiences.Max(a => a.Value.UpTo);
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Views => _audiences.ToDictionary(a => a.Key, a => (IReadOnlyDictionary<string, string>)new Dictionary<string, string>(a.Value.Views));
    public bool HasHole => _early.Count > 0;

    public static ViewStore Of(HeardSnapshot snapshot)
    {
        var store = new ViewStore();
        store.Take(snapshot, fresh: true);
        return store;
    }

    public ViewStore Copy()
    {
        var copy = new ViewStore { _early = [.. _early] };
        foreach (var (name, held) in _audiences)
            copy._audiences[name] = (held.UpTo, new(held.Views));
        return copy;
    }

    public string? Raw(string key) => _audiences.Values.Select(a => a.Views.GetValueOrDefault(key)).FirstOrDefault(v => v is not null);

    public T? One<T>(string key) where T : View => Raw(key) is { } raw ? JsonSerializer.Deserialize<View>(raw, Json.Options) as T : null;

    public IReadOnlyList<T> All<T>() where T : View =>
        [.. _audiences.Values.SelectMany(a => a.Views.Values).Select(v => JsonSerializer.Deserialize<View>(v, Json.Options)).OfType<T>()];

    /// <summary>Everything held, in a form in which the order of members does not matter: views of two nodes may differ in that alone.</summary>
    public IReadOnlyDictionary<string, string> Everything() =>
        _audiences.SelectMany(a => a.Value.Views.Select(v => KeyValuePair.Create($"{a.Key} {v.Key}", Sorted(v.Value)))).OrderBy(v => v.Key, StringComparer.Ordinal).ToDictionary();

    public void Take(HeardShow show)
    {
        if (!_audiences.TryGetValue(show.Audience, out var held) || show.After > held.UpTo)
        {
            _early.Add(show);
            return;
        }
        // Equal is applied: tallies follow at their own pace, without a new entry.
        if (show.UpTo < held.UpTo)
            return;
        Apply(held.Views, show.Changes);
        _audiences[show.Audience] = (show.UpTo, held.Views);
        Retry();
    }

    /// <param name="snapshot">Everything one holds, told again.</param>
    /// <param name="fresh">The first answer on a connection is taken as it is; later ones never take an audience back behind where it stands.</param>
    public void Take(HeardSnapshot snapshot, bool fresh)
    {
        var listed = snapshot.Audiences.Select(a => a.Audience).ToHashSet();
        foreach (var gone in _audiences.Keys.Where(a => !listed.Contains(a)).ToList())
            _audiences.Remove(gone);
        foreach (var told in snapshot.Audiences)
        {
            var isHeld = _audiences.TryGetValue(told.Audience, out var held);
            if (isHeld && told.UpTo < held.UpTo && !fresh)
                continue;
            var views = isHeld && !told.Whole ? held.Views : [];
            Apply(views, told.Changes);
            _audiences[told.Audience] = (told.UpTo, views);
        }
        _early.RemoveAll(e => !listed.Contains(e.Audience));
        Retry();
    }

    private void Retry()
    {
        var waiting = _early.OrderBy(e => e.After).ToList();
        _early = [];
        foreach (var show in waiting)
            Take(show);
    }

    private static void Apply(Dictionary<string, string> views, IReadOnlyList<HeardChange> changes)
    {
        foreach (var (key, view) in changes)
            if (view is null)
                views.Remove(key);
            else
                views[key] = view;
    }

    private static string Sorted(string json)
    {
        return Sort(JsonNode.Parse(json))!.ToJsonString();

        static JsonNode? Sort(JsonNode? node) => node switch
        {
            JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sort(p.Value)))),
            JsonArray a => new JsonArray([.. a.Select(Sort)]),
            null => null,
            _ => node.DeepClone(),
        };
    }
}
