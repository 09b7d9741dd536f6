using System.Globalization;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>What the hostile tests share. <c>HOSTILE=long</c> runs each whole, as <c>scripts/hostile</c> does; without it a short part of each.</summary>
internal static class Hostile
{
    private static readonly Lock Gate = new();

    public static bool Long { get; } = Environment.GetEnvironmentVariable("HOSTILE") == "long";

    public static double Median(List<double> times)
    {
        var sorted = times.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>A line of the table that <c>scripts/hostile</c> ends with.</summary>
    public static void Tell(string what, string howMuch, string found)
    {
        if (Environment.GetEnvironmentVariable("HOSTILE_TABLE") is not { Length: > 0 } file)
            return;
        lock (Gate)
            File.AppendAllText(file, string.Create(CultureInfo.InvariantCulture, $"| {what} | {howMuch} | {found} |\n"));
    }
}
