using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Rehearsal;
using LiveSessions.Rooms;
using LiveSessions.Server.Live;
using LiveSessions.Sessions;
using LiveSessions.Tests.Exercises;
using LiveSessions.Tests.Laws;
using LiveSessions.Tests.Stories;

namespace LiveSessions.Simulation;

/// <summary>
/// One seed, from the making of a session to its check: two nodes on one log, two to six people with a tab each, a hundred acts, and things that go wrong. Everything follows from the seed.
/// </summary>
internal sealed class Run
{
    private static readonly CleanText Clean = new();
    private static readonly string[] Exercises = [.. Shelf.Shipped.Exercises.Keys.Order(StringComparer.Ordinal)];
    private readonly ulong _seed;
    private readonly int _acts;
    private readonly List<(Law Law, string What)> _violations = [];
    private readonly List<Tab> _tabs = [];
    private readonly List<string> _told = [];
    private readonly Node?[] _nodes = new Node?[2];
    private readonly int[] _lives = new int[2];
    private readonly TimeSpan[] _skews;
    private readonly List<Session> _states;
    private Chance _chance;
    private int _strays;
    private int _stage;
    private long _logIsBackAt;
    private (int Times, int Entries) _lost;

    private Run(ulong seed, int acts, Twist twist, bool records)
    {
        (_seed, _acts, Twist, Records) = (seed, acts, twist, records);
        _chance = ChanceOf("run");
        Machine = new();
        Log = new(twist, Machine);
        People = 2 + _chance.Below(5);
        IsRough = _chance.Below(2) == 0;
        LongestRead = _chance.Below(4) == 0 ? 3 : 1_000;
        _skews = [.. _nodes.Select(_ => _chance.Below(10) switch { 0 => TimeSpan.FromMinutes(_chance.Below(20) - 10), < 5 => TimeSpan.FromMilliseconds(_chance.Below(4_000) - 2_000), _ => TimeSpan.Zero })];
        _states = [new(Session)];
    }

    public SessionId Session { get; } = new("simulated");
    public Machine Machine { get; }
    public SharedLog Log { get; }
    public Twist Twist { get; }
    public bool Records { get; }
    public int People { get; }

    /// <summary>What is shown comes late, twice and out of order.</summary>
    public bool IsRough { get; }
    public int LongestRead { get; }

    /// <summary>Before anything goes wrong, and after everything was mended.</summary>
    public bool IsCalm => _stage != 1;

    /// <summary>Within which after its return each node finds that the log is back: sooner than the others cease to wait (docs/decisions/0040).</summary>
    private static readonly TimeSpan LastFinds = TimeSpan.FromSeconds(1);

    /// <summary>The log went not long ago: until then a node that does not hold the session leaves it to the others.</summary>
    public TimeSpan SetBackUntil { get; private set; }
    public bool IsSetBack => Machine.Elapsed < SetBackUntil;

    /// <summary>The seed's whole run.</summary>
    /// <param name="records">Whether what every tab was told is kept, for <see cref="Outcome.Tapes"/>.</param>
    public static Outcome Of(ulong seed, int acts = 100, Twist? twist = null, bool records = false)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            return new Run(seed, acts, twist ?? Twist.None, records).Go();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>Chance for one purpose, which no other purpose's use of chance changes.</summary>
    public Chance ChanceOf(string purpose)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in purpose)
            hash = (hash ^ c) * 1099511628211UL;
        return new(new Chance(hash ^ _seed * 0x9E3779B97F4A7C15).Next());
    }

    public void Violated(Law law, string what)
    {
        if (_violations.Count < 20)
            _violations.Add((law, $"{Machine.Elapsed.TotalSeconds:0.000} s: {what}"));
    }

    public void Tell(string what) => _told.Add($"{Machine.Elapsed.TotalSeconds,9:0.000}  {what}");

    private Outcome Go()
    {
        Begin();
        // The first reads and appends of all tabs go through before anything fails.
        Until(() => _tabs.All(t => t.IsQuiet), TimeSpan.FromSeconds(30), "everybody is in");
        _stage = 1;
        for (var act = 0; act < _acts; act++)
        {
            if (_chance.Below(5) == 0)
                GoWrong();
            else
                Ask();
            Pass(TimeSpan.FromMilliseconds(_chance.Below(25) == 0 ? _chance.Below(20_000) : _chance.Below(400)));
            if (act % 4 == 0 && !IsSetBack)
                LookAt(_tabs[_chance.Below(_tabs.Count)]);
        }
        LoseTheLastWords();
        Heal();
        var checks = new Checks(this, _tabs, Everything());
        checks.All(_states);
        Tell("the log:");
        foreach (var (entry, i) in Everything().Select((e, i) => (Encoding.UTF8.GetString(e), i)))
            Tell($"{i + 1} {(entry.Length > 300 ? entry[..300] : entry)}");
        return new(_seed, [.. _violations], _told, checks.Asked, checks.Again, checks.Entries, Digest()) { Lost = _lost, Tapes = [.. _tabs.Where(t => t.Tape is not null).Select(t => t.Tape!.Written(t.Store))] };
    }

    // The beginning.

    private void Begin()
    {
        Machine.Start(() =>
        {
            for (var i = 0; i < _nodes.Length; i++)
                Raise(i);
            return Task.CompletedTask;
        });
        var exercise = Shelf.Shipped.Exercises[Exercises[_chance.Below(Exercises.Length)]];
        var begun = false;
        Machine.Start(async () =>
        {
            foreach (var step in World.Made(exercise))
                await First(step);
            for (var i = 1; i < People; i++)
                await First(World.system.Does(new JoinSession(new("p" + i), "Person " + i, new[] { World.alpine, World.butte, World.colusa }[i % 3], (Consent)(i % 3), i % 2 == 0, i < 3 || i % 2 == 0)));
            if (_chance.Below(8) > 0)
            {
                await First(World.host.Does(new StartSession()));
                if (_chance.Below(5) > 0)
                {
                    await First(World.host.Does(new ProposeGrouping((GroupingRule)_chance.Below(2), 2 + _chance.Below(3), _chance.Below(1_000))));
                    await First(World.host.Does(new OpenRooms(World.rooms, null)));
                }
            }
            begun = true;
        });
        Until(() => begun, TimeSpan.FromSeconds(30), "the session is made");
        _tabs.Add(new(this, World.host, World.host.Name, true, 0));
        for (var i = 1; i < People; i++)
            _tabs.Add(new(this, new("p" + i), "Person " + i, false, 0));
    }

    private Task First(Step step) => _nodes[0]!.Act(step.By == PersonId.System ? Actor.System : new(step.By, false, false), CommandMark.None, step.Command!);

    /// <summary>A new life of a server. In one of the machine's tasks: it asks at once which log is there.</summary>
    private void Raise(int at) => _nodes[at] = new(this, ++_lives[at] * 10 + at, _skews[at], Clean, _logIsBackAt);

    // One act.

    private void Ask()
    {
        var state = Folded();
        for (var tries = 0; tries < 10; tries++)
        {
            var dice = new Dice(_chance.Next(), state, wild: _chance.Below(6) == 0);
            var (by, chosen) = Storm.Choose(dice, state);
            if (chosen is null || OverTheWire(chosen) is not { } command)
                continue;
            if (by == PersonId.System)
            {
                var node = Living().FirstOrDefault();
                if (node is null)
                    continue;
                Tell($"the server does {Written(command)}");
                Machine.Start(async () =>
                {
                    try
                    {
                        await node.Act(Actor.System, CommandMark.None, command);
                    }
                    catch (LiveSessionsUnavailable)
                    {
                    }
                });
                return;
            }
            if (_tabs.FindLast(t => t.Person == by && !t.IsGone && !t.IsDismissed) is not { } tab)
                continue;
            Tell($"{tab.Instance} asks {Written(command)}");
            tab.Ask(command);
            return;
        }
    }

    /// <summary>As it comes out of the hub's reader; null where that refuses it.</summary>
    private static Command? OverTheWire(Command command)
    {
        try
        {
            return JsonSerializer.Deserialize<Command>(JsonSerializer.SerializeToUtf8Bytes(command, Json.Options), Json.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Written(Command command) => JsonSerializer.Serialize(command, Json.Options) is { Length: > 160 } json ? json[..160] + "..." : JsonSerializer.Serialize(command, Json.Options);

    // What goes wrong.

    private void GoWrong()
    {
        var tab = _tabs[_chance.Below(_tabs.Count)];
        var at = _chance.Below(2);
        var what = _chance.Below(10);
        switch (IsSetBack ? 0 : what)
        {
            case 0 or 1:
                Tell($"the wire of {tab.Instance} breaks");
                tab.Drop();
                break;
            case 2 or 3 when _nodes[at] is { } node:
                var back = TimeSpan.FromMilliseconds(200 + _chance.Below(5_000));
                Tell($"node {node.Number} dies for {back.TotalSeconds:0.0} s");
                node.Die();
                _nodes[at] = null;
                if (Twist.ForgetsLast && Living().Count == 0)
                    Machine.Start(() => Log.Forget(Session, Epoch, 3));
                Machine.After(back, () =>
                {
                    if (_nodes[at] is null)
                        Raise(at);
                });
                break;
            case 4 when _nodes[at] is { } node:
                var away = TimeSpan.FromMilliseconds(500 + _chance.Below(8_000));
                Tell($"node {node.Number} cannot reach the log for {away.TotalSeconds:0.0} s");
                node.LoseTheLog(away);
                break;
            case 5 when _nodes[at] is { } node:
                Tell($"the log is slow for node {node.Number}");
                node.Log.Slow = (Machine.Ticks + TimeSpan.FromSeconds(3).Ticks, TimeSpan.FromMilliseconds(500));
                break;
            case 6 when _nodes[at] is { } node:
                Tell($"node {node.Number} puts its desk away");
                node.PutAway();
                break;
            case 7 when !tab.IsGone:
                Tell($"{tab.Instance} is closed for good and opened anew");
                tab.CloseForGood();
                _tabs.Add(new(this, tab.Person, tab.Name, tab.IsStaff, _tabs.Count));
                break;
            case 8:
                SetTheLogBack();
                break;
            default:
                Tell("everybody's wire breaks");
                foreach (var one in _tabs)
                    one.Drop();
                break;
        }
    }

    /// <summary>
    /// The log goes for a while and comes back without what was written in the last second. Whoever was told has it, so long as a node lives that has: nothing is done where that is not so, nor where the log is twisted.
    /// </summary>
    private void SetTheLogBack()
    {
        if (Twist != Twist.None && !Twist.NobodyHasThem && !Twist.NobodyWaits)
            return;
        // Mostly something is on its way to it as it goes.
        if (_chance.Below(3) > 0)
        {
            foreach (var node in Living())
                node.Log.Slow = (Machine.Ticks + TimeSpan.FromMilliseconds(100).Ticks, TimeSpan.FromMilliseconds(_chance.Below(200)));
            for (var more = 4; more > 0; more--)
                Ask();
            Pass(TimeSpan.FromMilliseconds(_chance.Below(100)));
        }
        // Those who opened it a moment ago have what came since, so that somebody must have what was before.
        var known = 0L;
        foreach (var (from, head) in Living().Select(n => n.Knows).OfType<(long From, long Head)>().OrderBy(k => k.From))
            if (from <= known)
                known = Math.Max(known, head);
            else
                return;
        if (_tabs.Any(t => t.Everything.Any(a => a.Answer?.Position > known) || t.Store.Positions.Values.Any(position => position > known)))
            return;
        var (by, away) = (TimeSpan.FromMilliseconds(_chance.Below(1_000)), TimeSpan.FromMilliseconds(_chance.Below(5) == 0 ? _chance.Below(20_000) : 50 + _chance.Below(1_500)));
        var before = Folded().Head;
        var kept = Wait(Log.SetBack(Session, Epoch, by));
        if (before > kept)
            _lost = (_lost.Times + 1, _lost.Entries + (int)before - kept);
        _states.RemoveRange(kept + 1, _states.Count - kept - 1);
        Tell($"the log goes for {away.TotalSeconds:0.0} s and is {before - kept} entries shorter than {before}");
        SetBackUntil = Machine.Elapsed + away + LastFinds + TimeSpan.FromSeconds(3.5);
        _logIsBackAt = Machine.Ticks + away.Ticks;
        foreach (var node in Living())
        {
            node.LoseTheLog(away + TimeSpan.FromMilliseconds(_chance.Below((int)LastFinds.TotalMilliseconds)));
            if (Twist.NobodyHasThem)
                node.PutAway();
        }
    }

    /// <summary>One tab hears nothing more of what is shown, on a wire that stays whole; then the log grows by one, and nothing follows that would tell.</summary>
    private void LoseTheLastWords()
    {
        var deaf = _tabs.FindLast(t => t is { IsEntered: true, IsGone: false, Wire: not null });
        if (deaf is null || _violations.Count > 0)
            return;
        Tell($"{deaf.Instance} hears nothing more");
        deaf.Wire!.MuteUntil = long.MaxValue;
        var host = _tabs.FindLast(t => t is { Person.Value: "host", IsGone: false, IsDismissed: false });
        host?.Ask(new RenameMe($"Host at {Machine.Ticks}"));
        Pass(TimeSpan.FromSeconds(1));
        foreach (var tab in _tabs.Where(t => t != deaf))
            tab.Drop();
    }

    // Afterwards.

    private void Heal()
    {
        if (IsSetBack)
            Pass(SetBackUntil - Machine.Elapsed);
        _stage = 2;
        Tell("everything is mended");
        Machine.Start(() =>
        {
            for (var i = 0; i < _nodes.Length; i++)
            {
                if (_nodes[i] is null)
                    Raise(i);
                _nodes[i]!.Log.AwayUntil = 0;
                _nodes[i]!.Log.Slow = default;
                _nodes[i]!.FindTheLogAgain();
            }
            return Task.CompletedTask;
        });
        // Somebody for whom nothing of what is written is meant waits up to 20 s before they ask for it; what is written just before that begins another such wait.
        Until(() => _strays == 0 && _tabs.All(t => t.IsQuiet), 2 * Tab.LongestPatience + TimeSpan.FromSeconds(5), "everything asked is answered and everybody is back");
        // Away is told after a grace, tallies at their pace; whoever is behind finds out within 2.5 s, or 20 s where many entries before were not for them.
        Pass(TimeSpan.FromSeconds(14));
        Until(() => _tabs.All(t => t.IsQuiet), TimeSpan.FromSeconds(30), "everybody is still there");
        // What a recall that ends just now writes is on its way to them.
        var head = -1L;
        for (var tries = 0; tries < 10 && head != Folded().Head; tries++)
        {
            head = Folded().Head;
            Pass(TimeSpan.FromSeconds(1));
        }
    }

    private void Pass(TimeSpan time)
    {
        var end = Machine.Ticks + time.Ticks;
        var isThere = false;
        Machine.After(time, () => isThere = true);
        while (!isThere && Machine.Next() && Machine.Ticks <= end)
        {
        }
    }

    private void Until(Func<bool> so, TimeSpan atMost, string what)
    {
        for (var end = Machine.Ticks + atMost.Ticks; !so(); Pass(TimeSpan.FromMilliseconds(50)))
            if (Machine.Ticks > end)
            {
                Violated(Law.Lively, $"after {atMost.TotalSeconds:0} s it is not so that {what}: {string.Join("; ", _tabs.Where(t => !t.IsQuiet).Select(t => $"{t.Instance} entered {t.IsEntered}, {t.Everything.Count(a => a.Answer is null)} unanswered, hole {t.Store.HasHole}, {t.Behind}"))}");
                return;
            }
    }

    // The network between everything.

    /// <summary>Read once for all who are sent the same message.</summary>
    public Show Read(object message, RawJson body)
    {
        if (message != _read.Message)
            _read = (message, JsonSerializer.Deserialize<Show>(body.ToArray(), Json.Options)!.Plain());
        return _read.Show;
    }

    private (object? Message, Show Show) _read = (null, null!);

    public Node? NodeFor(int chance) => Living() is { Count: > 0 } living ? living[chance % living.Count] : null;

    public List<Node> Living() => [.. _nodes.OfType<Node>()];

    public bool IsConnected(PersonId person) => _tabs.Any(t => t.Person == person && t.Wire is { IsBroken: false, Node.IsDead: false });

    /// <summary>A node tells the others how long the log is, and mostly its last entries; a hint, which may be late, doubled or lost.</summary>
    public void Hint(Node from, string epoch, long head, IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        if (Twist.NoHintsNoLooks)
            return;
        byte[][]? told = head % 5 == 0 ? null : [.. entries.Select(e => e.ToArray())];
        foreach (var other in Living().Where(n => n != from))
            if (IsCalm || _chance.Below(4) > 0)
                for (var copies = _chance.Below(6) == 0 ? 2 : 1; copies > 0; copies--)
                    Machine.After(TimeSpan.FromMilliseconds(_chance.Below(IsCalm ? 3 : 200)), () => other.Follow(epoch, head, told));
    }

    /// <summary>A copy of what was sent turns up later on any node, as what was under way on a broken wire may.</summary>
    public bool Stray(PersonId person, Act act)
    {
        if (IsCalm || _chance.Below(5) > 0)
            return false;
        for (var copies = 1 + _chance.Below(4); copies > 0; copies--)
        {
            _strays++;
            var which = _chance.Below(1_000);
            Machine.After(TimeSpan.FromMilliseconds(_chance.Below(6_000)), () =>
            {
                _strays--;
                if (NodeFor(which) is { } node)
                    Machine.Start(async () =>
                    {
                        try
                        {
                            await node.Act(new(person, false, false), new($"{person}.{act.Instance}", act.Number), act.Command is ICarriesRichText rich ? rich.WithCleanText(Clean.Clean) : act.Command);
                        }
                        catch (LiveSessionsUnavailable)
                        {
                        }
                    });
            });
        }
        return true;
    }

    // What the log holds.

    /// <summary>Rendered once for all who hold that position.</summary>
    public Dictionary<string, Dictionary<string, string>> Rendered(Session session)
    {
        if (!_rendered.TryGetValue(session, out var rendered))
            _rendered[session] = rendered = Checks.Rendered(session);
        return rendered;
    }

    private readonly Dictionary<Session, Dictionary<string, Dictionary<string, string>>> _rendered = new(ReferenceEqualityComparer.Instance);

    public bool IsRemoved(PersonId person) => Folded().Find(person) is { Standing: Standing.Removed };

    private string Epoch => Wait(Log.Read(Session, 0, 1)).Epoch!;

    private IReadOnlyList<byte[]> Everything() => Wait(Log.Everything(Session));

    private static T Wait<T>(Task<T> task) => task.IsCompleted ? task.Result : throw new InvalidOperationException("The log in memory answers at once.");

    private Session Folded()
    {
        try
        {
            var read = Wait(Log.Read(Session, _states.Count - 1, 1_000));
            foreach (var bytes in read.Entries)
                _states.Add(_states[^1].Evolve(EntryBytes.Read(bytes)));
        }
        catch (Exception e) when (e is not InvalidOperationException { Message: "The log in memory answers at once." })
        {
            Violated(Law.Fold, $"entry {_states.Count} cannot be folded: {e}");
        }
        return _states[^1];
    }

    /// <summary>Whatever somebody holds up to a position is what the log was then: nobody sees a session that never was.</summary>
    private void LookAt(Tab tab)
    {
        Folded();
        Checks.HeldIsWhatWas(this, tab, _states);
    }

    private string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in Everything())
            hash.AppendData(entry);
        foreach (var tab in _tabs)
            foreach (var asked in tab.Everything)
                hash.AppendData(Encoding.UTF8.GetBytes($"{asked} {asked.AskedAt} {asked.AnsweredAt}"));
        hash.AppendData(Encoding.UTF8.GetBytes($"{Machine.Ticks}"));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}

/// <summary>What became of a seed.</summary>
/// <param name="Digest">Of the log, the answers and the clock: the same seed gives the same.</param>
internal sealed record Outcome(ulong Seed, IReadOnlyList<(Law Law, string What)> Violations, IReadOnlyList<string> Told, int Asked, int Again, int Entries, string Digest)
{
    /// <summary>How often the log lost its last entries, and how many in all.</summary>
    public (int Times, int Entries) Lost { get; init; }

    /// <summary>What every tab was told and what it held in the end, as JSON; nothing unless it was recorded.</summary>
    public IReadOnlyList<string> Tapes { get; init; } = [];

    public string Report => $"""
        Seed {Seed} broke a law. Replay it with: scripts/simulate --seed {Seed}
        {string.Join('\n', Violations.Select(v => $"  {v.Law}: {v.What}"))}
        What happened before:
        {string.Join('\n', Told.TakeLast(40))}
        """;
}
