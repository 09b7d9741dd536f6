using System.Diagnostics;

namespace LiveSessions.Simulation;

/// <summary>The browser's own store (wwwroot/app/live) is told what the tabs of some seeds were told, and must hold what they held. Needs Node and the packages of wwwroot.</summary>
public sealed class TapeTests
{
    [Fact]
    public async Task The_browsers_store_takes_what_the_tabs_were_told_as_they_did()
    {
        var tapes = Directory.CreateTempSubdirectory("live-sessions-tapes-");
        try
        {
            Seeds.Tapes(1, 12, tapes.FullName);
            var (code, said) = await Play(tapes.FullName);
            Assert.True(code == 0, said);
            Assert.Contains("12 passed", said, StringComparison.Ordinal);

            // The check can fail: a store that was not told everything is seen.
            foreach (var file in tapes.GetFiles())
            {
                var all = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(file.FullName))!.AsArray();
                foreach (var told in all.Select(tape => tape!["told"]!.AsArray()))
                    if (told.FirstOrDefault(t => (string?)t!["taken"] == "applied") is { } first)
                        told.Remove(first);
                await File.WriteAllTextAsync(file.FullName, all.ToJsonString());
            }
            (code, said) = await Play(tapes.FullName);
            Assert.True(code != 0, said);
        }
        finally
        {
            tapes.Delete(recursive: true);
        }
    }

    private static async Task<(int Code, string Said)> Play(string tapes)
    {
        var web = Path.Combine(Root(), "wwwroot");
        var start = new ProcessStartInfo("node", [Path.Combine("node_modules", "vitest", "vitest.mjs"), "run"]) { WorkingDirectory = web, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TAPES"] = tapes;
        start.Environment["NO_COLOR"] = "1";
        using var vitest = Process.Start(start)!;
        var (said, complained) = (vitest.StandardOutput.ReadToEndAsync(), vitest.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await vitest.WaitForExitAsync(limit.Token);
        return (vitest.ExitCode, await said + await complained);
    }

    private static string Root()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "LiveSessions.sln")))
                return at.FullName;
        throw new DirectoryNotFoundException("LiveSessions.sln is in no directory above the tests.");
    }
}
