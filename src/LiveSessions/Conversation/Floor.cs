using System.Collections.Immutable;
using LiveSessions.Log;

namespace LiveSessions.Conversation;

/// <summary>Whose turn it is in one step. A round asks everybody once, those who passed for now once more; hands are asked as they come, least heard first.</summary>
/// <param name="Line">Everybody in line, in order; also those who have spoken or passed.</param>
/// <param name="AskedAgain">Who passed for now and has been asked a second time.</param>
public sealed record Floor(FloorKind Kind, DateTimeOffset? Since, ImmutableList<Place> Line, ImmutableHashSet<PersonId> AskedAgain)
{
    public static Floor None { get; } = new(FloorKind.None, null, [], []);

    public PersonId? Speaking => Line.Find(p => p.State == FloorState.Speaking)?.Person;

    public Place? Find(PersonId person) => Line.Find(p => p.Person == person);

    public static Floor Open(FloorKind kind, IReadOnlyList<PersonId> order, DateTimeOffset at)
    {
        var line = order.Select(p => new Place(p, FloorState.Waiting)).ToImmutableList();
        return new Floor(kind, null, line, []).Pass(at);
    }

    public Floor Raise(PersonId person, DateTimeOffset at, Func<PersonId, int> heard)
    {
        var waiting = Line.RemoveAll(p => p.Person == person);
        // In order of who has been heard least; among equals, who asked first.
        var index = waiting.FindIndex(p => p.State == FloorState.Waiting && heard(p.Person) > heard(person));
        var line = waiting.Insert(index < 0 ? waiting.Count : index, new(person, FloorState.Waiting));
        var next = this with { Line = line };
        return Speaking is null ? next.Pass(at) : next;
    }

    public Floor Lower(PersonId person, DateTimeOffset at) => Drop(person, at);

    /// <summary>Somebody is no longer in the room.</summary>
    public Floor Drop(PersonId person, DateTimeOffset at)
    {
        var wasSpeaking = Speaking == person;
        var next = this with { Line = Line.RemoveAll(p => p.Person == person) };
        return wasSpeaking ? next.Pass(at) : next;
    }

    public Floor Join(PersonId person, DateTimeOffset at)
    {
        if (Kind != FloorKind.Round || Find(person) is not null)
            return this;
        var next = this with { Line = Line.Add(new(person, FloorState.Waiting)) };
        return Speaking is null ? next.Pass(at) : next;
    }

    public Floor Give(PersonId person, DateTimeOffset at)
    {
        var line = Line.ConvertAll(p => p.State == FloorState.Speaking ? p with { State = FloorState.Waiting } : p);
        line = Find(person) is null ? line.Insert(0, new(person, FloorState.Speaking)) : line.ConvertAll(p => p.Person == person ? p with { State = FloorState.Speaking } : p);
        return this with { Line = line, Since = at };
    }

    public Floor Finish(PersonId person, DateTimeOffset at) => Set(person, FloorState.HasSpoken).Pass(at);

    public Floor PassBy(PersonId person, bool forNow, DateTimeOffset at)
    {
        var wasSpeaking = Speaking == person;
        var final = !forNow || AskedAgain.Contains(person);
        var next = Set(person, final ? FloorState.Passed : FloorState.PassedForNow);
        return wasSpeaking ? next.Pass(at) : next;
    }

    private Floor Set(PersonId person, FloorState state) => this with { Line = Line.ConvertAll(p => p.Person == person ? p with { State = state } : p) };

    /// <summary>Gives the floor to the next in line.</summary>
    private Floor Pass(DateTimeOffset at)
    {
        if (Speaking is not null)
            return this;
        if (Line.Find(p => p.State == FloorState.Waiting) is { } waiting)
            return Set(waiting.Person, FloorState.Speaking) with { Since = at };
        if (Line.Find(p => p.State == FloorState.PassedForNow) is { } again)
            return Set(again.Person, FloorState.Speaking) with { Since = at, AskedAgain = AskedAgain.Add(again.Person) };
        return this with { Since = null };
    }
}

public sealed record Place(PersonId Person, FloorState State);
