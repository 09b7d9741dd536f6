using System.Collections.Concurrent;
using System.Collections.Immutable;
using LiveSessions.Server.Access;
using LiveSessions.Server.Redis;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.AspNetCore.SignalR.StackExchangeRedis;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace LiveSessions.Server.Live;

/// <summary>
/// This node's own connections and their groups, over SignalR's Redis backplane. What is told to a group goes to this node's own members at once and does not travel to Redis and
/// back; the backplane carries it to the other nodes besides, and nothing at all while this node is alone (docs/decisions/0002): it learns of a connection once another node is there.
/// </summary>
public sealed class NodeLines : RedisHubLifetimeManager<SessionHub>
{
    /// <summary>Connections of one person, whether or not they have entered: a few more than may enter, for those that are dead and not yet noticed. The oldest gives way.</summary>
    private const int MostOfOne = 8;

    /// <summary>A connection that has not asked for anything by then is nobody's browser.</summary>
    private static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(15);

    private readonly ConcurrentDictionary<string, HubConnectionContext> _connections = new();
    private readonly ConcurrentDictionary<(string? Session, string? Person), ImmutableArray<HubConnectionContext>> _ofOne = [];

    /// <summary>Connections that an account's sign-in opened.</summary>
    private readonly ConcurrentDictionary<string, HubConnectionContext> _signedIn = new();

    /// <summary>Connections that have not yet asked for anything, and since when.</summary>
    private readonly ConcurrentDictionary<string, long> _silent = new();
    private readonly ConcurrentDictionary<string, ImmutableHashSet<string>> _groups = new();
    private readonly ConcurrentDictionary<string, Task> _writing = new();

    /// <summary>Connections that the backplane knows of.</summary>
    private readonly ConcurrentDictionary<string, Lazy<Task>> _joined = new();
    private readonly NodeRoster _roster;
    private readonly TimeProvider _time;

    public NodeLines(
        NodeRoster roster, TimeProvider time, ILogger<RedisHubLifetimeManager<SessionHub>> log, IOptions<RedisOptions> options, IHubProtocolResolver protocols, IOptions<HubOptions> hub, IOptions<HubOptions<SessionHub>> own)
        : base(log, options, protocols, hub, own)
    {
        _roster = roster;
        _time = time;
        roster.OtherCame += () => _ = JoinAll();
    }

    public int Count => _connections.Count;

    public HubConnectionContext? Find(string connection) => _connections.GetValueOrDefault(connection);

    /// <summary>All connections of this node, entered or not.</summary>
    public ICollection<HubConnectionContext> All => _connections.Values;

    /// <summary>Those of them that an account's sign-in opened.</summary>
    public ICollection<HubConnectionContext> SignedIn => _signedIn.Values;

    public override Task OnConnectedAsync(HubConnectionContext connection)
    {
        _connections[connection.ConnectionId] = connection;
        if (connection.User.HasClaim(claim => claim.Type == Callers.AccountClaim))
            _signedIn[connection.ConnectionId] = connection;
        var all = _ofOne.AddOrUpdate(connection.User.Seated(), [connection], (_, before) => before.Add(connection));
        if (all.Length > MostOfOne)
            all[^(MostOfOne + 1)].Abort();
        _silent[connection.ConnectionId] = _time.GetTimestamp();
        // Nobody waits for it here: whoever is let into a room's group does.
        if (_roster.OthersAlive)
            _ = Join(connection);
        return Task.CompletedTask;
    }

    /// <summary>Tells the backplane of a connection and its groups.</summary>
    private Task Join(HubConnectionContext connection) => _joined.GetOrAdd(connection.ConnectionId, _ => new(() => Told(connection))).Value;

    private async Task Told(HubConnectionContext connection)
    {
        try
        {
            await base.OnConnectedAsync(connection);
            foreach (var (group, members) in _groups)
                if (members.Contains(connection.ConnectionId))
                    await base.AddToGroupAsync(connection.ConnectionId, group);
            if (!_connections.ContainsKey(connection.ConnectionId))
                await base.OnDisconnectedAsync(connection);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            // It hears no glimpses from other nodes until it is told again; everything else goes another way.
            _joined.TryRemove(connection.ConnectionId, out _);
            LiveMeter.Server.LostGlimpses.Add(1);
            await Forgotten(connection);
        }
    }

    /// <summary>The backplane may have got half-way.</summary>
    private async Task Forgotten(HubConnectionContext connection)
    {
        try
        {
            await base.OnDisconnectedAsync(connection);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or InvalidOperationException or ObjectDisposedException)
        {
            // It is off its list; what is left in Redis ends with the connection to it.
        }
    }

    private async Task JoinAll()
    {
        foreach (var connection in _connections.Values)
            await Join(connection);
    }

    public override Task OnDisconnectedAsync(HubConnectionContext connection)
    {
        _connections.TryRemove(connection.ConnectionId, out _);
        _signedIn.TryRemove(connection.ConnectionId, out _);
        _silent.TryRemove(connection.ConnectionId, out _);
        _writing.TryRemove(connection.ConnectionId, out _);
        foreach (var (group, members) in _groups)
            if (members.Contains(connection.ConnectionId))
                Leaves(connection.ConnectionId, group);
        var person = connection.User.Seated();
        var left = _ofOne.AddOrUpdate(person, [], (_, before) => before.Remove(connection));
        if (left.IsEmpty)
            _ofOne.TryRemove(KeyValuePair.Create(person, left));
        // The socket is closed once this returns. Somebody who is let go because Redis does not answer must not wait for Redis to hear of it.
        if (_joined.TryRemove(connection.ConnectionId, out var joined))
            _ = Left(connection, joined.Value);
        return Task.CompletedTask;
    }

    private async Task Left(HubConnectionContext connection, Task joined)
    {
        await joined;
        await Forgotten(connection);
    }

    public override async Task AddToGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default)
    {
        if (!_connections.TryGetValue(connectionId, out var connection))
            return;
        _groups.AddOrUpdate(groupName, [connectionId], (_, before) => before.Add(connectionId));
        if (_roster.OthersAlive)
            await Join(connection);
        if (_joined.ContainsKey(connectionId))
            await base.AddToGroupAsync(connectionId, groupName, cancellationToken);
    }

    public override async Task RemoveFromGroupAsync(string connectionId, string groupName, CancellationToken cancellationToken = default)
    {
        Leaves(connectionId, groupName);
        if (_joined.TryGetValue(connectionId, out var joined))
        {
            await joined.Value;
            await base.RemoveFromGroupAsync(connectionId, groupName, cancellationToken);
        }
    }

    /// <summary>
    /// To this node's members now, to the others' when there are others. Only glimpses go this way, and a glimpse may be lost: nobody waits for a member who reads slowly, or for Redis,
    /// because the sender's next command would stand behind it.
    /// </summary>
    public override Task SendGroupExceptAsync(string groupName, string methodName, object?[] args, IReadOnlyList<string> excludedConnectionIds, CancellationToken cancellationToken = default)
    {
        var here = _groups.GetValueOrDefault(groupName, []);
        var message = new SerializedHubMessage(new InvocationMessage(methodName, args));
        foreach (var member in here)
        {
            if (excludedConnectionIds.Contains(member) || Find(member) is not { } connection || _writing.TryGetValue(member, out var before) && !before.IsCompleted)
                continue;
            var write = connection.WriteAsync(message, CancellationToken.None);
            if (!write.IsCompletedSuccessfully)
                _writing[member] = write.AsTask();
        }
        if (_roster.OthersAlive)
            _ = TellOthers(groupName, methodName, args, [.. here.Union(excludedConnectionIds)]);
        return Task.CompletedTask;
    }

    private async Task TellOthers(string group, string method, object?[] args, IReadOnlyList<string> except)
    {
        try
        {
            await base.SendGroupExceptAsync(group, method, args, except);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            LiveMeter.Server.LostGlimpses.Add(1);
        }
    }

    private void Leaves(string connection, string group)
    {
        // By the very set that is there: an empty one that came of taking the last away is not the one empty set.
        if (_groups.AddOrUpdate(group, [], (_, before) => before.Remove(connection)) is { IsEmpty: true } left)
            _groups.TryRemove(KeyValuePair.Create(group, left));
    }

    /// <summary>It has asked for something.</summary>
    internal void Asked(string connection) => _silent.TryRemove(connection, out _);

    /// <summary>Lets those go who have opened a socket and asked for nothing. Once a second.</summary>
    internal void LetTheSilentGo()
    {
        foreach (var (connection, since) in _silent)
            if (_time.GetElapsedTime(since) > SilentFor)
                Find(connection)?.Abort();
    }
}
