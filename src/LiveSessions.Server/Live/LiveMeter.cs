using System.Diagnostics.Metrics;

namespace LiveSessions.Server.Live;

/// <summary>What the desk, the publisher and the hub count. Exported by OpenTelemetry under the meter <c>LiveSessions</c>.</summary>
internal sealed class LiveMeter
{
    public const string Name = "LiveSessions";

    /// <summary>What this server does for people.</summary>
    public static readonly LiveMeter Server = new(Name);

    public readonly Counter<long> Commands, Behind, Unknown, Messages, LostGlimpses, Deliveries, Malformed, TooFast;
    public readonly Histogram<int> BatchSize;
    public readonly Histogram<double> Append;
    public readonly UpDownCounter<int> Lines, Desks;

    /// <param name="name">Of the meter; nobody exports any but <see cref="Name"/>.</param>
    public LiveMeter(string name)
    {
        var meter = new Meter(name);
        Commands = meter.CreateCounter<long>("live.commands", description: "Commands decided, by answer.");
        BatchSize = meter.CreateHistogram<int>("live.desk.batch", description: "Commands in one append.");
        Append = meter.CreateHistogram<double>("live.log.append", "ms", "Time of one append to the log.");
        Behind = meter.CreateCounter<long>("live.desk.behind", description: "Appends that another node was faster than.");
        Unknown = meter.CreateCounter<long>("live.desk.unknown", description: "Appends without an answer.");
        Messages = meter.CreateCounter<long>("live.publisher.messages", description: "Messages made, one per audience and batch.");
        LostGlimpses = meter.CreateCounter<long>("live.glimpses.lost", description: "Glimpses that other nodes could not be told.");
        Deliveries = meter.CreateCounter<long>("live.publisher.deliveries", description: "Messages handed to connections.");
        Lines = meter.CreateUpDownCounter<int>("live.lines", description: "Connections that have entered a session.");
        Desks = meter.CreateUpDownCounter<int>("live.desks", description: "Sessions held by this node.");
        Malformed = meter.CreateCounter<long>("live.hub.malformed", description: "Hub messages that could not be read or named nothing.");
        TooFast = meter.CreateCounter<long>("live.hub.toofast", description: "Commands above the allowance.");
    }
}
