using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using StackExchange.Redis;

namespace LiveSessions.Server.Live;

/// <summary>
/// How nodes tell each other that a person's lines are over. Each node closes its own. A lost message leaves a line that hears what it heard before; it cannot be made again, and a
/// person whom the session itself removed loses every line with that entry of the log.
/// </summary>
public sealed class Dismissals(IConnectionMultiplexer redis, NodeRoster roster)
{
    public async Task Announce(SessionId session, PersonId person, Dismissed why, CancellationToken ct)
    {
        if (roster.OthersAlive)
            await redis.GetSubscriber().PublishAsync(Keys.Dismissals, $"{roster.Node}|{session}|{person}|{JsonSerializer.Serialize(why, Json.Options)}").Within(ct);
    }

    /// <summary>Hears what other nodes tell until what is returned is disposed.</summary>
    public async Task<IAsyncDisposable> Listen(Action<SessionId, PersonId, Dismissed> heard, CancellationToken ct)
    {
        var queue = await redis.GetSubscriber().SubscribeAsync(Keys.Dismissals).Within(ct);
        queue.OnMessage(message =>
        {
            if (message.Message.ToString().Split('|', 4) is [var node, var session, var person, var why]
                && node != roster.Node && Id.IsWellFormed(session) && Id.IsWellFormed(person) && JsonSerializer.Deserialize<Dismissed>(why, Json.Options) is { } dismissed)
                heard(new(session), new(person), dismissed);
        });
        return new Listening(queue);
    }

    private sealed class Listening(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await queue.UnsubscribeAsync(CommandFlags.FireAndForget);
    }
}
