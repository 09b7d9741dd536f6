using System.Net;
using System.Net.Http.Json;
using LiveSessions.Board;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Sessions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>What people say, what they are called and what opens doors is in no log, however much is logged.</summary>
public sealed class CanaryTests(SharedRedis shared)
{
    [Fact]
    public async Task The_keys_of_the_sign_in_cookies_lie_encrypted_in_the_archive_and_their_key_is_the_servers_alone()
    {
        await using var site = await Access.Site.Open(shared);
        await site.Person();
        await using var db = await site.Db();
        var keys = await db.DataProtectionKeys.Select(k => k.Xml).ToListAsync();
        Assert.NotEmpty(keys);
        Assert.All(keys, xml =>
        {
            Assert.Contains("<keyFile", xml, StringComparison.Ordinal);
            Assert.DoesNotContain("<masterKey", xml, StringComparison.Ordinal);
        });
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(site.Services.GetRequiredService<Server.Transcripts.ArchivePlace>().Directory, "cookies.key")));
    }

    [Fact]
    public async Task No_secret_and_nobodys_words_are_in_any_log()
    {
        using var directory = new ScratchDirectory();
        await using var redis = await RedisServer.Start();
        await using var node = await ServerNode.Start(new NodeSettings(directory.Path, redis.ConnectionString, null) { LogLevel = "Debug" });
        var setUp = await node.SetUpPath();
        var site = await Live.Site.SetUp(node.Address, setUp);
        var workshop = await site.Workshop(people: 2);
        var seat = await workshop.Comes(1);
        await workshop.Comes(2);
        await using (var host = await new LiveClient(workshop.Host, node.Address).IsIn())
        await using (var ada = await new LiveClient(seat, node.Address).IsIn())
        {
            await workshop.OpenAndWrite(host, ada);
            await ada.Does(new RenameMe("Canaryname\r\n99:99:99 ERR forged \u001b[31m\u2028line"));
            await ada.Does(new AddNote(new("n1"), "trust", "canarynote in the room", NoteColour.Sun));
            await ada.Does(new CallHelp(new("h1"), "canaryhelp please"));
            await host.Does(new SendMessage("canarymessage to all", []));
            await ada.Ask(new AddNote(new("n2"), "canarycolumn", "canaryrefused", NoteColour.Sun));
        }
        // What goes wrong is logged more than what goes right.
        using var http = new HttpClient { BaseAddress = node.Address };
        http.DefaultRequestHeaders.Add("Origin", node.Address.GetLeftPart(UriPartial.Authority));
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsJsonAsync("/api/signin", new { email = "canarymail@example.org", password = "canarypassword here" })).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsJsonAsync("/api/signin", new { email = "hana@example.org", password = "canarypassword here" })).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/api/join/KANARYKA")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("/api/link/canarytoken")).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await http.PostAsync("/api/signin", new StringContent("{\"email\":\"canarybroken\"", System.Text.Encoding.UTF8, "application/json"))).StatusCode);
        await node.Stop();

        var logs = Directory.GetFiles(Path.Combine(directory.Path, "logs")).Select(File.ReadAllText).ToList();
        Assert.True(logs.Sum(l => l.Length) > 500, "there are logs");
        // The set-up link is told on the console once, to whoever starts the server, and in no file.
        var said = node.Said.Replace(setUp, "", StringComparison.Ordinal);
        var secrets = new List<string> { "canary", "KANARYKA", setUp.Split('/')[^1], workshop.Code, workshop.LinkOf(1), seat.Cookie.Split('=', 2)[1], site.HostCookie.Split('=', 2)[1], Live.Site.Password, "Hana Host", "hana@example.org", "Person 1" };
        foreach (var text in logs.Append(said))
            foreach (var secret in secrets)
                if (text.IndexOf(secret, StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
                    Assert.Fail($"\"{secret}\" is in a log: {text[Math.Max(0, at - 200)..Math.Min(text.Length, at + 200)]}");
        Assert.DoesNotContain("99:99:99", said, StringComparison.Ordinal);
    }
}
