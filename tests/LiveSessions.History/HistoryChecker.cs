using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Histories;

/// <summary>
/// Whether a history can be true: every check by itself, each linear in what it reads (the log gives a total order, so nothing has to be searched). Every violation comes with what
/// happened around it.
/// </summary>
public static partial class HistoryChecker
{
    private const int Around = 6;

    /// <summary>The first violation, or null.</summary>
    public static Violation? First(Evidence evidence) => All(evidence).FirstOrDefault();

    /// <summary>The first violation of each check.</summary>
    public static IEnumerable<Violation> All(Evidence evidence)
    {
        var marks = Marks.Of(evidence);
        Func<Violation?>[] checks =
        [
            () => Foldable(evidence), () => Times(evidence), () => AckedOnce(evidence, marks), () => UnknownAtMostOnce(evidence, marks), () => Positions(evidence), () => RealTime(evidence, marks), () => OwnAcks(evidence), () => Views(evidence),
            () => ArchiveRows(evidence), () => Rooms(evidence), () => Votes(evidence),
        ];
        foreach (var check in checks)
            if (check() is { } violation)
            {
                yield return violation;
                // What cannot be folded cannot be looked at further.
                if (violation.Check == Checks.Foldable)
                    yield break;
            }
    }

    /// <summary>What a history holds, in numbers.</summary>
    public static string Summary(Evidence evidence)
    {
        long sent = 0, answered = 0, unanswered = 0, refused = 0, shown = 0, lines = 0;
        foreach (var moment in evidence.Clients.SelectMany(c => c.Moments))
            switch (moment)
            {
                case Moment.Sent: sent++; break;
                case Moment.Answered { Answer.IsRefused: true }: refused++; break;
                case Moment.Answered: answered++; break;
                case Moment.Unanswered: unanswered++; break;
                case Moment.Shown: shown++; break;
                case Moment.Opened: lines++; break;
            }
        return $"{evidence.Clients.Count} clients, {lines} connections, {sent} sendings, {answered} acknowledged, {refused} refused, {unanswered} without an answer, {shown} messages shown, {evidence.Log.Count} entries";
    }

    /// <summary>Where the log holds each command that a browser sent.</summary>
    private sealed class Marks
    {
        /// <summary>Entry numbers, from 1, by mark; more than one is already a violation.</summary>
        public Dictionary<CommandMark, List<long>> Entries { get; } = [];

        /// <summary>What became of every command that was sent, by mark.</summary>
        public Dictionary<CommandMark, Command> Commands { get; } = [];

        public static Marks Of(Evidence evidence)
        {
            var marks = new Marks();
            for (var i = 0; i < evidence.Log.Count; i++)
                if (evidence.Log[i] is { Instance: { } instance, Number: var number })
                {
                    var mark = new CommandMark(instance, number);
                    if (!marks.Entries.TryGetValue(mark, out var at))
                        marks.Entries[mark] = at = new(1);
                    at.Add(i + 1);
                }
            foreach (var client in evidence.Clients)
            {
                var moments = client.Moments;
                for (var i = 0; i < moments.Count; i++)
                    switch (moments[i])
                    {
                        case Moment.Sent sent:
                            marks.Find(client, sent.Number, i, sent);
                            break;
                        case Moment.Answered answered:
                            var command = marks.Find(client, answered.Number, i, null);
                            command.Answers.Add((answered.At.Ticks, answered.Answer, i));
                            break;
                    }
            }
            return marks;
        }

        private Command Find(ClientHistory client, long number, int index, Moment.Sent? sent)
        {
            var mark = new CommandMark($"{client.Person}.{client.Instance}", number);
            if (!Commands.TryGetValue(mark, out var command))
                Commands[mark] = command = new(client, number);
            if (sent is not null)
            {
                if (command.Sendings++ == 0)
                    (command.FirstSent, command.Index, command.What) = (sent.At.Ticks, index, sent.What);
            }
            return command;
        }
    }

    /// <summary>One command as its client knows it.</summary>
    private sealed class Command(ClientHistory client, long number)
    {
        public ClientHistory Client => client;
        public long Number => number;
        public string What { get; set; } = "";
        public long FirstSent { get; set; } = long.MaxValue;
        public int Index { get; set; }
        public int Sendings { get; set; }
        public List<(long Ticks, Answer Answer, int Index)> Answers { get; } = new(1);
        public CommandMark Mark => new($"{client.Person}.{client.Instance}", number);
        public override string ToString() => $"{client.Name}'s command {number} ({What}), sent {Sendings} times";
    }

    private static Violation? AckedOnce(Evidence evidence, Marks marks)
    {
        foreach (var (mark, command) in marks.Commands)
        {
            var entries = marks.Entries.GetValueOrDefault(mark);
            foreach (var (_, answer, index) in command.Answers)
            {
                if (answer.IsRefused)
                    continue;
                if (entries is { Count: > 1 })
                    return Found(Checks.AckedOnce, $"{command} was answered {Said(answer)} and is in the log {entries.Count} times", command, index, evidence, entries);
                if (answer.Kind == "accepted" && entries is null)
                    return Found(Checks.AckedOnce, $"{command} was answered {Said(answer)} and is not in the log", command, index, evidence, [answer.Position ?? 0]);
                // "Already so" at an earlier position means that there was nothing to do then; what was sent again later may have had something to do.
                if (entries is [var entry] && answer.Position != entry && !(answer.Kind == "alreadySo" && answer.Position < entry))
                    return Found(Checks.AckedOnce, $"{command} was answered {Said(answer)} and stands at {entry}", command, index, evidence, [entry, answer.Position ?? 0]);
                if (answer.Position is null || answer.Position > evidence.Log.Count)
                    return Found(Checks.AckedOnce, $"{command} was answered {Said(answer)}, but the log has {evidence.Log.Count} entries", command, index, evidence, []);
            }
        }
        return null;
    }

    private static Violation? UnknownAtMostOnce(Evidence evidence, Marks marks)
    {
        var instances = evidence.Clients.Select(c => $"{c.Person}.{c.Instance}").ToHashSet();
        foreach (var (mark, entries) in marks.Entries)
        {
            var command = marks.Commands.GetValueOrDefault(mark);
            if (command is null)
            {
                if (instances.Contains(mark.Instance!))
                    return new(Checks.UnknownAtMostOnce, $"{mark.Instance} never asked for its command {mark.Number}, which is in the log", EntriesAround(evidence, entries));
                continue;
            }
            var answers = command.Answers;
            if (entries.Count > 1 && answers.TrueForAll(a => a.Answer.IsRefused))
                return Found(Checks.UnknownAtMostOnce, $"{command}, has no answer and is in the log {entries.Count} times", command, command.Index, evidence, entries);
            if (answers.Count > 0 && answers.TrueForAll(a => a.Answer.IsRefused) && answers.Count >= command.Sendings)
                return Found(Checks.UnknownAtMostOnce, $"{command} was refused and is in the log", command, answers[^1].Index, evidence, entries);
            if (evidence.Log[(int)entries[0] - 1].By != command.Client.Person)
                return Found(Checks.UnknownAtMostOnce, $"{command} is in the log as somebody else's", command, command.Index, evidence, entries);
        }
        return null;
    }

    /// <summary>In the order of the log, nothing may have been acknowledged before something that stands before it was first sent.</summary>
    private static Violation? RealTime(Evidence evidence, Marks marks)
    {
        Command? latest = null;
        for (var i = 0; i < evidence.Log.Count; i++)
        {
            if (evidence.Log[i] is not { Instance: { } instance, Number: var number } || !marks.Commands.TryGetValue(new(instance, number), out var command))
                continue;
            // An answer of an earlier sending, when there was nothing to do, does not speak of this entry.
            var acked = long.MaxValue;
            foreach (var answer in command.Answers)
                if (answer.Answer.Position == i + 1)
                    acked = Math.Min(acked, answer.Ticks);
            if (latest is not null && acked < latest.FirstSent)
                return Found(
                    Checks.RealTime, $"{command} was acknowledged before {latest} was first sent, and stands after it, at {i + 1}", command, command.Index, evidence,
                    [i + 1, .. marks.Entries[latest.Mark]]);
            if (latest is null || command.FirstSent != long.MaxValue && command.FirstSent > latest.FirstSent)
                latest = command.FirstSent == long.MaxValue ? latest : command;
        }
        return null;
    }

    private static Violation? OwnAcks(Evidence evidence)
    {
        foreach (var client in evidence.Clients)
        {
            var acked = 0L;
            var asked = new Dictionary<int, long>();
            var moments = client.Moments;
            for (var i = 0; i < moments.Count; i++)
                switch (moments[i])
                {
                    case Moment.Answered { Answer: { IsRefused: false, Position: { } position } }: acked = Math.Max(acked, position); break;
                    case Moment.AskedAll all: asked[all.Call] = acked; break;
                    case Moment.Told { Call: > 0 } told when asked.TryGetValue(told.Call, out var had) && told.Head < had:
                        return new(Checks.OwnAcks, $"{client.Name} had an answer at {had} before it asked ({told.Method}), and was told {told.Head}", MomentsAround(client, i));
                }
        }
        return null;
    }

    private static Violation Found(string check, string what, Command command, int index, Evidence evidence, IEnumerable<long> entries) =>
        new(check, what, [.. MomentsAround(command.Client, index), .. EntriesAround(evidence, entries)]);

    private static string Said(Answer answer) => answer.IsRefused ? $"refused ({answer.Reason})" : $"{answer.Kind} at {answer.Position}";

    private static IReadOnlyList<string> MomentsAround(ClientHistory client, int index)
    {
        var moments = client.Moments;
        var first = Math.Max(0, index - Around);
        return [.. moments.Skip(first).Take(2 * Around + 1).Select((m, i) => $"{(first + i == index ? ">" : " ")} {client.Name} {m.At.Wall:HH:mm:ss.fff} {Told(m)}")];
    }

    private static string Told(Moment moment) => moment switch
    {
        Moment.Opened m => $"line {m.Line} opens to {m.Server}",
        Moment.Closed m => $"line {m.Line} closes",
        Moment.Sent m => $"line {m.Line} sends {m.Number}: {m.What}",
        Moment.Answered m => $"line {m.Line} hears of {m.Number}: {Said(m.Answer)}",
        Moment.Unanswered m => $"line {m.Line} hears nothing of {m.Number}: {m.Why}",
        Moment.AskedAll m => $"line {m.Line} calls {m.Method} ({m.Call}) with {string.Join(", ", m.From.Select(p => $"{p.Key} {p.Value}"))}",
        Moment.Told m => $"line {m.Line} is told by {m.Method} ({m.Call}) head {m.Head}: {string.Join(", ", m.Audiences.Select(a => $"{a.Audience} {a.UpTo}{(a.Whole ? " whole" : "")}"))}",
        Moment.Shown m => $"line {m.Line} is shown {m.Audience} from {m.After} to {m.UpTo}",
        Moment.Beat m => $"line {m.Line} hears head {m.Head}, archived {m.Archived}",
        _ => moment.ToString(),
    };

    private static IReadOnlyList<string> EntriesAround(Evidence evidence, IEnumerable<long> entries) =>
    [
        .. entries.SelectMany(e => new[] { e - 1, e, e + 1 }).Where(e => e >= 1 && e <= evidence.Log.Count).Distinct().Order().Select(e =>
        {
            var entry = evidence.Log[(int)e - 1];
            return $"  log {e} {entry.At:HH:mm:ss.fff} {entry.Instance ?? "server"} {entry.Number}: {string.Join(", ", entry.Events.Select(x => x.GetType().Name))}";
        }),
    ];
}
