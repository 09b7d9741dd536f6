using System.Diagnostics.Metrics;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Server.Tests.Live;

/// <summary>Two servers in this process on one redis-server and one archive, as two machines would be. Tests in it take turns and keep apart by their sessions.</summary>
public sealed class LiveHouse : IAsyncLifetime
{
    private readonly ScratchDirectory _directory = new();
    private RedisServer? _redis;
    private LiveNode? _one;
    private LiveNode? _two;
    private Site? _site;

    internal LiveNode One => _one!;
    internal LiveNode Two => _two!;
    internal Site Site => _site!;
    internal IReadOnlyList<Uri> Both => [One.Address, Two.Address];
    internal IReadOnlyList<Uri> First => [One.Address];
    internal IReadOnlyList<Uri> Second => [Two.Address];

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.Start();
        _one = await LiveNode.Start(Settings());
        _two = await LiveNode.Start(Settings());
        _site = await Site.SetUp(One.Address, await One.SetUpPath());
    }

    /// <summary>For one more server beside the two.</summary>
    internal NodeSettings Settings() => new(Directory.CreateDirectory(Path.Combine(_directory.Path, Guid.NewGuid().ToString("n"))).FullName, _redis!.ConnectionString, $"Data Source={Path.Combine(_directory.Path, "archive.db")}");

    internal Task<LogRead> Log(SessionId session) => AllOf(One.Get<ISessionLog>(), session);

    /// <summary>The log itself, entry by entry, not what anybody made of it.</summary>
    internal static async Task<LogRead> AllOf(ISessionLog log, SessionId session)
    {
        var entries = new List<byte[]>();
        while (true)
        {
            var read = await log.Read(session, entries.Count, ISessionLog.MaxEntries);
            entries.AddRange(read.Entries);
            if (entries.Count >= read.Length)
                return read with { Entries = entries };
        }
    }

    internal async Task<IReadOnlyList<LogEntry>> Entries(SessionId session) => [.. (await Log(session)).Entries.Select(EntryBytes.Read)];

    internal async Task<long> Head(SessionId session) => (await One.Get<ISessionLog>().Read(session, 0, 1)).Length;

    public async ValueTask DisposeAsync()
    {
        _site?.Dispose();
        if (_one is not null)
            await _one.DisposeAsync();
        if (_two is not null)
            await _two.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
        _directory.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class InTheLiveHouse : ICollectionFixture<LiveHouse>
{
    public const string Name = "live house";
}

/// <summary>Counts what one of the live part's counters counts while it is listened to.</summary>
internal sealed class Counted : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;

    public Counted(string counter, string of = LiveMeter.Name)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == of && instrument.Name == counter)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _count, count));
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
