using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace LiveSessions.Rehearsal;

/// <summary>One browser's way to the server's HTTP API, with cookies of its own.</summary>
internal sealed class Door : IDisposable
{
    private static readonly JsonSerializerOptions Reading = new(JsonSerializerDefaults.Web);
    private readonly HttpClient _http;

    public Door(Uri url)
    {
        Url = url;
        _http = new(new SocketsHttpHandler { CookieContainer = Cookies, UseCookies = true, AllowAutoRedirect = false, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = url,
            Timeout = TimeSpan.FromSeconds(30),
        };
        _http.DefaultRequestHeaders.Add("Origin", Origin);
    }

    public Uri Url { get; }
    public string Origin => Url.GetLeftPart(UriPartial.Authority);
    public CookieContainer Cookies { get; } = new();

    public async Task<T> Get<T>(string path, CancellationToken ct) => await Read<T>(await _http.GetAsync(new Uri(path, UriKind.Relative), ct), ct);

    public async Task<T> Post<T>(string path, object body, CancellationToken ct) => await Read<T>(await _http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, Reading, ct), ct);

    public async Task Post(string path, object body, CancellationToken ct)
    {
        using var answer = await _http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, Reading, ct);
        await Check(answer, ct);
    }

    private static async Task<T> Read<T>(HttpResponseMessage answer, CancellationToken ct)
    {
        using (answer)
        {
            await Check(answer, ct);
            return await answer.Content.ReadFromJsonAsync<T>(Reading, ct) ?? throw new RehearsalFailed("The server answered with nothing.");
        }
    }

    /// <summary>What the server says when it refuses is meant for people.</summary>
    private static async Task Check(HttpResponseMessage answer, CancellationToken ct)
    {
        if (answer.IsSuccessStatusCode)
            return;
        var text = await answer.Content.ReadAsStringAsync(ct);
        string? words = null;
        try
        {
            words = JsonDocument.Parse(text).RootElement.TryGetProperty("detail", out var detail) ? detail.GetString() : null;
        }
        catch (JsonException)
        {
        }
        var sentence = $"{answer.RequestMessage?.RequestUri?.AbsolutePath}: {(int)answer.StatusCode} {words}";
        throw (int)answer.StatusCode >= 500 ? new ServerFailed(sentence) : new RehearsalFailed(sentence);
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>The rehearsal cannot go on; the message is for the person who started it.</summary>
internal class RehearsalFailed(string message) : Exception(message);

/// <summary>The server could not do it now; a person would try again.</summary>
internal sealed class ServerFailed(string message) : RehearsalFailed(message);

// What the HTTP API answers, as far as it is used here.

internal sealed record PlanOffer(string Key, string Name, int Minutes);
internal sealed record SessionMade(string Session, string Title, string Code);
internal sealed record RosterAnswer(IReadOnlyList<RosterTeam> Teams, IReadOnlyList<RosterPerson> People);
internal sealed record RosterTeam(string Id, string Name);
internal sealed record RosterPerson(string Person, string Team, string TeamName, string Name, string? Link);
internal sealed record Seat(string Session, string Person);
internal sealed record MeAnswer(MeAccount? Account);
internal sealed record MeAccount(string Id, string Name);
