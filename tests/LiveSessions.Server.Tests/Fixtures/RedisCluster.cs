using System.Net;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>A Redis Cluster of three real nodes, each with a third of the slots, on free loopback ports.</summary>
public sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16_384;
    private readonly List<(ServerProcess Process, ScratchDirectory Directory, int Port)> _nodes = [];

    public IReadOnlyList<int> Ports => [.. _nodes.Select(n => n.Port)];
    public string ConnectionString => string.Join(",", Ports.Select(p => $"127.0.0.1:{p}"));

    public static async Task<RedisCluster> Start()
    {
        var cluster = new RedisCluster();
        try
        {
            for (var i = 0; i < 3; i++)
                await cluster.Run();
            for (var i = 0; i < 3; i++)
                await cluster.Ask(i, "CLUSTER", "ADDSLOTSRANGE", Slots * i / 3, Slots * (i + 1) / 3 - 1);
            for (var i = 1; i < 3; i++)
                await cluster.Ask(0, "CLUSTER", "MEET", "127.0.0.1", cluster._nodes[i].Port, cluster.BusPort(i));
            await Eventually.True(async () =>
            {
                for (var i = 0; i < 3; i++)
                    if (!(await cluster.Ask(i, "CLUSTER", "INFO")).ToString().Contains("cluster_state:ok", StringComparison.Ordinal)
                        || !(await cluster.Ask(i, "CLUSTER", "INFO")).ToString().Contains("cluster_known_nodes:3", StringComparison.Ordinal))
                        return false;
                return true;
            }, "the three nodes make one cluster", 30);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private readonly List<int> _busPorts = [];
    private int BusPort(int node) => _busPorts[node];

    private async Task Run()
    {
        var (port, bus, directory) = (ServerProcess.FreePort(), ServerProcess.FreePort(), new ScratchDirectory());
        var process = ServerProcess.Start("/usr/bin/redis-server",
        [
            "--port", $"{port}", "--cluster-port", $"{bus}", "--bind", "127.0.0.1", "--dir", directory.Path, "--daemonize", "no", "--save", "",
            "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction", "--cluster-enabled", "yes", "--cluster-node-timeout", "15000",
        ]);
        _nodes.Add((process, directory, port));
        _busPorts.Add(bus);
        await process.Until(() => ServerProcess.Answers(port), "a node of the cluster");
    }

    /// <summary>Asks one node by itself.</summary>
    public async Task<RedisResult> Ask(int node, string command, params object[] arguments)
    {
        var options = new ConfigurationOptions { EndPoints = { new IPEndPoint(IPAddress.Loopback, _nodes[node].Port) }, AllowAdmin = true, ConnectTimeout = 5_000 };
        await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
        return await redis.GetServer(options.EndPoints[0]).ExecuteAsync(command, arguments);
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (process, directory, _) in _nodes)
        {
            process.Dispose();
            directory.Dispose();
        }
        return ValueTask.CompletedTask;
    }
}

/// <summary>A cluster that the tests of a run share.</summary>
public sealed class SharedCluster() : SharedStore<RedisCluster>(RedisCluster.Start, cluster => cluster.ConnectionString);
