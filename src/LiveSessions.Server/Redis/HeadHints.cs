using System.Globalization;
using LiveSessions.Log;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>A node says how long a session's log is now. A hint, not a fact: it may be lost, doubled or late; the log itself says what stands.</summary>
public readonly record struct HeadHint(string Node, SessionId Session, string Epoch, long Length);

/// <summary>How nodes tell each other that a log has grown. Nothing is sent while a node is alone.</summary>
public sealed class HeadHints(IConnectionMultiplexer redis, NodeRoster roster, ILogger<HeadHints> log)
{
    /// <summary>Whether this node knows that no other lives.</summary>
    public bool IsAlone => !roster.OthersAlive;

    /// <summary>Tells the other nodes, if any. Never fails: a lost hint is made good by the next.</summary>
    public async Task Announce(SessionId session, string epoch, long length)
    {
        if (!roster.OthersAlive)
            return;
        try
        {
            await redis.GetSubscriber().PublishAsync(Keys.Heads, string.Create(CultureInfo.InvariantCulture, $"{roster.Node}|{session}|{length}|{epoch}")).Within();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            log.HintLost(e);
        }
    }

    /// <summary>
    /// Hears what the other nodes tell, one hint after the other, until what is returned is disposed, and greets them so that they tell at once.
    /// Outlives a lost connection.
    /// </summary>
    public async Task<IAsyncDisposable> Listen(Action<HeadHint> heard, CancellationToken ct = default)
    {
        var queue = await redis.GetSubscriber().SubscribeAsync(Keys.Heads).Within(ct);
        queue.OnMessage(message =>
        {
            if (Parse(message.Message.ToString()) is not { } hint)
                log.HintUnreadable();
            else if (hint.Node != roster.Node)
                try
                {
                    heard(hint);
                }
                catch (Exception e)
                {
                    log.HintFailed(e);
                }
        });
        await roster.Greet(ct);
        return new Listening(queue);
    }

    private static HeadHint? Parse(string message) =>
        message.Split('|', 4) is [var node, var session, var length, var epoch]
        && Id.IsWellFormed(session) && long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var head)
            ? new HeadHint(node, new SessionId(session), epoch, head)
            : null;

    private sealed class Listening(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await queue.UnsubscribeAsync(CommandFlags.FireAndForget);
    }
}
