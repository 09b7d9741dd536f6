using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Brings the archive's tables up to date before anything else starts. Nodes that start at once take turns: by an advisory lock in PostgreSQL, by a lock file
/// beside SQLite's (both die with the process, unlike a row in a table).
/// </summary>
public sealed class ArchiveUpgrade(IDbContextFactory<ArchiveDb> archive, ArchivePlace place, ILogger<ArchiveUpgrade> log) : IHostedLifecycleService
{
    private const long Gate = 0x4C53_5550;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A database that restarts just now is waited for.</summary>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        for (var left = Patience; ; left -= Pause)
            try
            {
                await Run(cancellationToken);
                return;
            }
            catch (Exception e) when (left > TimeSpan.Zero && !cancellationToken.IsCancellationRequested && IsAway(e))
            {
                log.ArchiveAway(e);
                await Task.Delay(Pause, cancellationToken);
            }
    }

    /// <summary>Turned away while it starts or stops, or cut off; not one that is not there at all or refuses us.</summary>
    private static bool IsAway(Exception? e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow }
        || e is NpgsqlException { IsTransient: true } and not PostgresException || e?.InnerException is { } inner && IsAway(inner);

    public async Task Run(CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        if (place.IsPostgres)
            await UpgradePostgres(db, ct);
        else
            await UpgradeSqlite(db, place.File!, ct);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task UpgradePostgres(ArchiveDb db, CancellationToken ct)
    {
        var creator = db.GetService<IRelationalDatabaseCreator>();
        try
        {
            if (!await creator.ExistsAsync(ct))
                await creator.CreateAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.DuplicateDatabase or PostgresErrorCodes.UniqueViolation)
        {
            // Another node made it this moment.
        }
        await db.Database.OpenConnectionAsync(ct);
        await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_lock({Gate})", ct);
        try
        {
            await Migrate(db, ct);
        }
        finally
        {
            await db.Database.ExecuteSqlAsync($"SELECT pg_advisory_unlock({Gate})", CancellationToken.None);
            await db.Database.CloseConnectionAsync();
        }
    }

    private async Task UpgradeSqlite(ArchiveDb db, string file, CancellationToken ct)
    {
        PrivateFiles.MakeDirectory(Path.GetDirectoryName(file)!);
        await using var turn = await Turn(file + ".lock", ct);
        PrivateFiles.Make(file);
        // Another server may be busy writing; a start waits for it rather than fail.
        db.Database.SetCommandTimeout(Patience);
        // Whoever held this row is gone, since we have the file lock: a process that was killed leaves it behind. It matters only to one who has something to change.
        if (await db.Database.SqlQuery<int>($"SELECT count(*) AS Value FROM sqlite_master WHERE name = '__EFMigrationsLock'").SingleAsync(ct) > 0 && (await db.Database.GetPendingMigrationsAsync(ct)).Any())
            await db.Database.ExecuteSqlAsync($"""DELETE FROM "__EFMigrationsLock" """, ct);
        await Migrate(db, ct);
    }

    private async Task Migrate(ArchiveDb db, CancellationToken ct)
    {
        var pending = (await db.Database.GetPendingMigrationsAsync(ct)).Count();
        if (pending == 0)
            return;
        await db.Database.MigrateAsync(ct);
        log.Upgraded(pending);
    }

    private static async Task<FileStream> Turn(string path, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(Patience);
        while (true)
        {
            try
            {
                return PrivateFiles.OpenAlone(path);
            }
            catch (IOException) when (!patience.IsCancellationRequested)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }
}

/// <summary>Files that only the server's own user may read.</summary>
internal static class PrivateFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static void MakeDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
    }

    /// <summary>Makes the file, or narrows who may read it. SQLite gives its side files the same mode.</summary>
    public static void Make(string path)
    {
        using (Open(path, FileMode.OpenOrCreate, FileShare.ReadWrite))
        {
        }
        if (!OperatingSystem.IsWindows())
            foreach (var side in new[] { path, path + "-wal", path + "-shm" })
                if (File.Exists(side))
                    File.SetUnixFileMode(side, OwnerOnly);
    }

    public static FileStream OpenAlone(string path) => Open(path, FileMode.OpenOrCreate, FileShare.None);

    public static FileStream MakeNew(string path, FileShare share = FileShare.None) => Open(path, FileMode.CreateNew, share);

    private static FileStream Open(string path, FileMode mode, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        return new FileStream(path, options);
    }
}
