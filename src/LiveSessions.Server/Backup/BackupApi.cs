using LiveSessions.Server.Access;
using LiveSessions.Server.Transcripts;

namespace LiveSessions.Server.Backup;

/// <summary>How copying stands, for whoever has an account.</summary>
/// <param name="Kind"><c>none</c>: everything is on one disk; <c>folder</c>: this server copies; <c>elsewhere</c>: PostgreSQL and Redis are copied by their own means, or not.</param>
/// <param name="At">What happened until then is copied. Nothing before the first copy.</param>
/// <param name="Trouble">Why nothing is copied just now, in a sentence.</param>
public sealed record BackupStatus(string Kind, DateTimeOffset? At, string? Trouble);

internal static class BackupApi
{
    public static IEndpointRouteBuilder MapBackup(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/backup", (Backups backups, ArchivePlace place) => Status(backups.State, place)).RequireAuthorization(Callers.SignedIn);
        return routes;
    }

    private static BackupStatus Status(BackupState state, ArchivePlace place) =>
        !state.IsOn ? new(place.IsPostgres ? "elsewhere" : "none", null, null)
        : new("folder", state is { ArchiveAt: { } archive, LogsAt: { } logs } ? archive < logs ? archive : logs : null, state.Trouble);
}
