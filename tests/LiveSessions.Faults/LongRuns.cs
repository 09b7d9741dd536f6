using System.Globalization;
using LiveSessions.Faults.Rig;
using LiveSessions.Faults.Runs;

namespace LiveSessions.Faults;

/// <summary>The long versions, one after the other, with counts from the command line, and the table at the end.</summary>
internal static class LongRuns
{
    public static async Task<int> Run(string[] args)
    {
        await using var options = new Options(args);
        var notes = new Notes(Console.WriteLine);
        var rows = new List<Row>();
        foreach (var (name, run) in Parts.All)
            if (options.Wants(name))
            {
                notes.Say($"-- {name}");
                try
                {
                    rows.AddRange(await run(options, notes));
                }
                catch (Exception e)
                {
                    rows.Add(new("-", name, "", $"failed: {e.Message}", "", false));
                    notes.Say(e.ToString());
                }
            }
        Console.WriteLine();
        Console.WriteLine("| goal | what | target | measured | ran | met |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var row in rows)
            Console.WriteLine($"| {row.Goal} | {row.What} | {row.Target} | {row.Measured} | {row.Ran} | {row.IsMet switch { true => "yes", false => "NO", null => "-" }} |");
        return rows.Any(r => r.IsMet == false) ? 1 : 0;
    }
}

/// <summary><c>--only a,b</c> and <c>--count-of-something 12</c>.</summary>
internal sealed class Options : IAsyncDisposable
{
    private Task<Cluster>? _cluster;

    /// <summary>Two servers that the parts share which leave them as they were; each part has a session of its own.</summary>
    public Task<Cluster> Cluster() => _cluster ??= Rig.Cluster.Start(new(2, ArchiveKind.Postgres));

    public async ValueTask DisposeAsync()
    {
        if (_cluster is { IsCompletedSuccessfully: true })
            await (await _cluster).DisposeAsync();
    }

    private readonly Dictionary<string, string> _given = [];

    public Options(string[] args)
    {
        for (var i = 0; i < args.Length; i += 2)
            if (args[i].StartsWith("--", StringComparison.Ordinal) && i + 1 < args.Length)
                _given[args[i][2..]] = args[i + 1];
            else
                throw new ArgumentException($"{args[i]}: options are written as --name value.");
    }

    public bool Wants(string part) => !_given.TryGetValue("only", out var only) || only.Split(',').Contains(part);

    public string? Text(string name) => _given.GetValueOrDefault(name);

    public int Count(string name, int otherwise) => _given.TryGetValue(name, out var given) ? int.Parse(given, CultureInfo.InvariantCulture) : otherwise;
}
