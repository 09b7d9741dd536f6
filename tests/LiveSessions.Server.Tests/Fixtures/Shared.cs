using LiveSessions.Server.Tests.Fixtures;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(SharedRedis))]
[assembly: AssemblyFixture(typeof(SharedGarnet))]
[assembly: AssemblyFixture(typeof(SharedPostgres))]
[assembly: AssemblyFixture(typeof(SharedCluster))]

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>A server that all tests of a run share, started when the first one asks for it. Tests keep apart by their own session ids or databases; whoever kills, starts their own.</summary>
public abstract class Shared<TServer>(Func<Task<TServer>> start) : IAsyncDisposable where TServer : IAsyncDisposable
{
    private readonly Lazy<Task<TServer>> _running = new(start);

    public Task<TServer> Running => _running.Value;

    public async ValueTask DisposeAsync()
    {
        await Ending();
        if (_running is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await Running).DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected virtual ValueTask Ending() => ValueTask.CompletedTask;
}

/// <summary>A server of Redis' kind with one connection that all tests share.</summary>
public abstract class SharedStore<TServer> : Shared<TServer> where TServer : IAsyncDisposable
{
    private readonly Lazy<Task<IConnectionMultiplexer>> _connection;

    protected SharedStore(Func<Task<TServer>> start, Func<TServer, string> connectionString) : base(start) =>
        _connection = new(async () => await ConnectionMultiplexer.ConnectAsync($"{connectionString(await Running)},allowAdmin=true,asyncTimeout=5000"));

    public Task<IConnectionMultiplexer> Connection => _connection.Value;

    protected override async ValueTask Ending()
    {
        if (_connection is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await Connection).DisposeAsync();
    }
}

public sealed class SharedRedis() : SharedStore<RedisServer>(RedisServer.Start, server => server.ConnectionString);

public sealed class SharedGarnet() : SharedStore<GarnetServer>(() => GarnetServer.Start(), server => server.ConnectionString);

public sealed class SharedPostgres() : Shared<PostgresServer>(() => PostgresServer.Start());

/// <summary>For tests about keys that all sessions share (deadlines, nodes): a server that no other test talks to. Such tests take turns.</summary>
public sealed class OwnRedis() : SharedStore<RedisServer>(RedisServer.Start, server => server.ConnectionString);

public sealed class OwnGarnet() : SharedStore<GarnetServer>(() => GarnetServer.Start(), server => server.ConnectionString);

[CollectionDefinition(Name)]
public sealed class OnOwnRedis : ICollectionFixture<OwnRedis>
{
    public const string Name = "own redis";
}

[CollectionDefinition(Name)]
public sealed class OnOwnGarnet : ICollectionFixture<OwnGarnet>
{
    public const string Name = "own garnet";
}
