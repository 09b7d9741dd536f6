using System.IO.Pipelines;
using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rehearsal;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Redis;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Simulation;

/// <summary>What seeds found between two desks on one log, each told as the shortest story.</summary>
public sealed class TwoDesks
{
    private static readonly SessionId Id = new("two-desks");
    private readonly Fragile _log = new();
    private Task<SessionDesk?> Desk(Action<SessionId, string, long, IReadOnlyList<ReadOnlyMemory<byte>>>? wrote = null, TimeProvider? time = null, Func<SessionId, Action<HeadHint>, Task<IAsyncDisposable>>? listen = null, Func<bool>? isLeaving = null, Func<Task>? othersLooked = null) =>
        SessionDesk.Open(Id, true, _log, new(time ?? TimeProvider.System, NullLogger.Instance, wrote ?? ((_, _, _, _) => { }), (_, _) => { }, (_, _) => { }, _ => 0) { Listen = listen, IsLeaving = isLeaving ?? (() => false), OthersLooked = othersLooked ?? (() => Task.CompletedTask) }, CancellationToken.None);

    private static Task<Answer> Does(SessionDesk desk, Step step) => desk.Act(step.By == PersonId.System ? Actor.System : new(step.By, false, false), CommandMark.None, step.Command!);

    private static LiveLine Line(PersonId person) => new(new Silent($"line-{person}-{Guid.NewGuid():n}"), Id, person, false, person.Value, false, new Rates(20, 40, 10));

    private static Snapshot Told(RawJson? raw) => JsonSerializer.Deserialize<Snapshot>(raw!.Value.ToArray(), Json.Options)!;

    /// <summary>Seed 137: a name was changed and changed back; the second desk learned of both at once and saw no difference.</summary>
    [Fact]
    public async Task Somebody_who_comes_from_the_middle_of_what_a_desk_took_at_once_is_told_what_changed_back()
    {
        var first = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(first, step);
        var second = (await Desk())!;
        await Does(first, World.ada.Does(new RenameMe("Adele")));
        var store = new Store();
        store.Take(Told(await first.Enter(Line(World.ben), null)), true);
        Assert.Equal("Adele", store.Find<PersonView>("person:ada")!.Name);
        await Does(first, World.ada.Does(new RenameMe("Ada")));

        store.Take(Told(await second.Enter(Line(World.ben), store.Positions)), true);
        Assert.Equal("Ada", store.Find<PersonView>("person:ada")!.Name);
    }

    /// <summary>Seeds 13 and 18: what was answered on one node was missing in the first snapshot of the other.</summary>
    [Fact]
    public async Task Whoever_was_answered_by_one_desk_sees_it_at_the_other_at_once()
    {
        var first = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(first, step);
        var second = (await Desk())!;
        var answer = await Does(first, World.ada.Does(new RenameMe("Adele")));
        var snapshot = Told(await second.Enter(Line(World.ada), null));
        Assert.Equal(answer.Position, snapshot.Head);
    }

    /// <summary>Hundreds may wait in the queue when a server is asked to end.</summary>
    [Fact]
    public async Task A_desk_that_leaves_lets_nobody_in_and_goes_on_telling_those_who_are()
    {
        var isLeaving = false;
        var desk = (await Desk(isLeaving: () => isLeaving))!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(desk, step);
        var (ada, ben) = (Line(World.ada), Line(World.ben));
        var head = Told(await desk.Enter(ada, null)).Head;

        isLeaving = true;
        await Assert.ThrowsAsync<LiveSessionsUnavailable>(() => desk.Enter(ben, null));
        await Eventually.True(() => ben.IsOver, "the line is cut");
        Assert.DoesNotContain(ben, desk.Lines);
        Assert.Equal(head, Told(await desk.Enter(ada, new Dictionary<string, long> { ["all"] = 1 })).Head);
        Assert.False(ada.IsOver);
    }

    /// <summary>They are gone before their turn comes: nobody hears a line that is over, and it is not kept.</summary>
    [Fact]
    public async Task Whoever_is_gone_before_their_turn_comes_is_not_let_in()
    {
        var desk = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(desk, step);
        var ada = Line(World.ada);
        ada.Cut();
        await Eventually.True(() => ada.IsOver, "the line is cut");
        await Assert.ThrowsAsync<LiveSessionsUnavailable>(() => desk.Enter(ada, null));
        Assert.Empty(desk.Lines);
    }

    [Fact]
    public async Task A_desk_that_cannot_know_how_old_it_is_tells_nothing()
    {
        var first = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(first, step);
        var head = Told(await first.Enter(Line(World.ada), null)).Head;
        _log.IsAway = true;
        await Assert.ThrowsAsync<LiveSessionsUnavailable>(() => first.Enter(Line(World.ada), new Dictionary<string, long> { ["all"] = head + 1 }));
        _log.IsAway = false;
        Assert.Equal(head, Told(await first.Enter(Line(World.ada), null)).Head);
    }

    [Fact]
    public async Task What_another_desk_says_it_appended_is_shown_without_a_look_at_the_log_when_it_follows_on()
    {
        var written = new List<(string Epoch, long Head, IReadOnlyList<byte[]> Entries)>();
        var first = (await Desk((_, epoch, head, entries) => written.Add((epoch, head, [.. entries.Select(e => e.ToArray())]))))!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(first, step);
        var second = (await Desk())!;
        written.Clear();
        foreach (var name in (string[])["Adele", "Adela", "Ada"])
            await Does(first, World.ada.Does(new RenameMe(name)));
        var (one, two, three) = (written[0], written[1], written[2]);
        _log.IsAway = true;

        second.Follow(one.Epoch, one.Head, one.Entries);
        await second.Settled();
        Assert.Equal("Adele", second.Session.Find(World.ada)!.Name);
        // Of another log, doubled, and with a hole before it: none is taken, and the hole is filled once the log is there.
        second.Follow("another", two.Head, two.Entries);
        second.Follow(one.Epoch, one.Head, one.Entries);
        second.Follow(three.Epoch, three.Head, three.Entries);
        await second.Settled();
        Assert.Equal(one.Head, second.Session.Head);
        second.Follow(three.Epoch, three.Head, [.. one.Entries, .. two.Entries, .. three.Entries]);
        await second.Settled();
        Assert.Equal(("Ada", three.Head), (second.Session.Find(World.ada)!.Name, second.Session.Head));
        _log.IsAway = false;
        Assert.Equal(first.Session.Head, second.Session.Head);
    }

    [Fact]
    public async Task A_desk_listens_once_tries_again_when_it_could_not_and_stops_when_it_is_put_away()
    {
        var first = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(first, step);
        var ears = new List<Ear>();
        var asked = 0;
        var second = (await Desk(listen: (_, heard) =>
        {
            if (asked++ == 0)
                throw new LogAway();
            ears.Add(new(heard));
            return Task.FromResult<IAsyncDisposable>(ears[^1]);
        }))!;
        second.Listen();
        Assert.Empty(ears);
        await Does(first, World.ada.Does(new RenameMe("Adele")));
        second.Listen();
        second.Listen();
        await second.Settled();
        var ear = Assert.Single(ears);
        // What was appended before it listened was looked for.
        Assert.Equal("Adele", second.Session.Find(World.ada)!.Name);
        await Does(first, World.ada.Does(new RenameMe("Ada")));
        ear.Heard(new("first", Id, "any", first.Session.Head));
        await second.Settled();
        Assert.Equal("Ada", second.Session.Find(World.ada)!.Name);
        await second.DisposeAsync();
        Assert.True(ear.IsStopped);
        second.Listen();
        Assert.Equal(2, asked);
    }

    /// <summary>A proxy may change the Redis behind it and no connection breaks. No server is told that it was gone; a hash is all there is to tell by.</summary>
    [Fact]
    public async Task A_log_that_was_made_of_something_else_unnoticed_is_not_written_on()
    {
        var (first, second) = await Apart();
        Assert.Equal("accepted", (await Does(first, World.host.Does(new RenameMe("Rosa after")))).Kind);
        await AreTheLog(first, second, "Benno", "Rosa after");
    }

    [Fact]
    public async Task A_desk_that_was_told_what_follows_on_something_else_finds_that_out_when_it_looks()
    {
        var (first, second) = await Apart();
        await Does(second, World.host.Does(new RenameMe("Rosa after")));
        first.Follow(_log.Epoch, second.Session.Head, [await _log.Last()]);
        await first.Settled();
        first.Look();
        await first.Settled();
        await AreTheLog(first, second, "Benno", "Rosa after");
    }

    /// <summary>Seeds 76 and 112: what was kept began with what was lost, and nothing before it to compare the log with.</summary>
    [Fact]
    public async Task What_was_written_after_a_silence_and_lost_the_next_moment_is_given_back()
    {
        var time = new FakeTimeProvider();
        var desk = (await Desk(time: time))!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(desk, step);
        var before = desk.Session.Head;
        time.Advance(TimeSpan.FromMinutes(1));
        await Does(desk, World.ada.Does(new RenameMe("Adele")));
        await _log.SetBack(before);
        desk.Look();
        await desk.Settled();
        await AreTheLog(desk, desk, "Adele");
    }

    /// <summary>Seeds 610 and 2373: a desk that began with an entry which was lost took what was left for another log, and let go of what it alone had.</summary>
    [Fact]
    public async Task Who_opened_the_log_a_moment_ago_lets_those_give_back_first_who_have_known_it_for_longer()
    {
        var first = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(first, step);
        var before = first.Session.Head;
        await Does(first, World.ada.Does(new RenameMe("Adele")));
        var firstLooked = new TaskCompletionSource();
        var second = (await Desk(othersLooked: () => firstLooked.Task))!;
        await Does(second, World.ada.Does(new RenameMe("Adeline")));
        await _log.SetBack(before);
        first.Doubt();
        second.Doubt();
        var secondLooks = second.LookAgain();
        await Task.Delay(50);
        Assert.False(secondLooks.IsCompleted);
        await first.LookAgain();
        firstLooked.SetResult();
        await secondLooks;
        await first.Settled();
        await AreTheLog(first, second, "Adele", "Adeline");
        Assert.Equal(second.Session.Head, first.Session.Head);
    }

    /// <summary>The log lost what the first desk wrote last, and the second wrote in its place.</summary>
    private async Task<(SessionDesk First, SessionDesk Second)> Apart()
    {
        var first = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(first, step);
        var second = (await Desk())!;
        var before = first.Session.Head;
        await Does(first, World.ada.Does(new RenameMe("Adele")));
        await _log.SetBack(before);
        await Does(second, World.ben.Does(new RenameMe("Benno")));
        Assert.Equal(first.Session.Head, second.Session.Head);
        return (first, second);
    }

    private async Task AreTheLog(SessionDesk first, SessionDesk second, params string[] names)
    {
        foreach (var desk in (SessionDesk[])[second, first])
        {
            desk.Look();
            await desk.Settled();
        }
        var entries = (await _log.Read(Id, 0, ISessionLog.MaxEntries)).Entries.Select(EntryBytes.Read).ToList();
        Assert.Equal(names, entries.SelectMany(e => e.Events).OfType<PersonRenamed>().Select(e => e.Name));
        var folded = entries.Aggregate(new Session(Id), (session, entry) => session.Evolve(entry));
        foreach (var desk in (SessionDesk[])[first, second])
            Assert.Equal(Checks.Rendered(folded)["all"], Checks.Rendered(desk.Session)["all"]);
    }

    private sealed class Ear(Action<HeadHint> heard) : IAsyncDisposable
    {
        public Action<HeadHint> Heard => heard;
        public bool IsStopped { get; private set; }

        public ValueTask DisposeAsync()
        {
            IsStopped = true;
            return default;
        }
    }

    [Fact]
    public async Task What_is_told_to_many_is_packed_for_those_who_can_read_it_and_says_the_same()
    {
        var desk = (await Desk())!;
        foreach (var step in World.Gathered(World.practice, 2))
            await Does(desk, step);
        var (packed, plain) = (new List<Silent>(), new List<Silent>());
        for (var i = 0; i < 80; i++)
        {
            var line = new Silent($"line-{i}");
            var snapshot = Told(await desk.Enter(new(line, Id, World.ben, false, "Ben", false, new Rates(20, 40, 10)), null, packs: i % 2 == 0));
            Assert.Equal(i % 2 == 0, snapshot.Audiences.Any(a => a.Packed is not null));
            line.Store.Take(snapshot.Plain(), true);
            (i % 2 == 0 ? packed : plain).Add(line);
        }

        var host = new Actor(World.host, true, false);
        await desk.Act(host, CommandMark.None, new StartSession());
        var opened = await desk.Act(host, CommandMark.None, new OpenPoll(new("long"), new("single", new string('q', 150), [.. "abcdefgh".Select(letter => new string(letter, 110))], 1, false)));
        Assert.True(opened.Kind == "accepted", opened.Words);
        await desk.Settled();

        Assert.All(packed, line => Assert.Contains(line.Shows, s => s is { Audience: "all", Packed: not null }));
        Assert.All(plain, line => Assert.DoesNotContain(line.Shows, s => s.Packed is not null));
        Assert.All(packed.Concat(plain), line => Assert.Equal(8, line.Store.Find<PollView>("poll:long")!.Options.Count));
        Assert.True(packed[0].Bytes < plain[0].Bytes / 2, $"{packed[0].Bytes} bytes packed, {plain[0].Bytes} plain");
    }

    /// <summary>No pace comes round here, for the clock stands still: what is told is told at once.</summary>
    [Fact]
    public async Task The_answer_after_which_none_is_missing_is_told_at_once_and_others_keep_the_pace()
    {
        var desk = (await Desk(time: new FakeTimeProvider()))!;
        foreach (var step in World.Gathered(World.practice, 6))
            await Does(desk, step);
        var line = new Silent("line");
        line.Store.Take(Told(await desk.Enter(new(line, Id, World.ada, false, "Ada", false, new Rates(20, 40, 10)), null)), true);
        var host = new Actor(World.host, true, false);
        await desk.Act(host, CommandMark.None, new StartSession());
        await desk.Act(host, CommandMark.None, new OpenPoll(new("q"), new("single", "Shall we?", ["yes", "no"], 1, true)));
        async Task<int> AnsweredAfter(Who who, int choice)
        {
            await Does(desk, who.Does(new CastBallot(new("q"), new([choice], null))));
            await desk.Settled();
            return line.Store.Find<TallyView>("tally:q")!.Answered;
        }

        var told = new List<int>();
        foreach (var who in World.Everybody.Take(6))
            told.Add(await AnsweredAfter(who, 0));
        Assert.Equal([0, 0, 0, 0, 0, 6], told);
        Assert.Equal(6, line.Store.Find<TallyView>("tally:q")!.Counts[0]);
        await AnsweredAfter(World.ada, 1);
        Assert.Equal(6, line.Store.Find<TallyView>("tally:q")!.Counts[0]);
    }

    private sealed class Silent(string id) : HubConnectionContext(new DefaultConnectionContext(id) { Transport = new Nowhere() }, new HubConnectionContextOptions { KeepAliveInterval = TimeSpan.FromSeconds(3) }, NullLoggerFactory.Instance)
    {
        public Store Store { get; } = new();
        public List<Show> Shows { get; } = [];
        public long Bytes { get; private set; }

        public override ValueTask WriteAsync(SerializedHubMessage message, CancellationToken cancellationToken = default)
        {
            if (message.Message is InvocationMessage { Target: "Show", Arguments: [RawJson body] })
            {
                Bytes += body.Utf8.Length;
                Shows.Add(JsonSerializer.Deserialize<Show>(body.ToArray(), Json.Options)!);
                Store.Take(Shows[^1].Plain());
            }
            return default;
        }
    }

    /// <summary>A line is cut by its transport.</summary>
    private sealed class Nowhere : IDuplexPipe
    {
        private readonly Pipe _pipe = new();
        public PipeReader Input => _pipe.Reader;
        public PipeWriter Output => _pipe.Writer;
    }

    private sealed class Fragile : ISessionLog
    {
        private InMemorySessionLog _log = new();
        public string Epoch { get; private set; } = "";
        public bool IsAway { get; set; }
        private InMemorySessionLog There => IsAway ? throw new LogAway() : _log;

        public async Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default)
        {
            var head = await There.Open(session, newEpoch, ct);
            Epoch = head.Epoch!;
            return head;
        }

        public async Task<byte[]> Last() => (await _log.Read(Id, 0, ISessionLog.MaxEntries)).Entries[^1];

        /// <summary>It loses what is behind this length.</summary>
        public async Task SetBack(long length)
        {
            var kept = (await _log.Read(Id, 0, ISessionLog.MaxEntries)).Entries.Take((int)length).Select(e => new ReadOnlyMemory<byte>(e)).ToList();
            _log = new();
            await _log.Open(Id, Epoch);
            await _log.Append(Id, new(Epoch, 0, LogHash.None), kept);
        }

        public Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default) => There.Append(session, end, entries, ct);
        public Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default) => There.Read(session, from, max, ct);
        public Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) => There.SaveSnapshot(session, epoch, position, bytes, ct);
        public Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default) => There.LoadSnapshot(session, ct);
        public Task Erase(SessionId session, CancellationToken ct = default) => There.Erase(session, ct);
        public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) => There.Erase(session, length, ct);
        public Task RewriteStorage(CancellationToken ct = default) => There.RewriteStorage(ct);
    }
}
