using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using LiveSessions.Server.Access;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Hostile;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Tests.Live;

/// <summary>What the server knows of the request of a socket while it is open.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class DoorstepTests(LiveHouse house)
{
    [Fact]
    public async Task An_open_socket_keeps_who_somebody_is_and_nothing_else_of_what_was_asked_at_the_door()
    {
        var workshop = await house.Site.Workshop(people: 1);
        await using var line = await RawLine.Open(await workshop.Comes(1), house.One.Address);
        await line.Enter();
        var http = ConnectionOf(workshop).GetHttpContext()!;

        Assert.Equal((workshop.Session.Value, workshop.Person(1).Value), http.User.Seated());
        Assert.Empty(http.Request.Headers.Cookie.ToString());
        Assert.Empty(http.Request.Cookies);
        Assert.Empty(http.Request.QueryString.ToString());
        Assert.Null(http.RequestServices);
        Assert.Null(http.Features.Get<IAuthenticateResultFeature>());
        // Nobody listens to activities here.
        Assert.Null(http.Features.Get<IHttpActivityFeature>()?.Activity);
    }

    [Fact]
    public async Task A_connection_that_was_negotiated_before_is_the_one_that_opens()
    {
        var workshop = await house.Site.Workshop(people: 1);
        var seat = await workshop.Comes(1);
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false });
        using var ask = new HttpRequestMessage(HttpMethod.Post, new Uri(house.One.Address, $"/hub/negotiate?negotiateVersion=1&session={seat.Session}"))
        {
            Headers = { { "Cookie", seat.Cookie }, { "Origin", house.One.Address.GetLeftPart(UriPartial.Authority) } },
        };
        using var answer = await http.SendAsync(ask, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var said = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        await using var line = await RawLine.Open(seat, house.One.Address, said.RootElement.GetProperty("connectionToken").GetString());
        await line.Enter();
        Assert.Equal(said.RootElement.GetProperty("connectionId").GetString(), ConnectionOf(workshop).ConnectionId);

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => RawLine.Open(seat, house.One.Address, "nobody-negotiated-this"));
        Assert.Contains("404", refused.Message, StringComparison.Ordinal);
    }

    private HubConnectionContext ConnectionOf(Workshop workshop) =>
        house.One.Get<NodeLines>().All.Single(c => c.User.Seated() == (workshop.Session.Value, workshop.Person(1).Value));
}
