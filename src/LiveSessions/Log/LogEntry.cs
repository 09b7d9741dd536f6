using System.Text.Json.Serialization;

namespace LiveSessions.Log;

/// <summary>One accepted command and what it made happen: the unit of the log. Its position is its index in the session's list, starting at 0.</summary>
/// <param name="At">The server's time when it was decided.</param>
/// <param name="By">Who asked; <see cref="PersonId.System"/> for the server itself.</param>
/// <param name="Instance">The browser instance that asked; null for the server itself.</param>
/// <param name="Number">The command's rising number in that instance, from 1; 0 for the server itself.</param>
[JsonConverter(typeof(LogEntryConverter))]
public sealed record LogEntry(DateTimeOffset At, PersonId By, string? Instance, long Number, IReadOnlyList<Event> Events);

/// <summary>Who asks. It comes from the connection's ticket and the session's own state, never from the message.</summary>
public readonly record struct Actor(PersonId Person, bool IsStaff, bool IsSystem)
{
    public static Actor System { get; } = new(PersonId.System, true, true);
}

/// <summary>Which command of which browser instance this is, so that a resend changes nothing.</summary>
/// <param name="Instance">8 to 40 letters, digits, <c>-</c>, <c>_</c>, made once per browser tab.</param>
/// <param name="Number">Rising from 1 within the instance.</param>
public readonly record struct CommandMark(string? Instance, long Number)
{
    public static CommandMark None { get; } = new(null, 0);
}
