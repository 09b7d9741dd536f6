using System.Globalization;
using LiveSessions.Log;
using LiveSessions.Server.Programme;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;
using Microsoft.Data.Sqlite;

namespace LiveSessions.Server.Backup;

/// <summary>
/// Puts copies back where there is nothing yet (<c>--restore FOLDER</c>, or a file of its folder <c>daily</c>): templates and a looked-through archive before anything else is made, then the logs of the
/// sessions that were under way, and last the archive in its place. Whatever ends it before that, it can be started anew.
/// </summary>
public sealed class Restore
{
    private readonly ArchivePlace _place;
    private readonly BackupFolder _folder;
    private readonly string _archive;

    private Restore(ArchivePlace place, BackupFolder folder, string archive) => (_place, _folder, _archive) = (place, folder, archive);

    /// <summary>When the copy of the archive was made; logs and small tables may be newer.</summary>
    public DateTimeOffset CopiedAt => File.GetLastWriteTimeUtc(_archive);

    private string Draft => _place.File + ".restoring";

    /// <summary>Looks whether it can be done, and copies the files.</summary>
    /// <exception cref="BackupFault">There is nothing to put back, or something would be written over, or the copy is damaged.</exception>
    public static Restore Begin(string from, ArchivePlace place)
    {
        if (place.IsPostgres)
            throw new BackupFault("--restore puts back copies of a SQLite archive. PostgreSQL and Redis are put back by their own means: docs/backup.md.");
        from = Path.GetFullPath(from);
        var isFile = File.Exists(from);
        var folder = new BackupFolder(!isFile ? from : new DirectoryInfo(Path.GetDirectoryName(from)!) is { Name: "daily", Parent: { } parent } ? parent.FullName : Path.GetDirectoryName(from)!);
        var archive = isFile ? from : folder.Archive;
        if (!File.Exists(archive))
            throw new BackupFault(Directory.Exists(from) ? $"There is no copy in {from}: archive.db is missing there." : $"There is no folder and no file {from}.");
        if (File.Exists(place.File))
            throw new BackupFault($"{place.File} is there already, and a copy is put back only where there is nothing. Start without --restore to go on with it; or move {place.Directory} away first.");
        var restore = new Restore(place, folder, archive);
        try
        {
            restore.CopyFiles();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupFault($"{archive} could not be put back: {e.Message}", e);
        }
        return restore;
    }

    private void CopyFiles()
    {
        PrivateFiles.MakeDirectory(_place.Directory);
        PrivateFiles.MakeDirectory(Path.GetDirectoryName(_place.File)!);
        foreach (var left in new[] { Draft, Draft + "-wal", Draft + "-shm" })
            File.Delete(left);
        PrivateFiles.Make(Draft);
        File.Copy(_archive, Draft, overwrite: true);
        PrivateFiles.Make(Draft);
        try
        {
            using var draft = Open();
            if (draft.Ask("PRAGMA integrity_check") is not "ok" || draft.Ask("SELECT name FROM sqlite_master WHERE name = 'ArchivePositions'") is null)
                throw Damaged(null);
        }
        catch (SqliteException e)
        {
            throw Damaged(e);
        }
        if (_archive == _folder.Archive && File.Exists(_folder.Small))
            TakeSmall();
        foreach (var kind in TemplateShelf.OwnFolders)
            if (Directory.Exists(_folder.In(kind)) && !Directory.Exists(Path.Combine(_place.Directory, kind)))
            {
                var to = Directory.CreateDirectory(Path.Combine(_place.Directory, kind));
                foreach (var file in Directory.GetFiles(_folder.In(kind)))
                    File.Copy(file, Path.Combine(to.FullName, Path.GetFileName(file)));
            }
    }

    /// <summary>What has changed in the small tables since the archive was copied. A column that only one of them has, for the server was replaced between, is left as it is.</summary>
    private void TakeSmall()
    {
        // Beside the draft: SQLite's locks are not to be had on every stick and share.
        var beside = Draft + ".small";
        File.Delete(beside);
        PrivateFiles.Make(beside);
        File.Copy(_folder.Small, beside, overwrite: true);
        try
        {
            using var draft = Open();
            draft.Ask("PRAGMA foreign_keys = OFF");
            draft.Ask("ATTACH $0 AS small", beside);
            // One that a whole copy had replaced, but was cut off before taking away.
            if ((long)draft.Ask("PRAGMA small.user_version")! < (long)draft.Ask("PRAGMA main.user_version")!)
                return;
            using var transaction = draft.BeginTransaction();
            foreach (var table in draft.Column("SELECT name FROM small.sqlite_master WHERE type = 'table' AND name IN (SELECT name FROM main.sqlite_master)"))
            {
                var columns = string.Join(", ", draft.Column("SELECT name FROM pragma_table_info($0, 'main') WHERE name IN (SELECT name FROM pragma_table_info($0, 'small'))", table).Select(c => $"\"{c}\""));
                if (table != ArchiveCopy.Audit)
                    draft.Ask($"DELETE FROM main.\"{table}\"");
                draft.Ask($"INSERT OR IGNORE INTO main.\"{table}\" ({columns}) SELECT {columns} FROM small.\"{table}\"");
            }
            transaction.Commit();
        }
        catch (SqliteException e)
        {
            throw new BackupFault($"{_folder.Small} is damaged. Without it what changed in accounts, rosters and seats in the last minutes is not put back: move it away to go on.", e);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    private BackupFault Damaged(Exception? inner) => new($"{_archive} is damaged, or no archive of Live Sessions. Name a file of the folder {_folder.Daily} instead: --restore FILE.", inner);

    /// <summary>Gives the sessions that were under way their logs, where Redis has none, and the archive its place.</summary>
    /// <param name="hasKey">Whether the file is there that the sign-in keys are encrypted with.</param>
    public async Task Finish(ISessionLog log, bool hasKey, ILogger logger, CancellationToken ct)
    {
        await using (var draft = Open())
        {
            foreach (var (session, epoch, entries, fromArchive) in Logs(draft))
                if (await PutBack(log, session, Epoch.PutBack(epoch, entries.Count), entries, ct) is { } there)
                    logger.SessionStillThere(session.Value, there);
                else
                {
                    Rename(draft, session, epoch, Epoch.PutBack(epoch, entries.Count));
                    logger.SessionPutBack(session.Value, entries.Count, fromArchive);
                }
            // Sign-in keys that nobody can read any more: people sign in again. Whoever put their key file back keeps them.
            if (!hasKey)
                draft.Ask("DELETE FROM DataProtectionKeys");
            draft.Ask("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        // Copies go on where they came from, if the server is told to copy there.
        if (BackupFolder.Id(_folder.IdFile) is { } id)
            BackupFolder.WriteId(BackupFolder.IdOf(_place.Directory), id);
        File.Move(Draft, _place.File!);
        logger.ArchivePutBack(CopiedAt);
    }

    /// <summary>
    /// The logs as they are to be: from the copied log, and what only the archive has (it may have been copied a moment later); of a session without a copied log, what the archive has, where words
    /// that are not kept are left out.
    /// </summary>
    private List<(SessionId Session, string Epoch, IReadOnlyList<byte[]> Entries, int FromArchive)> Logs(SqliteConnection draft)
    {
        var logs = new List<(SessionId, string, IReadOnlyList<byte[]>, int)>();
        var copied = (Directory.Exists(_folder.Sessions) ? Directory.GetFiles(_folder.Sessions, "*" + SessionMirror.Extension) : [])
            .Select(SessionMirror.Read).OfType<(SessionId Session, string Epoch, IReadOnlyList<byte[]> Entries)>().GroupBy(c => c.Session).ToDictionary(c => c.Key, c => c.MaxBy(one => one.Entries.Count));
        foreach (var session in copied.Keys.Union(draft.Column("SELECT Id FROM Sessions WHERE EndedAt IS NULL AND Id IN (SELECT Session FROM ArchiveEntries)").Select(row => new SessionId(row))).ToList())
        {
            // A copied log of a session that the archive does not know, as in a copy of an earlier day: nobody could come into it.
            if (draft.Ask("SELECT Id FROM Sessions WHERE Id = $0", session.Value) is null)
                continue;
            var (epoch, entries) = copied.TryGetValue(session, out var copy)
                ? (copy.Epoch, copy.Entries)
                : ((string?)draft.Ask("SELECT Epoch FROM ArchiveEntries WHERE Session = $0 GROUP BY Epoch ORDER BY max(At) DESC LIMIT 1", session.Value), []);
            if (epoch is null)
                continue;
            var more = draft.Column("SELECT Json FROM ArchiveEntries WHERE Session = $0 AND Epoch = $1 AND Seq >= $2 ORDER BY Seq", session.Value, epoch, entries.Count).Select(System.Text.Encoding.UTF8.GetBytes).ToList();
            if (entries.Count + more.Count > 0)
                logs.Add((session, epoch, [.. entries, .. more], more.Count));
        }
        return logs;
    }

    /// <summary>Null when the log is there as it should be, else how long the one is that was found.</summary>
    private static async Task<long?> PutBack(ISessionLog log, SessionId session, string epoch, IReadOnlyList<byte[]> entries, CancellationToken ct)
    {
        var head = await log.Open(session, epoch, ct);
        if (head.Epoch != epoch)
            return head.Length;
        for (var at = (int)head.Length; at < entries.Count;)
        {
            var some = entries.Skip(at).Take(ISessionLog.MaxEntries).Select(e => new ReadOnlyMemory<byte>(e)).ToList();
            if (await log.Append(session, new(epoch, at), some, ct) is not Done)
                throw new BackupFault($"The log of session {session.Value} could not be put back: somebody else writes to this Redis. End the other server first.");
            at += some.Count;
        }
        return null;
    }

    private static void Rename(SqliteConnection draft, SessionId session, string before, string after)
    {
        using var transaction = draft.BeginTransaction();
        foreach (var table in new[] { "ArchivePositions", "ArchiveEntries" })
            draft.Ask($"UPDATE {table} SET Epoch = $0 WHERE Session = $1 AND Epoch = $2", after, session.Value, before);
        transaction.Commit();
    }

    private SqliteConnection Open() => PlainSqlite.Open(new() { DataSource = Draft });
}

/// <summary>The second half of putting back: Redis is there, and nobody has been let in.</summary>
internal sealed class RestoreAtTheStart(Restore restore, ISessionLog log, Access.KeyFile key, AuditTrail audit, ILogger<Restore> logger) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken) => await restore.Finish(log, key.IsThere, logger, cancellationToken);

    /// <summary>Who reads the record later is told that it was put back, and from when.</summary>
    public Task StartedAsync(CancellationToken cancellationToken) => audit.Note("system", "archive.restore", restore.CopiedAt.ToString("u", CultureInfo.InvariantCulture), cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
