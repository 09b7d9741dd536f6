using System.Text.Json.Serialization;

namespace LiveSessions.Log;

// What travels between a browser and the hub, as JSON with camelCase names. docs/protocol.md has an example of each.

/// <summary>First call on a new connection. A page of a newer version may say more of itself than is known here; that is passed over.</summary>
/// <param name="Instance">This browser tab: 8 to 40 letters, digits, <c>-</c>, <c>_</c>; kept over reloads.</param>
/// <param name="Positions">The positions still held, by audience; null or empty for a first load.</param>
/// <param name="Packs">Said by pages from before there were tables; they are told everything unpacked.</param>
/// <param name="Tables">Whether what is told may hold <see cref="AudienceState.Packed"/>.</param>
/// <param name="Leaves">Whether the page, once it is told <see cref="Leaving"/>, closes the connection itself when everything it sent on it is answered. The server waits for it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record Enter(string Instance, IReadOnlyDictionary<string, long>? Positions, bool Packs = false, bool Tables = false, bool Leaves = false);

/// <summary>A command with its mark. Numbers rise from 1 within an instance; a resend keeps its number.</summary>
[JsonConverter(typeof(ActConverter))]
public sealed record Act(string Instance, long Number, Command Command);

/// <summary>Asks what changed since the positions held, by audience. More than is known here is passed over.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record Resume(IReadOnlyDictionary<string, long> Positions);

/// <summary>A glimpse for one's room: a typing mark, a pointer, a drag in progress. Lossy, at most 10 a second, never stored.</summary>
/// <param name="Kind"><c>typing</c>, <c>pointer</c> or <c>drag</c>.</param>
/// <param name="Note">The note dragged, or null.</param>
/// <param name="X">0 to 1 across the board, or null.</param>
/// <param name="Y">0 to 1 down the board, or null.</param>
public sealed record Glimpse(string Kind, NoteId? Note, double? X, double? Y);

/// <summary>A glimpse of another person in one's room.</summary>
public sealed record Glimpsed(PersonId Person, Glimpse Glimpse);

/// <summary>
/// Changed views of one audience. Apply it if <paramref name="After"/> is not beyond the position held for the audience, and leave it if <paramref name="UpTo"/> is behind that; when <paramref name="After"/> is beyond it, a message is
/// missing: wait a moment, then <see cref="Resume"/>.
/// </summary>
/// <param name="Packed">Changes that come before <paramref name="Changes"/>, as in an <see cref="AudienceState"/>.</param>
public sealed record Show(string Audience, long After, long UpTo, IReadOnlyList<Change> Changes, IReadOnlyList<string>? Packed = null);

/// <param name="Key">
/// The view's name in the browser's store: session, me, mine, plan, script, grouping, rooms, exercise (one each); person:PERSON, team:TEAM, room:ROOM, watch:ROOM, help:HELP, message:NUMBER, poll:POLL,
/// tally:POLL, ballot:POLL, board:ROOM, note:NOTE, step:ROOM, roles:ROOM, floor:ROOM, turn:TURN, pass:ROOM-NUMBER.
/// </param>
/// <param name="View">The view as it is now; null: it is no longer shown to this audience.</param>
public sealed record Change(string Key, View? View);

/// <summary>Everything, or what changed, for one person. Audiences that are not in it are no longer theirs: drop what is held for them.</summary>
/// <param name="Head">Entries in the log; positions count entries, so the head of an empty log is 0.</param>
/// <param name="Archived">Entries the transcript store holds.</param>
/// <param name="Now">The server's time.</param>
public sealed record Snapshot(SessionId Session, PersonId Person, bool IsStaff, long Head, long Archived, DateTimeOffset Now, IReadOnlyList<AudienceState> Audiences);

/// <param name="UpTo">The position after this.</param>
/// <param name="Whole">True: replaces everything held for the audience. False: changes since the position that was asked from.</param>
/// <param name="Packed">
/// Changes that come before <paramref name="Changes"/>, only on a line whose <see cref="Enter"/> allows it: each text is base64 of a raw-deflated (RFC 1951) JSON array of changes and of tables,
/// which stand for many views of one kind (docs/protocol.md), to be applied in order; a later one of the same key counts.
/// </param>
public sealed record AudienceState(string Audience, long UpTo, bool Whole, IReadOnlyList<Change> Changes, IReadOnlyList<string>? Packed = null);

/// <summary>Told once a second, and every fourth second once it has said the same four times, so that a lost last message shows, with the server's clock.</summary>
public sealed record Heads(long Head, long Archived, DateTimeOffset Now);

/// <summary>This server is about to end: what was sent is still answered, nothing more may be sent on this connection, and it closes soon. Come back as after any break.</summary>
/// <param name="InMilliseconds">When it closes at the earliest. Who said <see cref="Enter.Leaves"/> closes it then, or once everything is answered; for the others it is closed.</param>
public sealed record Leaving(int InMilliseconds);

/// <summary>This connection is over and must not come back by itself.</summary>
/// <param name="Why"><c>removed</c>, <c>replaced</c> (the same seat opened elsewhere), <c>gone</c>.</param>
/// <param name="Words">The reason in a sentence.</param>
public sealed record Dismissed(string Why, string Words);
