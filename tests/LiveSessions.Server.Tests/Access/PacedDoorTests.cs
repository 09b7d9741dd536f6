using System.Net;
using System.Net.Sockets;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Server.Tests.Access;

/// <summary>Sockets are let in one after the other: some at once, a thousand a second, and nobody is left out.</summary>
public class PacedDoorTests
{
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
