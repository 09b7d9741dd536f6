using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>Somebody in front of a browser; notes every fault the page tells.</summary>
public sealed class Person : IAsyncDisposable
{
    private readonly Site _site;
    private readonly List<string> _faults = [];

    public Person(string name, Site site, IPage page)
    {
        Name = name;
        _site = site;
        Page = page;
        page.PageError += (_, fault) => _faults.Add(fault);
        page.Console += (_, line) =>
        {
            // A refused connection while a server is down is told by the browser itself.
            if (line.Type == "error" && !line.Text.Contains("ERR_CONNECTION_REFUSED", StringComparison.Ordinal) && !line.Text.Contains("WebSocket", StringComparison.Ordinal) && !line.Text.Contains("Failed to load resource", StringComparison.Ordinal))
                _faults.Add(line.Text);
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(site.Address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _faults.Add($"A request left for {request.Url}");
        };
    }

    public string Name { get; }

    public IPage Page { get; }

    public IReadOnlyList<string> Faults => _faults;

    public Task Goes(string path) => Page.GotoAsync(path);

    public ILocator Button(string name, bool exact = false) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = exact });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name });

    public async Task Sees(string text) => await Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync(new() { Timeout = 45_000 });

    public async Task SeesNot(string text) => await Assertions.Expect(Page.GetByText(text)).ToHaveCountAsync(0, new() { Timeout = 45_000 });

    public Task Picture(string name) => Page.ScreenshotAsync(new() { Path = Path.Combine(Site.Pictures, name + ".png") });

    /// <summary>No violation of WCAG 2.0 to 2.2 A and AA, or of best practice, on the page as it stands.</summary>
    public async Task IsAccessible(string where)
    {
        var result = await Page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] } });
        Assert.True(result.Violations.Length == 0, $"{where}: " + string.Join("\n", result.Violations.Select(v => $"{v.Id}: {v.Help} at {string.Join(", ", v.Nodes.Take(3).Select(n => n.Html))}")));
    }

    /// <summary>Nothing is wider than the window.</summary>
    public async Task FitsItsWidth(string where)
    {
        var over = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(over <= 0, $"{where}: the page is {over} px wider than the window.");
    }

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
