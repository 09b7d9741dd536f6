using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Live;

/// <summary>
/// This node's own connections and their groups, so that whatever is told goes to them at once and does not travel to Redis and back. What other nodes must know they are told besides:
/// how long a log is (docs/decisions/0002), glimpses (<see cref="Glimpses"/>), dismissals.
/// </summary>
public sealed class NodeLines(ILogger<DefaultHubLifetimeManager<SessionHub>> log) : DefaultHubLifetimeManager<SessionHub>(log)
{
    /// <summary>Connections of one person, whether or not they have entered: a few more than may enter, for those that are dead and not yet noticed. The oldest gives way.</summary>
    private const int MostOfOne = 8;

    /// <summary>A connection that has not asked for anything by then is nobody's browser.</summary>
    private static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<string, HubConnectionContext> _connections = new();
    private readonly ConcurrentDictionary<string, ImmutableList<HubConnectionContext>> _ofOne = new();

    public int Count => _connections.Count;

    public HubConnectionContext? Find(string connection) => _connections.GetValueOrDefault(connection);

    public override Task OnConnectedAsync(HubConnectionContext connection)
    {
        _connections[connection.ConnectionId] = connection;
        var all = _ofOne.AddOrUpdate(PersonOf(connection), [connection], (_, before) => before.Add(connection));
        if (all.Count > MostOfOne)
            all[^(MostOfOne + 1)].Abort();
        _ = Asks(connection);
        return base.OnConnectedAsync(connection);
    }

    public override Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        _connections.TryRemove(connection.ConnectionId, out _);
        var person = PersonOf(connection);
        if (_ofOne.AddOrUpdate(person, [], (_, before) => before.Remove(connection)).IsEmpty)
            _ofOne.TryRemove(KeyValuePair.Create(person, ImmutableList<HubConnectionContext>.Empty));
        return base.OnDisconnectedAsync(connection);
    }

    private static async Task Asks(HubConnectionContext connection)
    {
        await Task.Delay(SilentFor, connection.ConnectionAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!connection.Items.ContainsKey(SessionHub.Line))
            connection.Abort();
    }

    private static string PersonOf(HubConnectionContext connection) => $"{connection.User.FindFirst(Access.Callers.SessionClaim)?.Value} {connection.User.FindFirst(Access.Callers.PersonClaim)?.Value}";
}
