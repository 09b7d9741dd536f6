namespace LiveSessions.Rehearsal;

/// <summary>
/// How long things take. People's own time (reading, talking, typing) runs <see cref="Speed"/> times faster than real. Blocks and steps do so too, and last only a <see cref="Share"/> of
/// their minutes when just a part of the plan is played; then people begin in the middle of what they do, so that as much happens in a second as in the whole.
/// </summary>
internal sealed record Pace(double Speed, double Share)
{
    public bool IsCut => Share < 1;

    /// <summary>Waits so many seconds of a person's time.</summary>
    public Task Wait(double seconds, CancellationToken ct) => Task.Delay(TimeSpan.FromSeconds(Math.Max(0, seconds) / Speed), ct);

    /// <summary>How long a block or step of so many minutes is played.</summary>
    public TimeSpan Played(double minutes, double atLeastSeconds = 0) => TimeSpan.FromSeconds(Math.Max(minutes * 60 * Share, atLeastSeconds) / Speed);

    /// <summary>A person's first wait in a step: in the middle of it when steps are cut.</summary>
    public double First(double least, double most, Random chance)
    {
        var whole = Between(least, most, chance);
        return IsCut ? whole * chance.NextDouble() : whole;
    }

    public static double Between(double least, double most, Random chance) => least + (most - least) * chance.NextDouble();
}
