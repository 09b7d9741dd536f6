using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace LiveSessions.Faults.Rig;

/// <summary>
/// A wire between a server and its Redis that can be cut, slowed, narrowed or stopped in one direction, and on which the publish channel alone can be broken. Real sockets on loopback; what it does to
/// bytes it does in order, and nothing is changed in them.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly List<Wire> _wires = [];
    private volatile int _target;
    private readonly Task _listening;
    private volatile bool _isCut;
    private volatile bool _stopsRequests, _stopsAnswers, _stopsNews;
    private long _delayMilliseconds;
    private long _bytesPerSecond;

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        _listening = Task.Run(Listen);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Existing connections end and new ones are closed at once.</summary>
    public void Cut()
    {
        _isCut = true;
        CloseAll();
    }

    /// <summary>What is connected from now on comes to another server.</summary>
    public void Turn(int target) => _target = target;

    /// <summary>Nothing goes through and nobody is told: bytes wait.</summary>
    public void Stop(bool requests = true, bool answers = true) => (_stopsRequests, _stopsAnswers) = (requests, answers);

    /// <summary>What is published does not come through any more; everything else does.</summary>
    public void StopNews() => _stopsNews = true;

    public void Delay(int milliseconds) => Interlocked.Exchange(ref _delayMilliseconds, milliseconds);

    public void Narrow(int bytesPerSecond) => Interlocked.Exchange(ref _bytesPerSecond, bytesPerSecond);

    /// <summary>As new. Bytes that waited go on.</summary>
    public void Heal()
    {
        _isCut = _stopsRequests = _stopsAnswers = _stopsNews = false;
        Delay(0);
        Narrow(0);
    }

    private async Task Listen()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_over.Token);
                if (_isCut)
                    Reset(client);
                else
                    _ = Join(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task Join(TcpClient client)
    {
        var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        var wire = new Wire(client, server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target, _over.Token);
            lock (_wires)
                _wires.Add(wire);
            if (_isCut)
                return;
            await Task.WhenAny(Carry(wire, client, server, isRequest: true), Carry(wire, server, client, isRequest: false));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // One side is gone.
        }
        finally
        {
            lock (_wires)
                _wires.Remove(wire);
            wire.Close();
        }
    }

    private async Task Carry(Wire wire, TcpClient from, TcpClient to, bool isRequest)
    {
        var waiting = Channel.CreateUnbounded<(byte[] Bytes, long At)>();
        var writing = Write();
        var buffer = new byte[16 * 1024];
        try
        {
            int read;
            while ((read = await from.GetStream().ReadAsync(buffer, _over.Token)) > 0)
            {
                if (isRequest && !wire.HearsNews && buffer.AsSpan(0, read).IndexOf("SUBSCRIBE"u8) >= 0)
                    wire.HearsNews = true;
                waiting.Writer.TryWrite((buffer[..read], Environment.TickCount64 + Interlocked.Read(ref _delayMilliseconds)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // One side is gone.
        }
        waiting.Writer.TryComplete();
        await writing;

        async Task Write()
        {
            try
            {
                await foreach (var (bytes, at) in waiting.Reader.ReadAllAsync(_over.Token))
                {
                    if (at - Environment.TickCount64 is > 0 and var early)
                        await Task.Delay((int)early, _over.Token);
                    while (isRequest ? _stopsRequests : _stopsAnswers)
                        await Task.Delay(5, _over.Token);
                    // Greetings and the protocol's own answers went through before; what comes to a subscriber now is news.
                    if (!isRequest && _stopsNews && wire.HearsNews && bytes.AsSpan().IndexOf("message"u8) >= 0)
                        continue;
                    await to.GetStream().WriteAsync(bytes, _over.Token);
                    if (Interlocked.Read(ref _bytesPerSecond) is > 0 and var pace)
                        await Task.Delay(TimeSpan.FromSeconds((double)bytes.Length / pace), _over.Token);
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
            {
                // One side is gone.
            }
        }
    }

    private void CloseAll()
    {
        Wire[] wires;
        lock (_wires)
            wires = [.. _wires];
        foreach (var wire in wires)
            wire.Close();
    }

    private static void Reset(TcpClient client)
    {
        try
        {
            client.LingerState = new(true, 0);
            client.Close();
        }
        catch (Exception e) when (e is NullReferenceException or SocketException or ObjectDisposedException)
        {
            // Closed already: TcpClient has no socket then.
        }
    }

    private sealed class Wire(TcpClient client, TcpClient server)
    {
        public volatile bool HearsNews;

        public void Close()
        {
            Reset(client);
            Reset(server);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        _listener.Stop();
        CloseAll();
        await _listening;
        _over.Dispose();
    }
}
