using System.Collections.Concurrent;
using System.Collections.Immutable;
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
