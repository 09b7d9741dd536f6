using System.Text;
using LiveSessions.Log;
using LiveSessions.Server.Backup;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Redis;

namespace LiveSessions.Server.Tests.Backup;

/// <summary>A session's log in a file, whatever happened to the file or the log meanwhile.</summary>
public sealed class SessionMirrorTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();
    private readonly InMemorySessionLog _log = new();
    private readonly SessionId _session = new("s1");

    private string Path => System.IO.Path.Combine(_directory.Path, "s1.log");
    private SessionMirror Mirror => new(_session, Path);

    public void Dispose() => _directory.Dispose();

    private async Task Write(string epoch, int from, int count)
    {
        await _log.Open(_session, epoch);
        foreach (var some in Enumerable.Range(from, count).Chunk(ISessionLog.MaxEntries))
            Assert.IsType<Done>(await _log.Append(_session, new(epoch, some[0]), [.. some.Select(i => (ReadOnlyMemory<byte>)Entry(epoch, i))]));
    }

    private static byte[] Entry(string epoch, int i) => Encoding.UTF8.GetBytes($$"""{"said":"{{epoch}} {{i}} – mäßig"}""");

    private void Holds(string epoch, int count)
    {
        var (session, held, entries) = SessionMirror.Read(Path)!.Value;
        Assert.Equal((_session, epoch), (session, held));
        Assert.Equal(Enumerable.Range(0, count).Select(i => Encoding.UTF8.GetString(Entry(epoch, i))), entries.Select(Encoding.UTF8.GetString));
    }

    [Fact]
    public async Task It_holds_what_the_log_holds_and_goes_on_where_it_was_also_in_another_process()
    {
        await Write("e1", 0, 2_500);
        var mirror = Mirror;
        Assert.True(await mirror.Follow(_log, default));
        Holds("e1", 2_500);
        await Write("e1", 2_500, 7);
        Assert.True(await mirror.Follow(_log, default));
        Holds("e1", 2_507);
        await Write("e1", 2_507, 3);
        Assert.True(await Mirror.Follow(_log, default));
        Holds("e1", 2_510);
    }

    [Theory, InlineData(1), InlineData(20)]
    public async Task A_line_that_was_cut_off_is_written_again(int bytes)
    {
        await Write("e1", 0, 10);
        await Mirror.Follow(_log, default);
        using (var file = new FileStream(Path, FileMode.Open))
            file.SetLength(file.Length - bytes);
        Holds("e1", 9);
        await Mirror.Follow(_log, default);
        Holds("e1", 10);
    }

    [Theory, InlineData("\0"), InlineData("{"), InlineData("\n")]
    public async Task What_a_disk_without_power_left_is_written_again_from_the_first_line_that_is_damaged(string damage)
    {
        await Write("e1", 0, 10);
        await Mirror.Follow(_log, default);
        var bytes = await File.ReadAllBytesAsync(Path);
        var fifth = bytes.AsSpan().IndexOf("e1 4"u8);
        for (var i = 0; i < 40; i++)
            bytes[fifth + i] = (byte)damage[0];
        await File.WriteAllBytesAsync(Path, bytes);
        Holds("e1", 4);
        await Mirror.Follow(_log, default);
        Holds("e1", 10);
    }

    [Fact]
    public async Task Somebody_elses_file_is_written_anew()
    {
        await Write("e1", 0, 3);
        await File.WriteAllTextAsync(Path, "no log at all\nat all\n");
        Assert.Null(SessionMirror.Read(Path));
        await Mirror.Follow(_log, default);
        Holds("e1", 3);
    }

    [Fact]
    public async Task A_log_that_began_anew_does_not_write_over_what_was_said_before()
    {
        await Write("e1", 0, 5);
        var mirror = Mirror;
        await mirror.Follow(_log, default);
        var anew = new InMemorySessionLog();
        await anew.Open(_session, "e2");
        await anew.Append(_session, new("e2", 0), [Entry("e2", 0)]);
        Assert.True(await mirror.Follow(anew, default));
        Holds("e2", 1);
        var aside = Assert.Single(Directory.GetFiles(_directory.Path, "*" + SessionMirror.SetAside));
        Assert.Equal(5, SessionMirror.Read(aside)!.Value.Entries.Count);
        // Nor one that was set back.
        var back = new InMemorySessionLog();
        await back.Open(_session, "e1");
        await back.Append(_session, new("e1", 0), [Entry("e1", 0)]);
        Assert.True(await mirror.Follow(back, default));
        Holds("e1", 1);
        Assert.Equal(2, Directory.GetFiles(_directory.Path, "*" + SessionMirror.SetAside).Length);
    }

    [Fact]
    public async Task Without_a_log_the_file_stays_until_it_is_to_be_forgotten()
    {
        await Write("e1", 0, 5);
        var mirror = Mirror;
        await mirror.Follow(_log, default);
        await _log.Erase(_session);
        Assert.False(await mirror.Follow(_log, default));
        Holds("e1", 5);
        mirror.Forget();
        Assert.Empty(Directory.GetFiles(_directory.Path));
    }
}
