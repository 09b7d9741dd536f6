using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Live;

/// <summary>
/// This node's own connections and their groups, so that whatever is told goes to them at once and does not travel to Redis and back. What other nodes must know they are told besides:
/// how long a log is (docs/decisions/0002), glimpses (<see cref="Glimpses"/>), dismissals.
/// </summary>
public sealed class NodeLines(ILogger<DefaultHubLifetimeManager<SessionHub>> log) : DefaultHubLifetimeManager<SessionHub>(log)
{
    private readonly ConcurrentDictionary<string, HubConnectionContext> _connections = new();

    public int Count => _connections.Count;

    public HubConnectionContext? Find(string connection) => _connections.GetValueOrDefault(connection);

    public override Task OnConnectedAsync(HubConnectionContext connection)
    {
        _connections[connection.ConnectionId] = connection;
        return base.OnConnectedAsync(connection);
    }

    public override Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        _connections.TryRemove(connection.ConnectionId, out _);
        return base.OnDisconnectedAsync(connection);
    }
}
