using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;

namespace LiveSessions.Faults.Short;

/// <summary>The rehearsal that the README shows, in small, on the server as it comes: the embedded store and SQLite, killed in the middle.</summary>
public sealed class RehearsalTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_rehearsal_loses_and_doubles_nothing_though_the_server_is_killed_in_the_middle()
    {
        using var directory = new ScratchDirectory();
        await using var server = await ServerNode.Start(new(directory.Path, null, null));
        using var rehearsal = Start(server.Address, directory.Path);

        // Its setting up asks for things once; on a busy machine that takes longer than any number of seconds one would write here.
        await Eventually.True(() => rehearsal.Said.Contains("rooms are open", StringComparison.Ordinal) || rehearsal.HasEnded, "the rehearsal is in its rooms", 120);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await server.Kill();
        await server.StartAgain();

        await Eventually.True(() => rehearsal.HasEnded, "the rehearsal is over", 180);
        output.WriteLine(rehearsal.Said);
        Assert.Equal(0, rehearsal.ExitCode);
        Assert.Matches(@"lines that broke +[1-9]", rehearsal.Said);
    }

    private static ServerProcess Start(Uri server, string data)
    {
        // tests/LiveSessions.Faults/bin/Debug/net10.0
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "src", "LiveSessions.Rehearsal", "bin", here.Parent.Name, here.Name, "LiveSessions.Rehearsal.dll");
        return ServerProcess.Start(
            ServerNode.DotNet(), [program, "--url", server.GetLeftPart(UriPartial.Authority), "--data", data, "--teams", "3", "--people", "4", "--speed", "30", "--minutes", "5", "--seed", "3"]);
    }
}
