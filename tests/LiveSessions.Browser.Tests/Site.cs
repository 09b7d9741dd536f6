using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LiveSessions.Server;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>The product as it is started by its users: its own process, the embedded store, SQLite, the built client; and one Chromium for all people of a test.</summary>
public sealed partial class Site : IAsyncLifetime
{
    private readonly string _data = Directory.CreateTempSubdirectory("live-sessions-").FullName;
    private readonly int _port = FreePort();
    private readonly Lock _gate = new();
    private readonly Queue<string> _said = [];
    private const int MostSaid = 40;
    private Process? _process;
    private IPlaywright? _playwright;
    private TaskCompletionSource<string> _setUp = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Address => $"http://{Host}:{_port}";

    /// <summary>Its name on this machine.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>Whether each screen is looked at in light and dark and in the narrowest window too, and not only as it stands.</summary>
    public bool LooksEveryWay { get; init; }

    /// <summary>Settings of the server that is started next besides its address and data, as on its command line.</summary>
    public IReadOnlyList<string> Settings { get; set; } = [];

    /// <summary>The server that is started next; this version's own, unless a test says otherwise.</summary>
    public string Server { get; set; } = OwnServer;

    public static string OwnServer { get; } = typeof(Program).Assembly.Location;

    public IBrowser Browser { get; private set; } = null!;

    /// <summary>The one-time link that the console told.</summary>
    public Task<string> SetUpLink => _setUp.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The last lines of the server's own log.</summary>
    public string Said
    {
        get
        {
            lock (_gate)
                return string.Join('\n', _said);
        }
    }

    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "pictures")).FullName;

    public async ValueTask InitializeAsync()
    {
        await StartServer();
        _playwright = await Playwright.CreateAsync();
        Browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    public async Task StartServer()
    {
        var start = new ProcessStartInfo("dotnet", [Server, "--urls", Address, $"--Data:Directory={_data}", .. Settings])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(Server),
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var http = new HttpClient { BaseAddress = new Uri(Address), Timeout = TimeSpan.FromSeconds(2) };
        for (var until = DateTime.UtcNow.AddSeconds(120); ;)
        {
            if (_process.HasExited || DateTime.UtcNow > until)
            {
                _process.Kill();
                throw new InvalidOperationException($"The server did not come up:\n{Said}");
            }
            try
            {
                if ((await http.GetAsync("/health/ready")).IsSuccessStatusCode)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not yet.
            }
            await Task.Delay(100);
        }

        void Heard(string? line)
        {
            if (line is null)
                return;
            lock (_gate)
            {
                _said.Enqueue(line);
                if (_said.Count > MostSaid)
                    _said.Dequeue();
            }
            if (SetUpPath().Match(line) is { Success: true } link)
                _setUp.TrySetResult(link.Value);
        }
    }

    /// <summary>Ends the server with no chance to tidy up.</summary>
    public async Task KillServer()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>The server's machine is gone, and everything that was on its disk.</summary>
    public async Task LoseTheMachine()
    {
        await KillServer();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>Asks the server to end, as a host that restarts it does.</summary>
    public async Task EndServer()
    {
        using var asked = Process.Start("kill", ["-TERM", $"{_process!.Id}"]);
        await asked.WaitForExitAsync();
        await _process.WaitForExitAsync();
    }

    /// <summary>A person with a browser of their own.</summary>
    public async Task<Person> Open(string name, int width = 1280, int height = 800, bool dark = false, bool reducedMotion = true)
    {
        var context = await Browser.NewContextAsync(new()
        {
            BaseURL = Address,
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            TimezoneId = "America/Los_Angeles",
            Locale = "en-US",
            ReducedMotion = reducedMotion ? ReducedMotion.Reduce : ReducedMotion.NoPreference,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(45_000);
        var page = await context.NewPageAsync();
        return new Person(name, this, page, dark ? ColorScheme.Dark : ColorScheme.Light);
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
            await Browser.DisposeAsync();
        _playwright?.Dispose();
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        try
        {
            Directory.Delete(_data, true);
        }
        catch (IOException)
        {
            // A file of the killed server may still be closing.
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"/setup/[A-Za-z0-9_-]+", RegexOptions.NonBacktracking)]
    private static partial Regex SetUpPath();
}
