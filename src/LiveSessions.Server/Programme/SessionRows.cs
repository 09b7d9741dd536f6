using LiveSessions.Log;

namespace LiveSessions.Server.Programme;

/// <summary>A session as its host planned it. What happens in it is in its log, not here.</summary>
public sealed class SessionRow
{
    public required SessionId Id { get; init; }

    /// <summary>Eight symbols of <see cref="Access.JoinCodes.Alphabet"/>; never used again for another session, and dead once the session has ended.</summary>
    public required string Code { get; set; }

    public required string Title { get; set; }
    public string? Programme { get; set; }
    public required string Plan { get; init; }
    public required DateTimeOffset StartsAt { get; set; }

    /// <summary>IANA name, such as <c>America/Los_Angeles</c>.</summary>
    public required string TimeZone { get; set; }

    /// <summary>Account id.</summary>
    public required string Owner { get; set; }

    /// <summary>Planned length.</summary>
    public required int Minutes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Told by the session's log as it is copied; likewise <see cref="EndedAt"/>.</summary>
    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>From here on names and words of the session are erased.</summary>
    public required DateTimeOffset RetentionUntil { get; set; }
}

/// <summary>A co-facilitator. The owner is not listed.</summary>
public sealed class SessionStaff
{
    public required SessionId Session { get; init; }
    public required string Account { get; init; }
    public required DateTimeOffset AddedAt { get; init; }
}

/// <summary>Somebody who is expected: entered by the host, reached by a personal link.</summary>
public sealed class RosterRow
{
    public required SessionId Session { get; init; }
    public required PersonId Person { get; init; }
    public required TeamId Team { get; set; }
    public required string TeamName { get; set; }
    public required string Name { get; set; }
    public string? Email { get; set; }

    /// <summary>SHA-256 of the personal link's token; the token itself is shown once and kept nowhere.</summary>
    public byte[]? LinkHash { get; set; }

    public required DateTimeOffset AddedAt { get; init; }
}
