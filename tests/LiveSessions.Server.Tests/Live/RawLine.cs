using System.Net.WebSockets;
using System.Text;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Server.Tests.Live;

/// <summary>A socket to the hub that sends whatever it likes.</summary>
internal sealed class RawLine : IAsyncDisposable
{
    private const char End = '\u001e';
    private readonly ClientWebSocket _socket = new();
    private readonly List<string> _heard = [];
    private Task _reading = Task.CompletedTask;

    public bool IsClosed { get; private set; }

    public IReadOnlyList<string> Heard
    {
        get
        {
            lock (_heard)
                return [.. _heard];
        }
    }

    /// <summary>Connects and shakes hands.</summary>
    /// <param name="negotiated">The token of a connection that was negotiated before, or null for a new one.</param>
    public static async Task<RawLine> Open(Seat seat, Uri server, string? negotiated = null)
    {
        var line = new RawLine();
        line._socket.Options.SetRequestHeader("Cookie", seat.Cookie);
        line._socket.Options.SetRequestHeader("Origin", server.GetLeftPart(UriPartial.Authority));
        using var limit = new CancellationTokenSource(ServerProcess.Patience);
        await line._socket.ConnectAsync(new Uri($"ws://{server.Authority}/hub?session={seat.Session}{(negotiated is null ? "" : "&id=" + Uri.EscapeDataString(negotiated))}"), limit.Token);
        line._reading = Task.Run(line.Read);
        await line.Send("""{"protocol":"json","version":1}""");
        await Eventually.True(() => line.Heard.Count > 0, "the handshake is answered");
        Assert.Equal("{}", line.Heard[0]);
        return line;
    }

    public Task Enter() => Call("Enter", """{"instance":"raw-raw-raw"}""");

    /// <summary>Invokes and waits for the completion, or for the end of the line.</summary>
    public async Task<string?> Call(string method, string argument, string id = "1")
    {
        var before = Heard.Count;
        await Send($$"""{"type":1,"invocationId":"{{id}}","target":"{{method}}","arguments":[{{argument}}]}""");
        string? completion = null;
        await Eventually.True(() => IsClosed || (completion = Heard.Skip(before).FirstOrDefault(m => m.Contains("\"type\":3", StringComparison.Ordinal))) is not null, $"{method} is answered or the line closed");
        return completion;
    }

    public Task Send(string message) => SendBytes(Encoding.UTF8.GetBytes(message + End));

    public async Task SendBytes(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(ServerProcess.Patience);
        try
        {
            await _socket.SendAsync(bytes, WebSocketMessageType.Text, true, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException || e is OperationCanceledException && !limit.IsCancellationRequested)
        {
            IsClosed = true;
        }
    }

    private async Task Read()
    {
        var buffer = new byte[64 * 1024];
        var text = new StringBuilder();
        var decoder = Encoding.UTF8.GetDecoder();
        try
        {
            while (await _socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } read)
            {
                var chars = new char[read.Count];
                text.Append(chars, 0, decoder.GetChars(buffer.AsSpan(0, read.Count), chars, false));
                while (text.ToString().IndexOf(End) is >= 0 and var end)
                {
                    lock (_heard)
                        _heard.Add(text.ToString(0, end));
                    text.Remove(0, end + 1);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Cut off.
        }
        IsClosed = true;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }
}
