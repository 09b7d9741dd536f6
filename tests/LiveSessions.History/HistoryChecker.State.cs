using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Transcripts;

namespace LiveSessions.Histories;

public static partial class HistoryChecker
{
    private static Violation? Foldable(Evidence evidence)
    {
        var state = new Session(evidence.Session);
        for (var i = 0; i < evidence.Log.Count; i++)
            try
            {
                state = state.Evolve(evidence.Log[i]);
            }
            catch (Exception e)
            {
                return new(Checks.Foldable, $"entry {i + 1} cannot have happened then ({e.GetType().Name}: {e.Message})", EntriesAround(evidence, [i + 1]));
            }
        return null;
    }

    private static Violation? Times(Evidence evidence)
    {
        for (var i = 1; i < evidence.Log.Count; i++)
            if (evidence.Log[i].At < evidence.Log[i - 1].At)
                return new(Checks.Times, $"entry {i + 1} happened at {evidence.Log[i].At:O}, before the one it stands behind ({evidence.Log[i - 1].At:O})", EntriesAround(evidence, [i, i + 1]));
        return null;
    }

    /// <summary>The log folded.</summary>
    public static Session Fold(Evidence evidence) => evidence.Log.Aggregate(new Session(evidence.Session), (session, entry) => session.Evolve(entry));

    /// <summary>Everything there is to see in a session, by audience and the name in the browser's store, as JSON in which the order of members says nothing.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Render(Session session)
    {
        var all = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var key in session.AllKeys())
            foreach (var (audience, view) in session.Render(key))
            {
                if (!all.TryGetValue(audience.Name, out var views))
                    all[audience.Name] = views = new Dictionary<string, string>();
                ((Dictionary<string, string>)views)[Session.StoreName(key)] = Sorted(JsonSerializer.Serialize(view, Json.Options));
            }
        return all;
    }

    /// <summary>Servers of before decision 0031 told a note's times with it, and who heard of a note from one goes on with that.</summary>
    [GeneratedRegex("""(?<=t":")(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+""")]
    private static partial Regex FractionOfASecond();

    private static readonly IReadOnlyDictionary<string, string> _nothing = new Dictionary<string, string>();

    private static Violation? Views(Evidence evidence)
    {
        var clients = evidence.Clients.Where(c => c.Views is not null).ToList();
        if (clients.Count == 0)
            return null;
        var session = Fold(evidence);
        var rendered = Render(session);
        // Most clients hold most views in the same bytes.
        var sorted = new Dictionary<string, string>();
        foreach (var client in clients)
        {
            var due = session.AudiencesOf(client.Person).Select(a => a.Name).ToHashSet();
            foreach (var audience in client.Views!.Keys.Union(due).Order(StringComparer.Ordinal))
            {
                var holds = client.Views.GetValueOrDefault(audience);
                if (holds is null)
                    return Differs(client, $"holds nothing of {audience}, which is its own");
                if (!due.Contains(audience))
                    return Differs(client, $"holds {audience}, which is not its own");
                var should = rendered.GetValueOrDefault(audience) ?? _nothing;
                foreach (var (key, view) in holds)
                {
                    if (!sorted.TryGetValue(view, out var written))
                        sorted[view] = written = Sorted(view);
                    if (should.GetValueOrDefault(key) is not { } due1)
                        return Differs(client, $"still holds {key} of {audience}, which is gone", $"holds {written}");
                    if (due1 != written && (!key.StartsWith("note:", StringComparison.Ordinal) || due1 != FractionOfASecond().Replace(written, "$1")))
                        return Differs(client, $"holds another {key} of {audience} than the log tells", $"holds {written}", $"log   {due1}");
                }
                foreach (var (key, view) in should)
                    if (!holds.ContainsKey(key))
                        return Differs(client, $"misses {key} of {audience}", $"log   {view}");
            }
        }
        return null;

        static Violation Differs(ClientHistory client, string what, params string[] views) =>
            new(Checks.Views, $"{client.Name} {what}", [.. views, .. MomentsAround(client, client.Moments.Count - 1)]);
    }

    private static Violation? ArchiveRows(Evidence evidence)
    {
        if (evidence.Archive is not { } archive)
            return null;
        if (archive.UpTo != evidence.Log.Count)
            return new(Checks.Archive, $"the archive says it holds {archive.UpTo} entries; the log has {evidence.Log.Count}", []);
        var (state, book, redaction) = (new Session(evidence.Session), new TranscriptBook(evidence.Session), Redaction.Empty);
        foreach (var entry in evidence.Log)
        {
            var after = state.Evolve(entry);
            (book, _) = book.Apply(state, after, entry);
            (redaction, _) = redaction.Apply(state, after, entry);
            state = after;
        }
        var rows = archive.Entries.OrderBy(e => e.Key).ToList();
        for (var i = 0; i < Math.Max(rows.Count, evidence.Log.Count); i++)
        {
            if (i >= rows.Count || rows[i].Key > i)
                return new(Checks.Archive, $"entry {i} is not in the archive", EntriesAround(evidence, [i + 1]));
            if (i >= evidence.Log.Count || rows[i].Key < i)
                return new(Checks.Archive, $"the archive holds entry {rows[i].Key} twice or beyond the log", EntriesAround(evidence, [i]));
            var kept = Sorted(JsonSerializer.Serialize(redaction.ForArchive(i, evidence.Log[i], state), Json.Options));
            var row = Sorted(rows[i].Value);
            if (kept != row)
                return new(Checks.Archive, $"entry {i} is another in the archive", [$"holds {row}", $"log   {kept}", .. EntriesAround(evidence, [i + 1])]);
        }
        if (archive.Lines is not { } lines)
            return null;
        foreach (var (id, line) in book.Lines)
            if (!lines.TryGetValue(id, out var words) || words != line.Text)
                return new(Checks.Archive, $"line {id} {(words is null ? "is not in the archive" : $"says \"{words}\" in the archive and \"{line.Text}\" by the log")}", EntriesAround(evidence, [line.Seq + 1]));
        return lines.Keys.FirstOrDefault(id => !book.Lines.ContainsKey(id)) is { } extra ? new(Checks.Archive, $"line {extra} is in the archive and not told by the log", []) : null;
    }

    /// <summary>After every entry that moves anybody: each participant is a member of one open room or of none, and everybody's place says the same.</summary>
    private static Violation? Rooms(Evidence evidence)
    {
        var state = new Session(evidence.Session);
        for (var i = 0; i < evidence.Log.Count; i++)
        {
            var entry = evidence.Log[i];
            state = state.Evolve(entry);
            if (!entry.Events.Any(e => e is PersonJoined or StaffJoined or PersonRemoved or PersonMoved or RoomsOpened or RoomsClosed or RoomsMerged))
                continue;
            var place = new Dictionary<PersonId, RoomId>();
            foreach (var room in state.House.Rooms.Values.Where(r => r.IsOpen))
                foreach (var member in room.Members)
                    if (!place.TryAdd(member, room.Id))
                        return new(Checks.Rooms, $"{member} is in {place[member]} and in {room.Id} after entry {i + 1}", EntriesAround(evidence, [i + 1]));
            foreach (var person in state.People.Values.Where(p => p.IsParticipant))
                if (state.House.RoomOf(person.Id) is var room && room != place.GetValueOrDefault(person.Id, RoomId.Plenary))
                    return new(Checks.Rooms, $"{person.Id} is said to be in {room} and is a member of {place.GetValueOrDefault(person.Id, RoomId.Plenary)} after entry {i + 1}", EntriesAround(evidence, [i + 1]));
        }
        return null;
    }

    private static Violation? Votes(Evidence evidence)
    {
        var open = new HashSet<PollId>();
        var last = new Dictionary<PollId, Dictionary<PersonId, Ballot>>();
        for (var i = 0; i < evidence.Log.Count; i++)
            foreach (var happened in evidence.Log[i].Events)
                switch (happened)
                {
                    case PollOpened e: open.Add(e.Poll); break;
                    case PollClosed e: open.Remove(e.Poll); break;
                    case BallotCast e when !open.Contains(e.Poll):
                        return new(Checks.Votes, $"{e.Voter} answered {e.Poll} at {i + 1}, when it was not open", EntriesAround(evidence, [i + 1]));
                    case BallotCast e:
                        if (!last.TryGetValue(e.Poll, out var ballots))
                            last[e.Poll] = ballots = [];
                        ballots[e.Voter] = e.Ballot;
                        break;
                }
        if (last.Count == 0)
            return null;
        var session = Fold(evidence);
        foreach (var (poll, ballots) in last)
            if (session.Polls.GetValueOrDefault(poll)?.Ballots is not { } counted || counted.Count != ballots.Count || ballots.Any(b => !counted.TryGetValue(b.Key, out var ballot) || Written(ballot) != Written(b.Value)))
                return new(Checks.Votes, $"{poll} counts {session.Polls.GetValueOrDefault(poll)?.Ballots.Count ?? 0} ballots of {ballots.Count} voters", []);
        return null;

        static string Written(Ballot ballot) => JsonSerializer.Serialize(ballot, Json.Options);
    }

    private static string Sorted(string json)
    {
        return Sort(JsonNode.Parse(json))!.ToJsonString();

        static JsonNode? Sort(JsonNode? node) => node switch
        {
            JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sort(p.Value)))),
            JsonArray a => new JsonArray([.. a.Select(Sort)]),
            null => null,
            _ => node.DeepClone(),
        };
    }
}
