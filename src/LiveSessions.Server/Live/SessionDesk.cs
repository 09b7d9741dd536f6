using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Redis;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Live;

/// <summary>
/// The one write path of a session on this node, and the one place that knows its state here. Everything that touches the session waits in one queue: commands, people who come and
/// go, news from other nodes. All commands that wait are decided in order against the folded state and appended together, under the guard that the log is still as long as what was
/// folded; so each is decided against exactly the state it is appended to, on any number of nodes. Append, then answer, then show: that order is in <see cref="Commit"/> alone.
/// </summary>
public sealed class SessionDesk : IAsyncDisposable
{
    private const int MostInOneAppend = 512;
    private const int MostLetInAtOnce = 256;
    private const int MostTries = 100;

    /// <summary>An append that takes longer than this is followed by a rest of the same length, so that a node which was behind is not behind for ever.</summary>
    private static readonly TimeSpan SlowAppend = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);
    private const int GatherPart = 15;
    private static readonly TimeSpan FarLook = TimeSpan.FromSeconds(1.5);

    private readonly SessionId _id;
    private readonly ISessionLog _log;
    private readonly DeskNeeds _needs;
    // Whoever writes while the desk waits does the desk's work up to its first wait, so a command needs no thread of its own to get to the log.
    private readonly Channel<Work> _queue = Channel.CreateUnbounded<Work>(new() { SingleReader = true, AllowSynchronousContinuations = true });
    private readonly Publisher _publisher;
    private readonly RecentEntries _recent;
    private readonly Dictionary<string, LiveLine> _lines = [];

    // Lines whose answers wait for what they are shown of them.
    private readonly List<LiveLine> _answered = [];
    private readonly Dictionary<PersonId, List<LiveLine>> _linesOf = [];
    private readonly Task _loop;
    private Session _session;
    private string _epoch;
    // What others appended and told, for whatever the desk does next: it waits behind nothing that is in the queue.
    private readonly ConcurrentQueue<(string Epoch, long Length, IReadOnlyList<byte[]> Entries)> _told = new();
    private TaskCompletionSource? _news;
    private long _followTo;
    private bool _isFollowing;
    private bool _isListening;
    private IAsyncDisposable? _listening;
    private volatile bool _isClosed;
    private bool _paceIsSet;
    private long _heardAt;
    private (long Since, TimeSpan Long) _rest;

    /// <summary>The position of the entry that could not be read when last there was one.</summary>
    private long _unreadable = -1;
    private bool _isFar;
    private bool _logIsBack;

    /// <summary>Redis was gone since the log was last known to go on from what is folded here.</summary>
    private bool _isInDoubt;

    /// <summary>Other servers have not been waited for since.</summary>
    private bool _othersMayHaveMore;

    private readonly Lock _doubting = new();

    /// <summary>What is folded here was compared with the log since Redis was last gone.</summary>
    private TaskCompletionSource _compared = new();
    private Throng _throng;

    private SessionDesk(SessionId id, string epoch, Folded folded, ISessionLog log, DeskNeeds needs)
    {
        _id = id;
        _epoch = epoch;
        _session = folded.Session;
        _log = log;
        _needs = needs;
        _publisher = new(needs.Meter);
        _recent = new(needs.Time);
        _recent.Begin(folded.Session.Head, folded.Last, folded.Hash);
        LastUse = needs.Time.GetUtcNow();
        _heardAt = needs.Time.GetTimestamp();
        _compared.SetResult();
        _publisher.Begin(_session, Epoch.UnknownUntil(epoch));
        _loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.DenyChildAttach, needs.Scheduler).Unwrap();
        _needs.Meter.Desks.Add(1);
    }

    /// <summary>The state as this node has folded it; a value, safe to read from anywhere.</summary>
    public Session Session => Volatile.Read(ref _session);

    public DateTimeOffset LastUse { get; private set; }

    /// <summary>How long ago the log last answered.</summary>
    public TimeSpan UnheardFor => _needs.Time.GetElapsedTime(Volatile.Read(ref _heardAt));

    public IReadOnlyCollection<LiveLine> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines.Values];
        }
    }

    /// <summary>Whether anybody has a line here.</summary>
    public bool HasLines
    {
        get
        {
            lock (_lines)
                return _lines.Count > 0;
        }
    }

    /// <summary>The lines of which something is true; nothing is made when there are none. What is asked holds up the desk.</summary>
    internal void Find<T>(Func<LiveLine, T, bool> so, T with, List<(SessionDesk Desk, LiveLine Line)> found)
    {
        lock (_lines)
            foreach (var line in _lines.Values)
                if (so(line, with))
                    found.Add((this, line));
    }

    /// <summary>The lines of one person on this node.</summary>
    public IReadOnlyList<LiveLine> LinesOf(PersonId person)
    {
        lock (_lines)
            return _linesOf.TryGetValue(person, out var lines) ? [.. lines] : [];
    }

    private bool Add(LiveLine line)
    {
        lock (_lines)
        {
            if (!_lines.TryAdd(line.Id, line))
                return false;
            if (!_linesOf.TryGetValue(line.Person, out var own))
                _linesOf[line.Person] = own = [];
            own.Add(line);
            return true;
        }
    }

    private bool Remove(LiveLine line)
    {
        lock (_lines)
        {
            if (!_lines.Remove(line.Id))
                return false;
            if (_linesOf[line.Person] is var own && own.RemoveAll(l => l.Id == line.Id) > 0 && own.Count == 0)
                _linesOf.Remove(line.Person);
            return true;
        }
    }

    /// <summary>Folds the session's log; null when there is none and <paramref name="begin"/> is false.</summary>
    internal static async Task<SessionDesk?> Open(SessionId id, bool begin, ISessionLog log, DeskNeeds needs, CancellationToken ct)
    {
        var first = await log.Read(id, 0, ISessionLog.MaxEntries, ct);
        var epoch = first.Epoch;
        if (epoch is null)
        {
            if (!begin)
                return null;
            epoch = (await log.Open(id, Epoch.New(needs.Chance()), ct)).Epoch!;
        }
        return new(id, epoch, await Fold(new Session(id), first, log, ct), log, needs);
    }

    /// <param name="Last">The last entry as it stands in the log; null when that is empty.</param>
    /// <param name="Hash">As the log has it: whatever that of its entries is, it is by this one that the next append knows it again.</param>
    private sealed record Folded(Session Session, byte[]? Last, LogHash Hash);

    private static async Task<Folded> Fold(Session session, LogRead read, ISessionLog log, CancellationToken ct)
    {
        byte[]? last = null;
        var hash = LogHash.None;
        while (true)
        {
            foreach (var bytes in read.Entries)
            {
                session = session.Evolve(EntryBytes.Read(last = bytes));
                hash = hash.After(bytes);
            }
            if (session.Head >= read.Length || read.Entries.Count == 0)
                return new(session, last, read.Hash ?? hash);
            read = await log.Read(session.Id, session.Head, ISessionLog.MaxEntries, ct);
        }
    }

    // What may wait in the queue.

    private abstract record Work;
    private sealed record CommandWork(Actor By, CommandMark Mark, Command Command, IAsker Asker) : Work;
    private sealed record EnterWork(LiveLine Line, IReadOnlyDictionary<string, long>? Positions, bool Packs, TaskCompletionSource<RawJson?> Told) : Work;
    private sealed record AskWork(Action Do) : Work;
    private sealed record FollowWork : Work;
    private sealed record PaceWork : Work;

    /// <summary>Decides and stores a command. The answer comes once it is stored.</summary>
    /// <exception cref="LiveSessionsUnavailable">The log could not be reached, and it is not known whether it happened: send it again with the same mark.</exception>
    public Task<Answer> Act(Actor by, CommandMark mark, Command command)
    {
        var asker = new Waiter();
        Put(new CommandWork(by, mark, command, asker));
        return asker.Task;
    }

    /// <summary>The same for a call on a line, which gets its answer in one piece with what it is shown of it.</summary>
    /// <param name="call">SignalR's number of the call; null when no answer is wanted.</param>
    /// <exception cref="LiveSessionsUnavailable">The desk is being put away.</exception>
    public void Act(Actor by, CommandMark mark, Command command, LiveLine line, string? call) => Put(new CommandWork(by, mark, command, new Caller(this, line, call)));

    private void Put(Work work)
    {
        if (!_queue.Writer.TryWrite(work))
            throw new LiveSessionsUnavailable("The session is being put away.");
    }

    /// <summary>Whoever waits for a command's answer.</summary>
    private interface IAsker
    {
        void Answer(Answer answer);
        void Fail(LiveSessionsUnavailable why);
    }

    private sealed class Waiter() : TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously), IAsker
    {
        public void Answer(Answer answer) => TrySetResult(answer);
        public void Fail(LiveSessionsUnavailable why) => TrySetException(why);
    }

    private sealed class Caller(SessionDesk desk, LiveLine line, string? call) : IAsker
    {
        private bool _isAnswered;

        public void Answer(Answer answer)
        {
            _isAnswered = true;
            if (call is not null && line.Hold(call, answer))
                desk._answered.Add(line);
        }

        public void Fail(LiveSessionsUnavailable why)
        {
            if (!_isAnswered)
                line.Fail(call, Refusal.Unsaved.Words);
        }
    }

    /// <summary>
    /// A line begins to hear the session; it gets everything, or what changed since the positions it holds. Null when the person is not in the session. Unless this node is alone, the log is looked at
    /// first: somebody who comes from another node would else see their own last words vanish for a moment.
    /// </summary>
    /// <exception cref="LiveSessionsUnavailable">The log could not be reached, so it is not known how old this node's state is; or the line is over, or this node is leaving.</exception>
    public Task<RawJson?> Enter(LiveLine line, IReadOnlyDictionary<string, long>? positions, bool packs = false)
    {
        var told = new TaskCompletionSource<RawJson?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Put(new EnterWork(line, positions, packs, told));
        return told.Task;
    }

    private async Task LetIn(List<EnterWork> entering)
    {
        await MakeSure();
        if (!_needs.IsAlone() || entering.Any(e => e.Positions is { } positions && positions.Values.Any(p => p > _session.Head)))
            await CatchUp();
        foreach (var enter in entering)
            try
            {
                // Who is not in yet has nothing on its way here, and goes where it can stay. Who is gone again while it waited takes no more of others' time.
                if (!enter.Line.IsIn && (enter.Line.IsOver || _needs.IsLeaving()))
                {
                    enter.Line.Cut();
                    throw new LiveSessionsUnavailable("The line is over, or this server is about to end.");
                }
                enter.Told.TrySetResult(Entered(enter.Line, enter.Positions, enter.Packs));
            }
            catch (Exception e)
            {
                enter.Told.TrySetException(e);
            }
    }

    private RawJson? Entered(LiveLine line, IReadOnlyDictionary<string, long>? positions, bool packs)
    {
        var audiences = _session.AudiencesOf(line.Person);
        if (audiences.Count == 0)
            return null;
        if (Add(line))
            _needs.Meter.Lines.Add(1);
        line.Unpacks |= packs;
        _publisher.LeaveAll(line);
        foreach (var audience in audiences)
            _publisher.Hear(line, audience.Name);
        return Snapshot(line, audience => positions is not null && positions.TryGetValue(audience, out var position) ? _publisher.Since(audience, position, _session.Head, packs) : _publisher.Whole(audience, _session.Head, packs));
    }

    public void Leave(LiveLine line) => _ = Ask(() =>
    {
        _publisher.LeaveAll(line);
        var was = Remove(line);
        if (was)
            _needs.Meter.Lines.Add(-1);
        return was;
    });

    /// <summary>Another node says that the log is this long, and what its last entries are; without them the log is read.</summary>
    public void Follow(string epoch, long length, IReadOnlyList<byte[]>? entries)
    {
        if (length <= Session.Head)
            return;
        if (entries is { Count: > 0 })
        {
            _told.Enqueue((epoch, length, entries));
            Volatile.Read(ref _news)?.TrySetResult();
        }
        FollowTo(length);
    }

    /// <summary>
    /// Begins to hear what other nodes append, unless it has; what came before that is looked for. Nobody waits for it: without it the looks of the pulse find everything, a second later. What failed is tried
    /// again with the next call.
    /// </summary>
    public void Listen()
    {
        if (!_isClosed && _needs.Listen is { } listen && Interlocked.Exchange(ref _isListening, true) == false)
            _ = ListenNow(listen);
    }

    private async Task ListenNow(Func<SessionId, Action<HeadHint>, Task<IAsyncDisposable>> listen)
    {
        IAsyncDisposable listening;
        try
        {
            listening = await listen(_id, hint => Follow(hint.Epoch, hint.Length, hint.Entries));
        }
        catch (Exception e)
        {
            _needs.Log.ListeningFailed(_id.Value, e);
            Volatile.Write(ref _isListening, false);
            return;
        }
        // Whoever puts the desk away either finds it here or is seen there.
        Interlocked.Exchange(ref _listening, listening);
        if (_isClosed)
            await StopListening();
        else if (!_needs.IsAlone())
            Look();
    }

    private async Task StopListening()
    {
        if (Interlocked.Exchange(ref _listening, null) is { } listening)
            await listening.DisposeAsync();
    }

    /// <summary>Looks for entries whether or not anybody told of them.</summary>
    public void Look() => FollowTo(long.MaxValue);

    /// <summary>Redis is gone: what stands in the log afterwards may be something else than what is folded here, even where it is as long.</summary>
    public void Doubt()
    {
        lock (_doubting)
        {
            Volatile.Write(ref _othersMayHaveMore, true);
            Volatile.Write(ref _isInDoubt, true);
            if (_compared.Task.IsCompleted)
                _compared = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>The log can be reached again, and may be another than it was: looked at whatever was seen a moment before. Ends when what was folded before it went is compared with it.</summary>
    public Task LookAgain()
    {
        Volatile.Write(ref _logIsBack, true);
        Look();
        lock (_doubting)
            return _compared.Task;
    }

    /// <summary>One look waits at a time: while the log is out of reach each takes seconds, and people's commands stand behind it.</summary>
    private void FollowTo(long length)
    {
        for (var to = Volatile.Read(ref _followTo); to < length;)
            if (to == (to = Interlocked.CompareExchange(ref _followTo, length, to)))
                break;
        if (Interlocked.Exchange(ref _isFollowing, true) == false)
            _queue.Writer.TryWrite(new FollowWork());
    }

    /// <summary>Ends when everything that waits now is done.</summary>
    public Task Settled() => Ask(() => true);

    private Task<T> Ask<T>(Func<T> ask)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Put(new AskWork(() =>
        {
            try
            {
                done.SetResult(ask());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }));
        return done.Task;
    }

    private async Task Run()
    {
        var commands = new List<CommandWork>();
        var entering = new List<EnterWork>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            if (!_queue.Reader.TryRead(out var first))
                continue;
            LastUse = _needs.Time.GetUtcNow();
            Work? work = first;
            while (work is not null)
            {
                // What was read from the queue behind those that are done together; it is done after them, whatever becomes of them.
                Work? next = null;
                try
                {
                    switch (work)
                    {
                        case CommandWork command:
                            await Rest();
                            await LetMoreCome();
                            next = Gather(command, commands, MostInOneAppend);
                            _throng.Came(commands.Count, _needs.Time);
                            await Commit(commands);
                            break;
                        case EnterWork enter:
                            next = Gather(enter, entering, MostLetInAtOnce);
                            await LetIn(entering);
                            break;
                        case AskWork ask:
                            ask.Do();
                            break;
                        case FollowWork:
                            Volatile.Write(ref _isFollowing, false);
                            break;
                        case PaceWork:
                            _paceIsSet = false;
                            _publisher.PublishPaced(_session, _needs.Time);
                            break;
                    }
                    await FollowUp();
                    SetPace();
                }
                catch (Exception e)
                {
                    // Nobody is left without an answer, and the next in line is served.
                    if (e is EntryUnreadable)
                        SendOn(e);
                    else
                        _needs.Log.DeskFailed(_id.Value, e);
                    var unavailable = new LiveSessionsUnavailable("The log could not be reached.", e);
                    foreach (var command in commands)
                        command.Asker.Fail(unavailable);
                    foreach (var enter in entering)
                        enter.Told.TrySetException(unavailable);
                }
                work = next;
            }
        }
    }

    /// <summary>A newer version runs this session. Nothing can be decided here any more, so people are let go: they come back, in time to a server that can read its log.</summary>
    private void SendOn(Exception why)
    {
        // Those who come back meanwhile each make a look; once is enough for the operator.
        if (_unreadable != _session.Head)
            _needs.Log.EntryUnreadable(_id.Value, _session.Head, why);
        _unreadable = _session.Head;
        foreach (var line in Lines)
            line.Cut();
    }

    /// <summary>Up to where another node said the log goes.</summary>
    private async Task FollowUp()
    {
        TakeTold();
        var length = Interlocked.Exchange(ref _followTo, 0);
        // An append or a read a moment ago was a look; with the log far away another would hold up those who write.
        var isBack = Interlocked.Exchange(ref _logIsBack, false);
        if (length == long.MaxValue && _isFar && !isBack && UnheardFor < FarLook)
            return;
        if (length > _session.Head)
            await CatchUp();
    }

    /// <summary>Takes what waits of the same kind, to be done together. What others said meanwhile stands in nobody's way.</summary>
    /// <returns>What was read behind it, or null.</returns>
    private Work? Gather<T>(T first, List<T> all, int most) where T : Work
    {
        all.Clear();
        all.Add(first);
        while (all.Count < most && _queue.Reader.TryRead(out var read))
            if (read is T more)
                all.Add(more);
            else if (read is FollowWork)
                Volatile.Write(ref _isFollowing, false);
            else
                return read;
        return null;
    }

    /// <summary>What has come meanwhile is decided with what must be decided again.</summary>
    private void GatherMore(List<CommandWork> commands)
    {
        while (commands.Count < MostInOneAppend && _queue.Reader.TryPeek(out var read) && read is CommandWork && _queue.Reader.TryRead(out read))
            commands.Add((CommandWork)read);
    }

    /// <summary>
    /// With the log far away, a node that appends again the moment it has an answer is always before one that must first hear what it missed. After a slow append it gives the others the time of one and
    /// a half, or until one of them has had it.
    /// </summary>
    private async Task Rest()
    {
        if (_rest.Long == TimeSpan.Zero)
            return;
        while (!TakeTold() && _rest.Long - _needs.Time.GetElapsedTime(_rest.Since) is var left && left > TimeSpan.Zero)
        {
            var news = new TaskCompletionSource();
            Volatile.Write(ref _news, news);
            if (_told.IsEmpty)
                await Task.WhenAny(news.Task, Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), _needs.Time));
        }
        // Those who had an answer at the same moment write again within moments: they go together, and nobody's command that changes nothing has a look at the log of its own.
        if (_rest.Long / GatherPart - _needs.Time.GetElapsedTime(_rest.Since) is var more && more > TimeSpan.Zero)
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(more.TotalMilliseconds)), _needs.Time);
        _rest = default;
    }

    /// <summary>
    /// When commands come by the thousand a second, those of a few milliseconds go together: one append, and one message to each who hears of them, for what would be twenty. Nobody waits longer than they would
    /// for a thread, and below that nobody waits at all.
    /// </summary>
    private Task LetMoreCome() => _throng.Left(_needs.Time) is var left && left > TimeSpan.Zero ? Task.Delay(left, _needs.Time) : Task.CompletedTask;

    private void SetPace()
    {
        if (_paceIsSet || !_publisher.HasPaced)
            return;
        _paceIsSet = true;
        _ = Task.Delay(TimeSpan.FromMilliseconds(_publisher.PaceMilliseconds), _needs.Time).ContinueWith(
            _ => _queue.Writer.TryWrite(new PaceWork()), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Decide, append, answer, show.</summary>
    private async Task Commit(List<CommandWork> commands)
    {
        var isCurrent = false;
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            await MakeSure();
            TakeTold();
            var (states, entries, answers) = Decide(commands);
            ReadOnlyMemory<byte>[] bytes = [.. entries.Select(EntryBytes.Write)];
            if (entries.Count == 0 && !isCurrent)
            {
                // An append proves that what it was decided against is the log's end; without one, look. A node that is behind would refuse what is right, or what it
                // has not yet heard that it was accepted.
                var known = _session;
                await CatchUp();
                isCurrent = true;
                if (!ReferenceEquals(known, _session))
                    continue;
            }
            if (entries.Count > 0)
            {
                var started = _needs.Time.GetTimestamp();
                Appended appended;
                try
                {
                    appended = await _log.Append(_id, new(_epoch, _session.Head, _recent.Hash), bytes);
                }
                catch (AppendOutcomeUnknown e)
                {
                    // It may have happened. Marks tell on the next look; without the log there is no answer to give. If the log is gone, this may be heard of before anybody says so.
                    _needs.Meter.Unknown.Add(1);
                    _needs.Log.AppendUnknown(_id.Value, e);
                    Doubt();
                    await CatchUp();
                    continue;
                }
                Volatile.Write(ref _heardAt, _needs.Time.GetTimestamp());
                var took = _needs.Time.GetElapsedTime(started);
                _needs.Meter.Append.Record(took.TotalMilliseconds);
                switch (appended)
                {
                    case Behind when Volatile.Read(ref _isInDoubt):
                        // What stands behind may be behind something else.
                        GatherMore(commands);
                        continue;
                    case Behind behind:
                        _needs.Meter.Behind.Add(1);
                        Take(behind.Missing);
                        if (behind.Length > _session.Head)
                            await CatchUp();
                        GatherMore(commands);
                        continue;
                    case Replaced:
                        await GoOn();
                        continue;
                }
                _recent.Add(bytes);
                _recent.Forget(_heardAt);
                _isFar = took > SlowAppend;
                if (_isFar && !_needs.IsAlone())
                    _rest = (_needs.Time.GetTimestamp(), took * 1.5 < LongestRest ? took * 1.5 : LongestRest);
            }
            var before = _session;
            Volatile.Write(ref _session, states[^1]);
            try
            {
                for (var i = 0; i < commands.Count; i++)
                {
                    commands[i].Asker.Answer(answers[i]);
                    _needs.Meter.Commands.Add(1, new KeyValuePair<string, object?>("answer", answers[i].Kind));
                }
                if (entries.Count > 0)
                {
                    _needs.Meter.BatchSize.Record(commands.Count);
                    ShowEntries([before, .. states.Skip(1)], entries);
                    _needs.Wrote(_id, _epoch, _session.Head, bytes);
                }
            }
            finally
            {
                foreach (var line in _answered)
                    line.LetGo();
                _answered.Clear();
            }
            return;
        }
        throw new LiveSessionsUnavailable("Other nodes were faster every time.");
    }

    /// <summary>Every command in order against the state the one before leaves.</summary>
    /// <returns>The states after each entry (the first is the state before all), the entries, an answer for each command.</returns>
    private (List<Session> States, List<LogEntry> Entries, List<Answer> Answers) Decide(List<CommandWork> commands)
    {
        var states = new List<Session> { _session };
        var entries = new List<LogEntry>();
        var answers = new List<Answer>(commands.Count);
        foreach (var work in commands)
        {
            var state = states[^1];
            var now = _needs.Time.GetUtcNow();
            try
            {
                switch (state.Decide(work.By, work.Mark, work.Command, now, _needs.Chance()))
                {
                    case Decision.Accepted { Events.Count: > 0 } accepted:
                        // Two nodes read one clock with a small difference; in a log time does not go back.
                        var entry = new LogEntry(now < state.LastAt ? state.LastAt : now, work.By.Person, work.Mark.Instance, work.Mark.Number, accepted.Events);
                        states.Add(state.Evolve(entry));
                        entries.Add(entry);
                        answers.Add(Answer.Accepted(state.Head + 1));
                        break;
                    case Decision.Refused refused:
                        answers.Add(Answer.Refused(refused.Why));
                        break;
                    default:
                        answers.Add(Answer.AlreadySo(state.Applied.TryGetPosition(work.Mark, out var position) ? position : state.Head));
                        break;
                }
            }
            catch (Exception e)
            {
                // A fault in a rule costs this one command, not the session.
                _needs.Log.RuleFailed(_id.Value, work.Command.GetType().Name, e);
                answers.Add(Answer.Refused(Refusal.Malformed));
            }
        }
        return (states, entries, answers);
    }

    /// <summary>Folds and shows what other nodes appended.</summary>
    private async Task CatchUp()
    {
        await MakeSure();
        while (true)
        {
            var read = await _log.Read(_id, _session.Head, ISessionLog.MaxEntries);
            Volatile.Write(ref _heardAt, _needs.Time.GetTimestamp());
            // It may have gone, and have come back, while it was asked.
            if (Volatile.Read(ref _isInDoubt))
            {
                await MakeSure();
                continue;
            }
            if (read.Epoch != _epoch || read.Length < _session.Head)
            {
                if (await GoOn())
                    continue;
                return;
            }
            _recent.Forget(_heardAt);
            Take(read.Entries);
            if (_session.Head < read.Length)
                continue;
            if (read.Hash is { } hash && hash != _recent.Hash)
                await Reload();
            return;
        }
    }

    /// <summary>Takes what others said they appended, if it follows on what is known here; what does not is read from the log.</summary>
    /// <returns>Whether there was anything new.</returns>
    private bool TakeTold()
    {
        var before = _session.Head;
        // What is let go here is found by reading: how long the log is said to be stays known.
        if (Volatile.Read(ref _isInDoubt))
        {
            _told.Clear();
            return false;
        }
        while (_told.TryDequeue(out var told))
            if (told.Epoch == _epoch && told.Length > _session.Head && told.Length - told.Entries.Count <= _session.Head)
                Take([.. told.Entries.Skip((int)(_session.Head - (told.Length - told.Entries.Count)))]);
        return _session.Head > before;
    }

    private void Take(IReadOnlyList<byte[]> missing)
    {
        if (missing.Count == 0)
            return;
        var entries = missing.Select(EntryBytes.Read).ToList();
        var states = new List<Session> { _session };
        foreach (var entry in entries)
            states.Add(states[^1].Evolve(entry));
        _recent.Add(missing.Select(e => new ReadOnlyMemory<byte>(e)));
        Volatile.Write(ref _session, states[^1]);
        ShowEntries(states, entries);
        _needs.Heard(_id, _session.Head);
    }

    /// <summary>After Redis was gone: whether its log goes on from what is folded here. Until that is known nothing of it is taken, and nothing put behind it.</summary>
    private async Task MakeSure()
    {
        if (!Volatile.Read(ref _isInDoubt))
            return;
        Volatile.Write(ref _isInDoubt, false);
        try
        {
            await GoOn();
        }
        catch
        {
            Volatile.Write(ref _isInDoubt, true);
            throw;
        }
    }

    /// <summary>With the log as it was, made whole if need be, once the other servers have done so too; or with the one that is there now.</summary>
    /// <returns>Whether it goes on from what was folded here.</returns>
    private async Task<bool> GoOn()
    {
        var goesOn = await GiveBack();
        if (!goesOn)
            await Reload();
        lock (_doubting)
            if (!_isInDoubt)
                _compared.TrySetResult();
        // Another server may have folded an entry or two more than this one had heard of, and gives those back behind.
        if (goesOn && Interlocked.Exchange(ref _othersMayHaveMore, false))
            await _needs.OthersLooked();
        return goesOn;
    }

    /// <summary>
    /// Compares the last entry that the log and this desk both have. Where the log is shorter, Redis came back without the last of what it had acknowledged: whoever has folded those entries still has them and appends
    /// them again where they stood, unless something else stands there by now. Nobody's browser notices, for nothing is another than it was.
    /// </summary>
    /// <returns>Whether the log goes on from what is folded here; if not, it is another log.</returns>
    private async Task<bool> GiveBack()
    {
        var given = 0;
        for (var attempt = 0; attempt < MostTries; attempt++)
        {
            // Where it is as long as it was, another node has given it back.
            var end = await _log.Read(_id, _session.Head, 1);
            var length = end.Length;
            if (attempt == 0 && length < _session.Head)
                Volatile.Write(ref _othersMayHaveMore, true);
            var common = Math.Min(length, _session.Head);
            // Without an entry that both have it could have gone another way meanwhile. Whoever folded it a moment ago waits for those who have known it for longer.
            if (!_recent.Knows(common) && Interlocked.Exchange(ref _othersMayHaveMore, false))
            {
                await _needs.OthersLooked();
                continue;
            }
            if (!_recent.Knows(common))
                return false;
            var (last, hash) = _recent.EndOf(common);
            if (length == common && end.Hash is { } stands && stands != hash)
                return false;
            var read = await _log.Read(_id, Math.Max(0, common - 1), 1);
            if (read.Epoch != _epoch)
                return false;
            if (common > 0 && (read.Entries.Count == 0 || !last.Span.SequenceEqual(read.Entries[0])))
                return false;
            if (length >= _session.Head)
            {
                _recent.Renew(_needs.Time.GetTimestamp());
                if (given > 0)
                    _needs.Log.GaveBack(_id.Value, given);
                return true;
            }
            var missing = _recent.From(length, ISessionLog.MaxEntries);
            try
            {
                if (await _log.Append(_id, new(_epoch, length, hash), missing) is Done)
                    given += missing.Count;
            }
            catch (AppendOutcomeUnknown)
            {
                // The next look tells.
            }
        }
        throw new LiveSessionsUnavailable("The log came back shorter, and could not be made whole.");
    }

    /// <summary>Redis came back with another log: fold it anew and show everybody everything.</summary>
    private async Task Reload()
    {
        var read = await _log.Read(_id, 0, ISessionLog.MaxEntries);
        if (read.Epoch is null)
        {
            foreach (var line in Lines)
                line.Dismiss(new("gone", "This session is no longer there."));
            throw new LiveSessionsUnavailable("The session's log is gone.");
        }
        var had = _session.Head;
        _needs.Log.LogReplaced(_id.Value, had, read.Length);
        var folded = await Fold(new Session(_id), read, _log, CancellationToken.None);
        Volatile.Write(ref _session, folded.Session);
        _recent.Begin(folded.Session.Head, folded.Last, folded.Hash);
        _epoch = read.Epoch;
        // Also whoever holds the very last position of before: it may come to be one of this log within a moment.
        _publisher.Begin(_session, Math.Max(had + 1, Epoch.UnknownUntil(_epoch)));
        // Positions that browsers hold count another log's entries, so none may be compared: they come back, ask from there, and get everything.
        foreach (var line in Lines)
            line.Cut();
    }

    private void ShowEntries(IReadOnlyList<Session> states, IReadOnlyList<LogEntry> entries)
    {
        var now = states[^1];
        var keys = new HashSet<ViewKey>();
        // Whose audiences may be others now: of somebody who came or went, theirs; with the rooms themselves, everybody's.
        var movesAll = false;
        var moves = new HashSet<PersonId>();
        for (var i = 0; i < entries.Count; i++)
        {
            Session.Touches(states[i], states[i + 1], entries[i], keys);
            for (var k = 0; k < entries[i].Events.Count; k++)
                if (Moves(entries[i].Events[k]) is { } person)
                    moves.Add(person);
                else
                    movesAll |= entries[i].Events[k] is RoomsOpened or RoomsClosed or RoomsMerged;
        }
        // Whoever leaves an audience no longer hears what follows; whoever comes gets it whole afterwards.
        var moved = (movesAll ? Lines : moves.SelectMany(LinesOf)).Where(IsElsewhere).ToList();
        foreach (var line in moved)
        {
            var audiences = now.AudiencesOf(line.Person).Select(a => a.Name).ToHashSet();
            foreach (var gone in line.Audiences.Where(a => !audiences.Contains(a)).ToList())
                _publisher.Leave(line, gone);
        }
        _publisher.Publish(now, keys, _needs.Time);
        foreach (var line in moved)
            Regroup(line);
        foreach (var entry in entries)
            for (var k = 0; k < entry.Events.Count; k++)
                _needs.Happened(_id, entry.Events[k]);
    }

    private static PersonId? Moves(Event happened) => happened switch
    {
        PersonJoined e => e.Person,
        StaffJoined e => e.Person,
        PersonAdmitted e => e.Person,
        PersonRemoved e => e.Person,
        PersonMoved e => e.Person,
        RoomVisited e => e.Person,
        RoomLeft e => e.Person,
        _ => null,
    };

    private bool IsElsewhere(LiveLine line)
    {
        var audiences = _session.AudiencesOf(line.Person);
        return audiences.Count != line.Audiences.Count || audiences.Any(a => !line.Audiences.Contains(a.Name));
    }

    /// <summary>Puts a line into the audiences it belongs to now and tells it the new ones whole.</summary>
    private void Regroup(LiveLine line)
    {
        var audiences = _session.AudiencesOf(line.Person);
        if (audiences.Count == 0)
        {
            line.Dismiss(new("removed", Refusal.Removed.Words));
            return;
        }
        var fresh = audiences.Where(a => !line.Audiences.Contains(a.Name)).Select(a => a.Name).ToHashSet();
        foreach (var audience in fresh)
            _publisher.Hear(line, audience);
        // What one keeps stays where it stands: to say that it is up to the head would jump over a message that has not come yet.
        var snapshot = Snapshot(line, audience => fresh.Contains(audience) ? _publisher.Whole(audience, _session.Head, line.Unpacks) : new(audience, 0, false, Publisher.Nothing));
        line.Send("Moved", snapshot);
        _needs.Regrouped(line, _session.ActsIn(line.Person));
    }

    private RawJson Snapshot(LiveLine line, Func<string, AudienceBytes> state) => WireBytes.Snapshot(
        _id, line.Person, _session.Find(line.Person)?.IsStaff ?? false, _session.Head, _needs.Archived(_id), _needs.Time.GetUtcNow(), [.. _session.AudiencesOf(line.Person).Select(a => state(a.Name))]);

    public async ValueTask DisposeAsync()
    {
        if (_queue.Writer.TryComplete())
            _needs.Meter.Desks.Add(-1);
        _isClosed = true;
        await StopListening();
        await _loop;
        _compared.TrySetResult();
        // Somebody may have come in while this was put away; on the way back they find the session's next desk.
        foreach (var line in Lines)
            line.Cut();
    }
}

/// <summary>How many commands come, looked at every twentieth of a second, and when the last ones were taken.</summary>
internal struct Throng
{
    /// <summary>From so many a second on they are taken together.</summary>
    private const int Many = 2_000;

    /// <summary>Milliseconds of which the commands are taken together then: as many as thousands come in a second, within these.</summary>
    private const double Shortest = 8, Longest = 12;
    private const int Look = 50;
    private long _lookedAt, _takenAt;
    private int _since;
    private double _together;

    /// <summary>So many were taken together.</summary>
    public void Came(int count, TimeProvider time)
    {
        _takenAt = time.GetTimestamp();
        _since += count;
        if (time.GetElapsedTime(_lookedAt, _takenAt) is var passed && passed.TotalMilliseconds < Look)
            return;
        var aSecond = _since / passed.TotalSeconds;
        _together = aSecond > Many ? Math.Clamp(aSecond / 1_000, Shortest, Longest) : 0;
        (_lookedAt, _since) = (_takenAt, 0);
    }

    /// <summary>How long to wait for more.</summary>
    public readonly TimeSpan Left(TimeProvider time) => _together > 0 ? TimeSpan.FromMilliseconds(Math.Ceiling(_together - time.GetElapsedTime(_takenAt).TotalMilliseconds)) : TimeSpan.Zero;
}

/// <summary>What a desk needs of the node around it.</summary>
/// <param name="Wrote">This node appended: session, epoch, new head, what was appended.</param>
/// <param name="Happened">An event was folded, from here or elsewhere.</param>
/// <param name="Regrouped">A line is in another room now.</param>
/// <param name="Archived">How many entries the transcript store holds.</param>
internal sealed record DeskNeeds(
    TimeProvider Time,
    ILogger Log,
    Action<SessionId, string, long, IReadOnlyList<ReadOnlyMemory<byte>>> Wrote,
    Action<SessionId, Event> Happened,
    Action<LiveLine, RoomId> Regrouped,
    Func<SessionId, long> Archived)
{
    /// <summary>Whether no other node may have appended to the log.</summary>
    public Func<bool> IsAlone { get; init; } = () => false;

    /// <summary>After a return of the log: ends once the other nodes have compared what they hold with it, or are not heard of.</summary>
    public Func<Task> OthersLooked { get; init; } = () => Task.CompletedTask;

    /// <summary>Whether this node lets nobody in any more.</summary>
    public Func<bool> IsLeaving { get; init; } = () => false;

    /// <summary>Hears what other nodes tell of the session's log, until what is returned is disposed.</summary>
    public Func<SessionId, Action<HeadHint>, Task<IAsyncDisposable>>? Listen { get; init; }

    /// <summary>What another node appended was folded: session, new head.</summary>
    public Action<SessionId, long> Heard { get; init; } = (_, _) => { };

    /// <summary>Where the desk's work runs.</summary>
    public TaskScheduler Scheduler { get; init; } = TaskScheduler.Default;

    /// <summary>What counts it all.</summary>
    public LiveMeter Meter { get; init; } = LiveMeter.Server;

    /// <summary>64 random bits.</summary>
    public Func<ulong> Chance { get; init; } = RandomBits.Next;
}

/// <summary>Bits of the system's own generator, of which each thread fetches some ahead: asking for eight bytes at a time costs more than deciding most commands.</summary>
internal static class RandomBits
{
    private const int FetchedAtOnce = 64;

    [ThreadStatic]
    private static ulong[]? _bits;

    [ThreadStatic]
    private static int _left;

    public static ulong Next()
    {
        var bits = _bits ??= new ulong[FetchedAtOnce];
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(MemoryMarshal.AsBytes(bits.AsSpan()));
            _left = FetchedAtOnce;
        }
        return bits[--_left];
    }
}

/// <summary>Log entries as bytes.</summary>
internal static class EntryBytes
{
    public static ReadOnlyMemory<byte> Write(LogEntry entry) => JsonSerializer.SerializeToUtf8Bytes(entry, Json.Options);

    /// <exception cref="EntryUnreadable">The entry is of a kind that this version does not know.</exception>
    public static LogEntry Read(byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize<LogEntry>(bytes, Json.Options) ?? throw new EntryUnreadable(null);
        }
        catch (JsonException e)
        {
            throw new EntryUnreadable(e);
        }
    }
}

/// <summary>The log holds an entry that this version cannot read: most likely a newer one wrote it.</summary>
internal sealed class EntryUnreadable(JsonException? why) : Exception("The log holds an entry that this version cannot read.", why);
