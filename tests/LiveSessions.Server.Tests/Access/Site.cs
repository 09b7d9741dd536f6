using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Live;
using LiveSessions.Server.Programme;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Transcripts;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LiveSessions.Server.Tests.Access;

/// <summary>The real server on real Kestrel, a real Redis and a real SQLite file of its own, with a clock that the test turns.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly ScratchDirectory directory = new();
    private WebApplication app = null!;
    private int accounts;

    public Uri Address { get; private set; } = null!;
    public ManualTime Time { get; } = new();
    public IServiceProvider Services => app.Services;
    public TranscriptStore Store => Services.GetRequiredService<TranscriptStore>();

    /// <summary>An archive whose tables are made, to be copied: making them takes longest.</summary>
    private static readonly Lazy<Task<byte[]>> EmptyArchive = new(async () =>
    {
        using var made = new ScratchDirectory();
        await using (var archive = await Archive.Open(made.Path))
        {
            await using var db = await archive.Factory.CreateDbContextAsync();
            await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        return await File.ReadAllBytesAsync(Path.Combine(made.Path, "archive.db"));
    });

    public static async Task<Site> Open(SharedRedis redis, params (string Key, string Value)[] settings)
    {
        var site = new Site();
        await File.WriteAllBytesAsync(Path.Combine(site.directory.Path, "archive.db"), await EmptyArchive.Value);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Data:Directory"] = site.directory.Path,
            ["ConnectionStrings:Redis"] = (await redis.Running).ConnectionString,
        });
        builder.Configuration.AddInMemoryCollection(settings.Select(s => new KeyValuePair<string, string?>(s.Key, s.Value)));
        builder.Services.AddSingleton<TimeProvider>(site.Time);
        builder.Services.AddSessionRedis(builder.Configuration);
        builder.Services.AddArchive(builder.Configuration);
        builder.Services.AddAccess(builder.Configuration);
        builder.Services.AddLive();
        builder.Services.AddProgramme(builder.Configuration);
        site.app = builder.Build();
        site.app.UseAccess();
        site.app.MapAccounts();
        site.app.MapProgramme();
        site.app.MapReview();
        site.app.MapLive();
        site.app.MapGet("/api/broken", Microsoft.AspNetCore.Http.IResult () => throw new InvalidOperationException("secret detail")).AllowAnonymous();
        await site.app.StartAsync();
        site.Address = new Uri(site.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return site;
    }

    public Browser Browser() => new(Address);

    public Task<string?> SetUpPath() => Services.GetRequiredService<SetUpLink>().Mint(CancellationToken.None);

    public async Task<ArchiveDb> Db() => await Services.GetRequiredService<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync();

    /// <summary>Somebody with an account, signed in: the first by the set-up link, all others invited by the first.</summary>
    public async Task<Browser> Person(Browser? invitedBy = null)
    {
        var n = Interlocked.Increment(ref accounts);
        var browser = Browser();
        var path = invitedBy is null
            ? await SetUpPath() ?? throw new InvalidOperationException("There is an account already: say who invites.")
            : new Uri((await invitedBy.Post("/api/invitations")).Text("link")).AbsolutePath.Replace("/invitation/", "/invitations/");
        var made = await browser.Post("/api" + path, new { name = $"Person {n}", email = Email(n), password = Password });
        Assert.Equal(HttpStatusCode.OK, made.Status);
        browser.AccountId = made.Json["account"]!["id"]!.GetValue<string>();
        browser.Email = Email(n);
        return browser;
    }

    public const string Password = "window lantern oak river";

    private static string Email(int n) => $"person{n}@library.example";

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
        directory.Dispose();
    }
}

/// <summary>What came back.</summary>
internal sealed record Reply(HttpStatusCode Status, string Body, HttpResponseMessage Message)
{
    public JsonNode Json => JsonNode.Parse(Body)!;
    public string Detail => Json["detail"]?.GetValue<string>() ?? "";
    public string Text(string name) => Json[name]!.GetValue<string>();
    public IReadOnlyList<string> SetCookies => Message.Headers.TryGetValues("Set-Cookie", out var values) ? values.ToList() : [];
    public string? Header(string name) => Message.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : Message.Content.Headers.TryGetValues(name, out var more) ? string.Join(", ", more) : null;
}

/// <summary>One browser: its own cookies, and an Origin on what changes something.</summary>
/// <param name="from">The loopback address it comes from, where that matters.</param>
internal sealed class Browser(Uri address, IPAddress? from = null) : IDisposable
{
    private readonly HttpClient client = new(Handler(from)) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };

    private static SocketsHttpHandler Handler(IPAddress? from)
    {
        var handler = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false };
        if (from is not null)
            handler.ConnectCallback = async (context, ct) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp) { NoDelay = true };
                socket.Bind(new IPEndPoint(from, 0));
                await socket.ConnectAsync(context.DnsEndPoint, ct);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            };
        return handler;
    }

    public Dictionary<string, string> Cookies { get; } = [];
    public string? Origin { get; set; } = address.GetLeftPart(UriPartial.Authority);
    public Dictionary<string, string> Headers { get; } = [];
    public string AccountId { get; set; } = "";
    public string Email { get; set; } = "";

    public Task<Reply> Get(string path) => Send(HttpMethod.Get, path, null);
    public Task<Reply> Post(string path, object? body = null) => Send(HttpMethod.Post, path, body is null ? null : JsonContent.Create(body, options: JsonSerializerOptions.Web));
    public Task<Reply> PostRaw(string path, string json) => Send(HttpMethod.Post, path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));
    public Task<Reply> Delete(string path) => Send(HttpMethod.Delete, path, null);

    public async Task<Reply> Send(HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (Origin is not null && method != HttpMethod.Get)
            request.Headers.TryAddWithoutValidation("Origin", Origin);
        foreach (var (name, value) in Headers)
            request.Headers.TryAddWithoutValidation(name, value);
        if (Cookies.Count > 0)
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", Cookies.Select(c => $"{c.Key}={c.Value}")));
        var message = await client.SendAsync(request);
        var reply = new Reply(message.StatusCode, await message.Content.ReadAsStringAsync(), message);
        foreach (var cookie in reply.SetCookies)
        {
            var pair = cookie.Split(';')[0].Split('=', 2);
            if (pair[1].Length == 0)
                Cookies.Remove(pair[0]);
            else
                Cookies[pair[0]] = pair[1];
        }
        return reply;
    }

    /// <summary>Makes a session of the shipped first plan.</summary>
    public async Task<(string Session, string Code)> MakeSession(ManualTime time)
    {
        var made = await Post("/api/sessions", new { plan = "week-1", startsAt = time.GetUtcNow().AddHours(1), timeZone = "America/Los_Angeles" });
        Assert.Equal(HttpStatusCode.Created, made.Status);
        return (made.Text("session"), made.Text("code"));
    }

    public void Dispose() => client.Dispose();
}
