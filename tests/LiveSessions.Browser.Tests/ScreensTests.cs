using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>The screens, dialogs and menus that the story passes by: each opened as its users open it, each looked at in light and dark, wide and narrow.</summary>
public sealed class ScreensTests : IAsyncLifetime
{
    private readonly Site _site = new() { LooksEveryWay = true };

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Every_screen_is_accessible()
    {
        await using var host = await _site.Open("Dolores", 1440, 900);
        await Steps.MakesTheFirstAccount(_site, host);
        var (session, code, links) = await Steps.MakesASession(host);
        await using var nobody = await _site.Open("nobody");
        await LooksFromOutside(nobody);
        await using var hao = await _site.Open("Hao Tran");
        await Steps.JoinsByLink(hao, links["Hao Tran"]);
        await using var ines = await _site.Open("Ines Barragán", 390, 844);
        await Steps.JoinsByLink(ines, links["Ines Barragán"]);

        await using var teresa = await _site.Open("Teresa Quiñones", 390, 844);
        await Steps.JoinsByCode(teresa, code, "I am a guest", "Not kept", picture: true);
        await teresa.Sees("You will be let in soon");
        await teresa.IsAccessible("waiting in the lobby");

        await LooksRoundTheLobby(host, hao, session);
        await host.IsAccessible("the lobby, staff");
        await host.Button("Let them in").ClickAsync();
        await teresa.Sees("Who is here");
        await host.Button("Start the session").ClickAsync();
        await hao.Sees("Welcome, and how your words are kept");
        await hao.IsAccessible("with everyone");
        await host.IsAccessible("a talk, staff");
        await host.Button("Next step", exact: true).ClickAsync();
        await host.IsAccessible("a poll to open, staff");
        await host.Button("Open the poll").ClickAsync();
        await host.Sees("0 of 3");
        await host.IsAccessible("a poll, staff");
        await Assertions.Expect(teresa.Page.Locator("fieldset.scale")).ToBeVisibleAsync(new() { Timeout = 45_000 });
        await teresa.IsAccessible("a ballot");
        await host.Button("Close the poll").ClickAsync();
        await Assertions.Expect(teresa.Page.Locator("fieldset.scale")).ToHaveCountAsync(0, new() { Timeout = 45_000 });
        await teresa.IsAccessible("a poll that few answered");
        await host.Button("Next step", exact: true).ClickAsync();
        await host.Button("To rooms").ClickAsync();
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Mixed tables") }).ClickAsync();
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Open 1 room") }).ClickAsync();
        await Assertions.Expect(hao.Heading("Room 1, Alder")).ToBeVisibleAsync(new() { Timeout = 45_000 });
        await LooksRoundTheRoom(host, hao, ines);
        await LooksAtTheEnd(host, hao, session);

        // Late, and after the end: what comes then is plain too.
        await nobody.Goes("/join/" + code.Replace(" ", "", StringComparison.Ordinal));
        await Assertions.Expect(nobody.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await nobody.IsAccessible("the code of a session that is over");
        var faults = new[] { host, hao, ines, teresa, nobody }.SelectMany(one => one.Faults.Select(fault => $"{one.Name}: {fault}")).ToList();
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    private static async Task LooksFromOutside(Person nobody)
    {
        foreach (var (path, where) in new[] { ("/signin", "sign-in"), ("/nosuchpage", "no such page"), ("/setup/used-already", "a set-up link that was used"), ("/invitation/no-such", "an invitation that is not there"), ("/i/no-such-link", "a personal link that is not there"), ("/s/nosuchsession", "a session without a seat"), ("/review", "review without an account"), ("/host", "home without an account") })
        {
            await nobody.Goes(path);
            await Assertions.Expect(nobody.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }).First).ToBeVisibleAsync();
            await nobody.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await nobody.IsAccessible(where);
        }
    }

    private static async Task LooksRoundTheLobby(Person host, Person hao, string session)
    {
        await host.Goes("/host");
        await host.Sees("Week 1");
        await host.IsAccessible("home with a session");
        await host.Goes("/host/" + session);
        await host.Sees("Join with this code");
        await host.Page.GetByRole(AriaRole.Link, new() { Name = "Open the session" }).ClickAsync();
        await host.Sees("Who is here");
        await Opens(host, host.Button("More for this session"), "the session's menu");
        await hao.Button("practice room").ClickAsync();
        await hao.IsAccessible("practice room");
        await hao.Page.Keyboard.PressAsync("Escape");
        await hao.Page.Locator("button.kept").ClickAsync();
        await hao.IsAccessible("how your words are kept, dialog");
        await hao.Page.Keyboard.PressAsync("Escape");
    }

    private static async Task LooksRoundTheRoom(Person host, Person hao, Person ines)
    {
        await hao.IsAccessible("settling roles");
        await hao.Button("Ask for help").First.ClickAsync();
        await hao.IsAccessible("asking for help");
        await hao.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Ask for help" }).ClickAsync();
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^I will go") }).WaitForAsync();
        await host.IsAccessible("a call for help, staff");
        await hao.IsAccessible("waiting for help");

        await host.Button("Next step", exact: true).ClickAsync();
        await hao.Page.GetByLabel("Your note").FillAsync("A bench where the school bus stops");
        await hao.Button("Add note").ClickAsync();
        await hao.Sees("A bench where the school bus stops");
        await ines.IsAccessible("quiet writing on a phone");
        await host.Button("Next step", exact: true).ClickAsync();
        await ines.Sees("A bench where the school bus stops");
        await ines.IsAccessible("a round on a phone");
        await hao.IsAccessible("a round");
        await Opens(hao, hao.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^More for this note") }).First, "a note's menu");
        await hao.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^More for this note") }).First.ClickAsync();
        await hao.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Correct the words" }).ClickAsync();
        await hao.IsAccessible("correcting a note");
        await hao.Button("Leave it").ClickAsync();
        await hao.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^More for this note") }).First.ClickAsync();
        await hao.Page.GetByRole(AriaRole.Menuitem, new() { NameRegex = new Regex("^Pick up") }).ClickAsync();
        await hao.IsAccessible("a note picked up");
        await hao.Page.Keyboard.PressAsync("Escape");
        await hao.Button("Wall", exact: true).ClickAsync();
        await Assertions.Expect(hao.Page.Locator("#wall-h")).ToBeVisibleAsync();
        await hao.IsAccessible("the wall");
        await hao.Picture("wall");
        await hao.Button("List", exact: true).ClickAsync();

        await host.Button("Next step", exact: true).ClickAsync();
        await hao.Sees("Rotate: the watcher leads");
        await hao.IsAccessible("roles pass on");
        await host.Button("Next step", exact: true).ClickAsync();
        await hao.Sees("Name the two or three matters");
        await hao.IsAccessible("talk with raised hands");
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Look in on ") }).First.ClickAsync();
        await hao.Sees("is in your room");
        await host.IsAccessible("looking in");
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Leave|Go out|Back to") }).First.ClickAsync();
    }

    private static async Task LooksAtTheEnd(Person host, Person hao, string session)
    {
        await host.Button("Bring everyone back").ClickAsync();
        await host.Sees("Everyone comes back in");
        await host.IsAccessible("everyone comes back, staff");
        await hao.IsAccessible("everyone comes back");
        await Assertions.Expect(hao.Heading("Room 1, Alder")).ToHaveCountAsync(0, new() { Timeout = 90_000 });
        await hao.Button("Read what your room wrote").ClickAsync();
        await hao.Sees("This room is closed");
        await hao.IsAccessible("a closed room");
        await host.Button("More for this session").ClickAsync();
        await host.Page.GetByRole(AriaRole.Menuitem, new() { NameRegex = new Regex("End the session") }).ClickAsync();
        await host.IsAccessible("ending the session");
        await host.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "End the session" }).ClickAsync();
        await host.Sees("Every conversation is in the transcripts");
        await host.Goes("/review");
        await host.Sees("Week 1");
        await host.IsAccessible("review, all sessions");
        await host.Goes("/review/" + session);
        await host.Sees("Prompts and rooms");
        await host.Page.GetByRole(AriaRole.Link, new() { NameRegex = new Regex("Alder") }).First.ClickAsync();
        await host.Sees("A bench where the school bus stops");
        await host.IsAccessible("one conversation");
        await host.Picture("review-conversation");
    }

    private static async Task Opens(Person person, ILocator button, string where)
    {
        await button.ClickAsync();
        await Assertions.Expect(person.Page.GetByRole(AriaRole.Menu)).ToBeVisibleAsync();
        await person.IsAccessible(where);
        await person.Page.Keyboard.PressAsync("Escape");
    }
}
