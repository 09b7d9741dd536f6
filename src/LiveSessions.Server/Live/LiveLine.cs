using System.Buffers;
using System.Diagnostics;
using LiveSessions.Log;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>One connection of one person on this node.</summary>
public sealed class LiveLine(HubConnectionContext connection, SessionId session, PersonId person, bool isStaff, string name, bool isOwner, Rates rates)
{
    /// <summary>Messages waiting for a slow reader before the line is cut; the browser comes back and asks for what it missed.</summary>
    private const int MostWaiting = 400;

    /// <summary>Room for held answers that grew beyond this is let go.</summary>
    private const int MostKept = 4_096;

    /// <summary>How long nothing may get through to a reader for whom something waits. Once a second something is sent to them, so it is noticed.</summary>
    private static readonly TimeSpan LongestStuck = TimeSpan.FromSeconds(8);
    private int _waiting;
    private long _movedAt;

    public string Id => connection.ConnectionId;
    public SessionId Session => session;
    public PersonId Person => person;
    public bool IsStaff => isStaff;
    public bool IsOwner => isOwner;

    /// <summary>When it was made, as a time stamp of this node.</summary>
    public long Since { get; init; }
    public TimeProvider Time { get; init; } = TimeProvider.System;
    public string Name => name;
    public Allowance Allowance { get; } = new(rates);

    /// <summary>The audiences this line hears; changed only by its session's desk.</summary>
    internal HashSet<string> Audiences { get; } = [];

    /// <summary>Whether it was let in.</summary>
    internal bool IsIn => Audiences.Count > 0;

    /// <summary>Whoever is there can read packed changes; set by its session's desk.</summary>
    internal bool Unpacks { get; set; }

    /// <summary>Whoever is there closes the line once the server is leaving and everything is answered, as its page said.</summary>
    internal bool Leaves { get; set; }

    /// <summary>The pulse's alone.</summary>
    internal ToldHeads Told { get; set; }

    /// <summary>The group for glimpses of the room, or null.</summary>
    internal string? GlimpseGroup { get; set; }

    public bool IsOver => connection.ConnectionAborted.IsCancellationRequested;

    /// <summary>Whether the reader has not yet taken all that was sent.</summary>
    internal bool IsWaiting => Volatile.Read(ref _waiting) > 0;

    private (string Instance, string Mark)? _page;

    /// <summary>The mark of a command: no two people share one, whatever their pages call themselves. One call at a time.</summary>
    internal CommandMark MarkOf(Act act)
    {
        if (_page?.Instance != act.Instance)
            _page = (act.Instance, $"{person}.{act.Instance}");
        return new(_page.Value.Mark, act.Number);
    }

    /// <summary>Never waits for the reader, and keeps the order.</summary>
    public void Send(SerializedHubMessage message) => Write(message);

    /// <returns>Whether its bytes are not needed any more: what the line takes at once it copies.</returns>
    private bool Write(SerializedHubMessage message)
    {
        if (IsOver)
            return true;
        var sent = connection.WriteAsync(message, CancellationToken.None);
        if (sent.IsCompleted)
            return true;
        var waiting = Interlocked.Increment(ref _waiting);
        if (waiting == 1)
            Interlocked.Exchange(ref _movedAt, Stopwatch.GetTimestamp());
        else if (waiting > MostWaiting || Stopwatch.GetElapsedTime(Interlocked.Read(ref _movedAt)) > LongestStuck)
            connection.Abort();
        _ = Finish(sent.AsTask());
        return false;
    }

    private async Task Finish(Task sent)
    {
        try
        {
            await sent;
        }
        catch (Exception)
        {
            // The line broke; its end is noticed where it is read.
        }
        finally
        {
            Interlocked.Exchange(ref _movedAt, Stopwatch.GetTimestamp());
            Interlocked.Decrement(ref _waiting);
        }
    }

    // Answers that wait for what is shown after them; the desk's thread alone.
    private ArrayBufferWriter<byte>? _held;

    /// <summary>Holds an answer back, so that it goes out in one piece with what the desk shows next. The desk's alone, which lets go by <see cref="Show"/> or <see cref="LetGo"/>.</summary>
    /// <returns>Whether it is the first that is held.</returns>
    internal bool Hold(string call, Answer answer)
    {
        var isFirst = _held is not { WrittenCount: > 0 };
        WireBytes.WriteAnswer(_held ??= new(256), call, answer);
        return isFirst;
    }

    /// <summary>Sends what is shown, behind the answers that are held.</summary>
    internal void Show(SerializedHubMessage message)
    {
        if (_held is { WrittenCount: > 0 } held && !IsOver)
        {
            held.Write(message.GetSerializedMessage(connection.Protocol).Span);
            LetGo();
        }
        else
        {
            Send(message);
        }
    }

    /// <summary>Sends the answers that are still held.</summary>
    internal void LetGo()
    {
        if (_held is not { WrittenCount: > 0 } held)
            return;
        if (!Write(Raw(held.WrittenMemory)) || held.Capacity > MostKept)
            _held = null;
        else
            held.ResetWrittenCount();
    }

    /// <summary>Answers a call at once.</summary>
    internal void Answer(string? call, Answer answer)
    {
        if (call is null)
            return;
        var bytes = new ArrayBufferWriter<byte>(128);
        WireBytes.WriteAnswer(bytes, call, answer);
        Send(Raw(bytes.WrittenMemory));
    }

    /// <summary>There is no answer: the browser asks again. As SignalR itself would say it.</summary>
    /// <param name="words">What the server means to be read, or null.</param>
    internal void Fail(string? call, string? words)
    {
        if (call is not null)
            Send(new SerializedHubMessage(CompletionMessage.WithError(call, $"An unexpected error occurred invoking '{nameof(SessionHub.Act)}' on the server.{(words is null ? "" : $" HubException: {words}")}")));
    }

    private SerializedHubMessage Raw(ReadOnlyMemory<byte> messages) => new([new SerializedMessage(connection.Protocol.Name, messages)]);

    public void Send(string method, object argument) => Send(new SerializedHubMessage(new InvocationMessage(method, [argument])));

    /// <summary>Closes without a word; the browser comes back by itself.</summary>
    public void Cut() => connection.Abort();

    /// <summary>Tells why, then closes.</summary>
    public void Dismiss(Dismissed why)
    {
        Send(nameof(Dismissed), why);
        _ = Task.Delay(TimeSpan.FromMilliseconds(200), Time).ContinueWith(_ => connection.Abort(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}

/// <summary>How far a line was told that its log and its archive are: in which beat of the pulse last, and how many times now.</summary>
internal readonly record struct ToldHeads(long Head, long Archived, int Beat, int Times);

/// <summary>
/// How much one line may ask; what comes faster is refused (commands) or dropped (glimpses). The settings <c>Live:CommandsPerSecond</c>, <c>Live:CommandsAtOnce</c> and
/// <c>Live:GlimpsesPerSecond</c> change it, for measuring.
/// </summary>
public sealed record Rates(double CommandsPerSecond, double CommandsAtOnce, double GlimpsesPerSecond)
{
    public static Rates From(IConfiguration configuration) => new(
        configuration.GetValue("Live:CommandsPerSecond", 20.0), configuration.GetValue("Live:CommandsAtOnce", 40.0), configuration.GetValue("Live:GlimpsesPerSecond", 10.0));
}

/// <summary>What is left of one line's <see cref="Rates"/>.</summary>
public sealed class Allowance(Rates rates)
{
    private readonly Lock _gate = new();
    private double _commands = rates.CommandsAtOnce, _glimpses = rates.GlimpsesPerSecond;
    private long _at;

    public bool TakeCommand(TimeProvider time)
    {
        lock (_gate)
        {
            Refill(time);
            if (_commands < 1)
                return false;
            _commands--;
            return true;
        }
    }

    public bool TakeGlimpse(TimeProvider time)
    {
        lock (_gate)
        {
            Refill(time);
            if (_glimpses < 1)
                return false;
            _glimpses--;
            return true;
        }
    }

    private void Refill(TimeProvider time)
    {
        var now = time.GetTimestamp();
        var seconds = _at == 0 ? 0 : time.GetElapsedTime(_at, now).TotalSeconds;
        _at = now;
        _commands = Math.Min(rates.CommandsAtOnce, _commands + seconds * rates.CommandsPerSecond);
        _glimpses = Math.Min(rates.GlimpsesPerSecond, _glimpses + seconds * rates.GlimpsesPerSecond);
    }
}
