using System.Diagnostics;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Data.Sqlite;

namespace LiveSessions.Faults.Runs;

/// <summary>The archive's disk is full, or somebody else holds its file.</summary>
internal static class ArchiveTrouble
{
    /// <summary>Another program holds SQLite's write lock for so long.</summary>
    public static async Task<(int AckedWhileLocked, double CaughtUpAfter, Evidence Evidence, IReadOnlyList<Violation> Violations)> Locked(int seconds, int people, int seed, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(60);
        await crowd.ABusyMoment();
        long before, during;
        await using (var holder = new SqliteConnection($"Data Source={cluster.ArchiveFile};Pooling=false;Default Timeout=60"))
        {
            await holder.OpenAsync();
            await using var transaction = holder.BeginTransaction();
            before = crowd.Acked;
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            during = crowd.Acked - before;
            await transaction.RollbackAsync();
        }
        await crowd.Calm();
        var clock = Stopwatch.StartNew();
        await cluster.Archived(crowd.Session);
        var caughtUp = clock.Elapsed.TotalSeconds;
        var (evidence, violations) = await crowd.Judge();
        notes.Say($"{during} acknowledged while the archive was locked for {seconds} s; caught up {caughtUp:0.0} s later");
        notes.Say(evidence, violations);
        return ((int)during, caughtUp, evidence, violations);
    }

    public sealed record FullDisk(int AckedWhileFull, long Behind, double CaughtUpAfter, string Integrity, Evidence Evidence, IReadOnlyList<Violation> Violations);

    /// <summary>The archive lies on a small volume that somebody else fills, and gives free again. Null: this machine does not let a volume be made.</summary>
    public static async Task<FullDisk?> Full(int seconds, int people, int seed, Notes notes, Cluster? on = null)
    {
        using var volume = SmallVolume.Make(megabytes: 8);
        if (volume is null)
            return null;
        await using var own = on is null ? await Cluster.Start(new(2, ArchiveDirectory: volume.Path)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        crowd.Begin(60);
        await crowd.ABusyMoment();
        var ballast = Path.Combine(volume.Path, "ballast");
        Fill(ballast);
        var before = crowd.Acked;
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        var during = (int)(crowd.Acked - before);
        var log = await cluster.Log(crowd.Session);
        var behind = log.Count - crowd.Host.LastHeads!.Archived;
        File.Delete(ballast);
        await crowd.Calm();
        var clock = Stopwatch.StartNew();
        await cluster.Archived(crowd.Session);
        var caughtUp = clock.Elapsed.TotalSeconds;
        string integrity;
        await using (var connection = await cluster.OpenArchive())
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "pragma integrity_check";
            integrity = (string)(await command.ExecuteScalarAsync())!;
        }
        var (evidence, violations) = await crowd.Judge();
        notes.Say($"{during} acknowledged while the disk was full for {seconds} s, {behind} entries behind at the end of it and said so; caught up {caughtUp:0.0} s later; integrity_check says {integrity}");
        notes.Say(evidence, violations);
        return new(during, behind, caughtUp, integrity, evidence, violations);
    }

    private static void Fill(string file)
    {
        using var stream = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, 1);
        try
        {
            var block = new byte[4_096];
            while (true)
                stream.Write(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>A file system of its own in memory, with a size.</summary>
    private sealed class SmallVolume : IDisposable
    {
        private readonly ScratchDirectory _directory = new();

        public string Path => _directory.Path;

        public static SmallVolume? Make(int megabytes)
        {
            var volume = new SmallVolume();
            try
            {
                using var mount = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", volume.Path]) { RedirectStandardError = true })!;
                mount.WaitForExit();
                if (mount.ExitCode == 0)
                    return volume;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                // No such program.
            }
            volume._directory.Dispose();
            return null;
        }

        public void Dispose()
        {
            using (var unmount = Process.Start("umount", ["-l", Path]))
                unmount.WaitForExit();
            _directory.Dispose();
        }
    }
}
