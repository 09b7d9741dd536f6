using System.Diagnostics;
using LiveSessions.Board;
using LiveSessions.Faults.Rig;
using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;

namespace LiveSessions.Faults.Runs;

/// <summary>Commands that come more than once, later, out of order, by other sockets and other servers; people who come back; people who are moved.</summary>
internal static class Again
{
    public sealed record Resent(long Commands, long CommandsResent, long Sendings, Evidence Evidence, IReadOnlyList<Violation> Violations);

    /// <summary>A fifth of all commands is sent one to four times more: at the same moment, after the answer, or much later; by a second line to another server, where an earlier one may be overtaken.</summary>
    public static async Task<Resent> Resends(int commands, int people, int seed, Notes notes, string? alter = null, ArchiveKind archive = ArchiveKind.Sqlite, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2, archive, Alter: alter)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        long resent = 0;
        var each = commands / people;
        await Task.WhenAll(crowd.People.Select((one, i) => Task.Run(() => Write(one, i))));
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return new(commands, resent, evidence.Clients.SelectMany(c => c.Moments).Count(m => m is Moment.Sent), evidence, violations);

        async Task Write(LiveClient one, int i)
        {
            var random = new Random(seed * 1_000 + i);
            var sides = new List<SideLine>();
            foreach (var server in cluster.Addresses)
                sides.Add(await SideLine.Open(crowd.Seats[i], server, one.History!));
            var late = new List<(long Number, Command Command)>();
            var pending = new List<Task>();
            for (var n = 1; n <= each; n++)
            {
                // Words are changed much more often than added, as a session takes 10,000 notes.
                Command command = n % 12 == 1 && n < 1_500 ? new AddNote(new($"n{i}-{n}"), "trust", $"words {n}", NoteColour.Sun)
                    : n % 50 == 0 ? new CastBallot(new("mood"), new([random.Next(2)], null))
                    : new EditNote(new($"n{i}-{(Math.Min(n, 1_499) - 1) / 12 * 12 + 1}"), $"words {n} again {random.Next(1_000)}", null);
                var again = random.Next(5) == 0 ? random.Next(1, 5) : 0;
                if (again > 0)
                    Interlocked.Increment(ref resent);
                var asked = one.Ask(command);
                var at = random.Next(3);
                for (var k = 0; k < again; k++)
                    switch ((at + k) % 3)
                    {
                        case 0: pending.Add(Send(random.Next(30), n, command)); break;
                        case 1: _ = asked.ContinueWith(_ => { lock (pending) pending.Add(Send(0, n, command)); }, TaskScheduler.Default); break;
                        default: late.Add((n, command)); break;
                    }
                await asked;
                // A line is given 20 calls a second; whoever sends more is told so and has no answer.
                await Task.Delay(random.Next(40, 60) + again * 25);
                if (late.Count > 40)
                    await Late();
            }
            await Late();
            Task[] last;
            lock (pending)
                last = [.. pending];
            await Task.WhenAll(last);
            foreach (var side in sides)
                await side.DisposeAsync();

            async Task Send(int after, long number, Command command)
            {
                await Task.Delay(after);
                await sides[random.Next(sides.Count)].Send(number, command);
            }

            async Task Late()
            {
                var all = late.ToArray();
                late.Clear();
                random.Shuffle(all);
                foreach (var chunk in all.Chunk(10))
                {
                    await Task.WhenAll(chunk.Select(l => sides[random.Next(sides.Count)].Send(l.Number, l.Command)));
                    await Task.Delay(400);
                }
            }
        }
    }

    /// <summary>Connections break, again and again, while people write; now and then everybody's at once.</summary>
    public static async Task<(long Reconnects, int WrongRoom, Times Back, Times AllBack, Evidence Evidence, IReadOnlyList<Violation> Violations)> Reconnects(int reconnects, int people, int seed, double perSecond, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        var random = new Random(seed);
        var rooms = crowd.People.ToDictionary(p => p, p => p.One<MeView>("me")!.Room);
        crowd.Begin(perSecond);
        var (back, allBack) = (new Times(), new Times());
        long done = 0;
        var wrongRoom = 0;
        while (done < reconnects)
        {
            if (random.Next(20) == 0)
            {
                // All at once.
                var clock = Stopwatch.StartNew();
                await Task.WhenAll(crowd.People.Select(BreaksAndComesBack));
                allBack.Add(clock.Elapsed);
                done += people;
            }
            else
            {
                var some = crowd.People.OrderBy(_ => random.Next()).Take(people / 4).ToList();
                await Task.WhenAll(some.Select(BreaksAndComesBack));
                done += some.Count;
            }
            if (done % 1_000 < people)
                notes.Say($"{done} reconnects, {crowd.Acked} acknowledged");
        }
        await crowd.Calm();
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return (done, wrongRoom, back, allBack, evidence, violations);

        async Task BreaksAndComesBack(LiveClient one)
        {
            var before = one.Entered;
            var away = random.Next(4) == 0 ? random.Next(1_000) : 0;
            await one.Drop(stayAway: away > 0, next: random.Next(2) == 0 ? null : cluster.Addresses[random.Next(cluster.Addresses.Count)]);
            await Task.Delay(away);
            var clock = Stopwatch.StartNew();
            one.ComeBack();
            while (one.Entered == before)
            {
                if (clock.Elapsed.TotalSeconds > 60)
                    throw new TimeoutException($"{one.Person} was not back after 60 s.");
                await Task.Delay(5);
            }
            lock (back)
                back.Add(clock.Elapsed);
            if (one.One<MeView>("me")?.Room != rooms[one])
                Interlocked.Increment(ref wrongRoom);
        }
    }

    /// <summary>People are moved between rooms, one by one, while others come and go and servers die.</summary>
    public static async Task<(int Moves, int Kills, Evidence Evidence, IReadOnlyList<Violation> Violations, TimeSpan InPlenary)> Moves(int moves, int people, int kills, int seed, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        var random = new Random(seed);
        crowd.Begin(20);
        var rooms = crowd.Host.Read(s => s.All<WatchView>()).Select(w => w.Room).ToList();
        var (moved, killed) = (0, 0);
        // Two hands of one facilitator on two servers, so that moves meet.
        var side = await SideLine.Open(crowd.Workshop.Host, cluster.Addresses[1], crowd.Host.History!);
        var number = 1_000_000L;
        for (var i = 0; i < moves; i++)
        {
            var who = crowd.People[random.Next(people)].Person;
            var move = new PlacePerson(who, rooms[random.Next(rooms.Count)]);
            var asked = crowd.Host.Ask(move);
            if (i % 3 == 0 && side.IsOpen)
                await side.Send(++number, new PlacePerson(random.Next(2) == 0 ? who : crowd.People[random.Next(people)].Person, rooms[random.Next(rooms.Count)]));
            if (await asked is { Kind: "accepted" })
                moved++;
            if (random.Next(8) == 0)
                _ = crowd.People[random.Next(people)].Drop();
            if (killed < kills && i >= (killed + 1) * moves / (kills + 1))
            {
                var victim = cluster.Nodes[killed++ % 2];
                await victim.Kill();
                await victim.StartAgain();
                if (!side.IsOpen)
                {
                    await side.DisposeAsync();
                    side = await SideLine.Open(crowd.Workshop.Host, cluster.Addresses[1], crowd.Host.History!);
                }
            }
            if ((i + 1) % 1_000 == 0)
                notes.Say($"{i + 1} moves asked, {moved} happened");
            await Task.Delay(20);
        }
        await crowd.Calm();
        await side.DisposeAsync();
        // All come back together.
        await crowd.Host.Does(new RecallEveryone(Limits.RecallSeconds));
        var due = crowd.Host.Read(s => s.All<RoomsView>())[0].RecallEndsAt;
        while (crowd.Host.Read(s => s.All<RoomsView>())[0].RecallEndsAt is { } ends)
        {
            due = ends;
            await Task.Delay(50);
        }
        var inPlenary = DateTimeOffset.UtcNow - (due ?? DateTimeOffset.UtcNow);
        foreach (var one in crowd.People)
            await one.Sees<MeView>("me", me => me.Room == RoomId.Plenary, 30);
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return (moved, killed, evidence, violations, inPlenary);
    }

    /// <summary>The same vote from many sockets at once, under one mark and under many, and a close in the middle of it.</summary>
    public static async Task<(long Sent, int Polls, Evidence Evidence, IReadOnlyList<Violation> Violations)> Votes(int rounds, int people, int atOnce, int seed, Notes notes, Cluster? on = null)
    {
        await using var own = on is null ? await Cluster.Start(new(2)) : null;
        var cluster = on ?? own!;
        await using var crowd = await Crowd.Gather(cluster, people, seed);
        var random = new Random(seed);
        var sides = new List<SideLine>[people];
        for (var i = 0; i < people; i++)
        {
            sides[i] = [];
            foreach (var server in cluster.Addresses)
                sides[i].Add(await SideLine.Open(crowd.Seats[i], server, crowd.People[i].History!));
        }
        long sent = 0;
        var number = 1_000_000L;
        for (var round = 0; round < rounds; round++)
        {
            var poll = new PollId($"poll-{round}");
            await crowd.Host.Does(new OpenPoll(poll, new("single", "Which?", ["a", "b", "c"], 0, true)));
            var each = Math.Max(1, atOnce / people);
            var voting = new List<Task>();
            for (var i = 0; i < people; i++)
            {
                var one = ++number;
                for (var k = 0; k < each; k++)
                {
                    // Half under one mark, which is the same vote again; half as votes of their own, of which the last counts.
                    var mark = k % 2 == 0 ? one : ++number;
                    voting.Add(sides[i][k % sides[i].Count].Send(mark, new CastBallot(poll, new([k % 2 == 0 ? 0 : random.Next(3)], null))));
                    sent++;
                }
            }
            if (round % 2 == 1)
                await crowd.Host.Does(new ClosePoll(poll));
            await Task.WhenAll(voting);
            if (round % 2 == 0)
                await crowd.Host.Does(new ClosePoll(poll));
            // Each line is given 20 calls a second and 40 at once.
            await Task.Delay(1_500);
        }
        await crowd.Calm();
        foreach (var side in sides.SelectMany(s => s))
            await side.DisposeAsync();
        var (evidence, violations) = await crowd.Judge();
        notes.Say(evidence, violations);
        return (sent, rounds, evidence, violations);
    }
}
