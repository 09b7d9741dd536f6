using LiveSessions.Log;
using LiveSessions.Server.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Programme;

public enum SessionRole
{
    CoFacilitator,
    Owner,
}

/// <summary>Who runs a session.</summary>
internal static class SessionStaffing
{
    /// <summary>What an account is in a session, or null if it is nothing there or the session is not.</summary>
    public static async Task<SessionRole?> RoleOf(ArchiveDb db, SessionId session, string account, CancellationToken ct)
    {
        var owner = await db.Sessions.Where(s => s.Id == session).Select(s => s.Owner).SingleOrDefaultAsync(ct);
        if (owner is null)
            return null;
        if (owner == account)
            return SessionRole.Owner;
        return await db.SessionStaff.AnyAsync(s => s.Session == session && s.Account == account, ct) ? SessionRole.CoFacilitator : null;
    }
}
