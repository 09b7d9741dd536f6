#pragma warning disable EF1002 // The SQL is the test's own.
using System.Text;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Transcripts;
using LiveSessions.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Tests.Transcripts;

public sealed class Transcript_store_on_sqlite : TranscriptStoreLaws
{
    private protected override Task<string?> NewPlace() => Task.FromResult<string?>(null);
}

public sealed class Transcript_store_on_postgres(SharedPostgres postgres) : TranscriptStoreLaws
{
    private protected override async Task<string?> NewPlace() => await (await postgres.Running).NewDatabase();
}

/// <summary>What the transcript store promises on either database.</summary>
public abstract class TranscriptStoreLaws : IAsyncLifetime
{
    private static readonly SessionId Session = new("s1");
    private static readonly DateTimeOffset At = new(2026, 10, 6, 10, 23, 10, 123, 456, TimeSpan.FromHours(-7));
    private readonly ScratchDirectory directory = new();
    private string? place;

    private protected Archive Archive { get; private set; } = null!;
    private TranscriptStore Store => Archive.Store;

    /// <summary>The connection string of an empty database; null for a SQLite file in the test's directory.</summary>
    private protected abstract Task<string?> NewPlace();

    public async ValueTask InitializeAsync()
    {
        place = await NewPlace();
        Archive = await Archive.Open(directory.Path, place);
    }

    public async ValueTask DisposeAsync()
    {
        await Archive.DisposeAsync();
        directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private static byte[] Entry(int n) => Encoding.UTF8.GetBytes($$"""{"at":"2026-10-06T17:00:00.5Z","by":"p1","number":{{n}},"events":[{"type":"noteAdded","text":"é ✓ {{n}}"}]}""");

    private static byte[][] Entries(int from, int count) => [.. Enumerable.Range(from, count).Select(Entry)];

    private static TranscriptLine Line(string id, string text, long seq = 1, string conversation = "5-r1", bool staysInRoom = false) =>
        new(id, seq, At, conversation, "p1", LineKind.Turn, "Quail", "a", "leader", null, text, "paraphrase", null, null, staysInRoom, true, true, []);

    private static ConversationRecord Conversation(string id, int people) => new(
        id, Session, new RoomId("r1"), "Cedar", "community-conversation", "Community conversation", null, At, null, people,
        [new PhaseRecord("p1", "goRound", "What do you hope?", ["Why?"], At, null)], [new ColumnRecord("hope", "Aspirations")]);

    private Task<ArchiveWrite> Write(long from, byte[][] entries, TranscriptLine[]? lines = null, string[]? removed = null, ConversationRecord[]? conversations = null) =>
        Store.Write(Session, "e1", from, entries, conversations ?? [], lines ?? [], removed ?? []);

    private async Task<(long UpTo, string Hash)> Position(string session = "s1", string epoch = "e1")
    {
        var (upTo, hash) = await Store.Position(new SessionId(session), epoch);
        return (upTo, Convert.ToHexString(hash));
    }

    private static string HashOf(byte[][] entries) => Convert.ToHexString(entries.Aggregate(TranscriptStore.NoEntries, (hash, entry) => TranscriptStore.After(hash, entry)));

    private async Task<List<TranscriptLine>> Lines()
    {
        await using var db = await Archive.Factory.CreateDbContextAsync();
        return (await db.Lines.AsNoTracking().OrderBy(l => l.Seq).ThenBy(l => l.Row).ToListAsync()).ConvertAll(TranscriptJson.Read);
    }

    private async Task<List<string>> Found(string query)
    {
        await using var db = await Archive.Factory.CreateDbContextAsync();
        return await db.LinesWith(SearchWords.Parse(query)!).OrderBy(l => l.Row).Select(l => l.Id).ToListAsync();
    }

    [Fact]
    public async Task What_is_written_is_read_back_to_the_byte_and_the_microsecond()
    {
        var line = Line("l1", "Hopes people linger downtown.", 4) with { Earlier = [new EarlierWording(At, "First version", Left: 3)], Phase = null, Speaker = null };
        await Write(0, Entries(0, 3), [line], conversations: [Conversation("5-r1", 6)]);

        Assert.Equal(Entries(0, 3), await Store.Entries(Session, "e1", 0, 10));
        Assert.Equal([Entry(2)], await Store.Entries(Session, "e1", 2, 10));
        var read = Assert.Single(await Lines());
        Assert.Equal(line with { Earlier = read.Earlier }, read);
        Assert.Equal(line.Earlier, read.Earlier);
        await using var db = await Archive.Factory.CreateDbContextAsync();
        var conversation = TranscriptJson.Read(await db.Conversations.SingleAsync());
        Assert.Equal(("Cedar", 6, At), (conversation.RoomName, conversation.People, conversation.StartedAt));
        Assert.Equal("What do you hope?", Assert.Single(conversation.Phases).Prompt);
        Assert.Equal(new DateTimeOffset(2026, 10, 6, 17, 0, 0, 500, TimeSpan.Zero), (await db.ArchiveEntries.FirstAsync()).At);
    }

    [Fact]
    public async Task A_position_and_its_rolling_hash_follow_what_was_written()
    {
        Assert.Equal((0, HashOf([])), await Position());
        await Write(0, Entries(0, 2));
        await Write(2, Entries(2, 1));

        Assert.Equal((3, HashOf(Entries(0, 3))), await Position());
        Assert.Equal((0, HashOf([])), await Position(epoch: "e2"));
        Assert.Equal((0, HashOf([])), await Position("s2"));
    }

    [Fact]
    public async Task A_rerun_adds_nothing_and_says_where_the_archive_stands()
    {
        await Write(0, Entries(0, 3), [Line("l1", "one")]);
        var before = await Position();

        Assert.Equal(new ArchiveWrite.StandsAt(3), await Write(0, Entries(0, 3), [Line("l1", "other"), Line("l2", "two")]));
        Assert.Equal(before, await Position());
        Assert.Equal(["one"], (await Lines()).Select(l => l.Text));
        Assert.Equal(3, (await Store.Entries(Session, "e1", 0, 100)).Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(-1)]
    public async Task A_wrong_start_writes_nothing(long from)
    {
        Assert.Equal(new ArchiveWrite.StandsAt(0), await Write(from, Entries(0, 3), [Line("l1", "one")]));
        Assert.Empty(await Lines());
        Assert.Empty(await Store.Entries(Session, "e1", 0, 100));
    }

    [Fact]
    public async Task A_write_that_fails_half_way_leaves_nothing()
    {
        await Write(0, Entries(0, 1));
        // Not UTF-8: found only after the first entry has been handed to the database.
        await Assert.ThrowsAnyAsync<Exception>(() => Write(1, [Entry(1), [0x7B, 0xFF, 0x7D]], [Line("l1", "one")], conversations: [Conversation("5-r1", 6)]));
        // A line without text: refused by the database itself, after entries and conversations are in.
        await Assert.ThrowsAnyAsync<Exception>(() => Write(1, Entries(1, 2), [Line("l1", "one") with { Conversation = null! }], conversations: [Conversation("5-r1", 6)]));

        Assert.Equal(1, (await Store.Position(Session, "e1")).UpTo);
        Assert.Single(await Store.Entries(Session, "e1", 0, 100));
        await using var db = await Archive.Factory.CreateDbContextAsync();
        Assert.Equal((0, 0), (await db.Lines.CountAsync(), await db.Conversations.CountAsync()));
        Assert.IsType<ArchiveWrite.Done>(await Write(1, Entries(1, 1)));
    }

    [Fact]
    public async Task Writers_that_race_write_each_entry_once()
    {
        // A second archive of the same place stands for a second node.
        await using var other = Archive.Unopened(directory.Path, place);
        const int total = 60;
        async Task Copy(TranscriptStore store)
        {
            var at = 0L;
            while (at < total)
                at = await store.Write(Session, "e1", at, Entries((int)at, (int)Math.Min(3, total - at)), [], [Line($"l{at}", $"line {at}", at)], []) switch
                {
                    ArchiveWrite.Done done => done.UpTo,
                    ArchiveWrite.StandsAt there => there.UpTo,
                    _ => throw new InvalidOperationException(),
                };
        }
        await Task.WhenAll(Copy(Store), Copy(other.Store), Copy(Store), Copy(other.Store));

        Assert.Equal(Entries(0, total), await Store.Entries(Session, "e1", 0, 1000));
        Assert.Equal((total, HashOf(Entries(0, total))), await Position());
        Assert.Equal((await Lines()).Select(l => l.Id).Distinct().Count(), (await Lines()).Count);
    }

    [Fact]
    public async Task Lines_are_put_in_place_and_taken_out_by_id()
    {
        await Write(0, [], [Line("l1", "alpha"), Line("l2", "beta"), Line("l1", "alpha again")]);
        Assert.Equal(["alpha again", "beta"], (await Lines()).Select(l => l.Text).Order());

        await Write(0, [], [Line("l2", "gamma")], ["l1", "never was"]);
        Assert.Equal(["gamma"], (await Lines()).Select(l => l.Text));
        Assert.Empty(await Found("alpha"));
        Assert.Empty(await Found("beta"));
        Assert.Equal(["l2"], await Found("gamma"));

        await Write(0, [], conversations: [Conversation("5-r1", 6)]);
        await Write(0, [], conversations: [Conversation("5-r1", 7)]);
        await using var db = await Archive.Factory.CreateDbContextAsync();
        Assert.Equal(7, (await db.Conversations.SingleAsync()).People);
    }

    [Fact]
    public async Task Sessions_with_the_same_line_ids_do_not_touch_each_other()
    {
        var other = new SessionId("s2");
        await Write(0, [], [Line("l1", "ours")]);
        await Store.Write(other, "e1", 0, [], [], [Line("l1", "theirs")], []);
        await Store.Write(other, "e1", 0, [], [], [], ["l1"]);
        Assert.Equal(["ours"], (await Lines()).Select(l => l.Text));
    }

    [Fact]
    public async Task A_thousand_entries_and_lines_go_in_at_once()
    {
        Assert.IsType<ArchiveWrite.Done>(await Write(0, Entries(0, 1000), [.. Enumerable.Range(0, 1000).Select(n => Line($"l{n}", $"words number {n}", n))]));
        Assert.Equal(1000, (await Lines()).Count);
        Assert.IsType<ArchiveWrite.Done>(await Write(1000, [], removed: [.. Enumerable.Range(0, 999).Select(n => $"l{n}")]));
        Assert.Equal(["l999"], await Found("words"));
    }

    [Fact]
    public async Task Characters_that_a_database_cannot_hold_do_not_stop_the_archive()
    {
        Assert.IsType<ArchiveWrite.Done>(await Write(0, [], [Line("l1", "a\0b \uD800 c") with { Speaker = "x\0" }]));
        var line = Assert.Single(await Lines());
        Assert.Equal("a\uFFFDb \uFFFD c", line.Text);
        Assert.Equal("x\uFFFD", line.Speaker);
    }

    [Theory]
    [InlineData("trust", "l1 l2")] // also what begins with it
    [InlineData("TRUST", "l1 l2")]
    [InlineData("\"trust\"", "l1")] // as it stands
    [InlineData("cafe", "l3")] // accents do not matter
    [InlineData("CAFÉ bus", "l3")] // all words, in any order
    [InlineData("\"bus times\"", "l3")]
    [InlineData("\"times bus\"", "")]
    [InlineData("don't", "l4")]
    [InlineData("dont", "l4")]
    [InlineData("don’t", "l4")]
    [InlineData("図書館", "l5")] // a script without spaces
    [InlineData("書館", "l5")]
    [InlineData("館図", "")]
    [InlineData("1e5 3.5", "l6")]
    [InlineData("nobody", "")]
    [InlineData("trust AND NOT bus", "")] // no operators: "and", "not" are words
    [InlineData("' OR 1=1 --", "")]
    [InlineData("l3* \" ) (", "")]
    [InlineData("NEAR(trust", "")]
    public async Task Both_databases_find_the_same_lines(string query, string expected)
    {
        await Write(0, [],
        [
            Line("l1", "That is trust, where I live."), Line("l2", "She is trusted; distrust is elsewhere."), Line("l3", "The café near the bus times board"),
            Line("l4", "People don’t come"), Line("l5", "私たちの図書館です"), Line("l6", "About 1e5 people, 3.5 miles"),
        ]);
        Assert.Equal(expected, string.Join(' ', await Found(query)));
    }

    [Fact]
    public async Task Audit_rows_are_numbered_and_every_change_of_them_shows()
    {
        await using var other = Archive.Unopened(directory.Path, place);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => (n % 2 == 0 ? Archive : other).Audit.Note("a1", "review.read", $"s1/c{n}")));
        Assert.Null(await Archive.Audit.FirstTampered());

        await using var db = await Archive.Factory.CreateDbContextAsync();
        Assert.Equal(Enumerable.Range(1, 20).Select(n => (long)n), await db.AuditRows.OrderBy(a => a.Seq).Select(a => a.Seq).ToListAsync());
        foreach (var tampering in new[] { "\"Who\" = 'a2'", "\"What\" = 'review.export'", "\"Which\" = 's2'", "\"At\" = (SELECT \"At\" FROM \"AuditRows\" WHERE \"Seq\" = 1)", "\"Seq\" = 21" })
        {
            Archive.Time.Pass(TimeSpan.FromSeconds(1));
            await Archive.Audit.Note("a1", "review.read", "s1/last");
            var last = await db.AuditRows.AsNoTracking().OrderByDescending(a => a.Seq).FirstAsync();
            await db.Database.ExecuteSqlRawAsync($"UPDATE \"AuditRows\" SET {tampering.Replace("21", $"{last.Seq + 5}")} WHERE \"Seq\" = {{0}}", last.Seq);
            Assert.Equal(last.Seq, await Archive.Audit.FirstTampered());
            await db.Database.ExecuteSqlRawAsync("DELETE FROM \"AuditRows\" WHERE \"Seq\" >= {0}", last.Seq);
            Assert.Null(await Archive.Audit.FirstTampered());
        }
        await db.Database.ExecuteSqlRawAsync("DELETE FROM \"AuditRows\" WHERE \"Seq\" = 7");
        Assert.Equal(7, await Archive.Audit.FirstTampered());
    }

    [Fact]
    public async Task Nodes_that_start_at_once_all_come_up()
    {
        var fresh = await NewPlace();
        using var elsewhere = new ScratchDirectory();
        var nodes = Enumerable.Range(0, 4).Select(_ => Archive.Unopened(elsewhere.Path, fresh)).ToList();
        await Task.WhenAll(nodes.Select(n => Task.Run(() => n.Get<ArchiveUpgrade>().Run(CancellationToken.None))));
        Assert.IsType<ArchiveWrite.Done>(await nodes[3].Store.Write(Session, "e1", 0, Entries(0, 1), [], [], []));
        Assert.Equal(1, (await nodes[0].Store.Position(Session, "e1")).UpTo);
        foreach (var node in nodes)
            await node.DisposeAsync();
    }

    [Fact]
    public async Task Names_are_erased_on_the_sessions_day_and_not_before()
    {
        var other = new SessionId("s2");
        var day = Archive.Time.GetUtcNow().AddDays(90);
        await using (var db = await Archive.Factory.CreateDbContextAsync())
        {
            foreach (var (id, until) in new[] { (Session, day), (other, day.AddDays(1)) })
            {
                db.Sessions.Add(new Server.Programme.SessionRow
                {
                    Id = id,
                    Code = Server.Access.JoinCodes.New(),
                    Title = "Week 1",
                    Plan = "week-1",
                    StartsAt = At,
                    TimeZone = "UTC",
                    Owner = "a1",
                    Minutes = 60,
                    CreatedAt = At,
                    RetentionUntil = until,
                });
                db.RosterPeople.Add(new Server.Programme.RosterRow { Session = id, Person = new("p1"), Team = new("t1"), TeamName = "Oak", Name = "Canaria Voss", Email = "canaria@x.org", AddedAt = At });
                db.Seats.Add(new Server.Access.Seat { Id = "r" + id, Session = id, Person = new("p1"), SecretHash = [.. Encoding.UTF8.GetBytes(id.Value)], MadeAt = At });
            }
            await db.SaveChangesAsync();
        }
        TranscriptLine[] lines =
        [
            Line("l1", "We hope.") with { Speaker = "Canaria Voss", SpeakerKey = "p1", WrittenBy = "Canaria Voss" }, Line("l2", "A note", 2) with { Kind = LineKind.Note, Speaker = "Bo", SpeakerKey = "p2" },
            Line("l3", "Canaria Voss came in.", 3) with { Kind = LineKind.Presence, Speaker = null, SpeakerKey = null }, Line("l4", "What do you hope?", 4) with { Kind = LineKind.Prompt, Speaker = null, SpeakerKey = null },
        ];
        foreach (var id in new[] { Session, other })
            await Store.Write(id, "e1", 0, [Encoding.UTF8.GetBytes("""{"by":"p1","events":[{"type":"personJoined","name":"Canaria Voss"}]}""")], [Conversation("5-r1", 6)], lines, []);
        var erasure = Archive.Get<NameErasure>();

        Archive.Time.Pass(TimeSpan.FromDays(89));
        await erasure.Sweep(CancellationToken.None);
        Assert.Equal(8, (await Lines()).Count);

        Archive.Time.Pass(TimeSpan.FromDays(1));
        await erasure.Sweep(CancellationToken.None);
        await erasure.Sweep(CancellationToken.None);
        await using var after = await Archive.Factory.CreateDbContextAsync();
        var left = (await after.Lines.AsNoTracking().Where(l => l.Session == Session).OrderBy(l => l.Seq).ToListAsync()).ConvertAll(TranscriptJson.Read);
        Assert.Equal([("l1", "Person 1", "We hope."), ("l2", "Person 2", "A note"), ("l4", null, "What do you hope?")], left.Select(l => (l.Id, l.Speaker, l.Text)));
        Assert.All(left, l => Assert.Null(l.WrittenBy));
        Assert.Equal((0, 0, 0), (await after.RosterPeople.CountAsync(p => p.Session == Session), await after.Seats.CountAsync(s => s.Session == Session), await after.ArchiveEntries.CountAsync(e => e.Session == Session)));
        Assert.Equal((1, 1, 1, 4), (await after.RosterPeople.CountAsync(), await after.Seats.CountAsync(), await after.ArchiveEntries.CountAsync(), await after.Lines.CountAsync(l => l.Session == other)));
        Assert.Equal("Person 1", (await after.Lines.SingleAsync(l => l.Session == Session && l.Id == "l1")).Speaker);
        Assert.Equal(["names.erase"], await after.AuditRows.Select(a => a.What).ToListAsync());
        Assert.Equal(1, (await Position()).UpTo);
    }

    [Fact]
    public async Task The_model_and_the_tables_agree()
    {
        await using var db = await Archive.Factory.CreateDbContextAsync();
        Assert.False(db.Database.HasPendingModelChanges());
        Assert.Empty(await db.Database.GetPendingMigrationsAsync());
    }
}
