using System.Diagnostics;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>Redis goes while a session runs, and comes back: what the pages of two people say, in real browsers.</summary>
public sealed class SavingTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_page_says_not_saved_yet_while_redis_is_gone_and_what_was_asked_happens_when_it_is_back()
    {
        await using var redis = await RedisServer.Start();
        await using var site = new Site { Settings = ["--ConnectionStrings:Redis", redis.ConnectionString] };
        await site.InitializeAsync();
        var (host, hao) = await Steps.RunASession(site);
        await host.Page.GetByLabel("Message", new() { Exact = true }).FillAsync("Tea is at ten past four.");
        await host.SeesNot("Not saved yet");

        await redis.Kill();
        var clock = Stopwatch.StartNew();
        await host.Button("Send", exact: true).ClickAsync();
        await host.Sees("Not saved yet");
        output.WriteLine($"said {clock.Elapsed.TotalSeconds:0.0} s after Redis was gone");
        // Nothing was stored, so nobody else is shown that it happened.
        await hao.SeesNot("Tea is at ten past four.");

        await redis.StartAgain();
        clock.Restart();
        await hao.Sees("Tea is at ten past four.");
        output.WriteLine($"done and told {clock.Elapsed.TotalSeconds:0.0} s after it was back");
        await host.SeesNot("Not saved yet");
        Assert.Empty(host.Faults);
        Assert.Empty(hao.Faults);
    }

    [Fact]
    public async Task What_is_sent_while_the_server_is_restarted_is_kept_on_the_device_and_said_once()
    {
        await using var site = new Site();
        await site.InitializeAsync();
        var (host, hao) = await Steps.RunASession(site);
        await host.Page.GetByLabel("Message", new() { Exact = true }).FillAsync("Tea is at ten past four.");

        var ends = site.EndServer();
        await Task.Delay(150);
        await host.Button("Send", exact: true).ClickAsync();
        await ends;
        await host.Sees("Reconnecting");
        await hao.SeesNot("Tea is at ten past four.");

        await site.StartServer();
        await hao.Sees("Tea is at ten past four.");
        await host.SeesNot("Not saved yet");
        await host.Sees("1 message sent");
    }
}
