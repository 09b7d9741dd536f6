using System.Collections.Immutable;
using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Transcripts;

/// <summary>
/// A line before it is worded. It keeps who it speaks of, by id, and how their words were kept at the strictest moment since; the wording is made anew whenever that or a name changes. Drafts
/// never leave the core.
/// </summary>
/// <param name="Then">Everybody the line names or quotes, with the strictest consent since it was written. It never becomes looser: words once held back stay so.</param>
/// <param name="Word">The wording; null while there is nothing to tell.</param>
internal sealed record Draft(
    string Id, long Seq, DateTimeOffset At, string Conversation, RoomId Room, string? Phase, LineKind Kind, ImmutableDictionary<PersonId, Consent> Then, Func<Teller, Worded?> Word)
{
    /// <summary>Earlier wordings of a note.</summary>
    public ImmutableList<EarlierWording> Earlier { get; init; } = [];

    public TranscriptLine? Tell(Session session, Func<PersonId, Consent, string> keyOf) =>
        Word(new(session, this, keyOf)) is { } worded
            ? new(Id, Seq, At, Conversation, Phase, Kind, worded.Speaker, worded.SpeakerKey, worded.SpeakerRole, worded.WrittenBy, worded.Text, worded.Form, worded.Column, worded.Colour,
                worded.StaysInRoom, worded.MayQuote, worded.IsFinal, worded.Earlier)
            : null;
}

/// <summary>What a wording says.</summary>
internal sealed record Worded(string Text)
{
    public string? Speaker { get; init; }
    public string? SpeakerKey { get; init; }
    public string? SpeakerRole { get; init; }
    public string? WrittenBy { get; init; }
    public string? Form { get; init; }
    public string? Column { get; init; }
    public string? Colour { get; init; }
    public bool StaysInRoom { get; init; }
    public bool MayQuote { get; init; }
    public bool IsFinal { get; init; }
    public IReadOnlyList<EarlierWording> Earlier { get; init; } = [];
}

/// <summary>What a wording may know: the session as it is now, and people only under the name they agreed to. No wording ever reads a name elsewhere.</summary>
internal sealed class Teller(Session session, Draft draft, Func<PersonId, Consent, string> keyOf)
{
    private const string Nobody = "somebody";

    public Session Session => session;
    public IReadOnlyList<EarlierWording> Earlier => draft.Earlier;

    public bool Keeps(PersonId person) => draft.Then[person] != Consent.NotKept;

    /// <summary>A name, a stand-in name or "somebody", inside a sentence.</summary>
    public string Who(PersonId person) => draft.Then[person] switch
    {
        Consent.Named => session.NameOf(person),
        Consent.StandIn => session.Talks.GetValueOrDefault(draft.Room)?.StandIns.GetValueOrDefault(person) ?? Nobody,
        _ => Nobody,
    };

    /// <summary>The same at the beginning of a sentence.</summary>
    public string Somebody(PersonId person) => Who(person) is var who && who == Nobody ? "Somebody" : who;

    /// <summary>Several people; those without a name are counted.</summary>
    public string Everyone(IReadOnlyCollection<PersonId> people)
    {
        var names = people.Select(Who).Where(name => name != Nobody).ToList();
        var others = people.Count - names.Count;
        if (others > 0)
            names.Add(others == 1 ? Nobody : names.Count == 0 ? $"{others} people" : $"{others} more people");
        return names.Count switch
        {
            0 => "nobody",
            1 => names[0],
            _ => $"{string.Join(", ", names.SkipLast(1))} and {names[^1]}",
        };
    }

    /// <summary>The wording as this person's, under the name they agreed to; a person whose words are not kept has neither name nor key.</summary>
    public Worded By(PersonId person, Worded worded) => draft.Then[person] == Consent.NotKept ? worded : worded with
    {
        Speaker = Somebody(person),
        SpeakerKey = keyOf(person, draft.Then[person]),
    };
}
