using LiveSessions.Exercises;
using LiveSessions.Sessions;

namespace LiveSessions.Log;

/// <summary>
/// What a rule may know of the world outside its own feature: who asks, the time, some chance, and facts from other features, which <see cref="Sessions.Session"/> knows.
/// </summary>
/// <param name="Chance">64 random bits given by the edge; what comes of them is in the event.</param>
/// <param name="Room">The room the actor is in or looks into; <c>plenary</c> otherwise.</param>
public sealed record Scene(
    PersonId By,
    bool IsStaff,
    bool IsSystem,
    DateTimeOffset Now,
    ulong Chance,
    RoomId Room,
    SessionStage Stage,
    IFacts Facts)
{
    public PersonFacts? Person(PersonId id) => Facts.Person(id);
    public RoomFacts? RoomOf(RoomId id) => Facts.RoomOf(id);
    public IReadOnlyList<PersonFacts> Participants() => Facts.Participants();
}

/// <summary>What features may ask of one another.</summary>
public interface IFacts
{
    PersonFacts? Person(PersonId id);
    RoomFacts? RoomOf(RoomId id);

    /// <summary>By id.</summary>
    IReadOnlyList<PersonFacts> Participants();
}

/// <summary>What other features may know of a person.</summary>
public sealed record PersonFacts(PersonId Person, string Name, TeamId? Team, bool IsStaff, bool IsIn, bool IsHere, Consent Consent);

/// <summary>What other features may know of a room.</summary>
/// <param name="Phase">The step it is in, or null when no conversation runs there.</param>
/// <param name="Leader">Who leads, or null.</param>
/// <param name="NoteTaker">Who writes, or null.</param>
public sealed record RoomFacts(
    RoomId Room,
    string Name,
    bool IsOpen,
    IReadOnlyList<PersonId> Members,
    Phase? Phase,
    bool HidesNotes,
    IReadOnlyList<BoardColumn> Columns,
    PersonId? Leader,
    PersonId? NoteTaker);
