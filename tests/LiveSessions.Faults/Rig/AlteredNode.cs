using System.Buffers;
using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveSessions.Faults.Rig;

/// <summary>
/// The product's own server, started by its own Program, with one part put in between by the tests: to end itself at a named point, to have another clock, or to leave out one of the things that keep the
/// promises, so that a check can be seen to fail. The product has no switch for any of this: the tests' own program hosts it and changes its services while they are put together, as the runtime lets
/// any host do.
/// </summary>
internal static class AlteredNode
{
    public const string GuardOff = "guard-off", DedupeOff = "dedupe-off", HeadsOff = "heads-off", ArchiveSplit = "archive-split", SyncNormal = "sync-normal";

    /// <summary>Nothing is changed; what the server holds can be asked (<see cref="WatchedNode"/>).</summary>
    public const string Watched = "watched";

    /// <summary>Points at which a server ends itself as by kill -9.</summary>
    public static readonly IReadOnlyList<string> Points = ["kill:before-append", "kill:after-append", "kill:before-answer", "kill:before-show", "kill:before-archive-commit"];

    public static NodeSettings Settings(NodeSettings settings, string alter) =>
        new(settings.DataDirectory, settings.Redis, settings.Archive) { Program = "LiveSessions.Faults.dll", First = ["node", alter] };

    /// <summary>The machine's clock is wrong by so much.</summary>
    /// <param name="shares">False: the server goes by it, as if there were no clock that all share.</param>
    public static string Skew(TimeSpan by, bool shares = true) => string.Create(CultureInfo.InvariantCulture, $"{(shares ? "skew" : "skew-own")}:{by.TotalSeconds}");

    /// <summary>Runs the server until it is stopped.</summary>
    public static int Run(string alter, string[] arguments)
    {
        using var watch = DiagnosticListener.AllListeners.Subscribe(new Each<DiagnosticListener>(listener =>
        {
            if (listener.Name == "Microsoft.Extensions.Hosting")
                listener.Subscribe(new Each<KeyValuePair<string, object?>>(told =>
                {
                    if (told is { Key: "HostBuilding", Value: IHostBuilder host })
                        host.ConfigureServices((_, services) => Alter(services, alter));
                }));
        }));
        return (int)(typeof(global::Program).Assembly.EntryPoint!.Invoke(null, [arguments]) ?? 0);
    }

    private static void Alter(IServiceCollection services, string alter)
    {
        switch (alter.Split(':'))
        {
            case [GuardOff]: Around(services, log => new UnguardedLog(log)); break;
            case [DedupeOff]: Around(services, log => new ForgetfulLog(log)); break;
            case [HeadsOff]:
                services.Remove(services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(Pulse)));
                // The pulse is the only ping too; people who hear nothing for ten seconds would come anew and so be told after all.
                services.PostConfigure<HubOptions>(hub => hub.KeepAliveInterval = TimeSpan.FromSeconds(3));
                break;
            case [ArchiveSplit]: Intercept(services, new PositionAfterwards()); break;
            case [Watched]: services.AddHostedService<WatchedNode>(); break;
            case [SyncNormal]: Intercept(services, new SyncsLess()); break;
            case ["skew", var seconds]: services.AddSingleton(new SharedClock(SkewedTime.By(seconds))); break;
            case ["skew-own", var seconds]: services.AddSingleton<TimeProvider>(SkewedTime.By(seconds)); break;
            case ["kill", "before-append"]: Around(services, log => new DyingLog(log, before: true)); break;
            case ["kill", "after-append"]: Around(services, log => new DyingLog(log, before: false)); break;
            case ["kill", "before-answer"]: Around(services, (inner, _) => new DyingProtocol(inner, message => message is CompletionMessage)); break;
            case ["kill", "before-show"]: Around(services, (inner, _) => new DyingProtocol(inner, message => message is InvocationMessage { Target: "Show" })); break;
            case ["kill", "before-archive-commit"]: Intercept(services, new DyingCommit()); break;
            default: throw new ArgumentException($"Nobody knows how to alter a server by {alter}.");
        }
    }

    private static void Around(IServiceCollection services, Func<ISessionLog, ISessionLog> around)
    {
        services.AddSingleton<RedisSessionLog>();
        services.AddSingleton(provider => around(provider.GetRequiredService<RedisSessionLog>()));
    }

    private static void Around(IServiceCollection services, Func<IHubProtocol, IServiceProvider, IHubProtocol> around)
    {
        var inner = services.Last(s => s.ServiceType == typeof(IHubProtocol));
        services.Remove(inner);
        services.AddSingleton(provider => around((IHubProtocol)(inner.ImplementationInstance ?? inner.ImplementationFactory?.Invoke(provider) ?? ActivatorUtilities.CreateInstance(provider, inner.ImplementationType!)), provider));
    }

    private static void Intercept(IServiceCollection services, IInterceptor interceptor)
    {
        services.ConfigureDbContext<SqliteArchive>(options => options.AddInterceptors(interceptor));
        services.ConfigureDbContext<PostgresArchive>(options => options.AddInterceptors(interceptor));
    }

    /// <summary>One time in so many, and not while the session is still being put together, this process ends as by kill -9.</summary>
    private static void MayDie(ref int count, int every)
    {
        if (Interlocked.Increment(ref count) > every && Random.Shared.Next(every) == 0)
            _ = Kill(Environment.ProcessId, 9);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private sealed class Each<T>(Action<T> take) : IObserver<T>
    {
        public void OnNext(T value) => take(value);
        public void OnCompleted() { }
        public void OnError(Exception error) { }
    }

    private sealed class SkewedTime(TimeSpan by) : TimeProvider
    {
        public static SkewedTime By(string seconds) => new(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)));

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    private abstract class AroundLog(ISessionLog inner) : ISessionLog
    {
        protected ISessionLog Inner => inner;
        public Task<LogHead> Open(SessionId session, string newEpoch, CancellationToken ct = default) => inner.Open(session, newEpoch, ct);
        public virtual Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default) => inner.Append(session, end, entries, ct);
        public virtual Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default) => inner.Read(session, from, max, ct);
        public Task<bool> SaveSnapshot(SessionId session, string epoch, long position, ReadOnlyMemory<byte> bytes, CancellationToken ct = default) => inner.SaveSnapshot(session, epoch, position, bytes, ct);
        public Task<LogSnapshot?> LoadSnapshot(SessionId session, CancellationToken ct = default) => inner.LoadSnapshot(session, ct);
        public Task Erase(SessionId session, CancellationToken ct = default) => inner.Erase(session, ct);
        public Task<bool> Erase(SessionId session, long length, CancellationToken ct = default) => inner.Erase(session, length, ct);
        public Task RewriteStorage(CancellationToken ct = default) => inner.RewriteStorage(ct);
    }

    /// <summary>Appends whether or not somebody was first, and says that it was as claimed.</summary>
    private sealed class UnguardedLog(ISessionLog inner) : AroundLog(inner)
    {
        public override async Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
        {
            var at = end.Length;
            while (true)
                switch (await Inner.Append(session, new(end.Epoch, at), entries, ct))
                {
                    case Done: return new Done(end.Length + entries.Count);
                    case Behind behind: at = behind.Length; break;
                    case var other: return other;
                }
        }
    }

    /// <summary>Whatever comes from the log has lost whose command it was: what a server did not decide itself it does not know again.</summary>
    private sealed class ForgetfulLog(ISessionLog inner) : AroundLog(inner)
    {
        public override async Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default) =>
            await Inner.Append(session, end with { Hash = null }, entries, ct) is var appended && appended is Behind behind ? behind with { Missing = Forget(behind.Missing) } : appended;

        public override async Task<LogRead> Read(SessionId session, long from, int max, CancellationToken ct = default) =>
            await Inner.Read(session, from, max, ct) is var read ? read with { Entries = Forget(read.Entries), Hash = null } : throw new UnreachableException();

        private static IReadOnlyList<byte[]> Forget(IReadOnlyList<byte[]> entries) =>
            [.. entries.Select(e => EntryBytes.Write(EntryBytes.Read(e) with { Instance = null, Number = 0 }).ToArray())];
    }

    private sealed class DyingLog(ISessionLog inner, bool before) : AroundLog(inner)
    {
        private int _count;

        public override async Task<Appended> Append(SessionId session, LogEnd end, IReadOnlyList<ReadOnlyMemory<byte>> entries, CancellationToken ct = default)
        {
            if (before)
                MayDie(ref _count, 300);
            var appended = await Inner.Append(session, end, entries, ct);
            if (!before && appended is Done)
                MayDie(ref _count, 300);
            return appended;
        }
    }

    /// <summary>What a desk shows is written by the protocol before it goes to a line.</summary>
    private sealed class DyingProtocol(IHubProtocol inner, Func<HubMessage, bool> at) : IHubProtocol
    {
        private int _count;
        public string Name => inner.Name;
        public int Version => inner.Version;
        public TransferFormat TransferFormat => inner.TransferFormat;
        public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);
        public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message) => inner.TryParseMessage(ref input, binder, out message);

        public void WriteMessage(HubMessage message, IBufferWriter<byte> output)
        {
            Maybe(message);
            inner.WriteMessage(message, output);
        }

        public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message)
        {
            Maybe(message);
            return inner.GetMessageBytes(message);
        }

        private void Maybe(HubMessage message)
        {
            if (at(message))
                MayDie(ref _count, 600);
        }
    }

    private sealed class DyingCommit : DbTransactionInterceptor
    {
        private int _count;

        public override ValueTask<InterceptionResult> TransactionCommittingAsync(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
        {
            MayDie(ref _count, 20);
            return base.TransactionCommittingAsync(transaction, eventData, result, cancellationToken);
        }
    }

    /// <summary>The archive's position is written after the rows, in a transaction of its own and a little later.</summary>
    private sealed class PositionAfterwards : DbCommandInterceptor, IDbTransactionInterceptor
    {
        private (string Sql, List<(string Name, object? Value)> Values)? _last;

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            if (!command.CommandText.TrimStart().StartsWith("UPDATE \"ArchivePositions\"", StringComparison.Ordinal))
                return new(result);
            _last = (command.CommandText, [.. command.Parameters.Cast<DbParameter>().Select(p => (p.ParameterName, p.Value))]);
            return new(InterceptionResult<int>.SuppressWithResult(1));
        }

        public async Task TransactionCommittedAsync(DbTransaction transaction, TransactionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            if (_last is not { } held)
                return;
            _last = null;
            await Task.Delay(2_000, CancellationToken.None);
            await using var command = eventData.Context!.Database.GetDbConnection().CreateCommand();
            command.CommandText = held.Sql;
            foreach (var (name, value) in held.Values)
            {
                var parameter = command.CreateParameter();
                (parameter.ParameterName, parameter.Value) = (name, value);
                command.Parameters.Add(parameter);
            }
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }

    /// <summary>A commit is on the disk some time after it returns.</summary>
    private sealed class SyncsLess : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Less(command);
            return new(result);
        }

        public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
        {
            Less(command);
            return new(result);
        }

        private static void Less(DbCommand command)
        {
            // Within a transaction it cannot be changed; most connections read something first.
            if (command.Transaction is not null)
                return;
            using var less = command.Connection!.CreateCommand();
            less.CommandText = "PRAGMA synchronous = NORMAL";
            less.ExecuteNonQuery();
        }
    }
}
