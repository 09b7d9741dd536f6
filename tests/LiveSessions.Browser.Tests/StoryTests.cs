using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>An hour with a host, five people and an instructor, in real browsers, from the first start to the export.</summary>
public sealed class StoryTests : IAsyncLifetime
{
    private readonly Site _site = new();

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task A_workshop_session_runs_end_to_end()
    {
        await using var host = await _site.Open("Dolores", 1440, 900);
        await Steps.MakesTheFirstAccount(_site, host);
        var (session, code, links) = await Steps.MakesASession(host);

        // One comes by personal link on a phone, the others by code.
        await using var hao = await _site.Open("Hao Tran", 390, 844);
        await Steps.JoinsByLink(hao, links["Hao Tran"]);
        await using var amara = await _site.Open("Amara Okafor");
        await using var walt = await _site.Open("Walt Lindqvist");
        await using var priya = await _site.Open("Priya Raman", dark: true);
        await using var teresa = await _site.Open("Teresa Quiñones");
        await Steps.JoinsByCode(amara, code, "Oak Flat Branch", "With my name");
        await Steps.JoinsByCode(walt, code, "Oak Flat Branch", "With a stand-in name");
        await Steps.JoinsByCode(priya, code, "I am a guest", "Not kept");
        await Steps.JoinsByCode(teresa, code, "Pajaro Youth Library", "With my name", picture: true);
        Person[] people = [hao, amara, walt, priya, teresa];

        await host.Page.GetByRole(AriaRole.Link, new() { Name = "Open the session" }).ClickAsync();
        await host.Sees("In the lobby");
        await host.IsAccessible("lobby of the staff");
        await host.Picture("cockpit-lobby");
        // Hao walked in by link; the four who wait are let in, one first and then all.
        await amara.Sees("You will be let in soon");
        await amara.IsAccessible("waiting in the lobby");
        await host.Button("Let in Amara Okafor").ClickAsync();
        await amara.Sees("Who is here");
        await host.Button("Let all 3 in").ClickAsync();
        foreach (var one in people)
            await one.Sees("Who is here");
        await hao.IsAccessible("lobby on a phone");
        await hao.FitsItsWidth("lobby on a phone");
        await hao.Picture("lobby-phone");
        await amara.Picture("lobby");

        await host.Button("Start the session").ClickAsync();
        foreach (var one in people)
            await one.Sees("Welcome, and how your words are kept");

        await VotesInAPoll(host, people);

        // To the task, then to the rooms.
        await host.Button("Next step", exact: true).ClickAsync();
        await amara.Sees("The task");
        await host.Button("To rooms").ClickAsync();
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Mixed tables") }).ClickAsync();
        await host.Sees("Preview: Mixed tables");
        await host.IsAccessible("people in rooms");
        await host.Picture("groups");
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Open 1 room") }).ClickAsync();

        // People land in their room with the focus on its heading.
        foreach (var one in people)
            await Assertions.Expect(one.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Room 1, Alder", new() { Timeout = 45_000 });
        await Assertions.Expect(amara.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeFocusedAsync();
        await amara.Picture("room-first-step");

        await WorksThroughTheRoom(host, people);
        await ComesBack(host, people);

        // Somebody who is nobody here sees what a wrong address shows.
        await using var stranger = await _site.Open("stranger");
        Assert.Equal(await WhatIsShown(stranger, "/review/nosuchsession"), await WhatIsShown(stranger, $"/review/{session}"));
        Assert.Equal(await WhatIsAnswered(stranger, "/api/review/sessions/nosuchsession"), await WhatIsAnswered(stranger, $"/api/review/sessions/{session}"));

        await Reads(host, session);

        foreach (var one in people.Append(host).Append(stranger))
            Assert.True(one.Faults.Count == 0, $"{one.Name}: {string.Join('\n', one.Faults)}");
    }

    private static async Task<string> WhatIsShown(Person person, string path)
    {
        await person.Goes(path);
        await Assertions.Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await person.Page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        return await person.Page.Locator("main").InnerTextAsync();
    }

    private static Task<string> WhatIsAnswered(Person person, string path) =>
        person.Page.EvaluateAsync<string>("async p => { const answer = await fetch(p); return `${answer.status} ${await answer.text()}`; }", path);

    private static async Task VotesInAPoll(Person host, Person[] people)
    {
        await host.Button("Next step", exact: true).ClickAsync();
        await host.Button("Open the poll").ClickAsync();
        var step = 0;
        foreach (var one in people)
        {
            await Assertions.Expect(one.Page.Locator("fieldset.scale")).ToBeVisibleAsync(new() { Timeout = 45_000 });
            if (step == 0)
            {
                await one.IsAccessible("ballot on a phone");
                await one.FitsItsWidth("ballot on a phone");
                await one.Picture("poll-phone");
            }
            await one.Page.Locator("fieldset.scale input[type=radio]").Nth(step++ % 5).CheckAsync(new() { Force = true });
            await one.Button("Send my answer").ClickAsync();
            await one.Sees("Your answer is in");
        }
        // A vote can be changed, and counts once.
        await people[0].Page.Locator("fieldset.scale input[type=radio]").Nth(4).CheckAsync(new() { Force = true });
        await people[0].Button("Send my new answer").ClickAsync();
        await host.Sees("5 of 5 people answered");
        await host.Picture("cockpit-poll");
        await host.Button("Close the poll").ClickAsync();
        await people[1].Sees("5 ");
        await people[1].IsAccessible("result");
        await people[1].Picture("result");
    }

    private async Task WorksThroughTheRoom(Person host, Person[] people)
    {
        var (hao, amara, walt, priya) = (people[0], people[1], people[2], people[3]);
        await host.Sees("1 room");
        await host.Button("Next step", exact: true).ClickAsync();

        // Quiet writing: each sees only their own notes.
        await amara.Sees("Without talking, write two notes");
        await WritesANote(amara, "A lit window at nine at night");
        await WritesANote(walt, "Last bus leaves at 6:10");
        await WritesANote(priya, "Only said in this room, canary-not-kept");
        await amara.SeesNot("Last bus leaves at 6:10");
        await amara.IsAccessible("quiet writing");
        await amara.Picture("room-silent");

        // A draft survives a reload; so do the seat and the room.
        await amara.Page.GetByLabel("Your note").FillAsync("Half a thought about the branch");
        await amara.Page.ReloadAsync();
        await Assertions.Expect(amara.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Room 1, Alder");
        Assert.Equal("Half a thought about the branch", await amara.Page.GetByLabel("Your note").InputValueAsync());

        // The server is killed in the middle: typing goes on, and what was asked for is sent when it is back.
        await _site.KillServer();
        await amara.Sees("Reconnecting");
        await amara.Button("Add note").ClickAsync();
        await amara.Picture("room-reconnecting");
        await _site.StartServer();
        await Assertions.Expect(amara.Page.GetByText("Reconnecting")).ToHaveCountAsync(0, new() { Timeout = 30_000 });
        await amara.Sees("Half a thought about the branch");

        // The round: notes are shown, the floor goes round in order.
        await host.Button("Next step", exact: true).ClickAsync(new() { Timeout = 30_000 });
        await amara.Sees("What do you hope this community can be?");
        await amara.Sees("Last bus leaves at 6:10");
        await walt.Sees("A lit window at nine at night");
        var first = await Speaking(people);
        await first.Button("Pass for now").ClickAsync();
        await amara.Sees("passed for now");
        var second = await Speaking(people, not: first);
        await SaysOf(second, "When the power was out, the branch was the only lit window.");
        await second.Button("I have finished").ClickAsync();
        await amara.Sees("the branch was the only lit window");
        await hao.IsAccessible("round on a phone");
        await hao.FitsItsWidth("round on a phone");
        await hao.Picture("room-phone");
        await amara.IsAccessible("round");
        await amara.Picture("room");
        await priya.IsAccessible("round, dark");
        await priya.Picture("room-dark");

        // A call for help: claimed, on the way, there.
        await amara.Button("Ask for help").First.ClickAsync();
        if (await amara.Page.GetByRole(AriaRole.Dialog).CountAsync() > 0)
            await amara.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Ask|Call|Send") }).First.ClickAsync();
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^I will go") }).ClickAsync();
        await amara.Sees("is on the way");
        await host.IsAccessible("cockpit");
        await host.Picture("cockpit");
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Look in on ") }).First.ClickAsync();
        await amara.Sees("is in your room");
        await host.Sees("the branch was the only lit window");
        await host.Picture("look-in");
        await host.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("Leave|Go out|Back to") }).First.ClickAsync();

        // A message to the rooms, and more time.
        await host.Page.GetByLabel("Message", new() { Exact = true }).FillAsync("Half-time. Leaders, see who has not been heard yet.");
        await host.Button("Send", exact: true).ClickAsync();
        await walt.Sees("Half-time. Leaders, see who has not been heard yet.");
    }

    private static async Task WritesANote(Person person, string text)
    {
        await person.Page.GetByLabel("Your note").FillAsync(text);
        await person.Button("Add note").ClickAsync();
        await person.Sees(text);
    }

    private static async Task SaysOf(Person person, string text)
    {
        await person.Page.Locator("#tx").FillAsync(text);
        await person.Button("Add this turn").ClickAsync();
        await person.Sees(text);
    }

    /// <summary>Whoever has the floor now, found by the button that only they have.</summary>
    private static async Task<Person> Speaking(Person[] people, Person? not = null)
    {
        for (var until = DateTime.UtcNow.AddSeconds(20); DateTime.UtcNow < until; await Task.Delay(100))
            foreach (var person in people.Where(p => p != not))
                if (await person.Button("I have finished").CountAsync() > 0)
                    return person;
        throw new TimeoutException("Nobody has the floor.");
    }

    private static async Task ComesBack(Person host, Person[] people)
    {
        await host.Button("Bring everyone back").ClickAsync();
        await host.Sees("Everyone comes back in");
        await people[1].Page.WaitForFunctionAsync("() => /come back together|comes? back in/i.test(document.body.innerText)");
        await host.Picture("cockpit-recall");
        await host.Button("Cancel, stay in rooms").ClickAsync();
        await host.SeesNot("Everyone comes back in");
        await host.Button("Bring everyone back").ClickAsync();
        foreach (var person in people)
            await Assertions.Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).Not.ToContainTextAsync("Room 1, Alder", new() { Timeout = 90_000 });

        await host.Picture("cockpit-back");
        await host.Button("More for this session").ClickAsync();
        await host.Page.GetByRole(AriaRole.Menuitem, new() { NameRegex = new Regex("End the session") }).ClickAsync();
        await host.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "End the session" }).ClickAsync();
        await host.Sees("Every conversation is in the transcripts");
        await host.IsAccessible("ended");
        await people[1].Sees("Saved: every conversation is in the record");
        await people[1].IsAccessible("ended, participant");
    }

    private static async Task Reads(Person host, string session)
    {
        await host.Goes($"/review/{session}");
        await host.Sees("Prompts and rooms");
        await host.Page.GetByRole(AriaRole.Searchbox).FillAsync("window");
        await host.Sees("Found “window”");
        await host.IsAccessible("review");
        await host.Picture("review");
        var everything = await host.Page.EvaluateAsync<string>("async s => { const all = []; for (const kind of ['md', 'csv', 'json']) all.push(await (await fetch(`/api/review/sessions/${s}/export?format=${kind}`)).text()); return all.join('\\n'); }", session);
        Assert.Contains("A lit window at nine at night", everything, StringComparison.Ordinal);
        Assert.Contains("Last bus leaves at 6:10", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-not-kept", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("Walt Lindqvist", everything, StringComparison.Ordinal);
        Assert.Contains("Amara Okafor", everything, StringComparison.Ordinal);
    }
}
