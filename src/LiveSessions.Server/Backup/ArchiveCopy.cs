using LiveSessions.Server.Transcripts;
using Microsoft.Data.Sqlite;

namespace LiveSessions.Server.Backup;

/// <summary>
/// Copies the SQLite archive while it is written to. All of it by SQLite's own <c>VACUUM INTO</c>, which gives one moment of it, whole, without what was erased; and by themselves the tables that are told
/// nowhere else (accounts, sessions as planned, rosters, seats, grants), which are small, so that they can be copied each time. Not to be used by two at once.
/// </summary>
internal sealed class ArchiveCopy(ArchivePlace place, BackupFolder folder, TimeProvider time) : IDisposable
{
    /// <summary>What grows with what people say. It is made from the sessions' logs, which are copied as they grow.</summary>
    private static readonly string[] MadeFromLogs = ["ArchiveEntries", "ArchivePositions", "Conversations", "Lines", "LineTerms"];

    public const string Audit = "AuditRows";

    private SqliteConnection? _watching;
    private long _whole = -1, _small = -1, _audited;

    /// <summary>Whether the archive has changed since the last whole copy. The first time: yes.</summary>
    public bool IsNewer() => Version() != _whole;

    /// <summary>Whether it has changed since <see cref="Make"/> or <see cref="MakeSmall"/>.</summary>
    public bool IsSmallNewer() => Version() != _small;

    /// <summary>Copies all of it.</summary>
    public void Make()
    {
        var version = Version();
        var audited = (long)_watching!.Ask($"SELECT coalesce(max(Seq), 0) FROM {Audit}")!;
        Write(folder.Archive, static (connection, next) => connection.Ask("VACUUM INTO $0", next), KeepDaysEnd);
        (_whole, _small, _audited) = (version, version, audited);
        File.Delete(folder.Small);
    }

    /// <summary>Copies the small tables, and what was entered in the audit trail since the last whole copy.</summary>
    public void MakeSmall()
    {
        var version = Version();
        Write(folder.Small, CopySmall, () => { });
        _small = version;
    }

    private void CopySmall(SqliteConnection connection, string next)
    {
        connection.Ask("ATTACH $0 AS copy", next);
        using (var transaction = connection.BeginTransaction(deferred: true))
        {
            foreach (var table in SmallTables(connection))
                connection.Ask($"""CREATE TABLE copy."{table}" AS SELECT * FROM main."{table}" """);
            connection.Ask($"CREATE TABLE copy.{Audit} AS SELECT * FROM main.{Audit} WHERE Seq > $0", _audited);
            transaction.Commit();
        }
        connection.Ask("DETACH copy");
    }

    private static IEnumerable<string> SmallTables(SqliteConnection connection) =>
        connection.Column("""SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE '\_\_EF%' ESCAPE '\' """)
            .Where(table => table != Audit && !MadeFromLogs.Contains(table));

    /// <summary>Made beside the data and then copied as a file: SQLite's locks and the rights of files are not to be had on every stick and share.</summary>
    private void Write(string file, Action<SqliteConnection, string> copy, Action before)
    {
        var made = Path.Combine(place.Directory, "copy.db");
        // SQLite would make it readable for everybody, and takes an empty file for none.
        File.Delete(made);
        PrivateFiles.Make(made);
        using (var connection = PlainSqlite.Open(new(place.ConnectionString)))
            copy(connection, made);
        using (var connection = PlainSqlite.Open(new() { DataSource = made }))
            connection.Ask($"PRAGMA user_version = {Stamp()}");
        var next = file + ".next";
        File.Delete(next);
        using (var to = PrivateFiles.MakeNew(next))
        {
            using (var from = File.OpenRead(made))
                from.CopyTo(to);
            to.Flush(flushToDisk: true);
        }
        File.Delete(made);
        before();
        File.Move(next, file, overwrite: true);
    }

    /// <summary>Says in SQLite's <c>user_version</c> which of two copies is the later: seconds since 2020.</summary>
    private int Stamp() => (int)(time.GetUtcNow() - new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;

    /// <summary>The last copy of a day that is over becomes that day's.</summary>
    private void KeepDaysEnd()
    {
        if (!File.Exists(folder.Archive) || File.GetLastWriteTimeUtc(folder.Archive).Date is var day && day >= time.GetUtcNow().UtcDateTime.Date)
            return;
        PrivateFiles.MakeDirectory(folder.Daily);
        File.Move(folder.Archive, folder.DailyOf(day), overwrite: true);
    }

    /// <summary>A number that is another after each commit of another connection (SQLite's <c>data_version</c>).</summary>
    private long Version()
    {
        _watching ??= PlainSqlite.Open(new(place.ConnectionString));
        return (long)_watching.Ask("PRAGMA data_version")!;
    }

    public void Dispose() => _watching?.Dispose();
}
