using System.Collections.Concurrent;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Copies the logs of the sessions to the archive, told in words, soon after they grow. One node at a time copies a session, by a lease; the archive's position guards the rest. A node that
/// dies leaves nothing behind but a lease that runs out: any other resumes from the stored position. Some time after a session's end, once everything is archived, its log leaves Redis.
/// </summary>
public sealed class ArchiveWriter(
    ISessionLog log, Leases leases, Deadlines deadlines, TranscriptStore store, IDbContextFactory<ArchiveDb> archive, Bustle bustle, TimeProvider time, ILogger<ArchiveWriter> logger, ArchiveWriterOptions options)
    : BackgroundService, IArchiveSignal, IArchiveProgress, IDueWork
{
    /// <summary>Name of the deadline at which a session's log leaves Redis.</summary>
    public const string ForgetDeadline = "forget";

    private readonly ConcurrentDictionary<SessionId, Running> _running = new();
    private readonly ConcurrentDictionary<SessionId, Task> _forgetting = new();
    private CancellationToken _stopping = new(canceled: true);

    // What people write goes first; copying has a thread of its own that gives way.
    private readonly QuietScheduler _quiet = new("Archive");

    private sealed class Running(SessionCopy copy, TimeProvider time)
    {
        public SessionCopy Copy { get; } = copy;
        public Alarm Woken { get; } = new(time);
        public Task Task { get; set; } = Task.CompletedTask;

        /// <summary>When somebody last wanted to know how far it is.</summary>
        public long Asked;

        /// <summary>How long the log is, as this node last said or heard.</summary>
        public long Length;

        /// <summary>Whether the archive holds everything that is known to be there.</summary>
        public bool IsCaughtUp => Copy.UpTo >= Math.Max(Copy.Head, Volatile.Read(ref Length));
    }

    public void Wrote(SessionId session, long head)
    {
        if (_stopping.IsCancellationRequested)
            return;
        var running = Start(session);
        var before = Interlocked.Exchange(ref running.Length, head);
        bustle.Add(before == 0 ? 1 : Math.Max(0, head - before));
        running.Woken.Ring();
    }

    /// <summary>Another node has appended: whoever looks after the session here need not wait for its next look.</summary>
    public void Heard(SessionId session, long head)
    {
        if (!_running.TryGetValue(session, out var running))
            return;
        Interlocked.Exchange(ref running.Length, head);
        running.Woken.Ring();
    }

    private void Look(SessionId session)
    {
        if (!_stopping.IsCancellationRequested)
            Start(session).Woken.Ring();
    }

    /// <summary>A session that is asked about is looked after from then on, also when another node copies it.</summary>
    public long ArchivedUpTo(SessionId session)
    {
        if (_stopping.IsCancellationRequested)
            return 0;
        var running = Start(session);
        Volatile.Write(ref running.Asked, time.GetTimestamp());
        return running.Copy.UpTo;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _stopping = stoppingToken;
        using var lag = ArchiveMeter.Lag(() => _running.Values.Sum(r => Math.Max(0, r.Copy.Head - r.Copy.UpTo)));
        using var timer = new PeriodicTimer(options.Sweep);
        using var ending = stoppingToken.Register(() =>
        {
            foreach (var running in _running.Values)
                running.Woken.Ring();
        });
        var waking = WakeThoseDue(stoppingToken);
        try
        {
            var since = DateTimeOffset.MinValue;
            do
            {
                try
                {
                    await Sweep(since, stoppingToken);
                    since = time.GetUtcNow().AddDays(-3);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested)
                {
                    logger.ArchiveSweepFailed(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The end of the server.
        }
        await Task.WhenAll(_running.Values.Select(r => r.Task).Concat(_forgetting.Values).Append(waking));
    }

    /// <summary>One clock for all sessions: with a timer of its own each, a thousand in which nothing happens were what most collections of garbage went through (docs/performance-findings.md).</summary>
    private async Task WakeThoseDue(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(options.Poll / 4);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
                foreach (var (_, running) in _running)
                    running.Woken.RingIfDue();
        }
        catch (OperationCanceledException)
        {
            // The end of the server.
        }
    }

    public override void Dispose()
    {
        _quiet.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// Finds sessions that nobody looks after here though there is something to do: their log is longer than what is archived, because their node died or this one was just started; or they
    /// are over and their log is still there.
    /// </summary>
    /// <param name="since">Sessions that ended before are left alone; at the start all are looked at.</param>
    private async Task Sweep(DateTimeOffset since, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var sessions = await db.Sessions.AsNoTracking().Where(s => s.EndedAt == null || s.EndedAt > since).Select(s => new { s.Id, s.EndedAt }).ToListAsync(ct);
        foreach (var session in sessions.Where(s => !_running.ContainsKey(s.Id)))
        {
            var read = await log.Read(session.Id, 0, 1, ct);
            if (read.Epoch is { } epoch && (session.EndedAt is not null || (await store.Position(session.Id, epoch, ct)).UpTo < read.Length))
                Look(session.Id);
        }
    }

    private Running Start(SessionId session)
    {
        while (true)
        {
            if (_running.TryGetValue(session, out var running))
                return running;
            running = new Running(new(session, log, store, logger), time) { Asked = time.GetTimestamp() };
            if (!_running.TryAdd(session, running))
                continue;
            running.Task = _quiet.Start(() => Run(session, running));
            return running;
        }
    }

    /// <summary>Copies one session until nothing has happened in it for a while or its log is gone.</summary>
    private async Task Run(SessionId session, Running running)
    {
        var keeper = new LeaseKeeper(leases, $"archive:{session}", options.Lease, time);
        var (failures, quietLooks, quietSince, deadlineSet) = (0, 0, time.GetTimestamp(), false);
        try
        {
            while (!_stopping.IsCancellationRequested)
            {
                TimeSpan pause;
                bool isHurried;
                try
                {
                    var (before, started) = (running.Copy.UpTo, time.GetTimestamp());
                    if (await keeper.Holds(_stopping))
                    {
                        if (await CopyAll(running.Copy, keeper, _stopping) == CopyEnd.Gone)
                            return;
                        if (running.Copy.EndedAt is { } ended && !deadlineSet)
                        {
                            await deadlines.Set(session, ForgetDeadline, ended + options.ForgetAfter, _stopping);
                            deadlineSet = true;
                        }
                    }
                    else
                    {
                        running.Copy.Drop();
                        await running.Copy.Watch(_stopping);
                    }
                    failures = 0;
                    quietLooks = running.Copy.UpTo == before && running.IsCaughtUp ? quietLooks + 1 : 0;
                    pause = Pause(quietLooks);
                    // Where another node copies, news tells only how far that node has yet to go.
                    isHurried = keeper.IsHeld || running.IsCaughtUp;
                    if (running.Copy.UpTo != before)
                    {
                        quietSince = time.GetTimestamp();
                        await UntilCalm(keeper, time.GetElapsedTime(started, quietSince));
                    }
                    else if (time.GetElapsedTime(Math.Max(quietSince, Volatile.Read(ref running.Asked))) > options.Idle && running.Copy.UpTo >= running.Copy.Head)
                        return;
                }
                catch (Exception e) when (!_stopping.IsCancellationRequested)
                {
                    failures++;
                    ArchiveMeter.Failures.Add(1);
                    logger.ArchiveFailed(session.Value, running.Copy.UpTo, failures, e);
                    pause = TimeSpan.FromSeconds(Math.Min(options.Poll.TotalSeconds * Math.Pow(2, failures - 1), 15));
                    // A newer version is about, and can copy what this one cannot read.
                    if (e is EntryUnreadable)
                        await keeper.GiveBack();
                    isHurried = false;
                }
                if (isHurried)
                    await running.Woken.Wait(pause);
                else
                    await Task.Delay(pause, _stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the server.
        }
        finally
        {
            await keeper.GiveBack();
            _running.TryRemove(KeyValuePair.Create(session, running));
            // Somebody may have written between the last look and now.
            if (running.Woken.IsRung && !_stopping.IsCancellationRequested)
                Look(session);
        }
    }

    /// <summary>
    /// The session's people go first. What is written meanwhile is copied in one transaction, and a note that is edited again and again is told once; so copying waits a while, and while
    /// people write more than <see cref="ArchiveWriterOptions.Busy"/> it waits on, up to <see cref="ArchiveWriterOptions.Patience"/>. The log has everything meanwhile.
    /// </summary>
    private async Task UntilCalm(LeaseKeeper keeper, TimeSpan copying)
    {
        var since = time.GetTimestamp();
        await Task.Delay(TimeSpan.FromTicks(Math.Clamp(copying.Ticks * 10, options.Poll.Ticks / 4, options.Poll.Ticks * 5)), time, _stopping);
        await WhileBusy(keeper, since);
    }

    /// <summary>The lease stays ours meanwhile: another node would have to fold the log anew.</summary>
    private async Task WhileBusy(LeaseKeeper keeper, long since)
    {
        while (time.GetElapsedTime(since) < options.Patience && await IsBusy() && await keeper.Holds(_stopping))
        {
        }
    }

    private async Task<bool> IsBusy()
    {
        var (before, began) = (bustle.SoFar, time.GetTimestamp());
        await Task.Delay(options.Poll / 4, time, _stopping);
        return Bustles(before, began);
    }

    /// <summary>Whether people have been at work since.</summary>
    private bool Bustles(long before, long since)
    {
        if (bustle.SoFar - before <= options.Busy * Math.Max(0.001, time.GetElapsedTime(since).TotalSeconds))
            return false;
        Interlocked.Exchange(ref _bustled, time.GetTimestamp());
        return true;
    }

    /// <summary>Who was at work a moment ago may be again the next: what a large page holds would be in their way then.</summary>
    private static readonly TimeSpan AMoment = TimeSpan.FromSeconds(5);

    private long _bustled;

    private bool IsCalm => Interlocked.Read(ref _bustled) is var at && (at == 0 || time.GetElapsedTime(at) > AMoment);

    /// <summary>
    /// Entries in one transaction while people write. Everything of a page is alive at once, and what is alive when garbage is collected is what everybody waits for: with a page of 1,000 that was
    /// 28 ms (docs/performance-findings.md).
    /// </summary>
    private const int PageBesidePeople = 150;

    /// <summary>The same when nobody is at work. What is told again and again within it, a note that is edited or a name that is changed, is written once; whoever comes in meanwhile waits for it.</summary>
    private const int PageAlone = 2 * ISessionLog.MaxEntries;

    /// <summary>
    /// How many times as long as a page took copying rests while people write. The page's transaction runs on a thread like everybody's, and who wants the processor meanwhile waits some milliseconds; a
    /// hundredth of the time is what nobody notices in a hundred messages. What is two minutes behind takes more, what is four takes a fifth of the time. No rest is longer than a third of the lease.
    /// </summary>
    private int Rests(TimeSpan behind) => behind <= options.Patience * 6 ? 100 : behind <= options.Patience * 12 ? 20 : 4;

    private enum CopyEnd { Caught, Gone }

    private async Task<CopyEnd> CopyAll(SessionCopy copy, LeaseKeeper keeper, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        var page = PageBesidePeople;
        while (await keeper.Holds(ct))
        {
            var (before, started) = (bustle.SoFar, time.GetTimestamp());
            switch (await copy.Step(page, () => !Bustles(before, started), ct))
            {
                case null: return CopyEnd.Gone;
                case false: return CopyEnd.Caught;
            }
            // There is more. While people write it waits, as above; after that it takes little of a processor, and more only the further it is behind.
            var took = time.GetElapsedTime(started);
            if (!Bustles(before, started))
            {
                page = IsCalm ? PageAlone : PageBesidePeople;
                continue;
            }
            page = PageBesidePeople;
            var behind = time.GetUtcNow() - copy.ArchivedTill ?? TimeSpan.Zero;
            var rest = took * Rests(behind);
            await Task.Delay(rest < options.Lease / 3 ? rest : options.Lease / 3, time, ct);
            // What has waited long enough, perhaps for nodes that are gone, waits no longer for this one.
            if (behind <= options.Patience)
                await WhileBusy(keeper, began);
        }
        return CopyEnd.Caught;
    }

    /// <summary>
    /// Who writes wakes the writer, here and, by what nodes tell each other, on other nodes. A look finds what nobody told of; the longer there was nothing, the rarer, but often enough for the lease. A thousand
    /// sessions in which nothing happens were a thousand looks a second.
    /// </summary>
    private TimeSpan Pause(int quietLooks)
    {
        var pause = options.Poll * Math.Pow(2, Math.Clamp(quietLooks - 1, 0, 10));
        return pause < options.Lease / 3 ? pause : options.Lease / 3;
    }

    /// <summary>A session's log is due to leave Redis. Done beside the pulse, which must not wait for it; a node that dies over it leaves the deadline to the others.</summary>
    public Task<bool> Do(SessionId session, string name, CancellationToken ct)
    {
        if (name == ForgetDeadline && !_stopping.IsCancellationRequested)
            _forgetting.GetOrAdd(session, id => Task.Run(() => Forget(id, _stopping), CancellationToken.None));
        return Task.FromResult(false);
    }

    private async Task Forget(SessionId session, CancellationToken ct)
    {
        try
        {
            if (await EraseWhenArchived(session, ct))
                await deadlines.Clear(session, ForgetDeadline, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            ArchiveMeter.Failures.Add(1);
            logger.ForgetFailed(session.Value, e);
        }
        catch (OperationCanceledException)
        {
            // The end of the server; the deadline stands.
        }
        finally
        {
            _forgetting.TryRemove(session, out _);
        }
    }

    /// <summary>Erases the log if every entry of it is archived, and has Redis write its files anew. False: not yet; the deadline comes again.</summary>
    internal async Task<bool> EraseWhenArchived(SessionId session, CancellationToken ct)
    {
        var read = await log.Read(session, 0, 1, ct);
        if (read.Epoch is { } epoch)
        {
            var (upTo, _) = await store.Position(session, epoch, ct);
            if (upTo != read.Length || !await log.Erase(session, upTo, ct))
            {
                logger.ForgetMustWait(session.Value, upTo, read.Length);
                Look(session);
                return false;
            }
            logger.Forgotten(session.Value, upTo);
        }
        else
        {
            // An erasure may have been cut off half-way.
            await log.Erase(session, ct);
        }
        await log.RewriteStorage(ct);
        return true;
    }
}

/// <param name="Poll">How soon a session that this node copies is looked at when nobody said anything and something has just happened; later ever more rarely.</param>
/// <param name="Lease">How long a session stays with a node that has died.</param>
/// <param name="Sweep">How often sessions are looked for that nobody copies.</param>
/// <param name="Idle">After so long without news a session is let go.</param>
/// <param name="Busy">Entries and glimpses a second on this node above which copying waits.</param>
/// <param name="Patience">How long it waits at most.</param>
/// <param name="ForgetAfter">How long after its end a session's log leaves Redis: at most 23 hours, so that it is gone within 24.</param>
public sealed record ArchiveWriterOptions(TimeSpan Poll, TimeSpan Lease, TimeSpan Sweep, TimeSpan Idle, double Busy, TimeSpan Patience, TimeSpan ForgetAfter)
{
    public static ArchiveWriterOptions From(IConfiguration configuration)
    {
        var forget = configuration.GetValue("Archive:ForgetAfter", TimeSpan.FromHours(1));
        return forget >= TimeSpan.Zero && forget <= TimeSpan.FromHours(23)
            ? new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10), 100, TimeSpan.FromSeconds(20), forget)
            : throw new InvalidOperationException("Archive:ForgetAfter is between 00:00:00 and 23:00:00: words that are not kept are gone within 24 hours of a session's end.");
    }
}

/// <summary>Holds one lease as long as it is asked for.</summary>
internal sealed class LeaseKeeper(Leases leases, string name, TimeSpan length, TimeProvider time)
{
    private Lease? _lease;
    private long _renewed;

    /// <summary>As it was when last asked.</summary>
    public bool IsHeld => _lease is not null;

    /// <summary>True while it is ours; renews it in good time.</summary>
    public async Task<bool> Holds(CancellationToken ct)
    {
        if (_lease is not null && time.GetElapsedTime(_renewed) < length / 3)
            return true;
        var asked = time.GetTimestamp();
        if (_lease is { } lease && !await leases.Renew(lease, length, ct))
            _lease = null;
        _lease ??= await leases.Take(name, length, ct);
        _renewed = asked;
        return _lease is not null;
    }

    public async Task GiveBack()
    {
        if (_lease is not { } lease)
            return;
        _lease = null;
        try
        {
            await leases.GiveBack(lease);
        }
        catch (Exception e) when (e is StackExchange.Redis.RedisException or TimeoutException or ObjectDisposedException)
        {
            // It runs out by itself.
        }
    }
}

public static class ArchiveWriterRegistration
{
    /// <summary>The archive writer. Needs the archive, Redis and the live part; registered last, it stops first.</summary>
    public static IServiceCollection AddArchiveWriter(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(_ => ArchiveWriterOptions.From(configuration));
        services.AddSingleton<ArchiveWriter>();
        services.AddSingleton<IArchiveSignal>(provider => provider.GetRequiredService<ArchiveWriter>());
        services.AddSingleton<IArchiveProgress>(provider => provider.GetRequiredService<ArchiveWriter>());
        services.AddSingleton<IDueWork>(provider => provider.GetRequiredService<ArchiveWriter>());
        services.AddHostedService(provider => provider.GetRequiredService<ArchiveWriter>());
        return services;
    }
}
