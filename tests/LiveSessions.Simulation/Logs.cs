using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Redis;

namespace LiveSessions.Simulation;

/// <summary>The log as one node reaches it: over a network that is slow, or away, or loses the answer, and not at all once the node is dead.</summary>
internal sealed class NodeLog(ISessionLog shared, Run run, Func<bool> isDead) : ISessionLog
{
    private Chance _chance = run.ChanceOf("log");

    /// <summary>Until then the log cannot be reached from here.</summary>
    public long AwayUntil { get; set; }

    /// <summary>Until then it takes this much longer.</summary>
    public (long Until, TimeSpan By) Slow { get; set; }

    private bool IsAway => run.Machine.Ticks < AwayUntil;

    private TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The connection breaks: whoever waits for an answer hears that there will be none.</summary>
    public void Break()
    {
        var broken = _broken;
        _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        broken.SetResult();
    }

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>While the log goes and comes back nothing else goes wrong.</summary>
    private bool IsCalm => run.IsCalm || run.IsSetBack;

    private async Task Travel()
    {
        var wait = TimeSpan.FromMilliseconds(0.2 + _chance.Below(IsCalm ? 2 : 20) / 10.0);
        if (run.Machine.Ticks < Slow.Until)
            wait += Slow.By;
        await run.Machine.Wait(wait);
    }

    /// <param name="era">In which it was asked: what was under way when the log went has no answer.</param>
    private async Task<T> Arrived<T>(T answer, int era)
    {
        await Travel();
        if (isDead())
            await Never();
        return era == run.Log.Era ? answer : throw new LogAway();
    }

    private static Task Never() => new TaskCompletionSource().Task;

    public async Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default)
    {
        var era = await Reach();
        return await Arrived(await shared.Open(session, newEpoch, ct), era);
    }

    public async Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
    {
        if (isDead())
            await Never();
        var era = run.Log.Era;
        await Travel();
        // What a node sent before it died may still arrive.
        if (isDead() && _chance.Below(2) == 0)
            await Never();
        if (run.Twist.LosesAppends && _chance.Below(8) == 0)
            return await Arrived<Appended>(new Done(end.Length + entries.Count), era);
        if (IsAway || era != run.Log.Era || (!IsCalm && _chance.Below(25) == 0))
        {
            // A log that went cannot be written to, and what was asked before is not asked of the one that is there afterwards.
            switch (era != run.Log.Era || run.IsSetBack ? 0 : _chance.Below(3))
            {
                case 0:
                    break;
                case 1:
                    await shared.Append(session, end, entries, ct);
                    break;
                default:
                    run.Machine.After(TimeSpan.FromMilliseconds(_chance.Below(3_000)), () =>
                    {
                        if (era == run.Log.Era)
                            shared.Append(session, end, entries, ct);
                    });
                    break;
            }
            // A connection that is gone says so at once; one that is only silent says nothing for a while.
            await run.Machine.Either(run.Machine.Wait(TimeSpan.FromMilliseconds(_chance.Below(run.IsSetBack ? 4 : 3_000))), _broken.Task);
            if (isDead())
                await Never();
            throw new AppendOutcomeUnknown(session, new LogAway());
        }
        try
        {
            return await Arrived(await shared.Append(session, end, entries, ct), era);
        }
        catch (LogAway e)
        {
            throw new AppendOutcomeUnknown(session, e);
        }
    }

    public async Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default)
    {
        var era = await Reach();
        // A few at a time, so that whatever needs several reads is done with several.
        return await Arrived(await shared.Read(session, from, Math.Min(max, run.LongestRead), ct), era);
    }

    public async Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default)
    {
        var era = await Reach();
        return await Arrived(await shared.SaveSnapshot(session, epoch, position, bytes, ct), era);
    }

    public async Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default)
    {
        var era = await Reach();
        return await Arrived(await shared.LoadSnapshot(session, ct), era);
    }

    public Task Erase(SessionId session, CancellationToken ct = default) => throw new NotSupportedException();
    public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) => throw new NotSupportedException();
    public Task RewriteStorage(CancellationToken ct = default) => throw new NotSupportedException();

    public async Task<int> Reach()
    {
        var era = run.Log.Era;
        await Travel();
        if (isDead())
            await Never();
        if (IsAway && run.IsSetBack)
        {
            // What is read waits until there is a connection again.
            var left = AwayUntil - run.Machine.Ticks;
            await run.Machine.Wait(TimeSpan.FromTicks(left < Patience.Ticks ? left : Patience.Ticks));
            if (isDead())
                await Never();
            era = run.Log.Era;
        }
        if (IsAway || era != run.Log.Era || (!IsCalm && _chance.Below(60) == 0))
            throw new LogAway();
        return era;
    }
}

/// <summary>The log does not answer. Thrown by the simulation alone.</summary>
internal sealed class LogAway : TimeoutException;

/// <summary>The log that all nodes share, and what it does wrong where a twist says so. Without one it is the in-memory log that keeps the laws.</summary>
internal sealed class SharedLog(Twist twist, TimeProvider time) : ISessionLog
{
    private InMemorySessionLog _kept = new();

    // When each entry was written.
    private readonly List<long> _writtenAt = [];

    /// <summary>How often it went and came back without its last entries.</summary>
    public int Era { get; private set; }

    /// <summary>As nodes are told it.</summary>
    public string Which => $"era {Era}";

    /// <summary>What nodes sign (docs/decisions/0040): which, by their name.</summary>
    public Dictionary<string, string> Signed { get; } = [];

    /// <summary>What is really kept.</summary>
    public async Task<IReadOnlyList<byte[]>> Everything(SessionId session)
    {
        var all = new List<byte[]>();
        while (true)
        {
            var read = await _kept.Read(session, all.Count, ISessionLog.MaxEntries);
            all.AddRange(read.Entries);
            if (all.Count >= read.Length)
                return all;
        }
    }

    public Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default) => _kept.Open(session, newEpoch, ct);

    public async Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
    {
        if (twist.NoGuard)
            end = new(end.Epoch, (await _kept.Open(session, end.Epoch, ct)).Length);
        if (twist.AltersEntries)
            end = end with { Hash = null };
        if (twist.SeatsPeopleTwice)
            entries = [.. entries.Select(SeatedTwice)];
        var appended = await _kept.Append(session, end, entries, ct);
        if (appended is Done)
            _writtenAt.AddRange(Enumerable.Repeat(time.GetTimestamp(), entries.Count));
        if (twist.KeepsTwice && appended is Done done)
            await _kept.Append(session, new(end.Epoch, done.Length), entries, ct);
        if (twist.WritesInTheMiddle && appended is Done)
            await Reorder(session, end.Epoch);
        return appended;
    }

    public async Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default)
    {
        var read = await _kept.Read(session, from, max, ct);
        if (twist.AltersEntries || twist.ReadsAreOld)
            read = read with { Hash = null };
        if (twist.ReadsAreOld && Math.Max(from, read.Length - 3) is var old && old < read.Length)
            return read with { Length = old, Entries = [.. read.Entries.Take((int)(old - from))] };
        if (twist.Garbles && from > 0 && read.Entries is [.., var last])
            return read with { Entries = [.. read.Entries.SkipLast(1), last[..(last.Length / 2)]] };
        return twist.ForgetsMarks ? read with { Entries = [.. read.Entries.Select(WithoutMark)] } : read;
    }

    public Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) => _kept.SaveSnapshot(session, epoch, position, bytes, ct);
    public Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default) => _kept.LoadSnapshot(session, ct);
    public Task Erase(SessionId session, CancellationToken ct = default) => _kept.Erase(session, ct);
    public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) => _kept.Erase(session, length, ct);
    public Task RewriteStorage(CancellationToken ct = default) => _kept.RewriteStorage(ct);

    /// <summary>What was written last without being on disk is gone.</summary>
    public async Task Forget(SessionId session, string epoch, int entries)
    {
        var all = await Everything(session);
        await Replace(session, epoch, [.. all.Take(Math.Max(0, all.Count - entries))]);
    }

    /// <summary>It goes, and comes back as it was so long ago, as one that syncs once a second and loses its power does.</summary>
    /// <returns>How long it is now.</returns>
    public async Task<int> SetBack(SessionId session, string epoch, TimeSpan by)
    {
        Era++;
        var kept = _writtenAt.Count;
        while (kept > 0 && time.GetElapsedTime(_writtenAt[kept - 1]) < by)
            kept--;
        _writtenAt.RemoveRange(kept, _writtenAt.Count - kept);
        await Replace(session, epoch, [.. (await Everything(session)).Take(kept)]);
        return kept;
    }

    private async Task Reorder(SessionId session, string epoch)
    {
        var all = (await Everything(session)).ToList();
        // The last of a session's words goes before the one before it.
        if (all.Count > 20 && all.Count % 7 == 0)
            (all[^1], all[^2]) = (all[^2], all[^1]);
        await Replace(session, epoch, all);
    }

    private async Task Replace(SessionId session, string epoch, List<byte[]> entries)
    {
        _kept = new();
        await _kept.Open(session, epoch);
        for (var (i, hash) = (0, LogHash.None); i < entries.Count; i += ISessionLog.MaxEntries)
        {
            List<ReadOnlyMemory<byte>> some = [.. entries.Skip(i).Take(ISessionLog.MaxEntries)];
            await _kept.Append(session, new(epoch, i, hash), some);
            hash = hash.After(some);
        }
    }

    private static byte[] WithoutMark(byte[] bytes) =>
        JsonSerializer.SerializeToUtf8Bytes(JsonSerializer.Deserialize<LogEntry>(bytes, Json.Options)! with { Instance = null, Number = 0 }, Json.Options);

    private static ReadOnlyMemory<byte> SeatedTwice(ReadOnlyMemory<byte> bytes)
    {
        var entry = JsonSerializer.Deserialize<LogEntry>(bytes.Span, Json.Options)!;
        return JsonSerializer.SerializeToUtf8Bytes(
            entry with
            {
                Events = [.. entry.Events.Select(e => e is RoomsOpened { Rooms: [var first, ..] } opened
                ? opened with { Rooms = [first with { Members = [.. first.Members, first.Members[0]] }, .. opened.Rooms.Skip(1)] } : e)]
            }, Json.Options);
    }
}
