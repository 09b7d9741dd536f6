using System.Net;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Transcripts;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Access;

public sealed class HostKeyTests(SharedRedis redis) : IAsyncLifetime
{
    private Site site = null!;

    public async ValueTask InitializeAsync() => site = await Site.Open(redis);

    public ValueTask DisposeAsync() => site.DisposeAsync();

    private string KeyFile => Path.Combine(site.Services.GetRequiredService<ArchivePlace>().Directory, "host.key");

    private async Task<Reply> SignIn(Browser browser) => await browser.Post("/api/rehearsal/signin", new { key = await File.ReadAllTextAsync(KeyFile) });

    private static async Task<string?> Me(Browser browser) => (await browser.Get("/api/me")).Json["account"]?["email"]?.GetValue<string>();

    [Fact]
    public void Only_the_owner_of_the_data_folder_can_read_the_key()
    {
        Assert.Equal(43, File.ReadAllText(KeyFile).Length);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyFile));
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_wrong_key_finds_nothing_there(string key)
    {
        var eve = site.Browser();
        Assert.Equal(HttpStatusCode.NotFound, (await eve.Post("/api/rehearsal/signin", new { key })).Status);
        Assert.Null(await Me(eve));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "192.0.2.7")]
    [InlineData("Forwarded", "for=192.0.2.7")]
    public async Task What_came_through_a_proxy_is_not_from_this_machine(string header, string value)
    {
        var eve = site.Browser();
        eve.Headers[header] = value;
        Assert.Equal(HttpStatusCode.NotFound, (await SignIn(eve)).Status);
    }

    [Fact]
    public async Task With_a_host_there_it_signs_in_as_the_first()
    {
        var ada = await site.Person();
        site.Time.Pass(TimeSpan.FromSeconds(1));
        await site.Person(ada);
        var rehearsal = site.Browser();
        Assert.Equal(HttpStatusCode.OK, (await SignIn(rehearsal)).Status);
        Assert.Equal(ada.Email, await Me(rehearsal));
    }

    [Fact]
    public async Task What_was_rehearsed_before_there_was_a_host_becomes_the_first_hosts()
    {
        var rehearsal = site.Browser();
        Assert.Equal(HttpStatusCode.OK, (await SignIn(rehearsal)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SignIn(site.Browser())).Status);
        var (session, _) = await rehearsal.MakeSession(site.Time);

        var ada = await site.Person();
        Assert.Equal(HttpStatusCode.OK, (await ada.Get($"/api/sessions/{session}")).Status);
        Assert.Null(await Me(rehearsal));
        Assert.Null(await site.SetUpPath());
        await using var db = await site.Db();
        Assert.Single(db.Users);
    }

    [Fact]
    public async Task The_rehearsals_account_has_no_password_that_opens_it()
    {
        await SignIn(site.Browser());
        foreach (var password in new[] { "", "rehearsal", Site.Password })
            Assert.Equal(HttpStatusCode.Unauthorized, (await site.Browser().Post("/api/signin", new { email = "rehearsal@localhost", password })).Status);
    }
}
