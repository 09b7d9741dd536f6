using System.Text.Json.Nodes;
using LiveSessions.Corpus;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>
/// The whole corpus of hostile markup in every place where people's words are shown, in real Chromium, with the page's content policy switched off (our own care alone) and on. A vector that
/// runs calls <c>__x</c>; it may also open a dialog, ask another host for something, or leave an element behind that has no business there. None may.
/// </summary>
public sealed class HostileMarkupTests : IAsyncLifetime
{
    private const string Watch = """
        window.__ran = [];
        window.__x = (n) => window.__ran.push(n);
        window.__violations = [];
        document.addEventListener('securitypolicyviolation', (e) => window.__violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
        """;

    /// <summary>Elements and attributes that the page itself never makes out of words: in rich text only the short list, nowhere a handler or a link that is none.</summary>
    private const string Foreign = """
        () => {
          const found = [];
          const short = new Set(['B', 'STRONG', 'I', 'EM', 'UL', 'OL', 'LI', 'P', 'BR', 'A']);
          for (const rich of document.querySelectorAll('.rich'))
            for (const e of rich.querySelectorAll('*')) if (!short.has(e.tagName)) found.push('in rich text: ' + e.outerHTML);
          for (const e of document.querySelectorAll('iframe, object, embed, base, math, form[action], meta[http-equiv], [style*="canary"], [src*="canary"], [background]')) found.push(e.outerHTML);
          for (const e of document.querySelectorAll('*'))
            for (const a of e.attributes) {
              if (/^on/i.test(a.name)) found.push('a handler: ' + e.outerHTML.slice(0, 200));
              if (/^(href|xlink:href|action|formaction|src|data|ping)$/i.test(a.name)) {
                let to;
                try { to = new URL(a.value, location.href).protocol; } catch { continue; }
                if (!['http:', 'https:', 'mailto:', 'data:', 'blob:'].includes(to) || (to === 'data:' && e.tagName === 'A')) found.push('a link: ' + e.outerHTML.slice(0, 200));
              }
            }
          return found;
        }
        """;

    private readonly HostileSite _site = new();

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    private static JsonObject Command(string type, params (string Name, JsonNode? Value)[] members)
    {
        var command = new JsonObject { ["type"] = type };
        foreach (var (name, value) in members)
            command[name] = value;
        return command;
    }

    [Fact]
    public async Task Nothing_runs_of_hostile_markup_in_any_place_with_the_content_policy_off_or_on()
    {
        Assert.True(HostileMarkup.All.Count >= 300);
        // Every third on every build; all of them by scripts/hostile.
        var share = Environment.GetEnvironmentVariable("HOSTILE") == "long" ? 1 : 3;
        List<string> all = [.. HostileMarkup.All.Where((_, n) => n % share == 0)];
        // Where a name or a title stands, those that fit.
        List<string> Short(int most) => [.. all.Where(v => v.Length <= most && !v.Contains('\n', StringComparison.Ordinal) && !v.Contains('\0', StringComparison.Ordinal))];
        var (session, person, cookie) = await MakeTheSession(all, Short(80), Short(110));
        var titles = Short(78).Chunk(5).Select(c => c[0]).Take(20).ToList();
        foreach (var title in titles)
            await _site.Post("/api/sessions", new { plan = "week-1", title, programme = title, startsAt = DateTimeOffset.UtcNow, timeZone = "UTC" }, _site.HostCookie);
        var conversation = await Archived(session, all.Count);

        foreach (var isPolicyOff in (bool[])[true, false])
        {
            await Shows(person, isPolicyOff, $"/s/{session}", "the room: notes, turns, names, room, poll, messages", 300 / share, page => page.Locator(".rich").First.WaitForAsync(new() { Timeout = 60_000 }));
            await Shows(cookie, isPolicyOff, $"/s/{session}", "the facilitators' desk: rooms, last words, calls for help, names", 5, page => page.GetByText("Room", new() { Exact = false }).First.WaitForAsync(new() { Timeout = 60_000 }));
            await Shows(cookie, isPolicyOff, "/host", "sessions by title", 10 / share, page => page.GetByText("__x").First.WaitForAsync(new() { Timeout = 60_000 }));
            await Shows(cookie, isPolicyOff, $"/host/{session}", "one session with its roster", 10 / share, page => page.GetByText("__x").First.WaitForAsync(new() { Timeout = 60_000 }));
            await Shows(cookie, isPolicyOff, $"/review/{session}", "the rooms in review", 1, page => page.GetByText("Room", new() { Exact = false }).First.WaitForAsync(new() { Timeout = 60_000 }));
            await Shows(cookie, isPolicyOff, $"/review/{session}/{conversation}", "a conversation in review", 40 / share, page => page.GetByText("__x").First.WaitForAsync(new() { Timeout = 60_000 }));
            await Shows(cookie, isPolicyOff, $"/api/review/sessions/{session}/export?format=md", "an export opened in the browser", 0, _ => Task.CompletedTask);
            await Shows(cookie, isPolicyOff, $"/api/review/sessions/{session}/export?format=json", "an export opened in the browser", 0, _ => Task.CompletedTask);
        }
    }

    /// <summary>The same vectors as raw markup in a bare page: many run, so the watch sees what it looks for.</summary>
    [Fact]
    public async Task As_raw_markup_the_same_vectors_do_run()
    {
        await using var context = await _site.Browser.NewContextAsync(new() { BaseURL = _site.Address, BypassCSP = true });
        await context.AddInitScriptAsync(Watch);
        var page = await context.NewPageAsync();
        await page.GotoAsync("/signin");
        await page.EvaluateAsync("""
            async (vectors) => {
              for (const v of vectors) {
                const bare = document.createElement('div');
                bare.className = 'rich';
                document.body.append(bare);
                try { bare.innerHTML = v; } catch { /* the next one */ }
                for (const e of bare.querySelectorAll('*')) for (const type of ['mouseover', 'pointerenter', 'focus', 'click']) if (!e.closest('a, form, button, input')) e.dispatchEvent(new Event(type));
              }
              await new Promise((done) => setTimeout(done, 500));
            }
            """, HostileMarkup.All.Where(v => !v.Contains("http-equiv", StringComparison.Ordinal)).ToArray());
        var ran = (await page.EvaluateAsync<int[]>("() => window.__ran")).Distinct().Count();
        var foreign = (await page.EvaluateAsync<string[]>(Foreign)).Length;
        Tell("markup, control: raw in a bare page", $"{HostileMarkup.All.Count} vectors", $"{ran} ran, {foreign} elements out of place");
        Assert.True(ran > 60 && foreign > 200, $"{ran} ran, {foreign} were out of place");
    }

    private static void Tell(string what, string howMuch, string found)
    {
        if (Environment.GetEnvironmentVariable("HOSTILE_TABLE") is { Length: > 0 } file)
            File.AppendAllText(file, $"| {what} | {howMuch} | {found} |\n");
    }

    private async Task Shows(string cookie, bool isPolicyOff, string path, string what, int least, Func<IPage, Task> isThere)
    {
        await using var context = await _site.Browser.NewContextAsync(new() { BaseURL = _site.Address, BypassCSP = isPolicyOff, ReducedMotion = ReducedMotion.Reduce, AcceptDownloads = true });
        foreach (var pair in cookie.Split("; ").Select(c => c.Split('=', 2)))
            await context.AddCookiesAsync([new() { Name = pair[0], Value = pair[1], Url = _site.Address }]);
        await context.AddInitScriptAsync(Watch);
        var page = await context.NewPageAsync();
        var faults = new List<string>();
        page.Dialog += async (_, dialog) =>
        {
            faults.Add($"a dialog: {dialog.Message}");
            await dialog.DismissAsync();
        };
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_site.Address, StringComparison.Ordinal) && !request.Url.StartsWith("data:", StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                faults.Add($"a request for {request.Url}");
        };
        context.Page += (_, other) =>
        {
            if (other != page)
                faults.Add($"a window at {other.Url}");
        };
        try
        {
            await page.GotoAsync(path, new() { Timeout = 60_000 });
        }
        catch (PlaywrightException e) when (path.Contains("/export", StringComparison.Ordinal) && e.Message.Contains("Download is starting", StringComparison.Ordinal))
        {
            // It goes to the disk and is never shown: nothing can run.
            Assert.Empty(faults);
            return;
        }
        await isThere(page);
        // Whatever waits for an event gets the usual ones.
        await page.EvaluateAsync("""
            () => {
              for (const e of document.querySelectorAll('.rich, .rich *'))
                for (const type of ['mouseover', 'pointerenter', 'focus', 'click', 'toggle', 'animationstart', 'copy', 'beforeinput'])
                  if (!(type === 'click' && e.closest('a'))) e.dispatchEvent(new Event(type, { bubbles: false }));
              return new Promise((done) => requestAnimationFrame(() => setTimeout(done, 250)));
            }
            """);
        var ran = await page.EvaluateAsync<int[]>("() => window.__ran ?? []");
        var foreign = await page.EvaluateAsync<string[]>(Foreign);
        var violations = await page.EvaluateAsync<string[]>("() => window.__violations ?? []");
        var where = $"{what} ({path}), content policy {(isPolicyOff ? "off" : "on")}";
        // The vectors are there to be seen: as words, or as what the short list leaves of them.
        var there = await page.EvaluateAsync<int>("() => new Set((document.documentElement.textContent + [...document.querySelectorAll('option, input, textarea')].map((e) => e.value).join(' ')).match(/__x\\(\\d+\\)/g) ?? []).size");
        var rich = await page.Locator(".rich").CountAsync();
        Tell($"markup: {what}", $"policy {(isPolicyOff ? "off" : "on")}; {rich} rich texts, {there} vectors to be read", $"{ran.Length} ran, {foreign.Length} elements out of place, {faults.Count} requests, windows or dialogs, {violations.Length} violations");
        Assert.True(there + rich >= least, $"{where}: only {there} vectors and {rich} rich texts are there");
        Assert.True(ran.Length == 0, $"{where}: these ran: {string.Join(", ", ran.Select(n => HostileMarkup.All[n]))}");
        Assert.True(foreign.Length == 0, $"{where}: {string.Join("\n", foreign.Take(10))}");
        Assert.True(faults.Count == 0, $"{where}: {string.Join("\n", faults.Take(10))}");
        Assert.True(violations.Length == 0, $"{where}: the policy was needed: {string.Join("\n", violations.Take(10))}");
    }

    /// <summary>A room whose every word is hostile.</summary>
    private async Task<(string Session, string PersonCookie, string HostCookie)> MakeTheSession(IReadOnlyList<string> all, List<string> names, List<string> options)
    {
        var host = _site.HostCookie;
        var (made, _) = await _site.Post("/api/sessions", new { plan = "week-1", title = names[0], programme = names[1], startsAt = DateTimeOffset.UtcNow, timeZone = "UTC" }, host);
        var session = made["session"]!.GetValue<string>();
        static string Cell(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        var (roster, _) = await _site.Post($"/api/sessions/{session}/roster", new { csv = string.Join('\n', names.Where(n => n.Trim().Length > 0 && "=+-@".IndexOf(n[0], StringComparison.Ordinal) < 0).Take(40).Select((n, i) => $"{Cell(names[i % 2])},{Cell($"{n}")},")) }, host);
        var cookies = new List<(string Person, string Cookie)>();
        foreach (var person in roster["people"]!.AsArray().Take(2))
        {
            var token = new Uri(person!["link"]!.GetValue<string>()).AbsolutePath.Split('/')[^1];
            cookies.Add((person["person"]!.GetValue<string>(), (await _site.Post($"/api/link/{token}", new { consent = "named", mayQuote = true }, null)).Cookie));
        }
        await _site.Does(session, host,
        [
            Command("startSession"), Command("proposeGrouping", ("rule", "random"), ("size", 150), ("seed", 1)), Command("openRooms", ("block", "practice")),
            Command("advanceRooms", ("to", "b_concerns")),
            Command("openPoll", ("poll", "p1"), ("spec", new JsonObject { ["kind"] = "single", ["question"] = names[2], ["options"] = new JsonArray([.. options.DistinctBy(o => o.Trim()).Take(40).Select(o => (JsonNode)o)]), ["votes"] = 1, ["resultsLive"] = true })),
        ]);
        var (who, cookie) = cookies[0];
        var notes = await _site.Does(session, cookie, all.Select((v, n) => Command("addNote", ("note", $"n{n}"), ("column", "trust"), ("text", v + " w"), ("colour", "sun"))), mayBeRefused: true);
        var turns = await _site.Does(session, cookie, all.Select((v, n) => Command("writeTurn", ("turn", $"t{n}"), ("speaker", who), ("text", v + " w"), ("form", "verbatim"))), mayBeRefused: true);
        Assert.True(notes > all.Count * 0.95 && turns > all.Count * 0.95, $"{notes} notes and {turns} turns of {all.Count} were taken");
        await _site.Does(session, cookie, names.Take(6).Select(n => Command("renameMe", ("name", n))), mayBeRefused: true);
        await _site.Does(session, cookie, [Command("callHelp", ("help", "h1"), ("words", options[3]))]);
        await _site.Does(session, host, all.Take(60).Select(v => Command("sendMessage", ("text", v), ("rooms", new JsonArray()))), mayBeRefused: true);
        return (session, cookie, host);
    }

    private async Task<string> Archived(string session, int vectors)
    {
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = new Uri(_site.Address) };
        http.DefaultRequestHeaders.Add("Cookie", _site.HostCookie);
        for (var until = DateTime.UtcNow.AddSeconds(90); ; await Task.Delay(200))
        {
            var review = JsonNode.Parse(await http.GetStringAsync($"/api/review/sessions/{session}"))!;
            if (review["lines"]!.GetValue<int>() >= 2 * vectors * 0.95)
                return review["rooms"]!.AsArray()[0]!["id"]!.GetValue<string>();
            Assert.True(DateTime.UtcNow < until, $"only {review["lines"]} lines are in the archive");
        }
    }
}
