using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>The machine is lost in the middle of a session and another stands in its place: what the people's pages and the facilitator's say, in real browsers.</summary>
public sealed class BackupTests : IDisposable
{
    private readonly string _disk = Directory.CreateTempSubdirectory("live-sessions-").FullName;

    private string Copies => Path.Combine(_disk, "copies");

    public void Dispose() => Directory.Delete(_disk, recursive: true);

    [Fact]
    public async Task After_the_machine_was_lost_people_go_on_where_they_were_and_the_facilitator_signs_in_again()
    {
        await using var site = new Site { Settings = ["--Backup:Directory", Copies] };
        await site.InitializeAsync();
        var (host, hao) = await Steps.RunASession(site);
        await host.Page.GetByLabel("Message", new() { Exact = true }).FillAsync("Tea is at ten past four.");
        await host.Button("Send", exact: true).ClickAsync();
        await hao.Sees("Tea is at ten past four.");
        await WhenCopied("Tea is at ten past four.");

        await site.LoseTheMachine();
        await hao.Sees("Reconnecting");
        site.Settings = ["--restore", Copies];
        await site.StartServer();

        // Hao's page comes back by itself, and knows what was said.
        await hao.SeesNot("Reconnecting");
        await hao.Page.ReloadAsync();
        await hao.Sees("Tea is at ten past four.");
        await host.Goes("/host");
        await host.Page.GetByLabel("E-mail").FillAsync("dolores@example.org");
        await host.Page.GetByLabel("Password").FillAsync("a quiet river stone");
        await host.Button("Sign in", exact: true).ClickAsync();
        await host.Sees("is running");
        await host.Sees("Everything is on one disk");
        await host.Page.GetByRole(AriaRole.Link, new() { Name = "Go to the session" }).ClickAsync();
        await host.Page.GetByLabel("Message", new() { Exact = true }).FillAsync("And cake.");
        await host.Button("Send", exact: true).ClickAsync();
        await hao.Sees("And cake.");
        Assert.Empty(hao.Faults);
    }

    [Fact]
    public async Task The_facilitator_reads_how_copying_stands()
    {
        await using var site = new Site { Settings = ["--Backup:Directory", Copies] };
        await site.InitializeAsync();
        var host = await site.Open("Dolores");
        await Steps.MakesTheFirstAccount(site, host);
        await WhenCopied(null);
        await host.Page.ReloadAsync();
        await host.Sees("Everything is copied to a second disk as it happens.");
        await host.Picture("home-copied");
        Directory.Move(Copies, Copies + " away");
        for (var tries = 0; tries < 40 && await host.Page.GetByRole(AriaRole.Alert).CountAsync() == 0; tries++)
        {
            await Task.Delay(250);
            await host.Page.ReloadAsync();
            await host.Sees("New session from a plan");
        }
        await Assertions.Expect(host.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The disk with the copies is not there.");
        await host.IsAccessible("home with copies in trouble");
        await host.Picture("home-not-copied");
        Directory.Move(Copies + " away", Copies);
        await Task.Delay(TimeSpan.FromSeconds(2));
        await host.Page.ReloadAsync();
        await host.Sees("Everything is copied to a second disk as it happens.");
        await Assertions.Expect(host.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        Assert.Empty(host.Faults);
    }

    /// <summary>Until a copied log holds these words, or a first copy of the archive is there.</summary>
    private async Task WhenCopied(string? words)
    {
        for (var until = DateTime.UtcNow.AddSeconds(30); DateTime.UtcNow < until; await Task.Delay(100))
            if (words is null ? File.Exists(Path.Combine(Copies, "archive.db")) : Directory.GetFiles(Path.Combine(Copies, "sessions")).Any(log => File.ReadAllText(log).Contains(words, StringComparison.Ordinal)))
            {
                // And what else changed with it.
                await Task.Delay(TimeSpan.FromSeconds(words is null ? 0 : 4));
                return;
            }
        Assert.Fail($"Not copied: {words}");
    }
}
