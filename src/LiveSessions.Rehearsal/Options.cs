using System.Globalization;

namespace LiveSessions.Rehearsal;

/// <summary>What was asked for on the command line.</summary>
internal sealed record Options
{
    public required Uri Url { get; init; }
    public int Teams { get; init; } = 25;
    public int People { get; init; } = 6;
    public double Speed { get; init; } = 20;

    /// <summary>How many minutes of the plan are played: of every block and step the same share. Null: all.</summary>
    public double? Minutes { get; init; }
    public string Plan { get; init; } = "week-1";
    public string? As { get; init; }
    public string? Data { get; init; }
    public int Seed { get; init; } = 1;
    public bool Keep { get; init; }
    public bool Quiet { get; init; }

    public const string PasswordVariable = "LIVE_SESSIONS_PASSWORD";

    public const string Help = $"""
        Rehearses a session: simulated people run a whole plan on a real server.

          --url ADDRESS     the server, such as http://localhost:5080
          --teams N         teams, 1 to 200 (25)
          --people N        people in each team, 2 to 12 (6)
          --speed X         how many times faster than real, 0.5 to 60 (20)
          --minutes M       play only M minutes of the plan, the same share of every block and step; people keep their pace
          --plan KEY        the plan (week-1)
          --seed N          the same seed gives the same people and words (1)
          --keep            do not end the session
          --quiet           only the report

        Who runs it, one of:
          --data DIR        on the server's own machine: the server's data folder, whose key only its owner can read
          --as E-MAIL       a host's account; the password is taken from {PasswordVariable}

        The exit code is 0 when nothing was lost, nothing doubled and every transcript is complete.
        """;

    /// <returns>The options, or what is wrong with them.</returns>
    public static (Options? Options, string? Wrong) Read(IReadOnlyList<string> args)
    {
        var given = new Dictionary<string, string>();
        for (var i = 0; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
                return (null, $"'{args[i]}' is not understood.");
            var name = args[i][2..];
            if (name is "keep" or "quiet")
                given[name] = "";
            else if (name is "url" or "teams" or "people" or "speed" or "minutes" or "plan" or "as" or "data" or "seed" && i + 1 < args.Count)
                given[name] = args[++i];
            else
                return (null, $"'{args[i]}' is not understood.");
        }
        if (!given.TryGetValue("url", out var url) || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return (null, "Give the server's address: --url http://localhost:5080");
        if (given.ContainsKey("as") == given.ContainsKey("data"))
            return (null, "Say who runs it: --data DIR on the server's machine, or --as E-MAIL.");
        var wrong = new List<string>();
        var options = new Options
        {
            Url = new Uri(address.GetLeftPart(UriPartial.Authority)),
            Teams = (int)Number("teams", 25, 1, 200),
            People = (int)Number("people", 6, 2, 12),
            Speed = Number("speed", 20, 0.5, 60),
            Minutes = given.ContainsKey("minutes") ? Number("minutes", 60, 1, 480) : null,
            Plan = given.GetValueOrDefault("plan", "week-1"),
            As = given.GetValueOrDefault("as"),
            Data = given.GetValueOrDefault("data"),
            Seed = (int)Number("seed", 1, 0, int.MaxValue),
            Keep = given.ContainsKey("keep"),
            Quiet = given.ContainsKey("quiet"),
        };
        return wrong.Count > 0 ? (null, wrong[0]) : (options, null);

        double Number(string name, double otherwise, double least, double most)
        {
            if (!given.TryGetValue(name, out var text))
                return otherwise;
            if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || number < least || number > most)
                wrong.Add($"--{name} is a number from {least} to {most}.");
            return number;
        }
    }
}
