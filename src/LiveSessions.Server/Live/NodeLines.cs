using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using Microsoft.Extensions.Options;

namespace LiveSessions.Server.Live;

/// <summary>
/// SignalR's Redis backplane, which carries glimpses between nodes, with a book of this node's own connections, so that what a session shows goes to them at once and
/// does not travel to Redis and back (docs/decisions/0002).
/// </summary>
public sealed class NodeLines(
    ILogger<RedisHubLifetimeManager<SessionHub>> log, IOptions<RedisOptions> options, IHubProtocolResolver protocols, IOptions<HubOptions> hub, IOptions<HubOptions<SessionHub>> own)
    : RedisHubLifetimeManager<SessionHub>(log, options, protocols, hub, own)
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
