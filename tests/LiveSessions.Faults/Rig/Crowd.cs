using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Faults.Rig;

/// <summary>The people of one session, each with a history, who write while things happen to the servers.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const int MostWaiting = 12;
    private readonly Cluster _cluster;
    private readonly Dice _random;
    private readonly List<LiveClient> _people = [];
    private readonly List<ClientHistory> _histories = [];
    private readonly Dictionary<LiveClient, int> _notes = [];
    private readonly List<string> _troubles = [];
    private CancellationTokenSource _calm = new();
    private Task _writing = Task.CompletedTask;
    private Func<int, bool> _knowsTables = _ => true;
    private Func<int, IReadOnlyList<Uri>>? _doors;

    private Crowd(Cluster cluster, Workshop workshop, IReadOnlyList<Seat> seats, int seed) => (_cluster, Workshop, Seats, _random) = (cluster, workshop, seats, new(seed));

    public Workshop Workshop { get; }
    public IReadOnlyList<Seat> Seats { get; }
    public SessionId Session => Workshop.Session;
    public LiveClient Host { get; private set; } = null!;
    public IReadOnlyList<LiveClient> People => _people;
    public IReadOnlyList<ClientHistory> Histories => _histories;

    /// <summary>Whether commands go out that the whole session sees (names, votes), not only the rooms.</summary>
    public bool Loud { get; set; } = true;

    /// <summary>The host's sign-in is no longer good: what they saw before is not compared with what came after.</summary>
    public bool HostIsOut { get; set; }

    public long Acked => _histories.Sum(h => h.Acked);
    public int InFlight => _histories.Sum(h => h.InFlight);

    public static When Now() => new(Stopwatch.GetTimestamp(), DateTimeOffset.UtcNow);

    /// <summary>So many come in together. A thousand people of this one process would stand in each other's way.</summary>
    public const int AtOnce = 60;

    /// <summary>People come in, spread over the nodes, and the rooms open.</summary>
    /// <param name="knowsTables">Whether the person of this number has a page that knows tables; the host has one like the first.</param>
    /// <param name="doors">The addresses at which the person of this number tries the servers, or null for the servers' own in turn.</param>
    public static async Task<Crowd> Gather(Cluster cluster, int people, int seed, bool openRooms = true, Func<int, bool>? knowsTables = null, Func<int, IReadOnlyList<Uri>>? doors = null)
    {
        var workshop = await cluster.Site.Workshop(people, teams: Math.Max(1, people / 6));
        var crowd = new Crowd(cluster, workshop, await workshop.AllCome(), seed) { _knowsTables = knowsTables ?? (_ => true), _doors = doors };
        crowd.Host = crowd.Join(workshop.Host, "host", 0);
        await crowd.Host.IsIn();
        foreach (var some in Enumerable.Range(0, people).Chunk(AtOnce))
        {
            crowd._people.AddRange(some.Select(i => crowd.Join(crowd.Seats[i], $"person {i + 1}", i)));
            await Task.WhenAll(crowd.People.TakeLast(some.Length).Select(c => c.IsIn()));
        }
        if (openRooms)
        {
            await Workshop.OpenRooms(crowd.Host);
            await crowd.Host.Does(new OpenPoll(new("mood"), new("single", "How is it?", ["good", "so-so"], 0, true)));
            await Task.WhenAll(crowd.People.Select(c => c.Sees<MeView>("me", me => me.Room != RoomId.Plenary, 30)));
        }
        return crowd;
    }

    private LiveClient Join(Seat seat, string name, int first)
    {
        var history = new ClientHistory(name, Now);
        _histories.Add(history);
        var servers = _doors?.Invoke(first) ?? _cluster.Addresses;
        return new(seat, [.. servers.Skip(first % servers.Count), .. servers.Take(first % servers.Count)]) { Remembers = false, History = history, KnowsTables = _knowsTables(first) };
    }

    /// <summary>A seeded Random that two threads use at once ends up telling 0 for ever: everything would be said by the first person alone.</summary>
    private sealed class Dice(int seed)
    {
        private readonly Random _random = new(seed);

        public int Next(int below)
        {
            lock (_random)
                return _random.Next(below);
        }
    }

    /// <summary>The people write, in small bursts as people do, so many commands a second in all.</summary>
    public void Begin(double perSecond)
    {
        _calm = new();
        var calm = _calm.Token;
        _writing = Task.Run(async () =>
        {
            var clock = Stopwatch.StartNew();
            var due = 0.0;
            for (var burst = 0; !calm.IsCancellationRequested; burst++)
            {
                due = clock.Elapsed.TotalSeconds * perSecond;
                for (var sent = (int)Math.Min(due - _begun, perSecond); sent > 0; sent--)
                {
                    var one = _people[_random.Next(_people.Count)];
                    if (one.Waiting < MostWaiting)
                        _ = Say(one);
                    _begun++;
                }
                // A quick server answers before five are on the way: then everybody writes at the same moment.
                if (_together && burst % 4 == 0)
                    foreach (var one in _people.Concat(_people))
                        if (one.Waiting < MostWaiting)
                            _ = Say(one);
                await Task.Delay(50, CancellationToken.None);
            }
            _begun = 0;
        });
    }

    private double _begun;
    private volatile bool _together;
    private int _said;

    /// <summary>One command of one person.</summary>
    public Task<Answer> Say(LiveClient one)
    {
        var n = ++_said;
        var mine = _notes.GetValueOrDefault(one);
        var number = _people.IndexOf(one);
        var most = 9_000 / Math.Max(1, _people.Count);
        Command command = _random.Next(20) switch
        {
            // A new name is told with every note of that person, so it comes now and then only.
            0 when Loud && _random.Next(5) == 0 => new RenameMe($"Person {number} the {n}th"),
            1 when Loud => new CastBallot(new("mood"), new([_random.Next(2)], null)),
            < 8 when mine < most => Add(),
            < 11 when mine > 0 => new MoveNote(Any(), _random.Next(2) == 0 ? "trust" : "actions", null),
            _ when mine > 0 => new EditNote(Any(), $"edited {n}", null),
            _ => Add(),
        };
        var asked = one.Ask(command);
        _ = asked.ContinueWith(a => _ = a.Exception, TaskContinuationOptions.OnlyOnFaulted);
        return asked;

        NoteId Any() => new($"n{number}-{_random.Next(mine)}");
        AddNote Add()
        {
            _notes[one] = mine + 1;
            return new(new($"n{number}-{mine}"), "trust", $"words {n} of {number}", NoteColour.Lupine);
        }
    }

    /// <summary>Waits for a moment at which a kill counts: at least 20 acknowledgements within the last second, and 5 commands on the way, through this server (or any).</summary>
    public async Task<(int Acked, int InFlight)> ABusyMoment(Uri? server = null, int seconds = 180)
    {
        var samples = new Queue<(long At, long Acked)>();
        var clock = Stopwatch.StartNew();
        await Task.Delay(_random.Next(300));
        while (true)
        {
            var mine = _people.Where(p => server is null || p.Server == server && p.IsOpen).ToList();
            long acked = 0;
            var inFlight = 0;
            foreach (var one in mine)
            {
                acked += one.History!.Acked;
                inFlight += one.History.InFlight;
            }
            samples.Enqueue((Environment.TickCount64, acked));
            while (samples.Count > 1 && Environment.TickCount64 - samples.Peek().At > 1_000)
                samples.Dequeue();
            var inLastSecond = (int)Math.Min(acked - samples.Peek().Acked, int.MaxValue);
            if (clock.ElapsedMilliseconds > 1_000 && inLastSecond is >= 20 and < 100_000 && inFlight >= 5)
            {
                _together = false;
                return (inLastSecond, inFlight);
            }
            _together = clock.ElapsedMilliseconds > 2_000;
            if (clock.Elapsed.TotalSeconds > seconds)
                throw new TimeoutException($"There was no busy moment in {seconds} s: {inLastSecond} acknowledged in the last second, {inFlight} on the way, through {server?.ToString() ?? "any server"}.");
            await Task.Delay(2);
        }
    }

    public async Task Rest()
    {
        await _calm.CancelAsync();
        await _writing;
    }

    /// <summary>Nobody writes any more, and everything that was asked has its answer.</summary>
    /// <returns>How long the last answer took from now.</returns>
    public async Task<TimeSpan> Calm(int seconds = 90)
    {
        await Rest();
        var clock = Stopwatch.StartNew();
        while (_people.Append(Host).Any(p => p.HasUnsent))
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                throw new TimeoutException($"{_people.Append(Host).Count(p => p.HasUnsent)} people still wait for an answer after {seconds} s: {string.Join("; ", _people.Append(Host).Where(p => p.HasUnsent).Select(p => p.How))}.");
            await Task.Delay(20);
        }
        return clock.Elapsed;
    }

    /// <summary>Waits until everybody's views are the log's.</summary>
    /// <returns>How long that took, and what is still wrong when it took too long.</returns>
    public async Task<(TimeSpan Took, Violation? Wrong)> Converge(int seconds = 20)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var evidence = await Views();
            var took = clock.Elapsed;
            var wrong = HistoryChecker.First(evidence with { Clients = [.. evidence.Clients.Select(OnlyViews)] });
            if (wrong is null || took.TotalSeconds > seconds)
                return (took, wrong);
            await Task.Delay(100);
        }
    }

    private static ClientHistory OnlyViews(ClientHistory history) => new(history.Name, Now) { Person = history.Person, Views = history.Views };

    private async Task<Evidence> Views()
    {
        var log = await _cluster.Log(Session);
        foreach (var one in HostIsOut ? _people : _people.Append(Host))
            one.History!.Views = one.Read(s => s.Views);
        return new(Session, log, _histories);
    }

    /// <summary>Everything is judged: commands, positions, order, views and the archive.</summary>
    public async Task<(Evidence Evidence, IReadOnlyList<Violation> Violations)> Judge(bool withArchive = true)
    {
        var (_, wrong) = await Converge();
        var evidence = await Views();
        if (withArchive)
        {
            var (log, archive) = await _cluster.Archived(Session);
            evidence = evidence with { Log = log, Archive = archive };
        }
        // Somebody's presence may have been told between; the views are those of the log they were compared with.
        var violations = HistoryChecker.All(evidence).Where(v => v.Check != Checks.Views).ToList();
        if (wrong is not null)
            violations.Add(wrong);
        return (evidence, violations);
    }

    public async ValueTask DisposeAsync()
    {
        await Rest();
        await Task.WhenAll(_people.Append(Host).Where(c => c is not null).Select(c => c.DisposeAsync().AsTask()));
        _calm.Dispose();
    }
}
