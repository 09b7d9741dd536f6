using LiveSessions.Faults.Rig;
using LiveSessions.Faults.Runs;
using LiveSessions.Histories;

namespace LiveSessions.Faults.Short;

/// <summary>The long runs in small: the same code, the same checker, fixed seeds, few people and faults. What takes minutes is in scripts/faults.</summary>
public sealed class FaultTests(House house, ITestOutputHelper output) : IClassFixture<House>
{
    private const int People = 12;
    private Notes Notes => new(output.WriteLine);

    [Fact]
    public async Task Killing_servers_redis_and_postgres_loses_and_doubles_nothing()
    {
        var result = await Kills.Run(new(NodeKills: 2, RedisKills: 2, PostgresKills: 1, PostgresRestarts: 1, People: People, PerSecond: 60, Seed: 11), Notes, house.Cluster);
        Sound(result.Violations);
        Assert.True(result is { FewestAcks: >= 20, FewestInFlight: >= 5 }, "a kill hit nothing");
    }

    [Fact]
    public async Task Commands_that_come_again_on_other_sockets_and_servers_happen_once()
    {
        var result = await Again.Resends(People * 40, People, 12, Notes, on: house.Cluster);
        Sound(result.Violations);
        Assert.True(result.CommandsResent > People && result.Sendings > result.Commands + result.CommandsResent, "nothing was sent again");
    }

    [Fact]
    public async Task Coming_back_again_and_again_leaves_no_gap()
    {
        var result = await Again.Reconnects(80, People, 13, 30, Notes, house.Cluster);
        Sound(result.Violations);
        Assert.Equal(0, result.WrongRoom);
    }

    [Fact]
    public async Task Many_votes_of_one_person_count_once()
    {
        var result = await Again.Votes(2, People, 240, 14, Notes, house.Cluster);
        Sound(result.Violations);
    }

    [Fact]
    public async Task A_server_that_is_asked_to_end_answers_what_was_sent_first()
    {
        var result = await Rolling.Sigterm(2, house.Cluster.Nodes.Count, People, 60, 18, Notes, on: house.Cluster);
        Sound(result.Violations);
        Assert.Equal(0, result.Unanswered);
        Assert.True(result.LongestExit < 30);
    }

    [Fact]
    public async Task Without_news_between_servers_the_last_word_still_reaches_everybody()
    {
        var result = await RedisTrouble.NoNews(4, People, 15, Notes, on: house.Cluster);
        Assert.Null(result.Wrong);
        Sound(result.Violations);
    }

    [Fact]
    public async Task While_redis_is_cut_off_nothing_is_acknowledged_and_afterwards_everything_happens_once()
    {
        var result = await RedisTrouble.CutFor(TimeSpan.FromSeconds(6), 2, People, 16, Notes, on: house.Cluster);
        Sound(result.Violations);
        Assert.True(result is { AckedWhileAway: 0, AllAlive: true });
    }

    [Fact]
    public async Task A_server_that_hears_nothing_of_redis_acknowledges_nothing_and_lets_its_people_go_to_another()
    {
        var result = await RedisTrouble.CutOffAlone(TimeSpan.FromSeconds(60), People, 17, Notes, house.Cluster);
        Sound(result.Violations);
        Assert.True(result.NotReadyAfter < 60 && result.OthersHaveAllAfter < 60, $"{result.NotReadyAfter} {result.OthersHaveAllAfter}");
    }

    private static void Sound(IReadOnlyList<Violation> violations) => Assert.True(violations.Count == 0, string.Join('\n', violations));
}
