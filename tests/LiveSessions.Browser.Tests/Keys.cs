using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>Somebody who has a keyboard and no pointer: every act goes by keys, and at every stop the place of the focus can be seen.</summary>
internal sealed class Keys(Person person)
{
    /// <summary>More stops than any screen has.</summary>
    private const int Enough = 120;

    /// <summary>
    /// What is wrong with the place that has the focus, or nothing: it has a ring, lies in the window, and is not covered by something else.
    /// A control whose own box is drawn by its label (a radio in a scale) counts by the label.
    /// </summary>
    private const string Fault = """
        () => {
          const at = document.activeElement;
          if (!at || at === document.body) return '';
          const drawn = (one) => { const box = one.getBoundingClientRect(); return box.width >= 4 && box.height >= 4 && getComputedStyle(one).opacity !== '0'; };
          const seen = drawn(at) ? at : at.closest('label') ?? at;
          const what = `${at.tagName} "${(at.getAttribute('aria-label') ?? at.innerText ?? at.id ?? '').slice(0, 40)}"`;
          const ring = [at, seen, at.closest('label'), ...seen.querySelectorAll('*'), ...(at.closest('label')?.querySelectorAll('*') ?? [])].filter(Boolean).some((one) => { const how = getComputedStyle(one); return (how.outlineStyle !== 'none' && parseFloat(how.outlineWidth) > 0) || how.boxShadow !== 'none'; });
          if (!ring) return `${what} shows no focus`;
          const box = seen.getBoundingClientRect();
          const [left, right, top, bottom] = [Math.max(box.left, 0), Math.min(box.right, innerWidth), Math.max(box.top, 0), Math.min(box.bottom, innerHeight)];
          if (right - left < 4 || bottom - top < 4) return `${what} is outside the window at ${Math.round(box.left)},${Math.round(box.top)}`;
          for (const fx of [0.5, 0.1, 0.9])
            for (const fy of [0.5, 0.15, 0.85]) {
              const hit = document.elementFromPoint(left + (right - left) * fx, top + (bottom - top) * fy);
              if (hit && (seen.contains(hit) || hit.contains(seen) || hit.closest('label')?.contains(at))) return '';
            }
          return `${what} is covered`;
        }
        """;

    private IPage Page => person.Page;

    /// <summary>Goes on by Tab until the place has the focus, at most once round the page.</summary>
    public async Task TabsTo(ILocator place, bool back = false)
    {
        await Assertions.Expect(place.First).ToBeVisibleAsync(new() { Timeout = 45_000 });
        var passed = new List<string>();
        for (var stop = 0; stop < Enough; stop++)
        {
            if (await place.First.EvaluateAsync<bool>("one => one === document.activeElement"))
                return;
            await Page.Keyboard.PressAsync(back ? "Shift+Tab" : "Tab");
            Assert.Equal("", await Page.EvaluateAsync<string>(Fault));
            passed.Add(await Page.EvaluateAsync<string>("() => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.innerText?.slice(0, 30) ?? ''"));
        }
        Assert.Fail($"{person.Name} cannot reach {place} by Tab; passed {string.Join(" | ", passed.Distinct())}");
    }

    public async Task Presses(string name, bool exact = false)
    {
        await TabsTo(person.Button(name, exact));
        await Page.Keyboard.PressAsync("Enter");
    }

    public async Task Presses(Regex name)
    {
        await TabsTo(Page.GetByRole(AriaRole.Button, new() { NameRegex = name }).First);
        await Page.Keyboard.PressAsync("Enter");
    }

    public Task Strikes(string key) => Page.Keyboard.PressAsync(key);

    public async Task Types(ILocator box, string text)
    {
        await TabsTo(box);
        await Page.Keyboard.PressAsync("Control+A");
        await Page.Keyboard.TypeAsync(text);
    }

    /// <summary>Chooses a radio of the group by arrows from the one that Tab stops at.</summary>
    public async Task Chooses(ILocator group, ILocator radio)
    {
        var all = group.GetByRole(AriaRole.Radio);
        var count = await all.CountAsync();
        for (var stop = 0; stop < Enough && !await IsWithin(group); stop++)
        {
            await Page.Keyboard.PressAsync("Tab");
            Assert.Equal("", await Page.EvaluateAsync<string>(Fault));
        }
        for (var turn = 0; turn <= count; turn++)
        {
            if (await radio.IsCheckedAsync())
                return;
            await Page.Keyboard.PressAsync(turn == 0 ? "Space" : "ArrowDown");
            Assert.Equal("", await Page.EvaluateAsync<string>(Fault));
        }
        Assert.Fail($"{person.Name} cannot choose {radio} by arrows.");
    }

    /// <summary>Opens a menu by its button and chooses, level by level, by the first letters, as the pattern for menus has it.</summary>
    public async Task ChoosesFromMenu(ILocator button, params string[] words)
    {
        await TabsTo(button);
        await Page.Keyboard.PressAsync("Enter");
        foreach (var word in words)
        {
            var item = Page.GetByRole(AriaRole.Menuitem, new() { NameRegex = new Regex("^" + Regex.Escape(word)) }).First;
            await Assertions.Expect(item).ToBeVisibleAsync();
            for (var row = 0; row < 30 && !await item.EvaluateAsync<bool>("one => one === document.activeElement"); row++)
                await Page.Keyboard.PressAsync("ArrowDown");
            Assert.Equal("", await Page.EvaluateAsync<string>(Fault));
            await Page.Keyboard.PressAsync("Enter");
        }
    }

    /// <summary>The focus stands on something of the page, not on nothing: whatever was pressed has not left one at the top of the page.</summary>
    public async Task KeepsAPlace(string after) =>
        await Eventually(async () => !await Page.EvaluateAsync<bool>("() => !document.activeElement || document.activeElement === document.body"), $"{person.Name} lost the focus after {after}.");

    private static async Task Eventually(Func<Task<bool>> holds, string orElse)
    {
        for (var until = DateTime.UtcNow.AddSeconds(10); DateTime.UtcNow < until; await Task.Delay(100))
            if (await holds())
                return;
        Assert.Fail(orElse);
    }

    private static Task<bool> IsWithin(ILocator group) => group.First.EvaluateAsync<bool>("one => one.contains(document.activeElement)");
}
