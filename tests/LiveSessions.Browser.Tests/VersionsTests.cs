using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>
/// Pages that are open while their server is replaced by one of another version, and by one of theirs again. Run when asked for only, by <c>scripts/faults --only versions --earlier REF</c>, which builds
/// the earlier server, its pages too, and names it in <c>LIVE_SESSIONS_EARLIER</c>.
/// </summary>
public sealed class VersionsTests
{
    private static string Earlier => Environment.GetEnvironmentVariable("LIVE_SESSIONS_EARLIER") is { Length: > 0 } earlier && File.Exists(earlier)
        ? earlier
        : throw new InvalidOperationException("LIVE_SESSIONS_EARLIER must name the LiveSessions.Server.dll of an earlier version.");

    [Fact(Explicit = true)]
    public Task Pages_of_an_earlier_version_go_on_with_a_server_of_this_one_and_back() => GoOn(Earlier, Site.OwnServer);

    [Fact(Explicit = true)]
    public Task Pages_of_this_version_go_on_with_a_server_of_an_earlier_one_and_back() => GoOn(Site.OwnServer, Earlier);

    private static async Task GoOn(string theirs, string another)
    {
        await using var site = new Site { Server = theirs };
        await site.InitializeAsync();
        var (host, hao) = await Steps.RunASession(site);
        foreach (var person in (Person[])[host, hao])
            await person.Page.EvaluateAsync("window.isTheSame = true");
        await Says("Tea is at ten past four.");

        await Replace(another);
        await Says("Or at a quarter past.");
        await Replace(theirs);
        await Says("The kettle is on.");

        foreach (var person in (Person[])[host, hao])
        {
            Assert.True(await person.Page.EvaluateAsync<bool>("window.isTheSame === true"), $"{person.Name}'s page was loaded anew");
            Assert.Empty(person.Faults);
        }

        async Task Says(string words)
        {
            await host.Page.GetByLabel("Message", new() { Exact = true }).FillAsync(words);
            await host.Button("Send", exact: true).ClickAsync();
            await hao.Sees(words);
            await host.SeesNot("Not saved yet");
        }

        async Task Replace(string by)
        {
            await site.EndServer();
            await hao.Sees("Reconnecting");
            site.Server = by;
            await site.StartServer();
            await hao.SeesNot("Reconnecting");
        }
    }
}
