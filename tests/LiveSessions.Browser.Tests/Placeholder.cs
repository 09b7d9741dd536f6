namespace LiveSessions.Browser.Tests;

public sealed class ChromiumStarts
{
    [Fact]
    public async Task It_opens_a_page()
    {
        using var playwright = await Microsoft.Playwright.Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = "/usr/bin/chromium", Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync();
        await page.SetContentAsync("<h1>Hello</h1>");
        Assert.Equal("Hello", await page.Locator("h1").TextContentAsync());
    }
}
