using Microsoft.AspNetCore.Identity;

namespace LiveSessions.Server.Access;

/// <summary>Somebody who signs in: a host, a co-facilitator, an instructor. Participants have no account. What an account may do is never a property of it, only of a session.</summary>
public sealed class Account : IdentityUser
{
    public required string Name { get; set; }
    public required DateTimeOffset CreatedAt { get; set; }
    public DateTimeOffset? DisabledAt { get; set; }
}

/// <summary>A link that makes one account: the server's own first one ("setUp"), or a host's invitation. Only the token's hash is kept; the row dies with use.</summary>
public sealed class AccountLink
{
    public const string SetUp = "setUp";
    public const string Invitation = "invitation";

    public required byte[] TokenHash { get; init; }
    public required string Kind { get; init; }
    public required string? MadeBy { get; init; }
    public required DateTimeOffset MadeAt { get; init; }
    public required DateTimeOffset Until { get; init; }
}

/// <summary>One browser's right to be one person of one session. See <see cref="Seats"/>.</summary>
public sealed class Seat
{
    public required string Id { get; init; }
    public required Log.SessionId Session { get; init; }
    public required Log.PersonId Person { get; init; }
    public required byte[] SecretHash { get; set; }
    public byte[]? PreviousHash { get; set; }

    /// <summary>Together with the previous secret this makes the present one, so that a lost reply can be given again.</summary>
    public byte[]? Nonce { get; set; }

    public DateTimeOffset? RotatedAt { get; set; }

    /// <summary>When the present secret was first shown to us; the previous one dies <see cref="Seats.Grace"/> later.</summary>
    public DateTimeOffset? TakenUpAt { get; set; }

    public required DateTimeOffset MadeAt { get; init; }
    public DateTimeOffset? RevokedAt { get; set; }
}
