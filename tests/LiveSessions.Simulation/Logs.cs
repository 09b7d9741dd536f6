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

    private async Task Travel()
    {
        var wait = TimeSpan.FromMilliseconds(0.2 + _chance.Below(run.IsCalm ? 2 : 20) / 10.0);
        if (run.Machine.Ticks < Slow.Until)
            wait += Slow.By;
        await run.Machine.Wait(wait);
    }

    private async Task<T> Arrived<T>(T answer)
    {
        await Travel();
        if (isDead())
            await Never();
        return answer;
    }

    private static Task Never() => new TaskCompletionSource().Task;

    public async Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default)
    {
        await Reach();
        return await Arrived(await shared.Open(session, newEpoch, ct));
    }

    public async Task<Appended> Append(SessionId session, string epoch, long length, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
    {
        await Travel();
        // What a node sent before it died may still arrive.
        if (isDead() && _chance.Below(2) == 0)
            await Never();
        if (run.Twist.LosesAppends && _chance.Below(8) == 0)
            return await Arrived<Appended>(new Done(length + entries.Count));
        if (IsAway || (!run.IsCalm && _chance.Below(25) == 0))
        {
            switch (_chance.Below(3))
            {
                case 0:
                    break;
                case 1:
                    await shared.Append(session, epoch, length, entries, ct);
                    break;
                default:
                    run.Machine.After(TimeSpan.FromMilliseconds(_chance.Below(3_000)), () => shared.Append(session, epoch, length, entries, ct));
                    break;
            }
            await run.Machine.Wait(TimeSpan.FromMilliseconds(_chance.Below(3_000)));
            if (isDead())
                await Never();
            throw new AppendOutcomeUnknown(session, new LogAway());
        }
        return await Arrived(await shared.Append(session, epoch, length, entries, ct));
    }

    public async Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default)
    {
        await Reach();
        // A few at a time, so that whatever needs several reads is done with several.
        return await Arrived(await shared.Read(session, from, Math.Min(max, run.LongestRead), ct));
    }

    public async Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default)
    {
        await Reach();
        return await Arrived(await shared.SaveSnapshot(session, epoch, position, bytes, ct));
    }

    public async Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default)
    {
        await Reach();
        return await Arrived(await shared.LoadSnapshot(session, ct));
    }

    public Task Erase(SessionId session, CancellationToken ct = default) => throw new NotSupportedException();
    public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) => throw new NotSupportedException();
    public Task RewriteStorage(CancellationToken ct = default) => throw new NotSupportedException();

    private async Task Reach()
    {
        await Travel();
        if (isDead())
            await Never();
        if (IsAway || (!run.IsCalm && _chance.Below(60) == 0))
            throw new LogAway();
    }
}

/// <summary>The log does not answer. Thrown by the simulation alone.</summary>
internal sealed class LogAway : TimeoutException;

/// <summary>The log that all nodes share, and what it does wrong where a twist says so. Without one it is the in-memory log that keeps the laws.</summary>
internal sealed class SharedLog(Twist twist) : ISessionLog
{
    private InMemorySessionLog _kept = new();

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

    public async Task<Appended> Append(SessionId session, string epoch, long length, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
    {
        if (twist.NoGuard)
            length = (await _kept.Open(session, epoch, ct)).Length;
        if (twist.SeatsPeopleTwice)
            entries = [.. entries.Select(SeatedTwice)];
        var appended = await _kept.Append(session, epoch, length, entries, ct);
        if (twist.KeepsTwice && appended is Done done)
            await _kept.Append(session, epoch, done.Length, entries, ct);
        if (twist.WritesInTheMiddle && appended is Done)
            await Reorder(session, epoch);
        return appended;
    }

    public async Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default)
    {
        var read = await _kept.Read(session, from, max, ct);
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
        for (var i = 0; i < entries.Count; i += ISessionLog.MaxEntries)
            await _kept.Append(session, epoch, i, [.. entries.Skip(i).Take(ISessionLog.MaxEntries).Select(e => (ReadOnlyMemory<byte>)e)]);
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
