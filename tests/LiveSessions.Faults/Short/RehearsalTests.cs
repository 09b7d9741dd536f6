using System.Diagnostics;
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
        var said = rehearsal.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var complained = rehearsal.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        await Task.Delay(TimeSpan.FromSeconds(6), TestContext.Current.CancellationToken);
        await server.Kill();
        await server.StartAgain();

        await rehearsal.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(3), TestContext.Current.CancellationToken);
        output.WriteLine(await said);
        Assert.Equal("", await complained);
        Assert.Equal(0, rehearsal.ExitCode);
        Assert.DoesNotContain("lines that broke                    0", await said, StringComparison.Ordinal);
    }

    private static Process Start(Uri server, string data)
    {
        // tests/LiveSessions.Faults/bin/Debug/net10.0
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(here.Parent!.Parent!.Parent!.Parent!.Parent!.FullName, "src", "LiveSessions.Rehearsal", "bin", here.Parent.Name, here.Name, "LiveSessions.Rehearsal.dll");
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])[program, "--url", server.GetLeftPart(UriPartial.Authority), "--data", data, "--teams", "3", "--people", "4", "--speed", "30", "--minutes", "5", "--seed", "3", "--quiet"])
            start.ArgumentList.Add(word);
        var process = Process.Start(start)!;
        Undertaker.Watch(process.Id);
        return process;
    }
}
