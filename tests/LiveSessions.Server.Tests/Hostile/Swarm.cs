using System.Net;
using System.Net.Sockets;
using System.Text;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>
/// Somebody with a seat and many sockets: sends on all of them as fast as they are taken in, reads nothing, opens another for each that is closed. A process of its own
/// (<c>swarm ADDRESS SESSION COOKIE SOCKETS</c>) that is told when to begin and to stop, and ends with its standard input.
/// </summary>
internal sealed class Swarm
{
    public const string Word = "swarm", Ready = "ready", Begin = "begin", Stop = "stop";
    private readonly IPEndPoint _server;
    private readonly byte[] _greeting;
    private readonly byte[][] _noise;
    private readonly Socket?[] _sockets;
    private volatile bool _over;
    private long _opened, _sent;

    private Swarm(Uri server, string session, string cookie, int sockets)
    {
        _server = new(IPAddress.Loopback, server.Port);
        _sockets = new Socket?[sockets];
        _greeting =
        [
            .. Encoding.ASCII.GetBytes($"GET /hub?session={session} HTTP/1.1\r\nHost: {server.Authority}\r\nOrigin: {server.GetLeftPart(UriPartial.Authority)}\r\nCookie: {cookie}\r\n" +
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"),
            .. Message("""{"protocol":"json","version":1}"""), .. Message("""{"type":1,"invocationId":"e","target":"Enter","arguments":[{"instance":"bad-bad-bad"}]}"""),
        ];
        _noise =
        [
            Twenty("""{"type":1,"invocationId":"1","target":"Act","arguments":[{"instance":"bad-bad-bad","number":1,"command":{"type":"renameMe","name":"Me"}}]}"""),
            Twenty("""{"type":6}"""), Twenty("""{"type":1,"target":"Resume","arguments":[{"positions":{}}]}"""), Twenty("""{"type":1,"target":"NoSuchMethod","arguments":[{}]}"""),
        ];
    }

    public static int Run(string server, string session, string cookie, string sockets)
    {
        var swarm = new Swarm(new(server), session, cookie, int.Parse(sockets, System.Globalization.CultureInfo.InvariantCulture));
        Console.WriteLine(Ready);
        if (Console.ReadLine() != Begin)
            return 1;
        var stop = new Thread(() =>
        {
            Console.ReadLine();
            swarm._over = true;
        })
        { IsBackground = true };
        stop.Start();
        swarm.Bother();
        Console.WriteLine(swarm._opened);
        Console.WriteLine(swarm._sent);
        // Its sockets stay open until it is told to go.
        Console.ReadLine();
        return 0;
    }

    private static byte[] Twenty(string message) => [.. Enumerable.Repeat(Message(message), 20).SelectMany(m => m)];

    /// <summary>As one frame of a browser, with a mask that changes nothing.</summary>
    private static byte[] Message(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + "\u001e");
        return bytes.Length < 126
            ? [0x81, (byte)(0x80 | bytes.Length), 0, 0, 0, 0, .. bytes]
            : [0x81, 0x80 | 126, (byte)(bytes.Length >> 8), (byte)bytes.Length, 0, 0, 0, 0, .. bytes];
    }

    private void Bother()
    {
        while (!_over)
        {
            var moved = false;
            for (var n = 0; n < _sockets.Length && !_over; n++)
            {
                moved |= _sockets[n] is { } open ? Sends(open, n) : Opens(n);
                // Of least importance or not, the kernel lets a program that always has something to do go on for 4 to 8 ms before others on its core, and they are waiting for their answers there.
                Thread.Yield();
            }
            // Nobody takes anything in: a machine of its own would wait too, and this one has others to run.
            if (!moved)
                Thread.Sleep(1);
        }
    }

    private bool Sends(Socket open, int n)
    {
        _sent += Math.Max(0, open.Send(_noise[n % _noise.Length], SocketFlags.None, out var error));
        if (error is SocketError.WouldBlock)
            return false;
        if (error is not SocketError.Success)
        {
            // It was closed; another one.
            open.Dispose();
            _sockets[n] = null;
        }
        return true;
    }

    private bool Opens(int n)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Connect(_server);
            socket.Send(_greeting);
            socket.Blocking = false;
            _sockets[n] = socket;
            _opened++;
        }
        catch (SocketException)
        {
            socket.Dispose();
        }
        return true;
    }
}
