using System.Diagnostics;
using System.Text.RegularExpressions;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Tests.Stories;

namespace LiveSessions.Faults.Checker;

/// <summary>The judge is judged first: a sound history passes, and each way to tamper with it turns its check red.</summary>
public sealed partial class HistoryCheckerTests(ITestOutputHelper output)
{
    private static readonly Evidence _sound = SoundRun.Make();

    [Fact]
    public void A_sound_history_passes_and_is_not_empty()
    {
        output.WriteLine(HistoryChecker.Summary(_sound));
        Assert.Null(HistoryChecker.First(_sound));
        Assert.Equal(7, _sound.Clients.Count);
        var moments = _sound.Clients.SelectMany(c => c.Moments).ToList();
        Assert.True(moments.OfType<Moment.Answered>().Count(a => a.Answer.Kind == "accepted") > 30);
        Assert.Contains(moments, m => m is Moment.Answered { Answer.IsRefused: true });
        Assert.Contains(moments, m => m is Moment.Answered { Answer.Kind: "alreadySo" });
        Assert.Contains(moments, m => m is Moment.Told { Method: "Moved" });
        Assert.True(moments.OfType<Moment.Shown>().Count() > 300);
        Assert.True(moments.OfType<Moment.Opened>().Count() > 7);
    }

    [Fact]
    public void An_acknowledged_command_that_is_not_in_the_log_is_found()
    {
        // The last entry is somebody's: lost with everything else as it was.
        var lost = Entry(e => e.Events[0] is Sessions.PersonRenamed);
        Turns(Checks.AckedOnce, _sound with { Log = [.. _sound.Log.Select((e, i) => i == lost ? new LogEntry(e.At, PersonId.System, null, 0, []) : e)] }, "is not in the log");
    }

    [Fact]
    public void An_acknowledged_command_that_is_in_the_log_twice_is_found()
    {
        var twice = Entry(e => e.Events[0] is Sessions.PersonRenamed);
        Turns(Checks.AckedOnce, _sound with { Log = [.. _sound.Log, _sound.Log[twice]] }, "is in the log 2 times");
    }

    [Fact]
    public void An_answer_that_names_another_position_is_found() =>
        Turns(Checks.AckedOnce, Tampered("Ada", m => m is Moment.Answered { Answer: { Kind: "accepted", Position: { } p } } a ? [a with { Answer = Answer.Accepted(p - 1) }] : [m]), "and stands at");

    [Fact]
    public void Two_answers_to_one_command_that_differ_are_found() =>
        Turns(Checks.AckedOnce, Tampered("Ada", m => m is Moment.Answered { Answer: { Kind: "accepted", Position: { } p } } a ? [a, a with { Answer = Answer.AlreadySo(p + 1) }] : [m]), "and stands at");

    [Fact]
    public void An_unknown_command_that_is_in_the_log_twice_is_found()
    {
        var twice = Entry(e => e.Instance == "ada.tab-Ada");
        var number = _sound.Log[twice].Number;
        var unknown = Tampered("Ada", m => m is Moment.Answered a && a.Number == number ? [new Moment.Unanswered(a.At, a.Line, a.Number, "the line broke")] : [m]);
        Assert.Null(HistoryChecker.First(unknown));
        Turns(Checks.UnknownAtMostOnce, unknown with { Log = [.. _sound.Log, _sound.Log[twice]] }, "is in the log 2 times");
    }

    [Fact]
    public void A_refused_command_that_is_in_the_log_is_found() =>
        Turns(Checks.UnknownAtMostOnce, Tampered("Ada", m => m is Moment.Answered { Answer.Kind: not "refused" } a ? [a with { Answer = Answer.Refused(Refusal.NotStarted) }] : [m]), "was refused and is in the log");

    [Fact]
    public void An_entry_that_nobody_asked_for_is_found()
    {
        var stray = _sound.Log[Entry(e => e.Instance == "ada.tab-Ada")] with { Number = 10_000 };
        Turns(Checks.UnknownAtMostOnce, _sound with { Log = [.. _sound.Log, stray] }, "never asked");
    }

    [Fact]
    public void A_message_that_never_came_is_found()
    {
        var lost = 0;
        Turns(Checks.Positions, Tampered("Ben", m => m is Moment.Shown && ++lost == 4 ? [] : [m]), "something is missing between");
    }

    [Fact]
    public void Positions_that_go_back_are_found()
    {
        Turns(Checks.Positions, Tampered("Ben", m => m is Moment.Shown s ? [s, s with { After = 1, UpTo = 2 }] : [m]), "was shown what ends at 2");
        Turns(Checks.Positions, Tampered("Ada", m => m is Moment.Told { Method: "Enter", Line: 2 } t ? [t with { Audiences = [.. t.Audiences.Select(a => a with { UpTo = 3 })] }] : [m]), "was taken back to 3 on coming back");
    }

    [Fact]
    public void What_an_answer_overtook_may_be_shown_after_it_but_nothing_in_it_may_be_missing_and_nothing_comes_twice()
    {
        var shows = Ben().OfType<Moment.Shown>().Where(s => s.Line == 1 && s.Audience == "all").Take(5).ToList();
        var overtaking = Tampered("Ben", m => ReferenceEquals(m, shows[1]) ? [.. Resumed(shows[1], shows[3].UpTo), m] : [m]);

        Assert.Empty(HistoryChecker.All(overtaking));
        Turns(Checks.Positions, Tampered(overtaking, "Ben", m => ReferenceEquals(m, shows[1]) ? [] : [m]), "before an answer overtook it and then from");
        Turns(Checks.Positions, Tampered(overtaking, "Ben", m => ReferenceEquals(m, shows[3]) ? [m, shows[2]] : [m]), $"was shown what ends at {shows[2].UpTo}");

        IReadOnlyList<Moment> Ben() => _sound.Clients.Single(c => c.Name == "Ben").Moments;

        // What Ben would have been told in between, had he asked: as he stands, and of "all" more.
        IEnumerable<Moment> Resumed(Moment before, long upTo)
        {
            var held = new Dictionary<string, long>();
            foreach (var moment in Ben().TakeWhile(m => !ReferenceEquals(m, before)))
                switch (moment)
                {
                    case Moment.Told told: held = told.Audiences.ToDictionary(a => a.Audience, a => Math.Max(a.UpTo, held.GetValueOrDefault(a.Audience))); break;
                    case Moment.Shown shown: held[shown.Audience] = shown.UpTo; break;
                }
            yield return new Moment.AskedAll(before.At, before.Line, "Resume", 999, new Dictionary<string, long>(held));
            held["all"] = upTo;
            yield return new Moment.Told(before.At, before.Line, "Resume", 999, upTo, [.. held.Select(h => new AudienceTold(h.Key, h.Value, false))]);
        }
    }

    [Fact]
    public void A_message_of_an_audience_that_is_not_ones_own_is_found() =>
        Turns(Checks.Positions, Tampered("Ben", m => m is Moment.Shown s ? [s, s with { Audience = "staff" }] : [m]), "which is not its own any more");

    [Fact]
    public void Acknowledgements_out_of_order_are_found()
    {
        // Two commands of two people change places in the log, and so do the positions in their answers: everything fits but time.
        var first = Entry(e => e.Instance == "ada.tab-Ada" && e.Number == 1);
        var second = Entry(e => e.Instance == "ben.tab-Ben" && e.Number == 1);
        var log = _sound.Log.ToList();
        (log[first], log[second]) = (log[second], log[first]);
        var turned = Tampered("Ada", m => m is Moment.Answered { Number: 1 } a ? [a with { Answer = Answer.Accepted(second + 1) }] : [m]);
        turned = Tampered(turned, "Ben", m => m is Moment.Answered { Number: 1 } a ? [a with { Answer = Answer.Accepted(first + 1) }] : [m]);
        Turns(Checks.RealTime, turned with { Log = log }, "was first sent, and stands after it");
    }

    [Fact]
    public void A_snapshot_older_than_ones_own_acknowledgement_is_found() =>
        Turns(Checks.OwnAcks, Tampered("Caz", m => m is Moment.Told { Method: "Enter", Line: 2 } t ? [t with { Head = 12 }] : [m]), "and was told 12");

    [Fact]
    public void Views_that_are_not_the_log_s_are_found()
    {
        Turns(Checks.Views, Holding("Dov", (audience, key, view) => key == "session" ? view.Replace("Week 1", "Week 2") : view), "holds another session");
        Turns(Checks.Views, Holding("Dov", (audience, key, view) => key == "session" ? null : view), "misses session of all");
        Turns(Checks.Views, Holding("Dov", (audience, key, view) => view, ("all", "note:gone", "{}")), "still holds note:gone");
        Turns(Checks.Views, Holding("Dov", (audience, key, view) => view, ("staff", "grouping", "{}")), "holds staff, which is not its own");
        Turns(Checks.Views, Holding("Dov", (audience, key, view) => audience == "all" ? null : view), "holds nothing of all");
    }

    /// <summary>Who heard of a note from a server of before decision 0031 holds fractions of the second in which it was written.</summary>
    [Fact]
    public void A_note_s_time_is_the_log_s_to_the_second()
    {
        var held = 0;
        var older = Holding("Dov", (audience, key, view) => key.StartsWith("note:", StringComparison.Ordinal) && held++ >= 0 ? TimeOfNote().Replace(view, "$0.1234567") : view);
        Assert.NotEqual(0, held);
        Assert.Null(HistoryChecker.First(older));
        Turns(Checks.Views, Holding("Dov", (audience, key, view) => key.StartsWith("note:", StringComparison.Ordinal) ? TimeOfNote().Replace(view, "2001-01-01T00:00:00") : view), "holds another note:");
    }

    [GeneratedRegex("""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d""")]
    private static partial Regex TimeOfNote();

    [Fact]
    public void An_archive_that_is_not_the_log_s_is_found()
    {
        var archive = _sound.Archive!;
        Turns(Checks.Archive, _sound with { Archive = archive with { UpTo = archive.UpTo - 1 } }, "the log has");
        Turns(Checks.Archive, _sound with { Archive = archive with { Entries = [.. archive.Entries.Where(e => e.Key != 20)] } }, "entry 20 is not in the archive");
        Turns(Checks.Archive, _sound with { Archive = archive with { Entries = [.. archive.Entries, archive.Entries[20]] } }, "entry 20 twice");
        Turns(Checks.Archive, _sound with { Archive = archive with { Entries = [.. archive.Entries.Select(e => e.Key == 20 ? new(20, archive.Entries[21].Value) : e)] } }, "entry 20 is another");
        Turns(Checks.Archive, _sound with { Archive = archive with { Lines = archive.Lines!.Skip(1).ToDictionary() } }, "is not in the archive");
        Turns(Checks.Archive, _sound with { Archive = archive with { Lines = archive.Lines!.Append(new("extra", "words")).ToDictionary() } }, "and not told by the log");
    }

    [Fact]
    public void A_person_who_is_nowhere_is_found()
    {
        // The rooms are closed, and somebody is moved into one of them all the same.
        var closed = new LogEntry(World.Noon, PersonId.System, null, 0, [new RoomsClosed()]);
        var limbo = new LogEntry(World.Noon, World.host, null, 0, [new PersonMoved(World.ada, RoomId.Plenary, World.Room2)]);
        Turns(Checks.Rooms, new(_sound.Session, [.. _sound.Log, closed, limbo], [], null), "ada is said to be in r1-2 and is a member of plenary");
    }

    [Fact]
    public void A_log_that_cannot_have_happened_is_found()
    {
        var late = new LogEntry(World.Noon, World.ada, null, 0, [new Board.NoteEdited(new("never-added"), World.ada, "words", null)]);
        Turns(Checks.Foldable, new(_sound.Session, [.. _sound.Log, late], [], null), $"entry {_sound.Log.Count + 1} cannot");
    }

    [Fact]
    public void Time_that_goes_back_is_found()
    {
        var early = _sound.Log[^1] with { At = _sound.Log[^1].At.AddMinutes(-10) };
        Turns(Checks.Times, _sound with { Log = [.. _sound.Log.SkipLast(1), early] }, "before the one it stands behind");
    }

    [Fact]
    public void A_vote_after_the_close_is_found()
    {
        var vote = _sound.Log.Last(e => e.Events[0] is BallotCast);
        Turns(Checks.Votes, new(_sound.Session, [.. _sound.Log, vote], [], null), "when it was not open");
    }

    [Fact]
    public void A_violation_is_told_with_what_happened_around_it()
    {
        var told = Assert.Single(HistoryChecker.All(Tampered("Ada", m => m is Moment.Answered { Number: 1, Answer: { Position: { } p } } a ? [a with { Answer = Answer.Accepted(p - 1) }] : [m]))).ToString();
        output.WriteLine(told);
        Assert.Contains("> Ada ", told, StringComparison.Ordinal);
        Assert.Contains("sends 1: RenameMe", told, StringComparison.Ordinal);
        Assert.Contains("log ", told, StringComparison.Ordinal);
    }

    [Fact]
    public void The_cost_grows_as_the_history()
    {
        double Cost(int times)
        {
            var evidence = Many(times);
            var best = double.MaxValue;
            for (var i = 0; i < 3; i++)
            {
                var clock = Stopwatch.StartNew();
                Assert.Null(HistoryChecker.First(evidence));
                best = Math.Min(best, clock.Elapsed.TotalMilliseconds);
            }
            return best;
        }
        Cost(20);
        var (small, large) = (Cost(20), Cost(1_000));
        output.WriteLine($"{small:0.0} ms for one, {large:0.0} ms for fifty times as much");
        // What grows as the square would take 2,500 times as long.
        Assert.True(large < 500 * Math.Max(small, 1), $"{small} ms became {large} ms");
    }

    private static Evidence Many(int times)
    {
        var log = new List<LogEntry>();
        var clients = new List<ClientHistory>();
        for (var i = 0; i < 30; i++)
        {
            var client = new ClientHistory($"c{i}", () => default) { Person = new($"p{i}"), Instance = "instance" };
            clients.Add(client);
        }
        long ticks = 0;
        for (var n = 1; n <= times; n++)
            foreach (var client in clients)
            {
                log.Add(new(World.Noon, client.Person, $"{client.Person}.{client.Instance}", n, []));
                client.With(new Moment.Sent(new(++ticks, World.Noon), 1, n, "x"), new Moment.Answered(new(++ticks, World.Noon), 1, n, Answer.Accepted(log.Count)));
            }
        return new(SoundRun.Id, log, clients);
    }

    private static int Entry(Func<LogEntry, bool> which)
    {
        for (var i = 0; i < _sound.Log.Count; i++)
            if (which(_sound.Log[i]))
                return i;
        throw new InvalidOperationException("The sound run has no such entry.");
    }

    private static void Turns(string check, Evidence tampered, string says)
    {
        var found = HistoryChecker.All(tampered).ToList();
        Assert.Contains(found, v => v.Check == check && v.What.Contains(says, StringComparison.Ordinal));
        Assert.Equal(found[0], HistoryChecker.First(tampered), (a, b) => a!.What == b!.What);
    }

    private static Evidence Tampered(string client, Func<Moment, IEnumerable<Moment>> how) => Tampered(_sound, client, how);

    private static Evidence Tampered(Evidence evidence, string client, Func<Moment, IEnumerable<Moment>> how)
    {
        Assert.Contains(evidence.Clients, c => c.Name == client);
        return evidence with { Clients = [.. evidence.Clients.Select(c => c.Name != client ? c : Copy(c).With(c.Moments.SelectMany(how)))] };
    }

    private static ClientHistory Copy(ClientHistory client) => new(client.Name, () => default) { Person = client.Person, Instance = client.Instance, Views = client.Views };

    private static Evidence Holding(string name, Func<string, string, string, string?> how, params IEnumerable<(string Audience, string Key, string View)> extra)
    {
        var client = _sound.Clients.Single(c => c.Name == name);
        var views = new Dictionary<string, Dictionary<string, string>>();
        foreach (var (audience, held) in client.Views!)
            foreach (var (key, view) in held)
                if (how(audience, key, view) is { } kept)
                    Of(audience)[key] = kept;
        foreach (var (audience, key, view) in extra)
            Of(audience)[key] = view;
        var copy = Copy(client).With(client.Moments);
        copy.Views = views.ToDictionary(v => v.Key, v => (IReadOnlyDictionary<string, string>)v.Value);
        return _sound with { Clients = [.. _sound.Clients.Select(c => c == client ? copy : c)] };

        Dictionary<string, string> Of(string audience) => views.TryGetValue(audience, out var of) ? of : views[audience] = [];
    }
}
