namespace LiveSessions.Log;

/// <summary>
/// Who may see a view: <c>all</c> (everybody admitted, the staff too), <c>lobby</c> (those who wait), <c>staff</c>, <c>room:ID</c>, <c>person:ID</c>.
/// </summary>
public readonly record struct Audience(string Name)
{
    public static Audience All { get; } = new("all");
    public static Audience Lobby { get; } = new("lobby");
    public static Audience Staff { get; } = new("staff");
    public static Audience Room(RoomId room) => new("room:" + room.Value);
    public static Audience Person(PersonId person) => new("person:" + person.Value);
    public override string ToString() => Name;
}

/// <summary>The name of a view in the browser's store, such as <c>poll:confidence_before</c>.</summary>
public readonly record struct ViewKey(string Kind, string Id)
{
    public override string ToString() => Id.Length == 0 ? Kind : Kind + ":" + Id;

    // The id tells most keys apart, and a kind is nearly always the very same string.
    public bool Equals(ViewKey other) => Kind == other.Kind && Id == other.Id;
    public override int GetHashCode() => Id.GetHashCode(StringComparison.Ordinal) ^ Kind[0];

    /// <summary>Views that change with every act of many people; they are told at once, then at most a few times a second, and the last always goes.</summary>
    public bool IsPaced => Kind is "tally" or "watch" or "board";

    /// <summary>The same of a key that is written as in the browser's store.</summary>
    public static bool IsPacedName(string name) => name.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && name[..colon] is "tally" or "watch" or "board";
}

/// <summary>One view for one audience.</summary>
public readonly record struct Shown(Audience To, View View);

public static class To
{
    public static Shown Everyone(View view) => new(Audience.All, view);
    public static Shown Lobby(View view) => new(Audience.Lobby, view);
    public static Shown Staff(View view) => new(Audience.Staff, view);
    public static Shown Room(RoomId room, View view) => new(Audience.Room(room), view);
    public static Shown Person(PersonId person, View view) => new(Audience.Person(person), view);
}
