using LiveSessions.Log;

namespace LiveSessions.Sessions;

/// <summary>Somebody of the session: on the roster, in the lobby, in, or removed; staff are in as soon as they come.</summary>
public sealed record Person(PersonId Id, string Name, TeamId? Team, Standing Standing, bool IsStaff, bool IsOwner, bool IsHere, Consent Consent, bool MayQuote)
{
    public bool IsIn => Standing == Standing.In;
    public bool IsParticipant => IsIn && !IsStaff;
    public PersonFacts Facts => new(Id, Name, Team, IsStaff, IsIn, IsHere, Consent);
}
