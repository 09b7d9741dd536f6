using LiveSessions.Server.Transcripts;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveSessions.Server.Tests.Transcripts;

/// <summary>A real archive of a test's own, brought up as the server brings it up.</summary>
internal sealed class Archive : IAsyncDisposable
{
    private readonly ServiceProvider services;

    private Archive(ServiceProvider services) => this.services = services;

    public TranscriptStore Store => services.GetRequiredService<TranscriptStore>();
    public AuditTrail Audit => services.GetRequiredService<AuditTrail>();
    public IDbContextFactory<ArchiveDb> Factory => services.GetRequiredService<IDbContextFactory<ArchiveDb>>();
    public ManualTime Time => services.GetRequiredService<ManualTime>();
    public T Get<T>() where T : notnull => services.GetRequiredService<T>();

    /// <summary>On SQLite, unless a connection string is given.</summary>
    public static async Task<Archive> Open(string directory, string? connectionString = null)
    {
        var archive = Unopened(directory, connectionString);
        await archive.Get<ArchiveUpgrade>().Run(CancellationToken.None);
        return archive;
    }

    public static Archive Unopened(string directory, string? connectionString = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Data:Directory"] = directory,
            ["ConnectionStrings:Archive"] = connectionString,
        }).Build();
        var time = new ManualTime();
        return new Archive(new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSingleton(time).AddSingleton<TimeProvider>(time)
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning)).AddArchive(configuration).BuildServiceProvider());
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();
}

/// <summary>A clock that a test turns.</summary>
internal sealed class ManualTime : TimeProvider
{
    private DateTimeOffset now = new(2026, 10, 6, 17, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public void Pass(TimeSpan time) => now += time;
}

/// <summary>A clock that stands still and whose timers never ring: what waits, waits.</summary>
internal sealed class FrozenTime : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

    private sealed class Never : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;
        public void Dispose()
        {
        }
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
