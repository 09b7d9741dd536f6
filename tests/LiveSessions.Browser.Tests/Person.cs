using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>Somebody in front of a browser; notes every fault the page tells.</summary>
public sealed class Person : IAsyncDisposable
{
    private static readonly string axe = new BundledAxeScriptProvider().GetScript();

    private readonly Site _site;
    private readonly List<string> _faults = [];
    private readonly ConcurrentQueue<string> _questions = new();
    private readonly ColorScheme _scheme;

    /// <summary>CSS pixels of the narrowest phone that is provided for: WCAG 1.4.10 has 320.</summary>
    private const int Narrowest = 320;

    public Person(string name, Site site, IPage page, ColorScheme scheme = ColorScheme.Light)
    {
        _scheme = scheme;
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
            if (request.Url.Contains("/api/", StringComparison.Ordinal))
                _questions.Enqueue($"asked {request.Method} {new Uri(request.Url).AbsolutePath}");
            if (!request.Url.StartsWith(site.Address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _faults.Add($"A request left for {request.Url}");
        };
        page.Response += (_, response) =>
        {
            if (response.Url.Contains("/api/", StringComparison.Ordinal))
                _questions.Enqueue($"answered {response.Status} to {response.Request.Method} {new Uri(response.Url).AbsolutePath}");
        };
        page.RequestFailed += (_, request) => _questions.Enqueue($"failed {request.Method} {request.Url}: {request.Failure}");
    }

    public string Name { get; }

    public IPage Page { get; }

    public IReadOnlyList<string> Faults => _faults;

    /// <summary>What is on the page, what it asked and what the server said, for whoever waits in vain.</summary>
    public async Task<string> How() => $"The page at {Page.Url} says: {await Page.Locator("body").InnerTextAsync()}\nIt {string.Join(", ", _questions)}\nFaults: {string.Join('\n', _faults)}\nThe server: {_site.Said}";

    public Task Goes(string path) => Page.GotoAsync(path);

    public ILocator Button(string name, bool exact = false) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = exact });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name });

    public async Task Sees(string text) => await Assertions.Expect(Page.GetByText(text).First).ToBeVisibleAsync(new() { Timeout = 45_000 });

    public async Task SeesNot(string text) => await Assertions.Expect(Page.GetByText(text)).ToHaveCountAsync(0, new() { Timeout = 45_000 });

    public Task Picture(string name) => Page.ScreenshotAsync(new() { Path = Path.Combine(Site.Pictures, name + ".png") });

    /// <summary>
    /// No violation of WCAG 2.0 to 2.2 A and AA, or of best practice, on the page as it stands; where the site looks every way, in light and dark,
    /// in this window and in the narrowest phone's, where nothing may be wider than the window either. The window is as before afterwards; what
    /// is found is among the faults.
    /// </summary>
    public async Task IsAccessible(string where)
    {
        var window = Page.ViewportSize!;
        foreach (var width in _site.LooksEveryWay ? new[] { window.Width, Narrowest }.Distinct() : [window.Width])
        {
            await Page.SetViewportSizeAsync(width, width == Narrowest ? 640 : window.Height);
            foreach (var scheme in _site.LooksEveryWay ? [ColorScheme.Light, ColorScheme.Dark] : new[] { _scheme })
            {
                await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
                _faults.AddRange((await Violations(onlyColours: _site.LooksEveryWay && scheme == ColorScheme.Dark)).Select(fault => $"{where}, {width} px, {scheme}: {fault}"));
            }
            if (width == Narrowest)
                await Picture("narrow " + where);
            if (width == Narrowest && await CutOff() is { Length: > 0 } cut)
                _faults.Add($"{where}, {width} px: wider than the window: {cut}");
        }
        await Page.SetViewportSizeAsync(window.Width, window.Height);
        await Page.EmulateMediaAsync(new() { ColorScheme = _scheme });
    }

    /// <summary>Runs axe in the page itself: there are no frames, and a page of its own for the sum of each run costs more than the run.</summary>
    /// <param name="onlyColours">Only the rules that another set of colours can break; the page was looked at in the first set.</param>
    private async Task<string[]> Violations(bool onlyColours)
    {
        if (!await Page.EvaluateAsync<bool>("() => 'axe' in window"))
            await Page.EvaluateAsync(axe);
        return await Page.EvaluateAsync<string[]>("""
            async (onlyColours) => {
              const runOnly = onlyColours ? { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
              const run = await axe.run(document, { runOnly, resultTypes: ['violations'] });
              return run.violations.map((one) => `${one.id}: ${one.help} at ${one.nodes.slice(0, 3).map((node) => node.html).join(', ')}`);
            }
            """, onlyColours);
    }

    private Task<int> Over() => Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");

    /// <summary>What reaches beyond the window and cannot be scrolled to within a part of the page, or nothing.</summary>
    private Task<string> CutOff() => Page.EvaluateAsync<string>("""
        () => {
          const reachable = (one) => { for (let up = one; up && up !== document.body; up = up.parentElement) if (/auto|scroll/.test(getComputedStyle(up).overflowX)) return true; return false; };
          const seen = (one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && getComputedStyle(one).clipPath === 'none' && !one.closest('.vh, [aria-hidden=true]');
          const over = [...document.querySelectorAll('body *')].filter((one) => { const box = one.getBoundingClientRect(); return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1) && seen(one) && !reachable(one); });
          return over.slice(0, 4).map((one) => `${one.tagName}.${one.getAttribute('class')} from ${Math.round(one.getBoundingClientRect().left)} to ${Math.round(one.getBoundingClientRect().right)}`).join(', ');
        }
        """);

    /// <summary>Nothing is wider than the window.</summary>
    public async Task FitsItsWidth(string where)
    {
        var over = await Over();
        Assert.True(over <= 0, $"{where}: the page is {over} px wider than the window.");
    }

    public async ValueTask DisposeAsync() => await Page.Context.DisposeAsync();
}
