using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>What every story begins with, done as people do it.</summary>
internal static class Steps
{
    private const string Password = "a quiet river stone";
    private const string Roster = "team,name,email\nPajaro Youth Library,Hao Tran,hao@example.org\nPajaro Youth Library,Ines Barragán,\nOak Flat Branch,Dee Marlow,\n";

    public static async Task MakesTheFirstAccount(Site site, Person host)
    {
        await host.Goes(await site.SetUpLink);
        await host.Page.GetByLabel("Your name").FillAsync("Dolores Ibarra");
        await host.Page.GetByLabel("E-mail").FillAsync("dolores@example.org");
        await host.Page.GetByLabel("Password").FillAsync(Password);
        await host.IsAccessible("set-up");
        await host.Button("Make the account").ClickAsync();
        await host.Page.WaitForURLAsync("**/host");
        await host.Sees("New session from a plan");
        await host.IsAccessible("home");
        await host.Picture("home");
    }

    public static async Task<(string Session, string Code, Dictionary<string, string> Links)> MakesASession(Person host)
    {
        await host.Goes("/host/new/week-1");
        await Assertions.Expect(host.Button("Make the session")).ToBeVisibleAsync();
        await host.IsAccessible("new session");
        await host.Button("Make the session").ClickAsync();
        await host.Sees("Join with this code");
        var session = host.Page.Url.Split('/')[^1];
        var code = (await host.Page.Locator(".bigcode").InnerTextAsync()).Trim();
        Assert.Matches("^[A-Z2-9]{4}[ -][A-Z2-9]{4}$", code);

        // A bad line is refused with its number, and nothing is half-entered.
        await host.Page.GetByLabel("Enter the roster").FillAsync("Oak Flat Branch,\n");
        await host.Button("Enter these people").ClickAsync();
        await host.Sees("Line 1");
        await host.Page.GetByLabel("Enter the roster").FillAsync(Roster);
        var entered = await host.Page.RunAndWaitForResponseAsync(() => host.Button("Enter these people").ClickAsync(), r => r.Url.Contains("/roster", StringComparison.Ordinal) && r.Request.Method == "POST");
        await host.Sees("3 new personal links");
        await host.IsAccessible("session page");
        await host.Picture("session-page");
        var people = JsonNode.Parse(await entered.TextAsync())!["people"]!.AsArray();
        return (session, code, people.ToDictionary(p => (string)p!["name"]!, p => (string)p!["link"]!));
    }

    /// <summary>A facilitator at 1440 px whose session runs, and Hao Tran in it on a phone.</summary>
    public static async Task<(Person Host, Person Hao)> RunASession(Site site)
    {
        var host = await site.Open("Dolores", 1440, 900);
        await MakesTheFirstAccount(site, host);
        var (_, _, links) = await MakesASession(host);
        var hao = await site.Open("Hao Tran", 390, 844);
        await JoinsByLink(hao, links["Hao Tran"]);
        await hao.Sees("Who is here");
        await host.Page.GetByRole(AriaRole.Link, new() { Name = "Open the session" }).ClickAsync();
        await host.Button("Start the session").ClickAsync();
        await Assertions.Expect(host.Button("Next step", exact: true)).ToBeVisibleAsync();
        return (host, hao);
    }

    public static async Task JoinsByLink(Person person, string link)
    {
        await person.Goes(new Uri(link).PathAndQuery);
        await Assertions.Expect(person.Page.GetByText("How your words are kept").First).ToBeVisibleAsync();
        await person.IsAccessible("personal link");
        await person.FitsItsWidth("personal link on a phone");
        await person.Picture("link-phone");
        await person.Button("Join the session").ClickAsync();
        await person.Page.WaitForURLAsync("**/s/**");
    }

    public static async Task JoinsByCode(Person person, string code, string team, string consent, bool picture = false)
    {
        await person.Goes("/join");
        if (picture)
        {
            await person.Page.GetByLabel("Session code").FillAsync("ZZZZ ZZZZ");
            await person.Page.GetByLabel("Name others will see").FillAsync(person.Name);
            await Assertions.Expect(person.Page.Locator(".err").First).ToBeVisibleAsync();
            await person.IsAccessible("wrong code");
            await person.Picture("join-error");
            // What was typed stays.
            Assert.Equal(person.Name, await person.Page.GetByLabel("Name others will see").InputValueAsync());
        }
        await person.Page.GetByLabel("Session code").FillAsync(code);
        await person.Sees("Code found");
        await person.Page.GetByLabel("Name others will see").FillAsync(person.Name);
        await person.Page.Locator("#team").SelectOptionAsync(new SelectOptionValue { Label = team });
        await person.Page.GetByRole(AriaRole.Radio, new() { NameRegex = new Regex("^" + consent) }).CheckAsync();
        if (picture)
        {
            await person.IsAccessible("join");
            await person.Picture("join");
        }
        await person.Button("Join the session").ClickAsync();
        try
        {
            // The page goes there by itself, without a load that could be waited for: its address is looked at.
            await Assertions.Expect(person.Page).ToHaveURLAsync(new Regex("/s/"), new() { Timeout = 45_000 });
        }
        catch (PlaywrightException)
        {
            Assert.Fail($"{person.Name} did not come in. {await person.How()}");
        }
    }
}
