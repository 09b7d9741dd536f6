using System.Collections.Concurrent;
using LiveSessions.Board;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Faults.Runs;

/// <summary>Many short sessions on two servers that are killed now and then. In the moment in which a host is told that everything of a session is in the transcripts, the archive is compared with the log.</summary>
internal static class ManySessions
{
    private const int AtOnce = 6;

    public static async Task<IReadOnlyList<Row>> Part(Options o, Notes notes)
    {
        var (sessions, kills) = (o.Count("sessions", 1_000), o.Count("session-kills", 20));
        var (evidence, wrong) = await Run(sessions, kills, o.Count("seed", 1), notes);
        return
        [
            new("R13", "sessions that end, two servers, PostgreSQL: when the host is told that all is saved, the archive is the log", "0 mismatches", wrong.Count == 0 ? $"0 violations in {evidence} entries" : $"{wrong.Count} violations: {wrong[0].What}",
                $"{sessions} sessions, {kills} server kills", wrong.Count == 0),
        ];
    }

    public static async Task<(long Entries, IReadOnlyList<Violation> Violations)> Run(int sessions, int kills, int seed, Notes notes)
    {
        await using var cluster = await Cluster.Start(new(2, ArchiveKind.Postgres));
        var wrong = new ConcurrentQueue<Violation>();
        var (begun, over, entries) = (0, 0, 0L);
        using var making = new SemaphoreSlim(1);
        var killing = Kill();
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (Interlocked.Increment(ref begun) is var number && number <= sessions)
            {
                Interlocked.Add(ref entries, await One(number));
                if (Interlocked.Increment(ref over) % 100 == 0)
                    notes.Say($"{over} of {sessions} sessions are over, {entries} entries, {wrong.Count} violations");
            }
        }));
        await killing;
        return (entries, [.. wrong]);

        async Task Kill()
        {
            // The first server keeps standing: sessions are made and people come in through it.
            for (var kill = 1; kill <= kills; kill++)
            {
                await Eventually.True(() => over >= (long)kill * sessions / (kills + 1), "the sessions go on", 3_600);
                await cluster.Nodes[1].Kill();
                await cluster.Nodes[1].StartAgain();
            }
        }

        async Task<long> One(int number)
        {
            var random = new Random(seed * 10_000 + number);
            Workshop workshop;
            IReadOnlyList<Seat> seats;
            await making.WaitAsync();
            try
            {
                workshop = await cluster.Site.Workshop(2, teams: 1);
                seats = await workshop.AllCome();
            }
            finally
            {
                making.Release();
            }
            var histories = new List<ClientHistory>();
            await using var host = Join(workshop.Host, "host", random.Next(2));
            await using var one = Join(seats[0], "person 1", random.Next(2));
            await using var two = Join(seats[1], "person 2", random.Next(2));
            foreach (var somebody in (LiveClient[])[host, one, two])
                await somebody.IsIn();
            await Workshop.OpenRooms(host);
            foreach (var somebody in (LiveClient[])[one, two])
                await somebody.Sees<MeView>("me", me => me.Room != RoomId.Plenary, 60);
            for (var n = random.Next(1, 8); n > 0; n--)
            {
                var (by, note) = (random.Next(2) == 0 ? one : two, new NoteId($"n{n}"));
                await by.Does(new AddNote(note, "trust", $"words {n} of {number}", NoteColour.Lupine));
                if (random.Next(2) == 0)
                    await by.Does(new EditNote(note, $"other words {n} of {number}", null));
            }
            var end = await host.Does(new EndSession());
            // Eventually looks a few times a second; the moment is the first at which it says so.
            await Eventually.True(() => host.LastHeads is { } heads && heads.Head >= end && heads.Archived >= heads.Head, $"the host of session {number} is told that all is saved", 180);
            var archive = await cluster.Archive(workshop.Session);
            var log = await cluster.Log(workshop.Session);
            foreach (var violation in HistoryChecker.All(new(workshop.Session, log, histories, archive)))
                wrong.Enqueue(violation with { What = $"session {number}: {violation.What}" });
            return log.Count;

            LiveClient Join(Seat seat, string name, int first)
            {
                var history = new ClientHistory(name, Crowd.Now);
                histories.Add(history);
                var servers = cluster.Addresses;
                return new(seat, [.. servers.Skip(first), .. servers.Take(first)]) { Remembers = false, History = history };
            }
        }
    }
}
