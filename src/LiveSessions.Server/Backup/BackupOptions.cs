using LiveSessions.Server.Transcripts;

namespace LiveSessions.Server.Backup;

/// <summary>What is copied where, while the server runs.</summary>
/// <param name="Directory">A folder on another disk, or null: nothing is copied.</param>
/// <param name="KeepDays">Days for which the state at each day's end is kept: 1 to 35, for what is erased must leave the copies too.</param>
public sealed record BackupOptions(string? Directory, int KeepDays)
{
    /// <summary>How often it is looked whether anything is new.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Between two copies of the archive at least; and a hundred times as long as the last one took.</summary>
    public TimeSpan Rest { get; init; } = TimeSpan.FromSeconds(2);

    /// <exception cref="BackupFault">The setting cannot be meant.</exception>
    public static BackupOptions From(IConfiguration configuration, ArchivePlace place)
    {
        var keep = configuration.GetValue("Backup:KeepDays", 14);
        if (keep is < 1 or > 35)
            throw new BackupFault($"Backup:KeepDays is {keep}: say 1 to 35 days.");
        if (configuration["Backup:Directory"] is not { Length: > 0 } given)
            return new(null, keep);
        if (place.IsPostgres)
            throw new BackupFault("Backup:Directory copies a SQLite archive. PostgreSQL and Redis are copied by their own means: docs/backup.md.");
        var directory = Path.GetFullPath(given);
        if ($"{directory}{Path.DirectorySeparatorChar}".StartsWith($"{place.Directory}{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            throw new BackupFault($"Backup:Directory is {directory}, within the data it is to copy ({place.Directory}): both would be lost together. Choose a folder on another disk.");
        return new(directory, keep);
    }
}

/// <summary>Copying, or putting back, cannot be done as it was asked; in words for the one who started the server.</summary>
public sealed class BackupFault(string message, Exception? inner = null) : Exception(message, inner);
