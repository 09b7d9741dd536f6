using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace LiveSessions.Server;

/// <summary>
/// Kestrel's own sockets, let in one after the other: a thousand that come in one moment would each take some tenths of a millisecond before anything that people write has its turn. Nobody is refused; who comes behind
/// a thousand others waits for a second, in the kernel.
/// </summary>
internal sealed class PacedDoor(IOptions<SocketTransportOptions> options, ILoggerFactory logs, TimeProvider time) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(options, logs);

    public bool CanBind(EndPoint endpoint) => ((IConnectionListenerFactorySelector)_sockets).CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new Door(await _sockets.BindAsync(endpoint, cancellationToken), new Pace(time));

    private sealed class Door(IConnectionListener door, Pace pace) : IConnectionListener
    {
        public EndPoint EndPoint => door.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            await pace.Turn(cancellationToken);
            return await door.AcceptAsync(cancellationToken);
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => door.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => door.DisposeAsync();
    }

    /// <summary>So many turns at once, and then so many a second. For one who asks again when the turn has come.</summary>
    internal sealed class Pace(TimeProvider time)
    {
        internal const double ASecond = 1000, AtOnce = 16;
        private double _left = AtOnce;
        private long _at = time.GetTimestamp();

        public async ValueTask Turn(CancellationToken ct)
        {
            Fill();
            while (_left < 1)
            {
                await Task.Delay(TimeSpan.FromSeconds(AtOnce / 2 / ASecond), time, ct);
                Fill();
            }
            _left--;
        }

        private void Fill()
        {
            var now = time.GetTimestamp();
            _left = Math.Min(AtOnce, _left + time.GetElapsedTime(_at, now).TotalSeconds * ASecond);
            _at = now;
        }
    }
}
