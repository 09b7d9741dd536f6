using System.Diagnostics.Metrics;

namespace LiveSessions.Server.Live;

/// <summary>What the desk, the publisher and the hub count. Exported by OpenTelemetry under the meter <c>LiveSessions</c>.</summary>
internal static class LiveMeter
{
    public const string Name = "LiveSessions";
    private static readonly Meter Meter = new(Name);

    public static readonly Counter<long> Commands = Meter.CreateCounter<long>("live.commands", description: "Commands decided, by answer.");
    public static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("live.desk.batch", description: "Commands in one append.");
    public static readonly Histogram<double> Append = Meter.CreateHistogram<double>("live.log.append", "ms", "Time of one append to the log.");
    public static readonly Counter<long> Behind = Meter.CreateCounter<long>("live.desk.behind", description: "Appends that another node was faster than.");
    public static readonly Counter<long> Unknown = Meter.CreateCounter<long>("live.desk.unknown", description: "Appends without an answer.");
    public static readonly Counter<long> Messages = Meter.CreateCounter<long>("live.publisher.messages", description: "Messages made, one per audience and batch.");
    public static readonly Counter<long> LostGlimpses = Meter.CreateCounter<long>("live.glimpses.lost", description: "Glimpses that other nodes could not be told.");
    public static readonly Counter<long> Deliveries = Meter.CreateCounter<long>("live.publisher.deliveries", description: "Messages handed to connections.");
    public static readonly UpDownCounter<int> Lines = Meter.CreateUpDownCounter<int>("live.lines", description: "Connections that have entered a session.");
    public static readonly UpDownCounter<int> Desks = Meter.CreateUpDownCounter<int>("live.desks", description: "Sessions held by this node.");
    public static readonly Counter<long> Malformed = Meter.CreateCounter<long>("live.hub.malformed", description: "Hub messages that could not be read or named nothing.");
    public static readonly Counter<long> TooFast = Meter.CreateCounter<long>("live.hub.toofast", description: "Commands above the allowance.");
}
