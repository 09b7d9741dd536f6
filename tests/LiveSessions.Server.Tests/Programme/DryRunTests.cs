using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Programme;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Live;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Tests.Programme;

/// <summary>What a server plays to itself when it has started, and what it reads before.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class DryRunTests(LiveHouse house)
{
    private DryRun Of(TemplateShelf shelf) => new(shelf, house.One.Get<IHubProtocol>(), house.One.Get<CleanText>());

    /// <summary>It throws where anything is refused, so it must be mended when a rule changes.</summary>
    [Fact]
    public async Task With_the_templates_that_come_with_the_program_it_plays_to_its_end()
    {
        using var commands = new Counted("live.commands", DryRun.Uncounted);
        Assert.True(await Of(house.One.Get<TemplateShelf>()).Play() >= 15);
        Assert.True(commands.Count >= 15, $"{commands.Count} commands were counted apart from those of people.");
    }

    [Fact]
    public async Task Nothing_of_it_is_kept()
    {
        await Of(house.One.Get<TemplateShelf>()).Play();
        Assert.Null((await house.One.Get<ISessionLog>().Read(DryRun.Id, 0, 1)).Epoch);
        Assert.DoesNotContain(house.One.Get<LiveSessionsNode>().Desks, d => d.Session.Id == DryRun.Id);
    }

    [Fact]
    public async Task Without_a_plan_that_opens_rooms_it_plays_nothing() =>
        Assert.Equal(0, await Of(TemplateShelf.Read(TemplateShelf.ShippedFolders[0])).Play());

    [Fact]
    public async Task A_server_whose_own_templates_are_faulty_says_so_and_does_not_start()
    {
        var settings = house.Settings();
        var file = Path.Combine(Directory.CreateDirectory(Path.Combine(settings.DataDirectory, "exercises")).FullName, "bad.yaml");
        await File.WriteAllTextAsync(file, "name: [", TestContext.Current.CancellationToken);
        var node = new ServerNode(settings);
        await using (node)
        {
            await Assert.ThrowsAnyAsync<Exception>(node.StartAgain);
            Assert.Contains("Live Sessions cannot start. There is a fault in the exercises and plans.", node.Said, StringComparison.Ordinal);
            Assert.Contains($"{file}, line 2: ", node.Said, StringComparison.Ordinal);
        }
    }
}
