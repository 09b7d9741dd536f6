using LiveSessions.Faults.Runs;

namespace LiveSessions.Faults.Short;

/// <summary>The loss of a whole machine in small: the same code, the same checker, a fixed seed.</summary>
public sealed class LostMachineTests(ITestOutputHelper output)
{
    [Fact]
    public async Task What_was_said_before_the_machine_was_lost_is_there_on_the_next_but_for_the_last_seconds()
    {
        var result = await LostMachine.Run(machines: 1, people: 12, perSecond: 60, seed: 21, new(output.WriteLine));
        Assert.True(result.Violations.Count == 0, string.Join('\n', result.Violations));
        // On a machine that tests keep busy everything takes longer, copying too.
        Assert.True(result.Lost.Max < 15, $"{result.Lost.Count} lost, the oldest {result.Lost.Max} s old");
    }
}
