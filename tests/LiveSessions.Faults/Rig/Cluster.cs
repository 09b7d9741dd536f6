using System.Data.Common;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;

namespace LiveSessions.Faults.Rig;

internal enum ArchiveKind { Sqlite, Postgres }

/// <param name="Nodes">Server processes.</param>
/// <param name="Fsync">Redis' <c>appendfsync</c>.</param>
/// <param name="Alter">What to alter in every server (see <see cref="AlteredNode"/>), or null for the product as it is.</param>
/// <param name="AlterOne">The same for the first server only.</param>
/// <param name="Program">The program of every server by its whole path, or null for the product as it stands.</param>
/// <param name="Embedded">One server with its store inside instead of a redis-server.</param>
/// <param name="RedisDirectory">Where Redis' files lie; a directory of the cluster's own when null.</param>
/// <param name="ArchiveDirectory">Where the files of SQLite or PostgreSQL lie; a directory of the cluster's own when null.</param>
/// <param name="BackupDirectory">Where one server with SQLite copies everything as it happens, or null.</param>
/// <param name="More">More settings of every server, as on a command line.</param>
internal sealed record ClusterPlan(int Nodes = 2, ArchiveKind Archive = ArchiveKind.Sqlite, string Fsync = "always", string? Alter = null, string? AlterOne = null, string? ArchiveDirectory = null, bool Embedded = false, string? RedisDirectory = null, string? Program = null, string? BackupDirectory = null, IReadOnlyList<string>? More = null);

/// <summary>Real server processes on one real redis-server and one archive, each node with a wire to Redis of its own that can be harmed.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly List<ServerNode> _nodes = [];
    private readonly List<TcpProxy> _wires = [];
    private PostgresServer? _postgres;
    private ConnectionMultiplexer? _own;
    private EmbeddedGarnet? _embedded;
    private string _archive = "";

    public IReadOnlyList<ServerNode> Nodes => _nodes;
    public IReadOnlyList<TcpProxy> Wires => _wires;
    public RedisServer Redis { get; private set; } = null!;
    public PostgresServer Postgres => _postgres ?? throw new InvalidOperationException("This archive is SQLite.");
    public Site Site { get; private set; } = null!;
    public string ArchiveFile { get; private set; } = "";
    public IReadOnlyList<Uri> Addresses => [.. _nodes.Select(n => n.Address)];

    public static async Task<Cluster> Start(ClusterPlan plan)
    {
        var cluster = new Cluster();
        try
        {
            await cluster.Begin(plan);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private async Task Begin(ClusterPlan plan)
    {
        if (!plan.Embedded)
            Redis = await RedisServer.Start(plan.Fsync, plan.RedisDirectory);
        if (plan.Archive == ArchiveKind.Postgres)
        {
            _postgres = await PostgresServer.Start(plan.ArchiveDirectory);
            _archive = await _postgres.NewDatabase();
        }
        else
        {
            ArchiveFile = Path.Combine(plan.ArchiveDirectory ?? Directory.CreateDirectory(Path.Combine(_directory.Path, "archive")).FullName, "archive.db");
            _archive = $"Data Source={ArchiveFile}";
        }
        for (var i = 0; i < plan.Nodes; i++)
        {
            if (!plan.Embedded)
                _wires.Add(new TcpProxy(Redis.Port));
            var settings = new NodeSettings(Directory.CreateDirectory(Path.Combine(_directory.Path, $"node-{i + 1}")).FullName, plan.Embedded ? null : $"127.0.0.1:{_wires[i].Port}", _archive);
            if ((plan.Alter ?? (i == 0 ? plan.AlterOne : null)) is { } alter)
                settings = AlteredNode.Settings(settings, alter);
            settings.Program = plan.Program ?? settings.Program;
            if (plan.BackupDirectory is not null)
                settings = settings with { More = ["--Backup:Directory", plan.BackupDirectory] };
            if (plan.More is not null)
                settings = settings with { More = plan.More };
            _nodes.Add(await ServerNode.Start(settings));
        }
        Site = await Site.SetUp(_nodes[0].Address, await _nodes[0].SetUpPath());
    }

    /// <summary>One server hears nothing any more of what the others write; a moment later none has a wire to Redis.</summary>
    public async Task CutOffDeaf(int deaf)
    {
        _wires[deaf].Stop(requests: false, answers: true);
        await Task.Delay(Deafness);
        foreach (var wire in _wires)
            wire.Cut();
    }

    /// <summary>One server finds Redis so long before the others.</summary>
    public async Task HealApart(int first, TimeSpan apart)
    {
        _wires[first].Heal();
        await Task.Delay(apart);
        foreach (var wire in _wires)
            wire.Heal();
    }

    private static readonly TimeSpan Deafness = TimeSpan.FromMilliseconds(300);

    /// <summary>The machine under Redis loses power and starts again.</summary>
    /// <param name="andServers">The servers are killed in the same moment, and start afterwards.</param>
    /// <param name="starts">How long its machine needs until Redis is started.</param>
    public async Task LosePower(PowerVolume ofRedis, bool andServers, TimeSpan starts)
    {
        await Task.WhenAll([Redis.Kill(), .. andServers ? _nodes.Select(n => n.Kill()) : []]);
        ofRedis.Lose();
        await Task.Delay(starts);
        await Redis.StartAgain();
        if (andServers)
            foreach (var node in _nodes)
                await node.StartAgain();
    }

    /// <summary>The machine of the servers and of their SQLite file loses power and starts again.</summary>
    /// <returns>What stands in the file before the servers start again: how far a session is archived, people's seats, and what SQLite says of the file.</returns>
    public async Task<(long UpTo, long Seats, string Integrity)> LoseServersPower(PowerVolume ofArchive, SessionId session)
    {
        foreach (var node in _nodes)
            await node.Kill();
        ofArchive.Lose();
        // Looked at in a copy: whoever opens a database and closes it tidies it up.
        using var copy = new ScratchDirectory();
        foreach (var file in Directory.GetFiles(ofArchive.Path))
            File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        string integrity;
        long upTo, seats;
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(copy.Path, Path.GetFileName(ArchiveFile))};Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "pragma integrity_check";
            integrity = (string)(await command.ExecuteScalarAsync())!;
            command.CommandText = "select coalesce(max(\"UpTo\"), 0) from \"ArchivePositions\" where \"Session\" = @s";
            command.Parameters.AddWithValue("@s", session.Value);
            upTo = (long)(await command.ExecuteScalarAsync())!;
            command.CommandText = CountSeats;
            seats = (long)(await command.ExecuteScalarAsync())!;
        }
        foreach (var node in _nodes)
            await node.StartAgain();
        return (upTo, seats, integrity);
    }

    /// <summary>The only server's machine is gone with its disk; on an empty one at the same address the copies are put back, and it goes on copying there.</summary>
    public async Task LoseMachine(string copies)
    {
        await _nodes[0].Kill();
        Directory.Delete(_nodes[0].Settings.DataDirectory, recursive: true);
        Directory.Delete(Path.GetDirectoryName(ArchiveFile)!, recursive: true);
        var before = _nodes[0];
        _nodes[0] = await ServerNode.Start(before.Settings with { More = [.. before.Settings.More, "--restore", copies] });
        await before.DisposeAsync();
    }

    /// <summary>Copies of both databases while they are written to, by their own means: first PostgreSQL's dump, then Redis' files as they stand.</summary>
    public async Task CopyDatabases(string to)
    {
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(to, (UnixFileMode)511);
        await Postgres.Dump(new NpgsqlConnectionStringBuilder(_archive).Database!, Path.Combine(to, "archive.dump"));
        // Files are not to be taken away while they are copied.
        await using (var redis = await ConnectionMultiplexer.ConnectAsync($"{Redis.ConnectionString},allowAdmin=true"))
            await redis.GetServers()[0].ConfigSetAsync("auto-aof-rewrite-percentage", "0");
        Directory.CreateDirectory(Path.Combine(to, AppendOnly));
        foreach (var file in Directory.GetFiles(Path.Combine(Redis.Directory, AppendOnly)))
            File.Copy(file, Path.Combine(to, AppendOnly, Path.GetFileName(file)));
    }

    private const string AppendOnly = "appendonlydir";

    /// <summary>Both databases are gone, and the servers with them; the copies are put back, one server is started alone and told so, then the others.</summary>
    /// <param name="withRedis">False: of Redis there is no copy.</param>
    public async Task LoseDatabases(string copies, bool withRedis)
    {
        foreach (var node in _nodes)
            await node.Kill();
        await Redis.Kill();
        var files = Path.Combine(Redis.Directory, AppendOnly);
        Directory.Delete(files, recursive: true);
        if (withRedis)
            Directory.Move(Path.Combine(copies, AppendOnly), files);
        await Redis.StartAgain();
        await Postgres.PutBack(new NpgsqlConnectionStringBuilder(_archive).Database!, Path.Combine(copies, "archive.dump"));
        var first = _nodes[0];
        _nodes[0] = await ServerNode.Start(first.Settings with { More = ["--restore", "databases"] });
        await first.DisposeAsync();
        foreach (var node in _nodes.Skip(1))
            await node.StartAgain();
    }

    /// <summary>Another Redis takes the place of the one there was. What comes through the servers' wires from now on comes to it; whoever has the one of before must end it.</summary>
    public async Task TakeOver(RedisServer other)
    {
        Redis = other;
        foreach (var wire in _wires)
            wire.Turn(other.Port);
        if (_own is not null)
            await _own.DisposeAsync();
        _own = null;
    }

    /// <summary>The machine under PostgreSQL loses power and starts again.</summary>
    /// <returns>What then stands.</returns>
    public async Task<(long UpTo, long Seats, string Integrity)> LosePostgresPower(PowerVolume ofArchive, SessionId session)
    {
        await Postgres.Kill();
        ofArchive.Lose();
        await Postgres.StartAgain();
        return ((await Archive(session)).UpTo, await Seats(), "ok");
    }

    private const string CountSeats = "select count(*) from \"Seats\"";

    /// <summary>How many seats people have, in all sessions.</summary>
    public async Task<long> Seats()
    {
        await using var connection = await OpenArchive();
        await using var command = connection.CreateCommand();
        command.CommandText = CountSeats;
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The session's log, read past all servers and wires.</summary>
    public async Task<IReadOnlyList<LogEntry>> Log(SessionId session)
    {
        if (_own is null && Redis is null)
        {
            // The store inside a server has one reader: the server ends first, as it always ends here, and what it left is read.
            await _nodes[0].Kill();
            _embedded = EmbeddedGarnet.Start(new EmbeddedGarnetOptions(Path.Combine(_nodes[0].Settings.DataDirectory, "garnet")), NullLoggerFactory.Instance);
            _own = await ConnectionMultiplexer.ConnectAsync(_embedded.ConnectionString);
        }
        _own ??= await ConnectionMultiplexer.ConnectAsync($"{Redis!.ConnectionString},abortConnect=false,asyncTimeout=10000");
        var log = new RedisSessionLog(_own, NullLogger<RedisSessionLog>.Instance);
        var entries = new List<LogEntry>();
        while (true)
        {
            var read = await log.Read(session, entries.Count, ISessionLog.MaxEntries);
            entries.AddRange(read.Entries.Select(EntryBytes.Read));
            if (entries.Count >= read.Length)
                return entries;
        }
    }

    public async Task<DbConnection> OpenArchive()
    {
        DbConnection connection = _postgres is null ? new SqliteConnection(_archive + ";Pooling=false") : new NpgsqlConnection(_archive + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>What the archive holds of a session, straight from its tables.</summary>
    public async Task<ArchiveEvidence> Archive(SessionId session)
    {
        await using var connection = await OpenArchive();
        var upTo = 0L;
        await Rows("select \"UpTo\" from \"ArchivePositions\" where \"Session\" = @s", row => upTo = Math.Max(upTo, row.GetInt64(0)));
        var entries = new List<KeyValuePair<long, string>>();
        await Rows("select \"Seq\", \"Json\" from \"ArchiveEntries\" where \"Session\" = @s order by \"Seq\"", row => entries.Add(new(row.GetInt64(0), row.GetString(1))));
        var lines = new Dictionary<string, string>();
        await Rows("select \"Id\", \"Text\" from \"Lines\" where \"Session\" = @s", row => lines.Add(row.GetString(0), row.GetString(1)));
        return new(upTo, entries, lines);

        async Task Rows(string sql, Action<DbDataReader> take)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ("@s", session.Value);
            command.Parameters.Add(parameter);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                take(reader);
        }
    }

    /// <summary>Waits until the archive has come to the log's end and gives both.</summary>
    public async Task<(IReadOnlyList<LogEntry> Log, ArchiveEvidence Archive)> Archived(SessionId session, int seconds = 60)
    {
        (IReadOnlyList<LogEntry> Log, ArchiveEvidence Archive) found = default;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (true)
        {
            var archive = await Archive(session);
            found = (await Log(session), archive);
            if (archive.UpTo == found.Log.Count || clock.Elapsed.TotalSeconds > seconds)
                return found;
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
            await _own.DisposeAsync();
        if (_embedded is not null)
            await _embedded.DisposeAsync();
        Site?.Dispose();
        foreach (var node in _nodes)
            await node.DisposeAsync();
        foreach (var wire in _wires)
            await wire.DisposeAsync();
        if (Redis is not null)
            await Redis.DisposeAsync();
        if (_postgres is not null)
            await _postgres.DisposeAsync();
        _directory.Dispose();
    }
}
