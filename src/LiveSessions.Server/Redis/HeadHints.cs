using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using LiveSessions.Log;
using StackExchange.Redis;

namespace LiveSessions.Server.Redis;

/// <summary>A node says how long a session's log is now, and what its last entries are. A hint may be lost, doubled or late; what it says was stored before it was said.</summary>
/// <param name="Length">Entries in the log.</param>
/// <param name="Entries">The last of them, in order, up to <paramref name="Length"/>; null when they were too long to be told.</param>
public readonly record struct HeadHint(string Node, SessionId Session, string Epoch, long Length, IReadOnlyList<byte[]>? Entries = null);

/// <summary>
/// How nodes tell each other that a log has grown: the append itself says so (<see cref="RedisSessionLog"/>), on a channel of the session, so that only those hear it who hold it. Nothing is sent while a
/// node is alone.
/// </summary>
public sealed class HeadHints(IConnectionMultiplexer redis, NodeRoster roster, ILogger<HeadHints> log)
{
    /// <summary>Whether this node knows that no other lives.</summary>
    public bool IsAlone => !roster.OthersAlive;

    /// <summary>The most bytes of entries that a hint takes along; whoever needs more reads the log.</summary>
    private const int MostBytes = 64 * 1024;

    /// <summary>What there is to tell other nodes of an append; nothing while this one is alone.</summary>
    /// <param name="length">Entries in the log once it is done.</param>
    /// <param name="entries">The last of them, as they are stored.</param>
    internal RedisValue Told(SessionId session, string epoch, long length, IReadOnlyList<ReadOnlyMemory<byte>> entries) =>
        IsAlone ? RedisValue.EmptyString : Written(string.Create(CultureInfo.InvariantCulture, $"{roster.Node}|{session}|{length}|{epoch}"), entries);

    /// <summary>Tells the other nodes by itself what an append could not. Never fails: a lost hint is made good by the next.</summary>
    internal async Task Announce(SessionId session, RedisValue told)
    {
        try
        {
            await redis.GetSubscriber().PublishAsync(Keys.Heads(session), told).Within();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            log.HintLost(e);
        }
    }

    /// <summary>
    /// Hears what the other nodes tell of one session, one hint after the other, until what is returned is disposed. Takes as long as Redis takes. Outlives a lost connection.
    /// </summary>
    public async Task<IAsyncDisposable> Listen(SessionId session, Action<HeadHint> heard)
    {
        var (subscriber, channel) = (redis.GetSubscriber(), Keys.Heads(session));
        ChannelMessageQueue queue;
        try
        {
            queue = await subscriber.SubscribeAsync(channel);
        }
        catch (Exception)
        {
            // Else it would come to be later all the same, and keep what nobody reads.
            await subscriber.UnsubscribeAsync(channel, flags: CommandFlags.FireAndForget);
            throw;
        }
        queue.OnMessage(message =>
        {
            if (Parse((byte[]?)message.Message ?? []) is not { } hint || hint.Session != session)
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
        return new Listening(queue);
    }

    /// <summary>A line of words; then, if any, each entry behind its length in bytes (four, the least significant first).</summary>
    private static byte[] Written(string line, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        var words = Encoding.UTF8.GetBytes(line);
        var bytes = entries.Sum(e => (long)e.Length + sizeof(int));
        if (bytes is 0 or > MostBytes)
            return words;
        var message = new byte[words.Length + 1 + bytes];
        words.CopyTo(message, 0);
        message[words.Length] = (byte)'\n';
        var rest = message.AsSpan(words.Length + 1);
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, entry.Length);
            entry.Span.CopyTo(rest[sizeof(int)..]);
            rest = rest[(sizeof(int) + entry.Length)..];
        }
        return message;
    }

    private static HeadHint? Parse(ReadOnlySpan<byte> message)
    {
        var end = message.IndexOf((byte)'\n');
        var words = Encoding.UTF8.GetString(end < 0 ? message : message[..end]).Split('|', 4);
        if (words is not [var node, var session, var length, var epoch] || !Id.IsWellFormed(session) || !long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var head))
            return null;
        if (end < 0)
            return new HeadHint(node, new SessionId(session), epoch, head);
        var entries = new List<byte[]>();
        for (var rest = message[(end + 1)..]; rest.Length > 0;)
        {
            if (rest.Length < sizeof(int) || BinaryPrimitives.ReadInt32LittleEndian(rest) is var size && (size <= 0 || size > rest.Length - sizeof(int)))
                return null;
            entries.Add(rest.Slice(sizeof(int), size).ToArray());
            rest = rest[(sizeof(int) + size)..];
        }
        return entries.Count <= head ? new HeadHint(node, new SessionId(session), epoch, head, entries) : null;
    }

    private sealed class Listening(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await queue.UnsubscribeAsync(CommandFlags.FireAndForget);
            }
            catch (Exception e) when (e is RedisException or ObjectDisposedException)
            {
                // It ends with the connection.
            }
        }
    }
}
