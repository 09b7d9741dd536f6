using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace LiveSessions.Browser.Tests;

/// <summary>The product in its own process with a session full of hostile markup, put there by hand as no browser of ours would, and Chromium to look at it.</summary>
public sealed class HostileSite : IAsyncLifetime
{
    private const char End = '\u001e';

    // More than anybody types, so that the session is full in seconds.
    private readonly Site _site = new() { Settings = ["--Logs:Level=Warning", "--Live:CommandsPerSecond=100000", "--Live:CommandsAtOnce=100000"] };
    private readonly HttpClient _http = new(new HttpClientHandler { UseCookies = false }) { Timeout = TimeSpan.FromSeconds(60) };

    public string Address => _site.Address;
    public IBrowser Browser => _site.Browser;
    public string HostCookie { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        await _site.InitializeAsync();
        (_, HostCookie) = await Post($"/api{await _site.SetUpLink}", new { name = "Hana Host", email = "hana@example.org", password = "a quiet reading room" }, null);
    }

    public async Task<(JsonNode Body, string Cookie)> Post(string path, object body, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(Address), path)) { Content = JsonContent.Create(body) };
        request.Headers.Add("Origin", Address);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path} was answered {(int)response.StatusCode}: {text}");
        return (JsonNode.Parse(text)!, response.Headers.TryGetValues("Set-Cookie", out var set) ? string.Join("; ", set.Select(c => c.Split(';')[0])) : "");
    }

    /// <summary>Sends commands over a socket, one after the other, and waits until each is accepted, or refused where that may be.</summary>
    /// <returns>How many were accepted.</returns>
    public async Task<int> Does(string session, string cookie, IEnumerable<JsonObject> commands, bool mayBeRefused = false)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", cookie);
        socket.Options.SetRequestHeader("Origin", Address);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await socket.ConnectAsync(new Uri($"{Address.Replace("http:", "ws:", StringComparison.Ordinal)}/hub?session={session}"), limit.Token);
        var instance = "hostile-" + Guid.NewGuid().ToString("n");
        var (text, buffer) = (new StringBuilder(), new byte[256 * 1024]);
        await Send("""{"protocol":"json","version":1}""");
        await Send(Call("Enter", new JsonObject { ["instance"] = instance }));
        await Next();
        var (number, accepted) = (0, 0);
        foreach (var command in commands)
        {
            await Send(Call("Act", new JsonObject { ["instance"] = instance, ["number"] = ++number, ["command"] = command }));
            var answer = await Next();
            var isAccepted = answer.Contains("\"kind\":\"accepted\"", StringComparison.Ordinal) || answer.Contains("\"kind\":\"alreadySo\"", StringComparison.Ordinal);
            Assert.True(isAccepted || mayBeRefused, answer);
            accepted += isAccepted ? 1 : 0;
        }
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        return accepted;

        async Task Send(string message) => await socket.SendAsync(Encoding.UTF8.GetBytes(message + End), WebSocketMessageType.Text, true, limit.Token);

        async Task<string> Next()
        {
            while (true)
            {
                while (text.ToString().IndexOf(End, StringComparison.Ordinal) is >= 0 and var end)
                {
                    var message = text.ToString(0, end);
                    text.Remove(0, end + 1);
                    if (message.StartsWith("{\"type\":3", StringComparison.Ordinal))
                        return message;
                }
                var read = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token);
                Assert.NotEqual(WebSocketMessageType.Close, read.MessageType);
                text.Append(Encoding.UTF8.GetString(buffer, 0, read.Count));
            }
        }

        static string Call(string method, JsonObject argument) =>
            new JsonObject { ["type"] = 1, ["invocationId"] = "c", ["target"] = method, ["arguments"] = new JsonArray(argument) }.ToJsonString();
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _site.DisposeAsync();
    }
}
