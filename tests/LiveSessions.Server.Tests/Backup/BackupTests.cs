using System.Text;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Server.Backup;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Server.Tests.Transcripts;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Tests.Backup;

/// <summary>A server as it comes, with a folder for copies: what lies there, and that it can be put back where there is nothing.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Folder => Path.Combine(_scratch.Path, "copies");

    public void Dispose() => _scratch.Dispose();

    private NodeSettings Settings(string data, params string[] more) => new(Path.Combine(_scratch.Path, data), null, null) { More = ["--Backup:Directory", Folder, .. more] };

    private static Task Copied(LiveNode node, DateTimeOffset since) =>
        Eventually.True(() => node.Get<Backups>().State is { Trouble: null } state && state.LogsAt > since && state.ArchiveAt > since, "everything is copied", 30);

    /// <summary>The disk is gone. Connections that this process keeps to its files would be to files that are no longer there.</summary>
    private static void Lose(NodeSettings settings)
    {
        SqliteConnection.ClearAllPools();
        Directory.Delete(settings.DataDirectory, recursive: true);
    }

    private static NoteId Note(int number) => new($"n{number}");

    private static Task<long> Write(LiveClient who, int number) => who.Does(new AddNote(Note(number), "trust", $"Lantern number {number}", NoteColour.Sun));

    [Fact]
    public async Task What_was_copied_comes_back_where_there_is_nothing_and_nobody_goes_on_with_what_the_copy_has_not()
    {
        var lost = Settings("lost");
        var own = Path.Combine(Directory.CreateDirectory(Path.Combine(lost.DataDirectory, "exercises")).FullName, "notes.txt");
        await File.WriteAllTextAsync(own, "no template, and copied all the same");
        var node = await LiveNode.Start(lost);
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 4, teams: 1);
        var (host, people) = await workshop.InRooms(node.Address);
        await using var _ = host;
        for (var i = 0; i < 20; i++)
            await Write(people[i % 4], i);
        await Copied(node, node.Get<TimeProvider>().GetUtcNow());
        Assert.Empty(Directory.GetFiles(lost.DataDirectory, "copy.db*"));
        var old = Path.Combine(_scratch.Path, "copied earlier");
        CopyAll(Folder, old);
        // Somebody made a copy of a copy.
        File.Copy(Path.Combine(old, "sessions", $"{workshop.Session}.log"), Path.Combine(old, "sessions", "copy of it.log"));

        // What the copy will not have. The people have it, with its positions.
        for (var i = 20; i < 26; i++)
            await Write(people[i % 4], i);
        foreach (var person in people)
            await person.Sees<NoteView>("note:n25");
        await people[3].Drop(stayAway: true);
        await node.DisposeAsync();
        Lose(lost);

        // The same address, as a new machine would have.
        node = await LiveNode.Start(lost with { More = ["--restore", old] });
        Assert.Equal("no template, and copied all the same", await File.ReadAllTextAsync(own));
        // As many commands as were lost, and more: when the last comes back, the positions that they hold are those of other entries.
        for (var i = 100; i < 112; i++)
            await Write(people[i % 3], i);
        people[3].ComeBack();
        foreach (var person in people)
        {
            await person.Sees<NoteView>("note:n111", seconds: 30);
            Assert.Null(person.One<NoteView>("note:n25"));
            Assert.Equal("Lantern number 19", person.One<NoteView>("note:n19")!.Text);
            await Eventually.True(async () => (await person.Whole()).Everything().SequenceEqual(person.Read(s => s.Everything())), $"{person.Person} sees what a newcomer sees");
        }
        await using (var db = await node.Get<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync())
        {
            // One log, and each note once.
            await Eventually.True(() => db.Lines.Any(l => l.Session == workshop.Session && l.Text == "Lantern number 111"), "the record goes on");
            Assert.Single(db.ArchivePositions.Where(p => p.Session == workshop.Session));
            Assert.Single(db.Lines.Where(l => l.Session == workshop.Session && l.Text == "Lantern number 7"));
            Assert.Empty(db.Lines.Where(l => l.Session == workshop.Session && l.Text == "Lantern number 25"));
            // The trail of who did what is whole, and says that it was put back.
            await Eventually.True(() => db.AuditRows.Any(a => a.What == "archive.restore"), "it is in the audit trail");
            Assert.Null(await node.Get<AuditTrail>().FirstTampered());
        }
        foreach (var person in people)
            await person.DisposeAsync();
        await host.DisposeAsync();
        await node.DisposeAsync();

        // It is an archive like any other from now on; and the folder is still its own.
        node = await LiveNode.Start(Settings("lost"));
        await Copied(node, node.Get<TimeProvider>().GetUtcNow());
        await node.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_copied_log_a_session_goes_on_with_what_the_archive_has()
    {
        var lost = Settings("lost");
        var node = await LiveNode.Start(lost);
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 2, teams: 1);
        await using var host = await new LiveClient(workshop.Host, node.Address).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1), node.Address).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), node.Address).IsIn();
        await workshop.OpenAndWrite(host, ada);
        await Eventually.True(async () =>
        {
            await using var db = await node.Get<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync();
            return db.Lines.Any(l => l.Text == "A lantern in every window");
        }, "it is archived");
        await node.DisposeAsync();
        Lose(lost);
        // The end of a day; named by itself, and its folder's other files are there or not.
        var daily = Directory.CreateDirectory(Path.Combine(Folder, "daily")).FullName;
        File.Move(Path.Combine(Folder, "archive.db"), Path.Combine(daily, "archive-2026-11-29.db"));
        Directory.Delete(Path.Combine(Folder, "sessions"), recursive: true);

        node = await LiveNode.Start(lost with { More = ["--restore", Path.Combine(daily, "archive-2026-11-29.db")] });
        Assert.Equal("A lantern in every window", (await ada.Sees<NoteView>("note:first", seconds: 30)).Text);
        await Write(ada, 1);
        Assert.Equal("Lantern number 1", (await ben.Sees<NoteView>("note:n1")).Text);
        foreach (var client in new[] { host, ada, ben })
            await client.DisposeAsync();
        await node.DisposeAsync();
    }

    [Fact]
    public async Task A_session_whose_log_has_left_redis_has_left_the_copies()
    {
        var node = await LiveNode.Start(Settings("data"));
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        var workshop = await site.Workshop(people: 2, teams: 1);
        await using var host = await new LiveClient(workshop.Host, node.Address).IsIn();
        await using var ada = await new LiveClient(await workshop.Comes(1, "notKept"), node.Address).IsIn();
        await using var ben = await new LiveClient(await workshop.Comes(2), node.Address).IsIn();
        await workshop.OpenAndWrite(host, ada);
        var mirror = Path.Combine(Folder, "sessions", $"{workshop.Session}.log");
        await Eventually.True(() => File.Exists(mirror) && SessionMirror.Read(mirror) is var (_, _, entries) && entries.Any(e => Encoding.UTF8.GetString(e).Contains("A lantern in every window", StringComparison.Ordinal)), "it is copied");
        await host.Does(new EndSession());
        await Eventually.True(() => node.Get<ArchiveWriter>().EraseWhenArchived(workshop.Session, default), "the log leaves Redis");
        await Eventually.True(() => !File.Exists(mirror), "and the copy", 60);
        await Copied(node, node.Get<TimeProvider>().GetUtcNow());
        foreach (var file in Directory.GetFiles(Folder, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain("A lantern in every window", Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file)));
        await node.DisposeAsync();
    }

    [Fact]
    public async Task A_disk_that_was_taken_away_is_told_and_nothing_is_written_in_its_place()
    {
        var node = await LiveNode.Start(Settings("data"));
        await Copied(node, DateTimeOffset.MinValue.AddDays(1));
        var away = Folder + " away";
        Directory.Move(Folder, away);
        await Eventually.True(() => node.Get<Backups>().State.Trouble is not null, "it is told");
        using var site = await Site.SetUp(node.Address, await node.SetUpPath());
        Assert.Equal(("folder", "The disk with the copies is not there."), await Status(node, site.HostCookie));
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        Assert.False(Directory.Exists(Folder));
        Directory.Move(away, Folder);
        await Copied(node, node.Get<TimeProvider>().GetUtcNow());
        await Eventually.True(() => AccountsIn("people.db") + AccountsIn("archive.db") > 0, "the new account is copied", 60);
        Assert.Equal(("folder", null), await Status(node, site.HostCookie));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Folder, "archive.db")));
        await node.DisposeAsync();
    }

    private long AccountsIn(string name)
    {
        if (!File.Exists(Path.Combine(Folder, name)))
            return 0;
        using var copy = new SqliteConnection($"Data Source={Path.Combine(Folder, name)};Pooling=false;Mode=ReadOnly");
        copy.Open();
        using var command = copy.CreateCommand();
        command.CommandText = "SELECT count(*) FROM Accounts";
        return (long)command.ExecuteScalar()!;
    }

    private static async Task<(string? Kind, string? Trouble)> Status(LiveNode node, string cookie)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, "/api/backup"));
        request.Headers.Add("Cookie", cookie);
        using var response = await http.SendAsync(request);
        var told = System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
        return ((string?)told["kind"], (string?)told["trouble"]);
    }

    [Fact]
    public async Task Copies_of_another_archive_are_not_written_over()
    {
        await (await LiveNode.Start(Settings("first"))).DisposeAsync();
        var before = await File.ReadAllBytesAsync(Path.Combine(Folder, "archive.db"));
        Assert.Contains("--restore", await Refused(Settings("second")), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(Folder, "archive.db")));
        File.Delete(Path.Combine(Folder, "backup.id"));
        Assert.Contains("backup.id is missing", await Refused(Settings("third")), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path.Combine(Folder, "archive.db")));
    }

    [Fact]
    public async Task What_cannot_be_put_back_is_refused_in_words()
    {
        await (await LiveNode.Start(Settings("first"))).DisposeAsync();
        string[] Told(string from) => ["--restore", from];
        NodeSettings Into(string data, string from) => new(Path.Combine(_scratch.Path, data), null, null) { More = Told(from) };
        Assert.Contains("is there already", await Refused(Into("first", Folder)), StringComparison.Ordinal);
        Assert.Contains("There is no folder", await Refused(Into("new", Folder + "x")), StringComparison.Ordinal);
        Assert.Contains("archive.db is missing", await Refused(Into("new", Directory.CreateDirectory(Path.Combine(_scratch.Path, "empty")).FullName)), StringComparison.Ordinal);
        var bad = Path.Combine(_scratch.Path, "bad");
        CopyAll(Folder, bad);
        using (var file = new FileStream(Path.Combine(bad, "archive.db"), FileMode.Open))
        {
            file.Position = 8_192;
            file.Write(new byte[60_000]);
        }
        Assert.Contains("is damaged", await Refused(Into("new", bad)), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(bad, "people.db"), "hello");
        File.Copy(Path.Combine(Folder, "archive.db"), Path.Combine(bad, "archive.db"), overwrite: true);
        Assert.Contains("people.db is damaged", await Refused(Into("new", bad)), StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(bad, "archive.db"), "hello");
        Assert.Contains("is damaged", await Refused(Into("new", bad)), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_scratch.Path, "new", "archive.db")));
        // None of it keeps the good copy from being put back.
        await (await LiveNode.Start(Into("new", Folder))).DisposeAsync();
    }

    [Theory]
    [InlineData("Backup:KeepDays", "0", "1 to 35")]
    [InlineData("Backup:KeepDays", "36", "1 to 35")]
    [InlineData("Backup:Directory", "DATA/copies", "within the data")]
    [InlineData("Backup:Directory", "DATA", "within the data")]
    [InlineData("ConnectionStrings:Archive", "Host=db", "docs/backup.md")]
    public async Task Settings_that_cannot_be_meant_are_refused_in_words(string setting, string value, string words) =>
        Assert.Contains(words, await Refused(Settings("data", $"--{setting}", value.Replace("DATA", Path.Combine(_scratch.Path, "data"), StringComparison.Ordinal))), StringComparison.Ordinal);

    /// <summary>What a server says that does not start; its exit code is 1.</summary>
    private static async Task<string> Refused(NodeSettings settings)
    {
        using var process = ServerProcess.Start(ServerNode.DotNet(), [Path.Combine(AppContext.BaseDirectory, settings.Program), .. settings.Arguments]);
        await process.Ended();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("Live Sessions cannot start.", process.Said, StringComparison.Ordinal);
        return process.Said;
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_changed_after_the_whole_copy_comes_back_and_what_changed_before_does_not_come_again(bool isLater)
    {
        var data = Directory.CreateDirectory(Path.Combine(_scratch.Path, "data")).FullName;
        await using (var archive = await Archive.Open(data))
        {
            Directory.CreateDirectory(Folder);
            var folder = new BackupFolder(Folder);
            using var copy = new ArchiveCopy(archive.Get<ArchivePlace>(), folder, archive.Time);
            await archive.Audit.Note("a", "first", "c");
            copy.Make();
            await Link(archive, "before");
            await archive.Audit.Note("a", "second", "c");
            archive.Time.Pass(TimeSpan.FromSeconds(2));
            copy.MakeSmall();
            if (!isLater)
            {
                // A whole copy is made, and power is lost before the older small one is taken away.
                var older = await File.ReadAllBytesAsync(folder.Small);
                await Link(archive, "after");
                archive.Time.Pass(TimeSpan.FromSeconds(2));
                copy.Make();
                await File.WriteAllBytesAsync(folder.Small, older);
            }
        }
        SqliteConnection.ClearAllPools();
        Directory.Delete(data, recursive: true);
        Directory.CreateDirectory(data);
        var place = ArchivePlace.From(new Microsoft.Extensions.Configuration.ConfigurationBuilder().Add(
            new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = [new("Data:Directory", data)] }).Build());
        await Restore.Begin(Folder, place).Finish(new LiveSessions.Server.Tests.Redis.InMemorySessionLog(), hasKey: false, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, default);
        await using (var archive = await Archive.Open(data))
        await using (var db = await archive.Factory.CreateDbContextAsync())
        {
            Assert.Equal(isLater ? ["before"] : ["after", "before"], db.AccountLinks.Select(l => l.Kind).Order().AsEnumerable());
            Assert.Equal(["first", "second"], db.AuditRows.OrderBy(a => a.Seq).Select(a => a.What).AsEnumerable());
            Assert.Null(await archive.Audit.FirstTampered());
        }

        static async Task Link(Archive archive, string kind)
        {
            await using var db = await archive.Factory.CreateDbContextAsync();
            db.AccountLinks.Add(new() { TokenHash = System.Security.Cryptography.RandomNumberGenerator.GetBytes(32), Kind = kind, MadeBy = null, MadeAt = archive.Time.GetUtcNow(), Until = archive.Time.GetUtcNow() });
            await db.SaveChangesAsync();
        }
    }

    [Fact]
    public async Task A_whole_copy_that_failed_takes_nothing_from_the_next_small_one()
    {
        await using var archive = await Archive.Open(_scratch.Path);
        Directory.CreateDirectory(Folder);
        using var copy = new ArchiveCopy(archive.Get<ArchivePlace>(), new(Folder), archive.Time);
        copy.Make();
        await archive.Audit.Note("a", "meanwhile", "c");
        Directory.Move(Folder, Folder + " away");
        Assert.Throws<DirectoryNotFoundException>(copy.Make);
        Directory.Move(Folder + " away", Folder);
        copy.MakeSmall();
        using var small = PlainSqlite.Open(new() { DataSource = new BackupFolder(Folder).Small });
        Assert.Equal(["meanwhile"], small.Column("SELECT What FROM AuditRows"));
    }

    [Fact]
    public async Task The_end_of_each_day_is_kept()
    {
        await using var archive = await Archive.Open(_scratch.Path);
        Directory.CreateDirectory(Folder);
        var folder = new BackupFolder(Folder);
        using var copy = new ArchiveCopy(archive.Get<ArchivePlace>(), folder, archive.Time);
        Assert.True(copy.IsNewer());
        copy.Make();
        Assert.False(copy.IsNewer());
        await archive.Audit.Note("a", "b", "c");
        Assert.True(copy.IsNewer());
        File.SetLastWriteTimeUtc(folder.Archive, archive.Time.GetUtcNow().UtcDateTime);
        copy.Make();
        Assert.Empty(folder.Dailies());
        // A day later what stood at its end is that day's.
        File.SetLastWriteTimeUtc(folder.Archive, archive.Time.GetUtcNow().UtcDateTime);
        var end = await File.ReadAllBytesAsync(folder.Archive);
        archive.Time.Pass(TimeSpan.FromDays(1));
        await archive.Audit.Note("a", "b", "d");
        copy.Make();
        var (file, day) = Assert.Single(folder.Dailies());
        Assert.Equal(new DateTime(2026, 10, 6), day);
        Assert.Equal(end, await File.ReadAllBytesAsync(file));
        Assert.NotEqual(end, await File.ReadAllBytesAsync(folder.Archive));
    }

    private static void CopyAll(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
