using LiveSessions.Log;

namespace LiveSessions.Server.Live;

/// <summary>The one door to the live sessions of this node for everything that is not a hub connection: HTTP, deadlines, presence.</summary>
public interface ILiveSessions
{
    /// <summary>Decides, appends and answers one command that carries no browser's number. Waits until it is stored.</summary>
    /// <exception cref="LiveSessionsUnavailable">The log could not be reached; whether the command happened is not known.</exception>
    Task<Answer> Act(SessionId session, Actor by, Command command, CancellationToken ct);

    /// <summary>Tells every node that a person's connections are over, so that they are closed at once.</summary>
    Task Dismiss(SessionId session, PersonId person, Dismissed why, CancellationToken ct);
}

/// <summary>The log is out of reach for now.</summary>
public sealed class LiveSessionsUnavailable : Exception
{
    public LiveSessionsUnavailable() : this("The log could not be reached.") { }
    public LiveSessionsUnavailable(string message) : base(message) { }
    public LiveSessionsUnavailable(string message, Exception inner) : base(message, inner) { }
}
