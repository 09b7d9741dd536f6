#pragma warning disable EF1002 // The SQL is the test's own.
using LiveSessions.Log;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Transcripts;
using LiveSessions.Transcripts;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using System.Text;

namespace LiveSessions.Server.Tests.Transcripts;

/// <summary>How the SQLite file lies on the disk.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class SqliteFileTests : IDisposable
{
    private readonly ScratchDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Connections_are_durable_and_overwrite_what_is_deleted()
    {
        await using var archive = await Archive.Open(Path.Combine(directory.Path, "data"));
        await using var db = await archive.Factory.CreateDbContextAsync();
        await db.Database.OpenConnectionAsync();
        async Task<string> Pragma(string name)
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            command.CommandText = "PRAGMA " + name;
            return (await command.ExecuteScalarAsync())!.ToString()!;
        }
        Assert.Equal(("wal", "2", "1", "5000"), (await Pragma("journal_mode"), await Pragma("synchronous"), await Pragma("secure_delete"), await Pragma("busy_timeout")));
    }

    [Fact]
    public async Task Only_the_owner_may_read_the_files()
    {
        var data = Path.Combine(directory.Path, "data");
        await using var archive = await Archive.Open(data);
        await archive.Audit.Note("a", "b", "c");
        await using var open = await archive.Factory.CreateDbContextAsync();
        await open.Database.OpenConnectionAsync();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(data));
        var files = Directory.GetFiles(data);
        Assert.Contains(files, f => f.EndsWith("-wal", StringComparison.Ordinal));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_file_left_open_to_others_is_closed_to_them()
    {
        var file = Path.Combine(directory.Path, "archive.db");
        await using (await Archive.Open(directory.Path))
            SqliteConnection.ClearAllPools();
        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
        await using var again = await Archive.Open(directory.Path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_migration_lock_left_by_a_killed_process_does_not_hang_the_next()
    {
        await using (var first = await Archive.Open(directory.Path))
        {
            await using var db = await first.Factory.CreateDbContextAsync();
            await db.Database.ExecuteSqlRawAsync("""CREATE TABLE IF NOT EXISTS "__EFMigrationsLock" ("Id" INTEGER NOT NULL PRIMARY KEY, "Timestamp" TEXT NOT NULL); INSERT INTO "__EFMigrationsLock" VALUES (1, '2026-01-01');""");
            await db.Database.ExecuteSqlRawAsync("""DELETE FROM "__EFMigrationsHistory";""");
            foreach (var table in await db.Database.SqlQueryRaw<string>("SELECT name AS Value FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_\\_EF%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'").ToListAsync())
                await db.Database.ExecuteSqlRawAsync($"PRAGMA foreign_keys = OFF; DROP TABLE \"{table}\"");
        }
        await using var second = Archive.Unopened(directory.Path);
        await second.Get<ArchiveUpgrade>().Run(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
        await second.Audit.Note("a", "b", "c");
    }

    [Fact]
    public async Task Removed_words_are_gone_from_every_file_byte_for_byte()
    {
        const string canary = "Zirkonkanarienvogel";
        await using (var archive = await Archive.Open(directory.Path))
        {
            var line = new TranscriptLine("l1", 1, DateTimeOffset.UnixEpoch, "c", null, LineKind.Turn, null, null, null, null, $"The {canary} sings", null, null, null, false, false, true, []);
            await archive.Store.Write(new SessionId("s1"), "e1", 0, [], [], [line], []);
            Assert.True(Holds(canary), "The check must be able to fail.");
            await archive.Store.Write(new SessionId("s1"), "e1", 0, [], [], [], ["l1"]);
            await using var db = await archive.Factory.CreateDbContextAsync();
            await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        Assert.False(Holds(canary));
    }

    private bool Holds(string word)
    {
        foreach (var file in Directory.GetFiles(directory.Path))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            foreach (var form in new[] { word, word.ToLowerInvariant() })
                if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(form)) >= 0)
                    return true;
        }
        return false;
    }
}
