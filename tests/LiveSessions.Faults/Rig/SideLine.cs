using LiveSessions.Histories;
using LiveSessions.Log;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Live;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Faults.Rig;

/// <summary>Another connection of the same person, which sends commands under a number of its choosing and hears only their answers.</summary>
internal sealed class SideLine : IAsyncDisposable
{
    private readonly HubConnection _line;
    private readonly ClientHistory _history;

    private SideLine(HubConnection line, ClientHistory history) => (_line, _history) = (line, history);

    public bool IsOpen => _line.State == HubConnectionState.Connected;

    public static async Task<SideLine> Open(Seat seat, Uri server, ClientHistory history)
    {
        var line = new HubConnectionBuilder().WithUrl(new Uri(server, $"/hub?session={seat.Session}"), http =>
        {
            http.Transports = HttpTransportType.WebSockets;
            http.SkipNegotiation = true;
            http.Headers["Cookie"] = seat.Cookie;
            http.Headers["Origin"] = server.GetLeftPart(UriPartial.Authority);
        }).AddJsonProtocol(json => Json.Configure(json.PayloadSerializerOptions)).Build();
        line.KeepAliveInterval = TimeSpan.FromSeconds(3);
        line.ServerTimeout = TimeSpan.FromSeconds(10);
        await line.StartAsync().WaitAsync(ServerProcess.Patience);
        return new(line, history);
    }

    /// <summary>Sends once. Null: no answer came, and it may have happened or not.</summary>
    public async Task<Answer?> Send(long number, Command command)
    {
        _history.Sends(0, number, command.GetType().Name);
        try
        {
            var answer = await _line.InvokeAsync<Answer>("Act", new Act(_history.Instance, number, command));
            _history.Hears(0, number, answer);
            return answer;
        }
        catch (Exception e)
        {
            _history.HearsNothing(0, number, e.Message);
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _line.DisposeAsync();
        }
        catch (Exception e) when (e is System.Net.WebSockets.WebSocketException or IOException or OperationCanceledException)
        {
            // Its server has just ended.
        }
    }
}
