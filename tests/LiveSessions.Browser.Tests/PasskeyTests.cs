using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>Passkeys in Chromium, with an authenticator that DevTools puts in place of a person's phone or key.</summary>
public sealed class PasskeyTests(PasskeyTests.NamedSite one) : IClassFixture<PasskeyTests.NamedSite>
{
    /// <summary>Browsers know no passkeys for a bare number as the address.</summary>
    public sealed class NamedSite : IAsyncLifetime
    {
        public Site Site { get; } = new() { Host = "localhost" };

        public ValueTask InitializeAsync() => Site.InitializeAsync();

        public ValueTask DisposeAsync() => Site.DisposeAsync();
    }

    private const string Password = "a quiet reading room";

    [Fact]
    public async Task A_passkey_is_added_signs_its_owner_in_and_is_worth_nothing_once_removed()
    {
        await using var hana = await one.Site.Open("Hana");
        var page = hana.Page;
        var tools = await page.Context.NewCDPSessionAsync(page);
        await tools.SendAsync("WebAuthn.enable");
        await tools.SendAsync("WebAuthn.addVirtualAuthenticator", new()
        {
            ["options"] = new Dictionary<string, object>
            {
                ["protocol"] = "ctap2",
                ["transport"] = "internal",
                ["hasResidentKey"] = true,
                ["hasUserVerification"] = true,
                ["isUserVerified"] = true,
                ["automaticPresenceSimulation"] = true,
            },
        });

        await hana.Goes(await one.Site.SetUpLink);
        await page.GetByLabel("Your name").FillAsync("Hana Host");
        await page.GetByLabel("E-mail").FillAsync("hana@example.org");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync("password2026");
        await hana.Button("Make the account").ClickAsync();
        await hana.Sees("This password is one of the first that others would try.");
        await page.GetByLabel("Password", new() { Exact = true }).FillAsync(Password);
        await hana.Button("Make the account").ClickAsync();

        await page.GetByRole(AriaRole.Link, new() { Name = "Your account" }).ClickAsync();
        await hana.Sees("You have no passkey yet.");
        await page.GetByLabel("Name of the passkey").FillAsync("Red key");
        await page.GetByLabel("Your password", new() { Exact = true }).FillAsync("not my password");
        await hana.Button("Add a passkey").ClickAsync();
        await hana.Sees("This is not your present password.");
        await page.GetByLabel("Your password", new() { Exact = true }).FillAsync(Password);
        await hana.Button("Add a passkey").ClickAsync();
        await hana.Sees("The passkey is added.");
        await hana.IsAccessible("your account");

        await hana.Button("Sign out everywhere").ClickAsync();
        await hana.Button("Sign in with a passkey").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Your account" }).ClickAsync();
        await hana.Sees("Red key");

        await hana.Button("Remove Red key").ClickAsync();
        await hana.Sees("no longer signs you in");
        await hana.Button("Sign out everywhere").ClickAsync();
        await hana.Button("Sign in with a passkey").ClickAsync();
        await hana.Sees("No account here has this passkey.");
        await hana.IsAccessible("sign in");
        Assert.Empty(hana.Faults);
    }
}
