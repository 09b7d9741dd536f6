using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSessions.Log;
using LiveSessions.Rehearsal;

namespace LiveSessions.Simulation;

/// <summary>What a tab's store was told, in order, and what it made of it, so that another store can be told the same.</summary>
internal sealed class Tape(string name)
{
    private readonly JsonArray _told = [];

    public void Show(Show show, Taken taken) => _told.Add(new JsonObject { ["show"] = Node(show), ["taken"] = taken.ToString().ToLowerInvariant() });

    public void Snapshot(Snapshot snapshot, bool fresh) => _told.Add(new JsonObject { ["snapshot"] = Node(snapshot), ["fresh"] = fresh });

    /// <summary>The tape, and what the store holds after it.</summary>
    public string Written(Store store) => new JsonObject
    {
        ["name"] = name,
        ["told"] = _told,
        ["positions"] = new JsonObject(store.Positions.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
        ["hasHole"] = store.HasHole,
        ["held"] = new JsonObject(store.Everything().Select(a => KeyValuePair.Create(a.Key, (JsonNode?)new JsonObject(a.Value.Select(v => KeyValuePair.Create(v.Key, Node(v.Value))))))),
    }.ToJsonString();

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, Json.Options);
}
