using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>All that a participant does, from the code to the record, without a pointer.</summary>
public sealed class KeyboardTests : IAsyncLifetime
{
    private readonly Site _site = new();

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_participant_needs_no_pointer()
    {
        await using var host = await _site.Open("Dolores", 1440, 900);
        await Steps.MakesTheFirstAccount(_site, host);
        var (_, code, links) = await Steps.MakesASession(host);
        await using var walt = await _site.Open("Walt Lindqvist");
        await using var hao = await _site.Open("Hao Tran");
        await Steps.JoinsByLink(hao, links["Hao Tran"]);
        var keys = new Keys(walt);

        await JoinsByCode(walt, keys, code);
        await host.Page.GetByRole(AriaRole.Link, new() { Name = "Open the session" }).ClickAsync();
        await host.Button("Let them in").ClickAsync();
        await walt.Sees("Who is here");
        await ChangesHowWordsAreKept(walt, keys);
        await TriesAPracticeRoom(walt, keys);

        await host.Button("Start the session").ClickAsync();
        await host.Button("Next step", exact: true).ClickAsync();
        await host.Button("Open the poll").ClickAsync();
        await Votes(walt, keys);
        await host.Button("Close the poll").ClickAsync();

        await host.Button("Next step", exact: true).ClickAsync();
        await host.Button("To rooms").ClickAsync();
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Mixed tables") }).ClickAsync();
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Open 1 room") }).ClickAsync();
        await Assertions.Expect(walt.Heading("Room 1, Alder")).ToBeFocusedAsync(new() { Timeout = 45_000 });

        await WritesQuietly(host, walt, keys);
        await TakesPartInTheRound(host, walt, hao, keys);
        await SortsNotes(walt, keys);
        await AsksForHelp(host, walt, keys);
        await Leaves(host, walt, keys);

        foreach (var one in new[] { host, walt, hao })
            Assert.True(one.Faults.Count == 0, $"{one.Name}: {string.Join('\n', one.Faults)}");
    }

    private static async Task JoinsByCode(Person walt, Keys keys, string code)
    {
        await walt.Goes("/join");
        await keys.Types(walt.Page.GetByLabel("Session code"), code.ToLowerInvariant());
        await walt.Sees("Code found");
        await keys.Types(walt.Page.GetByLabel("Name others will see"), walt.Name);
        await keys.TabsTo(walt.Page.Locator("#team"));
        await walt.Page.Keyboard.TypeAsync("Oak");
        await keys.Chooses(walt.Page.Locator("fieldset.consent"), walt.Page.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex("^With a stand-in name") }));
        await keys.TabsTo(walt.Page.GetByRole(AriaRole.Checkbox));
        await keys.Strikes("Space");
        await keys.Presses("Join the session");
        await walt.Page.WaitForURLAsync("**/s/**");
        await walt.Sees("You will be let in soon");
    }

    private static async Task ChangesHowWordsAreKept(Person walt, Keys keys)
    {
        await keys.Presses(new Regex("stand-in name", RegexOptions.IgnoreCase));
        var dialog = walt.Page.GetByRole(AriaRole.Dialog);
        await Assertions.Expect(dialog.First).ToBeVisibleAsync();
        await keys.Chooses(dialog.First, dialog.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex("^With my name") }));
        await keys.Presses("Keep them like this");
        await walt.Sees("From now on: ");
        await keys.KeepsAPlace("the choice of how words are kept");
    }

    private static async Task TriesAPracticeRoom(Person walt, Keys keys)
    {
        await keys.Presses(new Regex("practice room", RegexOptions.IgnoreCase));
        await keys.Presses("I see the clock");
        await keys.KeepsAPlace("finding the clock");
        await keys.Types(walt.Page.Locator("#practice-note"), "A first note");
        await keys.Presses("Add note");
        await keys.Strikes("Escape");
        await Assertions.Expect(walt.Page.GetByRole(AriaRole.Dialog)).ToHaveCountAsync(0);
        await keys.KeepsAPlace("the practice room");
    }

    private static async Task Votes(Person walt, Keys keys)
    {
        var scale = walt.Page.Locator("fieldset.scale");
        await Assertions.Expect(scale).ToBeVisibleAsync(new() { Timeout = 45_000 });
        await keys.Chooses(scale, scale.GetByRole(AriaRole.Radio).Nth(2));
        await keys.Presses("Send my answer");
        await walt.Sees("Your answer is in");
        await keys.KeepsAPlace("the vote");
        await keys.Chooses(scale, scale.GetByRole(AriaRole.Radio).Nth(3));
        await keys.Presses("Send my new answer");
        await walt.Sees("Your answer is in");
    }

    private static async Task WritesQuietly(Person host, Person walt, Keys keys)
    {
        await host.Button("Next step", exact: true).ClickAsync();
        await walt.Sees("Without talking, write two notes");
        await keys.Types(walt.Page.GetByLabel("Your note"), "Last bus leaves at 6:10");
        await keys.Presses("Add note");
        await walt.Sees("Last bus leaves at 6:10");
        await keys.KeepsAPlace("a note");
        // Control and Enter send too, and the box is ready for the next one.
        await keys.Types(walt.Page.GetByLabel("Your note"), "A lit window at nine at night");
        await keys.Strikes("Control+Enter");
        await walt.Sees("A lit window at nine at night");
        await Assertions.Expect(walt.Page.GetByLabel("Your note")).ToBeFocusedAsync();
        // A thought that the next step cuts short is not lost, and neither is the place where it was being written.
        await walt.Page.Keyboard.TypeAsync("Half a thought");
    }

    private static async Task TakesPartInTheRound(Person host, Person walt, Person hao, Keys keys)
    {
        await host.Button("Next step", exact: true).ClickAsync();
        await walt.Sees("What do you hope this community can be?");
        await Assertions.Expect(walt.Page.GetByLabel("New note")).ToBeFocusedAsync();
        Assert.Equal("Half a thought", await walt.Page.GetByLabel("New note").InputValueAsync());
        await keys.Strikes("Enter");
        await hao.Sees("Half a thought");

        // The floor comes to whoever is heard least; each in turn passes for now or speaks.
        for (var round = 0; round < 4 && await walt.Button("I have finished").CountAsync() == 0; round++)
        {
            if (await hao.Button("I have finished").CountAsync() > 0)
                await hao.Button("I have finished").ClickAsync();
            await Task.Delay(500);
        }
        await Assertions.Expect(walt.Button("I have finished")).ToBeVisibleAsync(new() { Timeout = 45_000 });
        await keys.Types(walt.Page.Locator("#tx"), "When the power was out, the branch was the only lit window.");
        await keys.Presses("Add this turn");
        await hao.Sees("the branch was the only lit window");
        await keys.ChoosesFromMenu(walt.Page.GetByRole(AriaRole.Button, new() { Name = "More for this turn" }).First, "Correct the words");
        await keys.Types(walt.Page.GetByLabel("Correct the words; both wordings stay"), "When the power was out, ours was the only lit window.");
        await keys.Presses("Correct", exact: true);
        await hao.Sees("ours was the only lit window");
        await keys.KeepsAPlace("the correction of a turn");
        await keys.Presses("I have finished");
        await keys.KeepsAPlace("the end of the turn");
    }

    private static async Task SortsNotes(Person walt, Keys keys)
    {
        ILocator Menu() => walt.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^More for this note: Last bus") }).First;
        await keys.ChoosesFromMenu(Menu(), "Move to a column", "Actions");
        await Assertions.Expect(walt.Page.Locator("[data-column=actions]").GetByText("Last bus leaves at 6:10")).ToBeVisibleAsync();
        await Assertions.Expect(Menu()).ToBeFocusedAsync();
        await keys.ChoosesFromMenu(Menu(), "Keep in this room");
        await walt.Sees("stays here");
        await keys.ChoosesFromMenu(Menu(), "Correct the words");
        await keys.Types(walt.Page.GetByLabel("Correct the words of this note"), "Last bus leaves at 6:40");
        await keys.Presses("Correct", exact: true);
        await walt.Sees("Last bus leaves at 6:40");
        await keys.KeepsAPlace("the correction of a note");
        // The same on the wall, where others drag.
        await keys.Presses("Wall", exact: true);
        await keys.KeepsAPlace("opening the wall");
        await keys.ChoosesFromMenu(Menu(), "Move to a column", "Aspirations");
        await keys.KeepsAPlace("a move on the wall");
        await keys.Presses(new Regex("^(List|Back to the room|Back)"));
        await Assertions.Expect(walt.Page.Locator("[data-column=aspirations]").GetByText("Last bus leaves at 6:40")).ToBeVisibleAsync();
        await keys.KeepsAPlace("leaving the wall");
    }

    private static async Task AsksForHelp(Person host, Person walt, Keys keys)
    {
        await keys.Presses("Ask for help");
        await keys.Types(walt.Page.Locator("#help-words"), "Is this the right prompt?");
        await keys.TabsTo(walt.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Ask for help" }));
        await keys.Strikes("Enter");
        await host.Sees("Is this the right prompt?");
        await keys.KeepsAPlace("the call for help");
        await keys.Presses("Call off");
        await host.SeesNot("Is this the right prompt?");
        await keys.KeepsAPlace("calling it off");
    }

    private static async Task Leaves(Person host, Person walt, Keys keys)
    {
        await host.Button("Bring everyone back").ClickAsync();
        await Assertions.Expect(walt.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).Not.ToContainTextAsync("Room 1", new() { Timeout = 90_000 });
        await Assertions.Expect(walt.Page.GetByRole(AriaRole.Heading, new() { Level = 1 }).First).ToBeFocusedAsync();
        await keys.Presses(new Regex("^Read what (you|your room) wrote", RegexOptions.IgnoreCase));
        await walt.Sees("This room is closed");
        await walt.Sees("Last bus leaves at 6:40");
        await keys.Presses("Back to everyone");
    }
}
