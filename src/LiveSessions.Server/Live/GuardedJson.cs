using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text.Json.Serialization.Metadata;
using LiveSessions.Log;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// SignalR's JSON protocol, with an eye on what hub filters never see: messages that cannot be read, or that name no method of the hub, and messages of whatever kind that come far
/// faster than anybody types. Each is counted and answered; the process goes on. A connection is closed at once after a message that is none, after <see cref="MostBad"/> that
/// fit nothing, and when its person goes on sending five times as fast as one may ask (<see cref="Budgets"/>).
/// </summary>
public sealed class GuardedJson(JsonHubProtocol inner, Budgets budgets, TimeProvider time, ILogger<GuardedJson> log) : IHubProtocol
{
    private const string TooLong = "too long", Unknown = "of no known type", TooManyBad = "one of too many", Flood = "one of a flood";
    private static readonly TimeSpan LogPause = TimeSpan.FromSeconds(1);

    /// <summary>SignalR makes one binder for each connection, and forgets it with it.</summary>
    private readonly ConditionalWeakTable<IInvocationBinder, Sender> _senders = [];
    private long _logged;

    /// <summary>Messages that fit nothing which a connection may send before it is closed.</summary>
    public const int MostBad = 100;

    /// <summary>The longest message the hub reads.</summary>
    public const int LongestMessage = 16 * 1024;

    public string Name => inner.Name;
    public int Version => inner.Version;
    public TransferFormat TransferFormat => inner.TransferFormat;
    public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);
    public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => inner.WriteMessage(message, output);

    /// <summary>What is shown is written already, and needs its frame only.</summary>
    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) =>
        message is InvocationMessage { InvocationId: null, Headers: null, StreamIds: null, Arguments: [RawJson shown], Target: var target } ? WireBytes.Framed(target, shown) : inner.GetMessageBytes(message);

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        var length = input.Length;
        var sender = _senders.GetValue(binder, of => new Sender(of, budgets.Current ?? budgets.New()));
        // SignalR looks for a connection that has fallen silent only once it has pinged. Whoever vanishes before that, or never pings, would be here until the network gives up: it hears the first ping from us.
        if (!sender.IsWatched && length > 0)
        {
            sender.IsWatched = true;
            message = PingMessage.Instance;
            return true;
        }
        try
        {
            if (!inner.TryParseMessage(ref input, sender, out message))
            {
                // SignalR hands over no more than the longest message; one that is not over by then never will be.
                if (length >= LongestMessage)
                    throw new InvalidDataException(TooLong);
                // Read and not understood: SignalR would wait before it for ever.
                if (input.Length < length)
                    throw new InvalidDataException(Unknown);
                return false;
            }
        }
        catch (InvalidDataException e)
        {
            Count(e.Message is TooLong or Unknown ? e.Message : "not readable");
            if (e.Message is TooLong)
                sender.Budget.End();
            throw;
        }
        if (!sender.Budget.Take(1))
        {
            sender.Budget.Fine();
            Close(sender, Flood);
        }
        // SignalR takes null for any argument; no method of ours does.
        if (message is HubMethodInvocationMessage { Arguments: { } arguments } call && arguments.Contains(null))
            message = new InvocationBindingFailureMessage(call.InvocationId, call.Target, ExceptionDispatchInfo.Capture(new InvalidDataException("An argument is missing.")));
        if (message is HubMethodInvocationMessage { StreamIds.Length: > 0 } streaming)
            message = new InvocationBindingFailureMessage(streaming.InvocationId, streaming.Target, ExceptionDispatchInfo.Capture(new InvalidDataException("There are no streams here.")));
        // The hub has calls only: whatever speaks of streams or of answers to us is about nothing.
        if (message is InvocationBindingFailureMessage or StreamBindingFailureMessage or StreamItemMessage or StreamInvocationMessage or CancelInvocationMessage or CompletionMessage)
        {
            Count("does not fit");
            if (++sender.Bad >= MostBad)
                Close(sender, TooManyBad);
        }
        // To SignalR it is a call that wants no answer; the desk answers it, in one piece with what it shows.
        if (message is InvocationMessage { Arguments: [Act act] } asks)
            message = new InvocationMessage(asks.Target, [new Asked(act, asks.InvocationId)]);
        return true;
    }

    /// <summary>
    /// SignalR closes a connection whose message cannot be read, in peace: for some seconds it reads on, to see the other side close too. Who floods would go on to send meanwhile, so their
    /// socket ends here.
    /// </summary>
    private void Close(Sender sender, string why)
    {
        Count(why);
        sender.Budget.End();
        throw new InvalidDataException($"This message is {why}.");
    }

    /// <summary>
    /// What may not be null may not be left out either. Without this a command without its id would be read as one with an empty id, and an empty id in the log is an entry that
    /// nobody can read again.
    /// </summary>
    public static void Require(JsonTypeInfo type)
    {
        foreach (var member in type.Properties)
            if (member.AssociatedParameter is { IsNullable: false, HasDefaultValue: false })
                member.IsRequired = true;
    }

    /// <summary>One connection; its messages are read one after the other.</summary>
    private sealed class Sender(IInvocationBinder binder, Budgets.Share budget) : IInvocationBinder
    {
        private static readonly Type[] ForAsked = [typeof(Act)];

        public int Bad;
        public bool IsWatched;
        public Budgets.Share Budget => budget;

        public Type GetReturnType(string invocationId) => binder.GetReturnType(invocationId);
        public Type GetStreamItemType(string streamId) => binder.GetStreamItemType(streamId);
        public string? GetTarget(ReadOnlySpan<byte> utf8Bytes) => binder.GetTarget(utf8Bytes);
        public IReadOnlyList<Type> GetParameterTypes(string methodName) => binder.GetParameterTypes(methodName) is var types && types is [var only] && only == typeof(Asked) ? ForAsked : types;
    }

    private void Count(string why)
    {
        LiveMeter.Server.Malformed.Add(1, new KeyValuePair<string, object?>("why", why));
        // The meter has every one; the log only needs to know that somebody does this.
        var (last, now) = (Interlocked.Read(ref _logged), time.GetTimestamp());
        if ((last == 0 || time.GetElapsedTime(last, now) > LogPause) && Interlocked.CompareExchange(ref _logged, now, last) == last)
            log.Malformed(why);
    }
}
