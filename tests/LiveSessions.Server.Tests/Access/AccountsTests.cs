using System.Net;
using LiveSessions.Server.Access;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Access;

public sealed class AccountsTests(SharedRedis redis) : IAsyncLifetime
{
    private Site site = null!;

    public async ValueTask InitializeAsync() => site = await Site.Open(redis, ("Access:Proxies:0", "127.0.0.1"));

    public ValueTask DisposeAsync() => site.DisposeAsync();

    private static object SignUp(string password = Site.Password, string email = "ada@library.example", string name = "Ada") => new { name, email, password };

    private async Task<string?> Me(Browser browser) => (await browser.Get("/api/me")).Json["account"]?["email"]?.GetValue<string>();

    private Task<Reply> SignIn(Browser browser, string email, string password = Site.Password) => browser.Post("/api/signin", new { email, password });

    [Fact]
    public async Task The_set_up_link_makes_the_first_account_and_dies_with_it()
    {
        var (first, second) = (await site.SetUpPath(), await site.SetUpPath());
        var ada = site.Browser();
        Assert.Equal(HttpStatusCode.OK, (await ada.Get("/api" + first)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await ada.Get("/api/setup/" + Secret.New())).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await ada.Post("/api" + first, SignUp("short"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await ada.Post("/api" + first, SignUp())).Status);
        Assert.Equal("ada@library.example", await Me(ada));

        var eve = site.Browser();
        foreach (var link in new[] { first, second })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await eve.Get("/api" + link)).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await eve.Post("/api" + link, SignUp(email: "eve@library.example"))).Status);
        }
        Assert.Null(await site.SetUpPath());
    }

    [Fact]
    public async Task Of_many_who_race_with_set_up_links_one_gets_an_account()
    {
        var links = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => site.SetUpPath()));
        var replies = await Task.WhenAll(links.Concat(links).Select((link, n) => site.Browser().Post("/api" + link, SignUp(email: $"p{n}@library.example"))));
        Assert.Single(replies, r => r.Status == HttpStatusCode.OK);
        Assert.All(replies.Where(r => r.Status != HttpStatusCode.OK), r => Assert.Equal(HttpStatusCode.NotFound, r.Status));
        await using var db = await site.Db();
        Assert.Equal(1, await db.Users.CountAsync());
    }

    [Fact]
    public async Task Tokens_and_passwords_are_in_the_database_as_hashes_only()
    {
        var path = await site.SetUpPath();
        await site.Browser().Post("/api" + path, SignUp());
        await using var db = await site.Db();
        var account = await db.Users.SingleAsync();
        Assert.DoesNotContain(Site.Password, account.PasswordHash);
        await site.Services.GetRequiredService<Seats>().Give(new("s1"), new("p1"));
        Assert.Equal(32, (await db.Seats.SingleAsync()).SecretHash.Length);
    }

    [Fact]
    public async Task Later_accounts_come_by_invitation_only_and_each_link_makes_one()
    {
        var host = await site.Person();
        Assert.Equal(HttpStatusCode.Unauthorized, (await site.Browser().Post("/api/invitations")).Status);
        var link = new Uri((await host.Post("/api/invitations")).Text("link")).AbsolutePath.Replace("/invitation/", "/api/invitations/");

        var guest = site.Browser();
        Assert.Equal("Person 1", (await guest.Get(link)).Text("invitedBy"));
        Assert.Equal(HttpStatusCode.BadRequest, (await guest.Post(link, SignUp(email: host.Email.ToUpperInvariant()))).Status);
        Assert.Equal(HttpStatusCode.OK, (await guest.Post(link, SignUp())).Status);
        Assert.Equal("ada@library.example", await Me(guest));
        Assert.Equal(HttpStatusCode.NotFound, (await site.Browser().Post(link, SignUp(email: "eve@library.example"))).Status);
        // An invitation is no set-up link.
        var other = new Uri((await host.Post("/api/invitations")).Text("link")).AbsolutePath;
        Assert.Equal(HttpStatusCode.NotFound, (await site.Browser().Post(other.Replace("/invitation/", "/api/setup/"), SignUp(email: "eve@library.example"))).Status);
        site.Time.Pass(TimeSpan.FromDays(15));
        Assert.Equal(HttpStatusCode.NotFound, (await site.Browser().Post(other.Replace("/invitation/", "/api/invitations/"), SignUp(email: "eve@library.example"))).Status);
    }

    [Theory]
    [InlineData("elevenchars", false)]
    [InlineData("password1234", false)]
    [InlineData("P@ssw0rd2026!", false)]
    [InlineData("qwertyuiopas", false)]
    [InlineData("123456789012", false)]
    [InlineData("aaaaaaaaaaaaaaa", false)]
    [InlineData("librarylibrary1", false)]
    [InlineData("ada.byron.l@library.example", false)]
    [InlineData("dragondragon", false)]
    [InlineData("!!!Sunshine2026!!!", false)]
    [InlineData("schoolgirlie", false)]
    [InlineData("Live-Sessions-2026", false)]
    [InlineData("ada byron 2026", false)]
    [InlineData("ada.byron.l99", false)]
    [InlineData("all small letters", true)]
    [InlineData("zwölf zeichen", true)]
    [InlineData("vgkjhtpqzmxw", true)]
    public void A_password_is_long_and_not_one_that_everybody_tries(string password, bool isFine)
    {
        var account = new Account { Name = "Ada Byron", Email = "ada.byron.l@library.example", CreatedAt = default };
        Assert.Equal(isFine, Passwords.WhyNot(password, account) is null);
    }

    /// <summary>The list is in the server; each of it is refused as it stands, where it is long enough to be asked about, and all are refused with their year behind.</summary>
    [Fact]
    public void The_passwords_that_people_use_most_are_refused()
    {
        using var list = new StreamReader(new System.IO.Compression.GZipStream(typeof(Passwords).Assembly.GetManifestResourceStream("common-passwords.gz")!, System.IO.Compression.CompressionMode.Decompress));
        var common = list.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(common.Length >= 30_000);
        Assert.All(common.Where(p => p.Length >= Passwords.Shortest), p => Assert.NotNull(Passwords.WhyNot(p, null)));
        Assert.All(common.Where(p => p.All(char.IsAsciiLetter)), p => Assert.NotNull(Passwords.WhyNot($"{char.ToUpperInvariant(p[0])}{p[1..]}2026!!!", null)));
        Assert.Null(Passwords.WhyNot(new string([.. Enumerable.Range(0, 128).Select(n => (char)('a' + n * 7 % 26))]), null));
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_address_are_answered_alike()
    {
        var host = await site.Person();
        var wrong = await SignIn(site.Browser(), host.Email, "wrong wrong wrong");
        var unknown = await SignIn(site.Browser(), "nobody@library.example", "wrong wrong wrong");
        Assert.Equal((HttpStatusCode.Unauthorized, wrong.Detail), (unknown.Status, unknown.Detail));
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.Status);
        for (var i = 0; i < 4; i++)
        {
            wrong = await SignIn(site.Browser(), host.Email, "wrong wrong wrong");
            unknown = await SignIn(site.Browser(), "nobody@library.example", "wrong wrong wrong");
            Assert.Equal(wrong.Status, unknown.Status);
        }
        wrong = await SignIn(site.Browser(), host.Email, "wrong wrong wrong");
        unknown = await SignIn(site.Browser(), "nobody@library.example", "wrong wrong wrong");
        Assert.Equal((HttpStatusCode.TooManyRequests, "5"), (wrong.Status, wrong.Header("Retry-After")));
        Assert.Equal((wrong.Status, wrong.Detail), (unknown.Status, unknown.Detail));
    }

    [Fact]
    public async Task Failures_in_a_row_wait_a_little_longer_each_time_and_never_lock_for_good()
    {
        var host = await site.Person();
        var waits = new List<string?>();
        for (var i = 0; i < 8; i++)
        {
            Reply reply;
            while ((reply = await SignIn(site.Browser(), host.Email, "wrong wrong wrong")).Status == HttpStatusCode.TooManyRequests)
            {
                waits.Add(reply.Header("Retry-After"));
                // The right password is not looked at either, or it could be guessed.
                Assert.Equal(HttpStatusCode.TooManyRequests, (await SignIn(site.Browser(), host.Email)).Status);
                site.Time.Pass(TimeSpan.FromSeconds(int.Parse(reply.Header("Retry-After")!)));
            }
            Assert.Equal(HttpStatusCode.Unauthorized, reply.Status);
        }
        Assert.Equal(["5", "10", "20"], waits);
        site.Time.Pass(TimeSpan.FromSeconds(40));
        var back = site.Browser();
        Assert.Equal(HttpStatusCode.OK, (await SignIn(back, host.Email.ToUpperInvariant())).Status);
        Assert.Equal(host.Email, await Me(back));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignIn(site.Browser(), host.Email, "wrong wrong wrong")).Status);
        Assert.Equal(TimeSpan.FromMinutes(15), SignInDelays.After(1000));
    }

    [Fact]
    public async Task Tries_made_at_once_are_counted_one_by_one()
    {
        var host = await site.Person();
        var replies = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => SignIn(site.Browser(), host.Email, "wrong wrong wrong")));
        Assert.InRange(replies.Count(r => r.Status == HttpStatusCode.Unauthorized), 1, 5);
        Assert.Contains(replies, r => r.Status == HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task The_cookie_is_closed_to_scripts_and_bound_to_the_host_over_https()
    {
        var plain = await site.Person();
        var reply = await SignIn(site.Browser(), plain.Email);
        var cookie = Assert.Single(reply.SetCookies).ToLowerInvariant();
        Assert.StartsWith("account=", cookie);
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=lax", cookie);
        Assert.DoesNotContain("secure", cookie);

        var safe = site.Browser();
        safe.Headers["X-Forwarded-Proto"] = "https";
        safe.Origin = site.Address.GetLeftPart(UriPartial.Authority).Replace("http:", "https:");
        cookie = Assert.Single((await SignIn(safe, plain.Email)).SetCookies).ToLowerInvariant();
        Assert.StartsWith("__host-account=", cookie);
        Assert.Contains("secure", cookie);
        Assert.Contains("path=/", cookie);
        Assert.DoesNotContain("domain", cookie);
        Assert.Equal(plain.Email, await Me(safe));
    }

    [Fact]
    public async Task Being_signed_in_ends_after_twelve_idle_hours()
    {
        var host = await site.Person();
        site.Time.Pass(TimeSpan.FromHours(11));
        Assert.Equal(host.Email, await Me(host));
        site.Time.Pass(TimeSpan.FromHours(11));
        Assert.Equal(host.Email, await Me(host));
        site.Time.Pass(TimeSpan.FromHours(13));
        Assert.Null(await Me(host));
    }

    [Fact]
    public async Task Being_signed_in_ends_after_seven_days_however_busy()
    {
        var host = await site.Person();
        for (var hours = 0; hours < 7 * 24 - 6; hours += 6)
        {
            Assert.Equal(host.Email, await Me(host));
            site.Time.Pass(TimeSpan.FromHours(6));
        }
        site.Time.Pass(TimeSpan.FromHours(6));
        Assert.Null(await Me(host));
    }

    [Fact]
    public async Task Signing_out_everywhere_and_disabling_work_at_once_on_every_device()
    {
        var host = await site.Person();
        var phone = site.Browser();
        await SignIn(phone, host.Email);
        var copy = new Dictionary<string, string>(phone.Cookies);
        await phone.Post("/api/signout", new { everywhere = false });
        Assert.Equal((null, host.Email), (await Me(phone), await Me(host)));

        foreach (var (name, value) in copy)
            phone.Cookies[name] = value;
        await host.Post("/api/signout", new { everywhere = true });
        Assert.Null(await Me(phone));
        Assert.Equal(HttpStatusCode.Unauthorized, (await phone.Get("/api/sessions")).Status);

        await SignIn(host, host.Email);
        await using var db = await site.Db();
        var now = site.Time.GetUtcNow();
        await db.Users.ExecuteUpdateAsync(set => set.SetProperty(u => u.DisabledAt, now));
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.Get("/api/sessions")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SignIn(site.Browser(), host.Email)).Status);
    }

    [Fact]
    public async Task A_new_password_needs_the_old_one_and_signs_out_the_other_devices()
    {
        var host = await site.Person();
        var phone = site.Browser();
        await SignIn(phone, host.Email);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Post("/api/me/password", new { current = "wrong wrong wrong", @new = "another fine password" })).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Post("/api/me/password", new { current = Site.Password, @new = "short" })).Status);
        Assert.Equal(HttpStatusCode.NoContent, (await host.Post("/api/me/password", new { current = Site.Password, @new = "another fine password" })).Status);
        Assert.Equal((host.Email, null), (await Me(host), await Me(phone)));
        Assert.Equal(HttpStatusCode.OK, (await SignIn(phone, host.Email, "another fine password")).Status);
    }

    [Fact]
    public async Task Members_that_nobody_asked_for_are_refused()
    {
        var path = await site.SetUpPath();
        var reply = await site.Browser().PostRaw("/api" + path, """{"name":"Ada","email":"ada@library.example","password":"window lantern oak","isAdmin":true}""");
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.NotEmpty(reply.Detail);
        Assert.Equal(HttpStatusCode.OK, (await site.Browser().Post("/api" + path, SignUp())).Status);
    }
}
