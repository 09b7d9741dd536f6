using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Programme;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Tests.Access;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LiveSessions.Server.Tests.Programme;

/// <summary>A session that nobody ends is ended by the server, so that what holds for ended sessions holds for it.</summary>
public sealed class ForgottenSessionsTests(SharedRedis redis) : IAsyncLifetime
{
    private Site _site = null!;
    private SessionId _session;

    public async ValueTask InitializeAsync()
    {
        _site = await Site.Open(redis);
        var host = await _site.Person();
        // Sixty minutes, from the clock's own moment on.
        var made = await host.Post("/api/sessions", new { plan = "week-1", startsAt = _site.Time.GetUtcNow(), timeZone = "America/Los_Angeles" });
        _session = new(made.Text("session"));
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    private Task<int> EndThose() => _site.Services.GetRequiredService<ForgottenSessions>().EndThose(CancellationToken.None);

    private Task<Answer> Does(Command command) => _site.Services.GetRequiredService<ILiveSessions>().Act(_session, Actor.System, command, CancellationToken.None);

    private async Task<List<LogEntry>> Log() => [.. (await _site.Services.GetRequiredService<ISessionLog>().Read(_session, 0, 500)).Entries.Select(EntryBytes.Read)];

    [Fact]
    public async Task It_is_ended_twelve_hours_after_the_planned_end_and_only_once()
    {
        _site.Time.Pass(TimeSpan.FromMinutes(12 * 60 + 59));
        Assert.Equal(0, await EndThose());
        _site.Time.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal(1, await EndThose());
        Assert.Equal(0, await EndThose());
        var end = Assert.Single(await Log(), e => e.Events.Any(happened => happened is SessionEnded));
        Assert.Equal((PersonId.System, _site.Time.GetUtcNow()), (end.By, end.At));
    }

    [Fact]
    public async Task It_goes_on_while_anything_happens_in_it()
    {
        _site.Time.Pass(TimeSpan.FromHours(20));
        await Does(new StartSession());
        Assert.Equal(0, await EndThose());
        _site.Time.Pass(TimeSpan.FromHours(11));
        Assert.Equal(0, await EndThose());
        _site.Time.Pass(TimeSpan.FromHours(1));
        Assert.Equal(1, await EndThose());
        Assert.Equal(Answer.Refused(Refusal.SessionEnded), await Does(new StartSession()));
    }

    [Fact]
    public async Task A_session_that_its_host_ended_is_left_alone()
    {
        await Does(new EndSession());
        _site.Time.Pass(TimeSpan.FromDays(2));
        var before = (await Log()).Count;
        Assert.Equal(0, await EndThose());
        Assert.Equal(before, (await Log()).Count);
    }

    [Theory]
    [InlineData("00:10:00")]
    [InlineData("8.00:00:00")]
    public void The_setting_has_bounds(string after) => Assert.Throws<InvalidOperationException>(() =>
        ForgottenSessionsOptions.From(new ConfigurationBuilder().AddInMemoryCollection([new("Sessions:EndAfter", after)]).Build()));
}
