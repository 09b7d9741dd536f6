using System.Collections.Immutable;
using LiveSessions.Log;
using LiveSessions.Sessions;
using LiveSessions.Transcripts.Wording;

namespace LiveSessions.Transcripts;

/// <summary>
/// The log told in words: a fold over a session's entries into conversations and lines. The same log gives the same book, line for line, on every node.
/// </summary>
/// <param name="Prefix">Put before every id of a line or conversation; empty but for a log that began anew after the first was lost.</param>
public sealed record TranscriptBook(SessionId Session, string Prefix = "")
{
    /// <summary>The lines as they stand, by id.</summary>
    public IReadOnlyDictionary<string, TranscriptLine> Lines => Told;

    public IEnumerable<ConversationRecord> Conversations => Talks.Values.Select(t => t.Record);

    internal ImmutableDictionary<string, TranscriptLine> Told { get; init; } = ImmutableDictionary<string, TranscriptLine>.Empty;
    internal ImmutableDictionary<string, Draft> Drafts { get; init; } = ImmutableDictionary<string, Draft>.Empty;
    internal ImmutableDictionary<string, ToldConversation> Talks { get; init; } = ImmutableDictionary<string, ToldConversation>.Empty;

    /// <summary>The conversation each room has.</summary>
    internal ImmutableDictionary<RoomId, string> Rooms { get; init; } = ImmutableDictionary<RoomId, string>.Empty;

    /// <summary>The drafts about a person or a thing.</summary>
    internal ImmutableDictionary<string, ImmutableHashSet<string>> About { get; init; } = ImmutableDictionary<string, ImmutableHashSet<string>>.Empty;
    internal ImmutableDictionary<(string Conversation, PersonId Person, Consent Consent), int> Keys { get; init; } = ImmutableDictionary<(string, PersonId, Consent), int>.Empty;
    internal ImmutableDictionary<string, int> KeyCounts { get; init; } = ImmutableDictionary<string, int>.Empty;
    internal ImmutableDictionary<PollId, ToldPoll> Polls { get; init; } = ImmutableDictionary<PollId, ToldPoll>.Empty;

    /// <summary>What was seen of each leader of a conversation, and the line that tells it.</summary>
    internal ImmutableDictionary<(string Conversation, PersonId Leader), Seen> Observed { get; init; } = ImmutableDictionary<(string, PersonId), Seen>.Empty;

    internal static string PersonKey(PersonId person) => "person:" + person;

    /// <summary>Whoever has a new name that their earlier lines do not tell yet.</summary>
    internal ImmutableHashSet<PersonId> Renamed { get; init; } = [];

    /// <summary>Tells one entry.</summary>
    /// <param name="before">The session before the entry; its head is the entry's position.</param>
    /// <param name="after">The session after it.</param>
    /// <param name="settles">False when more entries follow at once: earlier lines of who has a new name are then told by <see cref="Settle"/>, once for all of them.</param>
    public (TranscriptBook Book, Telling Told) Apply(Session before, Session after, LogEntry entry, bool settles = true)
    {
        var page = new Page(this, before, after, entry);
        for (var i = 0; i < entry.Events.Count; i++)
        {
            page.Begin(i);
            Words.Tell(page, entry.Events[i]);
        }
        if (settles)
            page.Settle();
        return page.Close();
    }

    /// <summary>Tells what <see cref="Apply"/> has left.</summary>
    /// <param name="now">The session after the last entry.</param>
    public (TranscriptBook Book, Telling Told) Settle(Session now)
    {
        var page = new Page(this, now, now, new(now.LastAt, default, null, 0, []));
        page.Settle();
        return page.Close();
    }
}

/// <summary>What one entry changed in the transcript.</summary>
/// <param name="Upserted">Lines that are new or changed, whole, in reading order.</param>
/// <param name="Removed">Ids of lines that are gone.</param>
/// <param name="Conversations">Conversations that are new or changed.</param>
public sealed record Telling(IReadOnlyList<TranscriptLine> Upserted, IReadOnlyList<string> Removed, IReadOnlyList<ConversationRecord> Conversations);

/// <param name="Were">Everybody who has ever been in it.</param>
internal sealed record ToldConversation(ConversationRecord Record, ImmutableHashSet<PersonId> Were);

/// <param name="Line">The line that tells the poll.</param>
/// <param name="Owners">Whose words each choice is, when choices were made from notes.</param>
/// <param name="Asked">How many were asked when it closed; null while it is open.</param>
/// <param name="Voters">The strictest consent of each voter since they answered.</param>
/// <param name="Answers">The lines of its answers in words.</param>
internal sealed record ToldPoll(string Line, ImmutableArray<ImmutableArray<PersonId>> Owners, int? Asked, ImmutableDictionary<PersonId, Consent> Voters, ImmutableList<string> Answers);

internal sealed record Seen(string Line, ImmutableSortedSet<int> Items, ImmutableHashSet<PersonId> Watchers);
