using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// SignalR's JSON protocol, with an eye on what hub filters never see: messages that cannot be read, or that name no method of the hub. Each is counted; it is answered or its
/// connection closed by SignalR, and the process goes on.
/// </summary>
public sealed class GuardedJson(JsonHubProtocol inner, TimeProvider time, ILogger<GuardedJson> log) : IHubProtocol
{
    private const string TooLong = "too long", Unknown = "of no known type";
    private static readonly TimeSpan LogPause = TimeSpan.FromSeconds(1);
    private long _logged;

    /// <summary>The longest message the hub reads.</summary>
    public const int LongestMessage = 16 * 1024;

    public string Name => inner.Name;
    public int Version => inner.Version;
    public TransferFormat TransferFormat => inner.TransferFormat;
    public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);
    public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => inner.WriteMessage(message, output);
    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => inner.GetMessageBytes(message);

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message)
    {
        var length = input.Length;
        try
        {
            if (!inner.TryParseMessage(ref input, binder, out message))
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
            throw;
        }
        // SignalR takes null for any argument; no method of ours does.
        if (message is HubMethodInvocationMessage { Arguments: { } arguments } call && arguments.Contains(null))
            message = new InvocationBindingFailureMessage(call.InvocationId, call.Target, ExceptionDispatchInfo.Capture(new InvalidDataException("An argument is missing.")));
        if (message is InvocationBindingFailureMessage)
            Count("does not fit");
        return true;
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

    private void Count(string why)
    {
        LiveMeter.Malformed.Add(1, new KeyValuePair<string, object?>("why", why));
        // The meter has every one; the log only needs to know that somebody does this.
        var (last, now) = (Interlocked.Read(ref _logged), time.GetTimestamp());
        if ((last == 0 || time.GetElapsedTime(last, now) > LogPause) && Interlocked.CompareExchange(ref _logged, now, last) == last)
            log.Malformed(why);
    }
}
