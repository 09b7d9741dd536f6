namespace LiveSessions.Simulation;

/// <summary>Every law can be broken: a log or a network that does what no real one may turns it red.</summary>
public sealed class ControlTests
{
    private static readonly Dictionary<string, Twist> Twists = new()
    {
        ["marks are forgotten"] = new() { ForgetsMarks = true },
        ["no guard"] = new() { NoGuard = true },
        ["appends are lost"] = new() { LosesAppends = true },
        ["the last is forgotten"] = new() { ForgetsLast = true },
        ["nobody has what the log lost"] = new() { NobodyHasThem = true },
        ["nobody waits for the others"] = new() { NobodyWaits = true },
        ["everything is kept twice"] = new() { KeepsTwice = true },
        ["written in the middle"] = new() { WritesInTheMiddle = true },
        ["seated twice"] = new() { SeatsPeopleTwice = true },
        ["no heads"] = new() { NoHeads = true },
        ["no hints and no looks"] = new() { NoHintsNoLooks = true },
        ["changes are lost"] = new() { LosesChanges = true },
        ["reads are old"] = new() { ReadsAreOld = true },
        ["refusals are made up"] = new() { SaysRefused = true },
        ["answers are lost"] = new() { LosesAnswers = true },
        ["entries are garbled"] = new() { Garbles = true },
        ["rules fail"] = new() { RulesFail = true },
        ["holes are hidden"] = new() { HidesHoles = true },
    };

    [Theory]
    [InlineData("marks are forgotten", "Once")]
    [InlineData("no guard", "Once")]
    [InlineData("no guard", "AckedIsKept")]
    [InlineData("appends are lost", "AckedIsKept")]
    [InlineData("the last is forgotten", "AckedIsKept")]
    [InlineData("nobody has what the log lost", "AckedIsKept")]
    [InlineData("nobody waits for the others", "AckedIsKept", 160)]
    [InlineData("everything is kept twice", "Once")]
    [InlineData("written in the middle", "RealTime")]
    [InlineData("written in the middle", "TimeGoesOn")]
    [InlineData("seated twice", "OneRoom")]
    [InlineData("no heads", "SameViews")]
    [InlineData("no hints and no looks", "SameViews")]
    [InlineData("changes are lost", "SameViews")]
    [InlineData("changes are lost", "HeldIsWhatWas")]
    [InlineData("holes are hidden", "Contiguous")]
    [InlineData("reads are old", "OwnWords")]
    [InlineData("refusals are made up", "RefusedIsNot")]
    [InlineData("answers are lost", "Lively")]
    [InlineData("no guard", "Fold")]
    [InlineData("entries are garbled", "Desk")]
    [InlineData("rules fail", "Rules")]
    public void A_law_is_broken_where(string twist, string law, int seeds = 80)
    {
        var seen = new HashSet<Law>();
        for (ulong seed = 1; seed <= (ulong)seeds; seed++)
        {
            seen.UnionWith(Run.Of(seed, twist: Twists[twist]).Violations.Select(v => v.Law));
            if (seen.Contains(Enum.Parse<Law>(law)))
                return;
        }
        Assert.Fail($"{seeds} seeds where {twist} did not break {law}, but {string.Join(", ", seen)}.");
    }

    /// <summary>In another process, strings hash to other numbers: nothing may follow from them.</summary>
    [Fact]
    public async Task The_same_seed_goes_the_same_way_in_another_process()
    {
        var told = await Digests();
        Assert.Equal(string.Join('\n', Enumerable.Range(1, 10).Select(seed => $"{seed} {Run.Of((ulong)seed).Digest}")), told);
    }

    private static async Task<string> Digests()
    {
        var own = Environment.ProcessPath!;
        string[] arguments = Path.GetFileNameWithoutExtension(own) == "dotnet" ? [typeof(ControlTests).Assembly.Location, "digests", "1", "10"] : ["digests", "1", "10"];
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(own, arguments) { RedirectStandardOutput = true })!;
        var told = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return told.Trim();
    }
}
