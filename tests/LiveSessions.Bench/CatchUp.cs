using System.Diagnostics;
using System.Globalization;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace LiveSessions.Bench;

/// <summary>
/// How fast a long log that waited for the archive is copied while nobody writes, with the product's own writer, a real redis-server and a real SQLite file or PostgreSQL.
/// dotnet run -c Release -- catch-up [--entries 64000] [--people 18] [--on sqlite|postgres] [--renamed 100] [--again]
/// Of so many commands (100) one is a new name, with which every line that names that person is told anew; 0 is none. With --again another writer takes over half-way.
/// </summary>
internal static class CatchUp
{
    public static async Task Run(string[] args)
    {
        var (entries, people) = (int.Parse(Option("--entries", "64000"), CultureInfo.InvariantCulture), int.Parse(Option("--people", "18"), CultureInfo.InvariantCulture));
        await using var server = await RedisServer.Start("everysec");
        await using var redis = await ConnectionMultiplexer.ConnectAsync(server.ConnectionString + ",asyncTimeout=20000");
        var log = new RedisSessionLog(redis, NullLogger<RedisSessionLog>.Instance);
        var session = new SessionId("s1");
        await Fill(log, session, Story(people, entries, int.Parse(Option("--renamed", "100"), CultureInfo.InvariantCulture)));

        await using var postgres = Option("--on", "sqlite") == "postgres" ? await PostgresServer.Start() : null;
        using var directory = new ScratchDirectory();
        var place = postgres is null ? null : await postgres.NewDatabase();
        var half = args.Contains("--again") ? entries / 2 : entries;
        await Copy(log, redis, session, directory.Path, place, half);
        if (half < entries)
            await Copy(log, redis, session, directory.Path, place, entries);

        string Option(string name, string otherwise) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : otherwise;
    }

    /// <summary>A writer as a server has it copies until so many entries are archived, and ends.</summary>
    private static async Task Copy(RedisSessionLog log, ConnectionMultiplexer redis, SessionId session, string directory, string? place, int until)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Data:Directory"] = directory, ["ConnectionStrings:Archive"] = place }).Build();
        await using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSingleton(TimeProvider.System).AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning))
            .AddArchive(configuration).BuildServiceProvider();
        await services.GetRequiredService<ArchiveUpgrade>().Run(CancellationToken.None);
        var store = services.GetRequiredService<TranscriptStore>();
        using var writer = new ArchiveWriter(log, new(redis), new(redis), store, services.GetRequiredService<IDbContextFactory<ArchiveDb>>(), new Bustle(), TimeProvider.System,
            NullLogger<ArchiveWriter>.Instance, ArchiveWriterOptions.From(configuration));
        await writer.StartAsync(CancellationToken.None);
        var (clock, before, told) = (Stopwatch.StartNew(), GC.GetTotalAllocatedBytes(), 0L);
        var (from, _) = await store.Position(session, "e1");
        while (writer.ArchivedUpTo(session) < until)
        {
            await Task.Delay(20);
            if (clock.ElapsedMilliseconds / 2000 > told && ++told > 0)
                Console.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s: {writer.ArchivedUpTo(session):N0}, {GC.GetTotalMemory(false) >> 20} MB in use");
        }
        var took = clock.Elapsed.TotalSeconds;
        var upTo = writer.ArchivedUpTo(session);
        await writer.StopAsync(CancellationToken.None);
        Console.WriteLine($"{upTo - from:N0} entries from {from:N0} on in {took:0.0} s: {(upTo - from) / took:N0} entries/s, {(GC.GetTotalAllocatedBytes() - before) / Math.Max(1, upTo - from) / 1024.0:0.0} KB of garbage each");
    }

    /// <summary>What the fault tests' people write: notes, moves, edits and now and then a new name.</summary>
    private static List<LogEntry> Story(int people, int entries, int renamed)
    {
        var gathering = new Gathering(people, 6, people);
        var random = new Random(1);
        var notes = Enumerable.Range(0, people).Select(i => new List<string> { $"n{i}" }).ToArray();
        for (var n = 0; gathering.Log.Count < entries; n++)
        {
            var who = random.Next(people);
            var mine = notes[who];
            gathering.Tries(gathering.People[who], random.Next(20) switch
            {
                _ when renamed > 0 && random.Next(renamed) == 0 => new RenameMe($"Person {who} the {n}th"),
                < 8 when mine.Count < 9_000 / people => Add(),
                < 11 => new MoveNote(new(mine[random.Next(mine.Count)]), gathering.Columns[random.Next(gathering.Columns.Count)], null),
                _ => new EditNote(new(mine[random.Next(mine.Count)]), $"edited {n}", null),
            });

            AddNote Add()
            {
                mine.Add($"n{who}-{mine.Count}");
                return new(new(mine[^1]), gathering.Column, $"words {n} of {who}", NoteColour.Lupine);
            }
        }
        return gathering.Log;
    }

    private static async Task Fill(RedisSessionLog log, SessionId session, IReadOnlyList<LogEntry> entries)
    {
        await log.Open(session, "e1");
        var length = 0;
        foreach (var page in entries.Chunk(ISessionLog.MaxEntries))
        {
            await log.Append(session, new("e1", length), [.. page.Select(EntryBytes.Write)]);
            length += page.Length;
        }
        Console.WriteLine($"{length:N0} entries wait");
    }
}
