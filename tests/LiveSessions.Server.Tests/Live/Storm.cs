using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

/// <summary>
/// Many people writing at once while things happen to the servers, and what must hold afterwards: no acknowledged command lost, none twice, every view as a newcomer sees it.
/// </summary>
internal sealed class Storm : IAsyncDisposable
{
    /// <summary>Set <c>STORMS</c> to a number for storms of minutes instead of seconds, as in the core's tests.</summary>
    public static bool IsLong { get; } = int.TryParse(Environment.GetEnvironmentVariable("STORMS"), out var storms) && storms > 1;

    private readonly Workshop _workshop;
    private readonly LiveClient _host;
    private readonly IReadOnlyList<LiveClient> _people;
    private readonly CancellationTokenSource _calm = new();
    private readonly List<Task> _writing = [];

    private Storm(Workshop workshop, LiveClient host, IReadOnlyList<LiveClient> people) => (_workshop, _host, _people) = (workshop, host, people);

    public int Asked => _people.Sum(p => p.Asked.Count);
    public int Answered => _people.Sum(p => p.Asked.Count(a => a.Answer is not null));
    public int SentAgain => _people.Sum(p => p.Asked.Count(a => a.TimesSent > 1));

    /// <summary>People come in, half through each server, and the rooms open.</summary>
    public static async Task<Storm> Gather(Site site, int people, params IReadOnlyList<Uri> servers)
    {
        var workshop = await site.Workshop(people, teams: Math.Max(1, people / 6));
        var seats = await workshop.AllCome();
        var host = new LiveClient(workshop.Host, servers) { Remembers = false };
        var clients = seats.Select((seat, i) => new LiveClient(seat, [.. servers.Skip(i % servers.Count), .. servers.Take(i % servers.Count)]) { Remembers = false }).ToList();
        await host.IsIn();
        await Task.WhenAll(clients.Select(c => c.IsIn()));
        await Workshop.OpenRooms(host);
        await Task.WhenAll(clients.Select(c => c.Sees<MeView>("me", me => me.Room != RoomId.Plenary, 30)));
        return new(workshop, host, clients);
    }

    /// <summary>Everybody writes, all together about so many commands a second.</summary>
    public void Begin(double perSecond)
    {
        var pause = TimeSpan.FromSeconds(_people.Count / perSecond);
        foreach (var (person, i) in _people.Select((p, i) => (p, i)))
            _writing.Add(Task.Run(() => Write(person, i, pause)));
    }

    private async Task Write(LiveClient person, int number, TimeSpan pause)
    {
        var random = new Random(number);
        var notes = 0;
        try
        {
            for (var i = 0; ; i++)
            {
                await Task.Delay(pause * (0.5 + random.NextDouble()), _calm.Token);
                _ = person.Ask(random.Next(10) switch
                {
                    0 => new RenameMe($"Person {number} the {i}th"),
                    1 or 2 when notes > 0 => new EditNote(new($"n{number}-{random.Next(notes)}"), $"edited {i}", null),
                    // A session takes 10,000 notes.
                    >= 4 when notes >= Limits.Notes / _people.Count => new EditNote(new($"n{number}-{random.Next(notes)}"), $"edited again {i}", null),
                    3 when notes > 0 => new MoveNote(new($"n{number}-{random.Next(notes)}"), random.Next(2) == 0 ? "trust" : "actions", null),
                    _ => new AddNote(new($"n{number}-{notes++}"), "trust", $"words {i} of {number}", NoteColour.Lupine),
                });
                // A person waits for the line sooner or later; nobody writes a thousand notes into a dead one.
                while (person.Asked.Count(a => a.Answer is null) > 20)
                    await Task.Delay(50, _calm.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Calm.
        }
    }

    public async Task Rage(TimeSpan howLong) => await Task.Delay(howLong);

    /// <summary>Nobody writes any more, and everything that was asked has its answer.</summary>
    public async Task Calm(int seconds = 60)
    {
        await _calm.CancelAsync();
        await Task.WhenAll(_writing);
        await Eventually.True(() => !_people.Any(p => p.HasUnsent), "every command has its answer", seconds);
    }

    /// <summary>What everybody holds is what a newcomer sees.</summary>
    public async Task EverybodySeesTheSame()
    {
        foreach (var one in _people.Append(_host))
        {
            var clock = Stopwatch.StartNew();
            while (true)
            {
                var fresh = await one.Whole();
                try
                {
                    ResumeTests.Same(fresh, one.Read(s => s.Copy()), $"{one.Person}");
                    break;
                }
                catch (Xunit.Sdk.XunitException) when (clock.Elapsed.TotalSeconds < 20)
                {
                    await Task.Delay(100);
                }
            }
        }
    }

    /// <summary>Reads the log itself: contiguous, each acknowledged command in it once and where it was said to be, none twice, none that nobody asked.</summary>
    public async Task NothingIsLostOrDoubled(ISessionLog log)
    {
        var read = await LiveHouse.AllOf(log, _workshop.Session);
        Assert.Equal(read.Length, read.Entries.Count);
        var entries = read.Entries.Select(EntryBytes.Read).ToList();
        var positions = new Dictionary<(string, long), long>();
        for (var i = 0; i < entries.Count; i++)
            if (entries[i].Instance is { } instance)
                Assert.True(positions.TryAdd((instance, entries[i].Number), i + 1), $"{instance} {entries[i].Number} is in the log twice");
        var known = new HashSet<(string, long)>();
        foreach (var person in _people.Append(_host))
            foreach (var asked in person.Asked)
            {
                var mark = ($"{person.Person}.{person.Instance}", asked.Number);
                known.Add(mark);
                Assert.True(asked.Answer is { IsRefused: false }, $"{mark} {asked.Command} was answered {asked.Answer}");
                // A move to where a note is already makes no entry; everything else that was accepted is in the log.
                if (positions.TryGetValue(mark, out var position))
                    Assert.Equal(position, asked.Answer.Position);
                else
                    Assert.True(asked.Answer.Kind == "alreadySo" && asked.Command is MoveNote or EditNote, $"{mark} {asked.Command} was answered {asked.Answer} and is not in the log");
            }
        Assert.All(positions.Keys, mark => Assert.Contains(mark, known));
    }

    public async ValueTask DisposeAsync()
    {
        await _calm.CancelAsync();
        await Task.WhenAll(_writing);
        await Task.WhenAll(_people.Append(_host).Select(c => c.DisposeAsync().AsTask()));
        _calm.Dispose();
    }
}
