using System.Net;
using System.Net.Sockets;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Server.Tests.Access;

/// <summary>Sockets are let in one after the other: some at once, a thousand a second, and nobody is left out.</summary>
[Collection(InTheLiveHouse.Name)]
public class PacedDoorTests(LiveHouse house)
{
    private const int Herd = 1_500;

    /// <summary>Of a real server: so many cannot be served sooner, and all are.</summary>
    [Fact]
    public async Task A_herd_is_let_in_by_the_servers_door_at_its_pace()
    {
        var ct = TestContext.Current.CancellationToken;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var answers = await Task.WhenAll(Enumerable.Range(0, Herd).Select(async _ =>
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(house.One.Address.Host, house.One.Address.Port, ct);
            await using var line = socket.GetStream();
            await line.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"GET /health/live HTTP/1.1\r\nHost: {house.One.Address.Authority}\r\nConnection: close\r\n\r\n"), ct);
            using var reader = new StreamReader(line);
            return await reader.ReadLineAsync(ct);
        }));
        Assert.All(answers, answer => Assert.Equal("HTTP/1.1 200 OK", answer));
        Assert.True(clock.Elapsed.TotalSeconds > (Herd - PacedDoor.Pace.AtOnce) / PacedDoor.Pace.ASecond, $"{Herd} sockets were served in {clock.Elapsed.TotalSeconds:0.00} s");
    }

    [Fact]
    public async Task Sixteen_come_in_at_once_and_then_one_each_millisecond()
    {
        var time = new FakeTimeProvider();
        var ct = TestContext.Current.CancellationToken;
        await using var door = await new PacedDoor(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance, time).BindAsync(new IPEndPoint(IPAddress.Loopback, 0), ct);
        var came = 0;
        var accepting = Task.Run(async () =>
        {
            while (await door.AcceptAsync(ct) is { } connection)
            {
                Interlocked.Increment(ref came);
                await connection.DisposeAsync();
            }
        }, ct);
        var sockets = new List<Socket>();
        for (var i = 0; i < 40; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync(door.EndPoint, ct);
        }

        await Eventually.True(() => Volatile.Read(ref came) == 16, "16 are in");
        await Task.Delay(100, ct);
        Assert.Equal(16, came);
        time.Advance(TimeSpan.FromMilliseconds(8));
        await Eventually.True(() => Volatile.Read(ref came) == 24, "24 are in");
        await Task.Delay(100, ct);
        Assert.Equal(24, came);
        time.Advance(TimeSpan.FromMilliseconds(8));
        await Eventually.True(() => Volatile.Read(ref came) == 32, "32 are in");
        time.Advance(TimeSpan.FromMilliseconds(8));
        await Eventually.True(() => Volatile.Read(ref came) == 40, "40 are in");

        await door.UnbindAsync(ct);
        time.Advance(TimeSpan.FromMilliseconds(8));
        await accepting;
        sockets.ForEach(s => s.Dispose());
    }
}
