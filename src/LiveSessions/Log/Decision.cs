namespace LiveSessions.Log;

/// <summary>The three answers a rule can give; they never look alike.</summary>
public abstract record Decision
{
    private Decision() { }

    /// <summary>It happens: these events, in this order, all or none.</summary>
    public sealed record Accepted(IReadOnlyList<Event> Events) : Decision;

    /// <summary>Nothing to do: it is already as asked. Nothing is stored.</summary>
    public sealed record AlreadySo : Decision;

    /// <summary>It does not happen, and this is why.</summary>
    public sealed record Refused(Refusal Why) : Decision;

    public static Decision Accept(params IReadOnlyList<Event> events) => new Accepted(events);
    public static Decision Refuse(Refusal why) => new Refused(why);
    public static readonly Decision Already = new AlreadySo();
}

/// <summary>The answer to one command as it goes to the browser.</summary>
/// <param name="Kind"><c>accepted</c>, <c>alreadySo</c> or <c>refused</c>.</param>
/// <param name="Position">The log position after which the effect is visible; null when refused.</param>
/// <param name="Reason">Stable key of the refusal, or null.</param>
/// <param name="Words">The refusal in a sentence a person can read, or null.</param>
public sealed record Answer(string Kind, long? Position, string? Reason, string? Words)
{
    public static Answer Accepted(long position) => new("accepted", position, null, null);
    public static Answer AlreadySo(long position) => new("alreadySo", position, null, null);
    public static Answer Refused(Refusal why) => new("refused", null, why.Key, why.Words);
    public bool IsRefused => Kind == "refused";
}
