using LiveSessions.Faults.Rig;
using LiveSessions.Faults.Runs;

namespace LiveSessions.Faults.Short;

/// <summary>One session of the soak, of some seconds: what a server holds, not how its memory grows.</summary>
public sealed class SoakTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Once_everybody_is_gone_nothing_is_held_of_them()
    {
        var result = await Soak.Run(new(TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromSeconds(3), People: 12, PerSecond: 40, Archive: ArchiveKind.Sqlite), new(output.WriteLine));
        Assert.True(result.Violations.Count == 0, string.Join('\n', result.Violations));
        Assert.Empty(result.Left);
        Assert.True(result is { Sessions: 1, Acked: > 50 });
    }
}
