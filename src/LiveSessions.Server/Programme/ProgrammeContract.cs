using LiveSessions.Sessions;

namespace LiveSessions.Server.Programme;

/// <summary>A plan that a session can be made from.</summary>
public sealed record PlanOffer(string Key, string Name, string Programme, int Minutes, IReadOnlyList<PlanOfferBlock> Blocks);

public sealed record PlanOfferBlock(string Id, string Title, string Kind, int Minutes);

/// <param name="Title">The plan's name when left out.</param>
/// <param name="Programme">The plan's programme when left out.</param>
/// <param name="TimeZone">IANA name.</param>
public sealed record NewSession(string Plan, string? Title, string? Programme, DateTimeOffset StartsAt, string TimeZone);

/// <summary>A session in the list of one's own.</summary>
/// <param name="Stage"><c>gathering</c>, <c>running</c> or <c>ended</c>.</param>
/// <param name="People">On the roster.</param>
/// <param name="Came">Who took a seat so far.</param>
public record SessionSummary(
    string Session, string Title, string? Programme, DateTimeOffset StartsAt, string TimeZone, int Minutes, string Stage, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    DateTimeOffset RetentionUntil, bool IsOwner, int People, int Teams, int Came);

/// <summary>Everything the host page needs.</summary>
/// <param name="Code">Eight symbols, shown 4-4; people can no longer use it once the session has ended.</param>
/// <param name="Grants">For the owner only; left out for co-facilitators.</param>
public sealed record SessionDetail(
    string Session, string Title, string? Programme, DateTimeOffset StartsAt, string TimeZone, int Minutes, string Stage, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt,
    DateTimeOffset RetentionUntil, bool IsOwner, int People, int Teams, int Came, string Plan, string Code, string JoinAddress, IReadOnlyList<StaffMember> Staff, IReadOnlyList<GrantView>? Grants)
    : SessionSummary(Session, Title, Programme, StartsAt, TimeZone, Minutes, Stage, StartedAt, EndedAt, RetentionUntil, IsOwner, People, Teams, Came);

public sealed record StaffMember(string Account, string Name, string Email, bool IsOwner);

/// <param name="Until">The grant is over then, or when it is revoked.</param>
public sealed record GrantView(string Grant, string Name, string Email, DateTimeOffset From, DateTimeOffset Until, bool MayExport);

/// <summary>Somebody with an account, by e-mail address.</summary>
public sealed record ByEmail(string Email);

/// <param name="From">Now when left out.</param>
/// <param name="Until">At most until the session's names are erased.</param>
public sealed record NewGrant(string Email, DateTimeOffset? From, DateTimeOffset Until, bool MayExport);

/// <param name="Csv">Lines of team, name, e-mail.</param>
public sealed record RosterText(string Csv);

/// <summary>A person who is expected.</summary>
/// <param name="Link">The personal link, only in the answer to the request that made it: it is kept nowhere.</param>
/// <param name="HasLink">There is a link that works.</param>
/// <param name="Came">Has taken a seat.</param>
public sealed record RosterPersonView(string Person, string Team, string TeamName, string Name, string? Email, bool HasLink, bool Came, string? Link);

public sealed record RosterTeamView(string Id, string Name);

/// <param name="Added">How many people the request added; likewise <paramref name="Changed"/>.</param>
public sealed record RosterView(IReadOnlyList<RosterTeamView> Teams, IReadOnlyList<RosterPersonView> People, int Added, int Changed);

/// <summary>What a join code or a personal link opens.</summary>
/// <param name="IsOpen">People can come in.</param>
/// <param name="Name">With a personal link: whose it is; likewise <paramref name="Team"/>, a team's id.</param>
public sealed record JoinInfo(
    string Session, string Title, string? Programme, DateTimeOffset StartsAt, string TimeZone, IReadOnlyList<RosterTeamView> Teams, ConsentWords ConsentWords, DateTimeOffset RetentionUntil,
    bool IsOpen, string? Name = null, string? Team = null);

/// <summary>The choices in plain words, as they are shown.</summary>
public sealed record ConsentWords(string Named, string StandIn, string NotKept, string MayQuote)
{
    public static ConsentWords Shipped { get; } = new(
        "Notes and turns are saved with your name. Your team and the instructors can read them.",
        "Saved under an invented name, new for each conversation. People in your room may still know it was you.",
        "You take part in full. Your words are marked “not saved”, and are removed within a day of the session’s end.",
        "Instructors may quote me in the summary they publish. They will show me the words first.");
}

/// <param name="Team">A team's id; left out for a guest.</param>
public sealed record JoinByCode(string Name, string? Team, Consent Consent, bool MayQuote);

public sealed record JoinByLink(Consent Consent, bool MayQuote);

public sealed record Joined(string Session);

public sealed record SeatView(string Session, string Person);
