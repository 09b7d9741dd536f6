using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Rooms;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Sessions;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Server.Programme;

/// <summary>
/// Once a server has started it plays a session of a facilitator and two people to itself, on a log in memory and lines that lead nowhere: what the runtime makes ready when it is first used is ready before
/// somebody waits for it (docs/decisions/0033). Nobody hears of it, nothing counts it, and nothing of it is kept.
/// </summary>
internal sealed class DryRun(TemplateShelf shelf, IHubProtocol protocol, CleanText clean)
{
    /// <summary>A meter that nobody exports.</summary>
    internal const string Uncounted = "LiveSessions.DryRun";
    private const string Instance = "dry-run-1", Call = "1", Name = "Somebody";
    internal static readonly SessionId Id = new("dry-run");
    private static readonly PersonId Host = new("f-host"), Ada = new("p-ada"), Ben = new("p-ben");
    private static readonly TeamId Team = new("t-one");
    private static readonly LiveMeter Meter = new(Uncounted);
    private long _number;

    /// <returns>Entries of its log; 0 when no plan opens rooms.</returns>
    /// <exception cref="InvalidOperationException">Something was refused, or was not read as it was written.</exception>
    internal async Task<long> Play()
    {
        if (shelf.Plans.Values.FirstOrDefault(p => p.Blocks.Any(b => b.ExerciseKey is not null)) is not { } plan)
            return 0;
        var log = new InMemory();
        await using (var desk = await Open(log))
            await Play(desk, plan);
        // The log is read as by a server to which somebody comes from another.
        await using (var desk = await Open(log))
        {
            await Enter(desk, Host);
            return desk.Session.Head;
        }
    }

    private static async Task<SessionDesk> Open(ISessionLog log)
    {
        var needs = new DeskNeeds(TimeProvider.System, NullLogger.Instance, (_, _, _, _) => { }, (_, _) => { }, (_, _) => { }, _ => 0) { IsAlone = () => true, Meter = Meter };
        return (await SessionDesk.Open(Id, true, log, needs, CancellationToken.None))!;
    }

    private async Task Play(SessionDesk desk, PlanTemplate plan)
    {
        var now = DateTimeOffset.UtcNow;
        var info = SessionBook.InfoOf(plan, shelf, plan.Name, plan.Programme, now, TimeZoneInfo.Utc, now);
        var (block, exercise) = info.Exercises.First();
        await BySystem(desk, new CreateSession(info));
        await BySystem(desk, new EnterRoster([new(Team, Name)], [new(Ada, Team, Name), new(Ben, Team, Name)]));
        await BySystem(desk, new JoinAsStaff(Host, Name, true));
        await BySystem(desk, new JoinSession(Ada, Name, Team, Consent.Named, true, true));
        await BySystem(desk, new JoinSession(Ben, Name, Team, Consent.Named, false, true));
        var host = await Enter(desk, Host);
        await By(desk, host, new StartSession());
        await By(desk, host, new ProposeGrouping(GroupingRule.HomeTeams, 2, 1));
        await By(desk, host, new OpenRooms(block, null));
        var (ada, ben) = (await Enter(desk, Ada), await Enter(desk, Ben));
        foreach (var person in (PersonId[])[Host, Ada, Ben])
            await BySystem(desk, new MarkHere(person));
        var note = new NoteId("n-1");
        await By(desk, ada, new AddNote(note, exercise.Board[0].Id, "A <b>note</b>", NoteColour.Sun));
        await By(desk, ada, new EditNote(note, "In other words", null));
        await By(desk, ben, new WriteTurn(new("u-1"), Ben, "A turn", TurnForm.Verbatim));
        await BySystem(desk, new MarkAway(Ada));
    }

    private static async Task BySystem(SessionDesk desk, Command command)
    {
        if (await desk.Act(Actor.System, CommandMark.None, command) is { IsRefused: true } answer)
            throw new InvalidOperationException($"{command.GetType().Name} was refused: {answer.Words}");
    }

    /// <summary>As the hub does it: from a message's bytes to the desk, which answers on the line.</summary>
    private async Task By(SessionDesk desk, LiveLine line, Command command)
    {
        var before = desk.Session.Head;
        var act = Read<Asked>(nameof(SessionHub.Act), new Act(Instance, ++_number, command)).Act;
        desk.Act(new(line.Person, line.IsStaff, false), line.MarkOf(act), clean.Of(act.Command), line, Call);
        await desk.Settled();
        if (desk.Session.Head == before)
            throw new InvalidOperationException($"{command.GetType().Name} was refused.");
    }

    private async Task<LiveLine> Enter(SessionDesk desk, PersonId person)
    {
        var enter = Read<Enter>(nameof(SessionHub.Enter), new Enter(Instance, null, Tables: true));
        var line = new LiveLine(new Nowhere(person.Value, protocol), Id, person, person == Host, Name, person == Host, new(20, 40, 10));
        if (await desk.Enter(line, enter.Positions, enter.Tables) is not { } told)
            throw new InvalidOperationException("Somebody was not let in.");
        protocol.GetMessageBytes(CompletionMessage.WithResult(Call, told));
        return line;
    }

    private T Read<T>(string method, object argument)
    {
        var bytes = new ReadOnlySequence<byte>(protocol.GetMessageBytes(new InvocationMessage(Call, method, [argument])));
        var takes = new Takes(typeof(T));
        while (protocol.TryParseMessage(ref bytes, takes, out var message))
            if (message is InvocationMessage { Arguments: [T read] })
                return read;
        throw new InvalidOperationException($"A call of {method} was not read as it was written.");
    }

    private sealed class Takes(Type argument) : IInvocationBinder
    {
        public IReadOnlyList<Type> GetParameterTypes(string methodName) => [argument];
        public Type GetReturnType(string invocationId) => throw new NotSupportedException();
        public Type GetStreamItemType(string streamId) => throw new NotSupportedException();
    }

    /// <summary>A connection on which everything is written and nothing sent.</summary>
    private sealed class Nowhere(string id, IHubProtocol protocol)
        : HubConnectionContext(new DefaultConnectionContext(id) { Transport = new NoPipe() }, new HubConnectionContextOptions { KeepAliveInterval = TimeSpan.FromMinutes(1) }, NullLoggerFactory.Instance)
    {
        public override IHubProtocol Protocol { get => protocol; set => throw new NotSupportedException(); }

        public override ValueTask WriteAsync(SerializedHubMessage message, CancellationToken cancellationToken = default)
        {
            message.GetSerializedMessage(protocol);
            return default;
        }
    }

    private sealed class NoPipe : IDuplexPipe
    {
        private readonly Pipe _pipe = new();
        public PipeReader Input => _pipe.Reader;
        public PipeWriter Output => _pipe.Writer;
    }

    /// <summary>A log of one session with one desk, as long as it is needed.</summary>
    private sealed class InMemory : ISessionLog
    {
        private readonly List<byte[]> _entries = [];
        private string? _epoch;

        public Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default) => Task.FromResult(new LogHead(_epoch ??= newEpoch, _entries.Count));

        public Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
        {
            _entries.AddRange(entries.Select(e => e.ToArray()));
            return Task.FromResult<Appended>(new Done(_entries.Count));
        }

        public Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default) => Task.FromResult(new LogRead(_epoch, _entries.Count, [.. _entries.Skip((int)from).Take(max)]));
        public Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) => throw new NotSupportedException();
        public Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default) => throw new NotSupportedException();
        public Task Erase(SessionId session, CancellationToken ct = default) => throw new NotSupportedException();
        public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) => throw new NotSupportedException();
        public Task RewriteStorage(CancellationToken ct = default) => throw new NotSupportedException();
    }
}

/// <summary>Has it played when the server has started.</summary>
/// <param name="services">What it needs costs a tenth of a second to make, for which the start does not wait.</param>
internal sealed class DryRunAtTheStart(IServiceProvider services, IHostApplicationLifetime lifetime, ILogger<DryRun> logger) : IHostedService
{
    /// <summary>Whoever waits for the server to be ready is told first.</summary>
    private static readonly TimeSpan After = TimeSpan.FromMilliseconds(250);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => _ = Task.Run(Run, CancellationToken.None));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>If it fails, whoever comes first waits half a second longer, and that is all.</summary>
    private async Task Run()
    {
        try
        {
            await Task.Delay(After, lifetime.ApplicationStopping);
            var began = Stopwatch.GetTimestamp();
            logger.DryRunOver(await ActivatorUtilities.CreateInstance<DryRun>(services).Play(), Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Nobody comes any more.
        }
        catch (Exception e)
        {
            logger.DryRunFailed(e);
        }
    }
}

/// <summary>Log lines of the dry run, ids 3110 to 3119.</summary>
internal static partial class DryRunLog
{
    [LoggerMessage(3110, LogLevel.Debug, "The dry run is over: {Entries} entries, {Milliseconds:0} ms.")]
    public static partial void DryRunOver(this ILogger log, long entries, double milliseconds);

    [LoggerMessage(3111, LogLevel.Warning, "The dry run failed. Nothing depends on it, but whoever comes first waits half a second longer.")]
    public static partial void DryRunFailed(this ILogger log, Exception e);
}
