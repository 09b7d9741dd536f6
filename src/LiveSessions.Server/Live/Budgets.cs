using System.Collections.Concurrent;
using System.Net.Sockets;
using LiveSessions.Server.Access;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace LiveSessions.Server.Live;

/// <summary>
/// How much one person may send over all their sockets: so many messages a second without end, ten seconds' worth at once, and opening a socket counts as a number of messages. Who has used it
/// up is kept waiting at the door and sent away, so that opening sockets by the hundred costs them more than it costs us.
/// </summary>
/// <param name="rate">Messages a second.</param>
public sealed class Budgets(double rate, TimeProvider time)
{
    private const double SecondsAtOnce = 10;

    /// <summary>Messages that opening a socket counts for. With 100 a second that is five sockets a second, and fifty at once: more than any browser that comes back again and again.</summary>
    private const double Opening = 20;

    private const double FineSeconds = 3;

    /// <summary>How long somebody who has used it up waits for their refusal, at least and at most: those who came by the hundred do not all come back at one moment.</summary>
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(7), LongestWait = TimeSpan.FromSeconds(9);

    private static readonly TimeSpan SweepAfter = TimeSpan.FromMinutes(1);
    private readonly AsyncLocal<Share?> _current = new();
    private readonly ConcurrentDictionary<(string? Session, string? Person), Purse> _purses = [];

    /// <summary>By the mark of the cookie that somebody last came with.</summary>
    private readonly ConcurrentDictionary<UInt128, Purse> _known = [];
    private long _sweptAt = time.GetTimestamp();

    /// <summary>What is left to the person of the connection whose messages are being read.</summary>
    internal Share? Current => _current.Value;

    /// <summary>For a connection that came in by no door of ours.</summary>
    internal Share New() => new(this, new(rate * SecondsAtOnce, time.GetTimestamp()), null);

    /// <summary>Stands before anybody is asked who they are: whoever is known by their cookie to have nothing left costs no look into the archive.</summary>
    internal Task Door(HttpContext context, RequestDelegate next) => context.Request.Path.StartsWithSegments("/hub") && KnowsAsSpent(context) ? SendAway(context) : next(context);

    /// <summary>Stands before the endpoint of the hub.</summary>
    internal static void Guard(EndpointBuilder hub)
    {
        var handle = hub.RequestDelegate!;
        hub.RequestDelegate = context => context.RequestServices.GetRequiredService<Budgets>().Open(context, handle);
    }

    private async Task Open(HttpContext context, RequestDelegate handle)
    {
        Sweep();
        var purse = _purses.GetOrAdd(context.User.Seated(), _ => new(rate * SecondsAtOnce, time.GetTimestamp()));
        if (Cookie(context, context.User.HasClaim(Callers.StaffClaim, "true")) is { } cookie)
            _known[cookie] = purse;
        var share = new Share(this, purse, context);
        if (!share.Take(Opening))
        {
            await SendAway(context);
            return;
        }
        if (context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
            Doorstep.LetIn(context, () => Serve(context, handle, share));
        else
            await Serve(context, handle, share);
    }

    private Task Serve(HttpContext context, RequestDelegate handle, Share share)
    {
        _current.Value = share;
        return handle(context);
    }

    private bool KnowsAsSpent(HttpContext context)
    {
        var now = time.GetTimestamp();
        return Cookie(context, isStaff: true) is { } account && _known.TryGetValue(account, out var purse) && !purse.Has(this, Opening, now)
            || Cookie(context, isStaff: false) is { } seat && _known.TryGetValue(seat, out purse) && !purse.Has(this, Opening, now);
    }

    private static UInt128? Cookie(HttpContext context, bool isStaff) =>
        Callers.SessionOf(context.Request) is not { } session ? null
        : (isStaff ? context.Request.Cookies[Cookies.NameOn(context.Request, Cookies.Account)] : Cookies.Seat(context.Request, session)) is { } cookie ? Secret.Mark($"{session.Value} {cookie}")
        : null;

    private async Task SendAway(HttpContext context)
    {
        // What they send behind it is of no interest, and Kestrel would take it in piece by piece. Requests of HTTP/2 share their socket with others.
        if (OperatingSystem.IsLinux() && HttpProtocol.IsHttp11(context.Request.Protocol) && context.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, int.MaxValue);
        // As little as can be is kept of those who wait: a thousand of them are what a collection of garbage takes long over.
        await Task.Delay(ShortestWait + (LongestWait - ShortestWait) * Random.Shared.NextDouble(), time);
        context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        context.Response.Headers.RetryAfter = "10";
        context.Response.Headers.Connection = "close";
    }

    /// <summary>Those who have sent little for a while are forgotten.</summary>
    private void Sweep()
    {
        var (last, now) = (Interlocked.Read(ref _sweptAt), time.GetTimestamp());
        if (time.GetElapsedTime(last, now) < SweepAfter || Interlocked.CompareExchange(ref _sweptAt, now, last) != last)
            return;
        foreach (var purse in _purses.Where(p => p.Value.Has(this, Most, now)).ToList())
            _purses.TryRemove(purse);
        foreach (var known in _known.Where(k => k.Value.Has(this, Most, now)).ToList())
            _known.TryRemove(known);
    }

    /// <summary>What one person has left.</summary>
    internal sealed class Purse(double left, long at)
    {
        private readonly Lock _gate = new();
        private double _left = left;
        private long _at = at;

        public bool Take(Budgets budgets, double messages, long now)
        {
            lock (_gate)
            {
                Fill(budgets, now);
                if (_left < messages)
                    return false;
                _left -= messages;
                return true;
            }
        }

        public void Fine(double messages)
        {
            lock (_gate)
                _left = -messages;
        }

        public bool Has(Budgets budgets, double messages, long now)
        {
            lock (_gate)
            {
                Fill(budgets, now);
                return _left >= messages;
            }
        }

        private void Fill(Budgets budgets, long now)
        {
            _left = Math.Min(budgets.Most, _left + Math.Max(0, budgets.Grown(_at, now)));
            _at = Math.Max(_at, now);
        }
    }

    private double Most => rate * SecondsAtOnce;

    private double Grown(long from, long to) => time.GetElapsedTime(from, to).TotalSeconds * rate;

    /// <summary>One connection's hand in its person's purse.</summary>
    internal sealed class Share(Budgets budgets, Purse purse, HttpContext? request)
    {
        public bool Take(double messages) => purse.Take(budgets, messages, budgets.Now);

        /// <summary>Who floods has to be still for some seconds before another socket opens.</summary>
        public void Fine() => purse.Fine(budgets.Rate * FineSeconds);

        /// <summary>The socket ends here and now.</summary>
        public void End() => request?.Abort();
    }

    private double Rate => rate;

    private long Now => time.GetTimestamp();
}
