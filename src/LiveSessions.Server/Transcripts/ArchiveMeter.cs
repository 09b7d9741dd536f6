using System.Diagnostics.Metrics;
using LiveSessions.Server.Live;

namespace LiveSessions.Server.Transcripts;

/// <summary>What the archive writer counts, under the meter <c>LiveSessions</c>.</summary>
internal static class ArchiveMeter
{
    private static readonly Meter Meter = new(LiveMeter.Name);

    public static readonly Counter<long> Entries = Meter.CreateCounter<long>("archive.entries", description: "Log entries copied to the archive.");
    public static readonly Counter<long> Lines = Meter.CreateCounter<long>("archive.lines", description: "Transcript lines written or changed.");
    public static readonly Counter<long> Failures = Meter.CreateCounter<long>("archive.failures", description: "Tries to copy or to forget a session that failed.");

    /// <summary>Entries that wait to be copied on this node.</summary>
    public static Meter Lag(Func<long> entries)
    {
        var meter = new Meter(LiveMeter.Name);
        meter.CreateObservableGauge("archive.lag", entries, "entries", "Log entries that are not in the archive yet, over the sessions this node copies or watches.");
        return meter;
    }
}
