using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using Microsoft.AspNetCore.SignalR;
using StackExchange.Redis;

namespace LiveSessions.Server.Live;

/// <summary>Glimpses on their way: to this node's own lines at once, to the other nodes besides, and not to Redis at all while this node is alone.</summary>
public sealed class Glimpses(IConnectionMultiplexer redis, NodeRoster roster, IHubContext<SessionHub> hub)
{
    /// <summary>To everybody else in the group. A glimpse that gets lost is lost.</summary>
    public async Task Tell(IHubCallerClients clients, string group, Glimpsed glimpsed, CancellationToken ct)
    {
        await clients.OthersInGroup(group).SendAsync(nameof(Glimpsed), glimpsed, ct);
        if (roster.OthersAlive)
            await redis.GetSubscriber().PublishAsync(Keys.Glimpses, $"{roster.Node}|{group}|{JsonSerializer.Serialize(glimpsed, Json.Options)}", CommandFlags.FireAndForget);
    }

    /// <summary>Passes on what other nodes tell until what is returned is disposed.</summary>
    public async Task<IAsyncDisposable> Listen(CancellationToken ct)
    {
        var queue = await redis.GetSubscriber().SubscribeAsync(Keys.Glimpses).Within(ct);
        queue.OnMessage(message =>
            message.Message.ToString().Split('|', 3) is [var node, var group, var told] && node != roster.Node && JsonSerializer.Deserialize<Glimpsed>(told, Json.Options) is { } glimpsed
                ? hub.Clients.Group(group).SendAsync(nameof(Glimpsed), glimpsed)
                : Task.CompletedTask);
        return new Listening(queue);
    }

    private sealed class Listening(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await queue.UnsubscribeAsync(CommandFlags.FireAndForget);
    }
}
