using System.Text;
using LiveSessions.Log;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Server.Tests.Redis;

public sealed class EmbeddedGarnetTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();
    private readonly SessionId _session = new("s1");

    public void Dispose() => _scratch.Dispose();

    private EmbeddedGarnet Start(string name = "garnet") => EmbeddedGarnet.Start(new EmbeddedGarnetOptions(Path.Combine(_scratch.Path, name)), NullLoggerFactory.Instance);

    [Fact]
    public async Task A_second_server_on_one_directory_is_refused_in_clear_words_and_may_come_afterwards()
    {
        await using (Start())
        {
            var fault = Assert.Throws<EmbeddedGarnetFault>(() => Start());
            Assert.Contains("Another server is running on", fault.Message, StringComparison.Ordinal);
            Assert.Contains("ConnectionStrings:Redis", fault.Message, StringComparison.Ordinal);
        }

        await using var again = Start();
    }

    [Fact]
    public async Task Nor_may_a_second_process()
    {
        await using var child = await GarnetServer.Start();
        var fault = Assert.Throws<EmbeddedGarnetFault>(() => EmbeddedGarnet.Start(new EmbeddedGarnetOptions(child.Directory), NullLoggerFactory.Instance));
        Assert.Contains("Another server is running on", fault.Message, StringComparison.Ordinal);
        await child.Kill();
        await using var free = EmbeddedGarnet.Start(new EmbeddedGarnetOptions(child.Directory), NullLoggerFactory.Instance);
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_told_with_what_to_do()
    {
        File.WriteAllText(Path.Combine(_scratch.Path, "file"), "");
        var fault = Assert.Throws<EmbeddedGarnetFault>(() => Start("file/garnet"));
        Assert.Contains("cannot be used", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Data:Directory", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("snapshot.dat.0", false)]
    [InlineData("snapshot.dat.0", true)]
    [InlineData("snapshot.obj.dat.0", true)]
    [InlineData("info.dat.0", true)]
    [InlineData("ht.dat.0", true)]
    [InlineData("aof.log.*", true)]
    [InlineData("aof.log.*", false)]
    public async Task Files_that_are_not_whole_are_refused_and_nothing_is_begun_in_their_place(string files, bool gone)
    {
        await using var child = await GarnetServer.Start();
        await using (var redis = await ConnectionMultiplexer.ConnectAsync(RedisRegistration.Options(child.ConnectionString)))
            await redis.GetDatabase().ListRightPushAsync("list", "kept");
        await (files.StartsWith("aof", StringComparison.Ordinal) ? child.Kill() : child.Stop());
        foreach (var file in Directory.GetFiles(child.Directory, files, SearchOption.AllDirectories))
            if (gone)
                File.Delete(file);
            else
                await File.WriteAllBytesAsync(file, new byte[new FileInfo(file).Length], TestContext.Current.CancellationToken);

        for (var attempt = 0; attempt < 2; attempt++)
        {
            var fault = Assert.Throws<EmbeddedGarnetFault>(() => EmbeddedGarnet.Start(new EmbeddedGarnetOptions(child.Directory), NullLoggerFactory.Instance));
            Assert.Contains(child.Directory, fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_port_that_is_taken_is_told()
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        var port = ((System.Net.IPEndPoint)other.LocalEndpoint).Port;
        var fault = Assert.Throws<EmbeddedGarnetFault>(() => EmbeddedGarnet.Start(new EmbeddedGarnetOptions(_scratch.Path) { Port = port }, NullLoggerFactory.Instance));
        Assert.Contains($"cannot listen on 127.0.0.1:{port}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_else_on_the_machine_can_read_its_files_or_talk_to_it()
    {
        await using var garnet = Start();
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(garnet.Directory));
        var listening = System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(e => e.Port == garnet.Port);
        Assert.All(listening, e => Assert.True(System.Net.IPAddress.IsLoopback(e.Address)));
        foreach (var password in (string[])["", ",password=guessed"])
        {
            await using var stranger = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{garnet.Port}{password},abortConnect=false,connectTimeout=2000,asyncTimeout=2000");
            await Assert.ThrowsAnyAsync<Exception>(() => stranger.GetDatabase().StringGetAsync("kept"));
        }
    }

    [Fact]
    public async Task Without_settings_the_product_keeps_everything_in_its_own_directory_over_a_restart()
    {
        for (var start = 0; start < 2; start++)
        {
            using var host = Host(("Data:Directory", _scratch.Path));
            await host.StartAsync(TestContext.Current.CancellationToken);
            var log = host.Services.GetRequiredService<ISessionLog>();
            Assert.Equal(new LogHead("e0", start), await log.Open(_session, $"e{start}"));
            Assert.Equal(new Done(start + 1), await log.Append(_session, new("e0", start), [Encoding.UTF8.GetBytes("entry")]));
            Assert.False(host.Services.GetRequiredService<NodeRoster>().OthersAlive);
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.True(Directory.Exists(Path.Combine(_scratch.Path, "garnet", "checkpoints")));
    }

    [Fact]
    public async Task A_redis_that_may_lose_acknowledged_work_is_named_in_the_log_with_what_to_set()
    {
        await using var redis = await RedisServer.Start();
        var lines = new Lines();
        using (var host = Host(lines, ("ConnectionStrings:Redis", redis.ConnectionString)))
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            Assert.Equal(new LogHead("e1", 0), await host.Services.GetRequiredService<ISessionLog>().Open(_session, "e1"));
            await host.Services.GetRequiredService<IConnectionMultiplexer>().GetServers()[0].ConfigSetAsync("appendfsync", "everysec");
            await host.StopAsync(TestContext.Current.CancellationToken);
        }

        Assert.DoesNotContain(lines.Said, line => line.Contains("may lose", StringComparison.Ordinal));
        using (var host = Host(lines, ("ConnectionStrings:Redis", redis.ConnectionString)))
        {
            await host.StartAsync(TestContext.Current.CancellationToken);
            await Eventually.True(() => lines.Said.Any(line => line.Contains("appendfsync is everysec, and should be always", StringComparison.Ordinal)), "the warning is logged");
            Assert.Single(lines.Said, line => line.Contains("may lose", StringComparison.Ordinal));
            await host.StopAsync(TestContext.Current.CancellationToken);
        }
    }

    private static IHost Host(params (string Name, string Value)[] settings) => Host(new Lines(), settings);

    private static IHost Host(Lines lines, params (string Name, string Value)[] settings)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>(s.Name, s.Value)));
        builder.Logging.AddProvider(lines);
        builder.Services.AddSessionRedis(builder.Configuration);
        return builder.Build();
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _said = new();
        public IReadOnlyCollection<string> Said => _said;
        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => true;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _said.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
