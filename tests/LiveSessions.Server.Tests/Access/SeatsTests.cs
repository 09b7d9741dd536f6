using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Server.Tests.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Tests.Access;

public sealed class Seats_on_sqlite : SeatLaws
{
    private protected override Task<string?> Place() => Task.FromResult<string?>(null);
}

public sealed class Seats_on_postgres(SharedPostgres postgres) : SeatLaws
{
    private protected override async Task<string?> Place() => await (await postgres.Running).NewDatabase();
}

public abstract class SeatLaws : IAsyncLifetime
{
    private static readonly SessionId Session = new("s1");
    private static readonly PersonId Ada = new("p1");
    private readonly ScratchDirectory directory = new();
    private Archive archive = null!;
    private Seats seats = null!;

    private protected abstract Task<string?> Place();

    public async ValueTask InitializeAsync()
    {
        archive = await Archive.Open(directory.Path, await Place());
        seats = new Seats(archive.Factory, archive.Time);
    }

    public async ValueTask DisposeAsync()
    {
        await archive.DisposeAsync();
        directory.Dispose();
        GC.SuppressFinalize(this);
    }

    private void Pass(double seconds) => archive.Time.Pass(TimeSpan.FromSeconds(seconds));

    [Fact]
    public async Task A_seat_is_good_for_its_own_session_only()
    {
        var secret = await seats.Give(Session, Ada);
        Assert.Equal(Ada, await seats.Find(Session, secret));
        Assert.Null(await seats.Find(new SessionId("s2"), secret));
        Assert.Null(await seats.Find(Session, Secret.New()));
        Assert.Null(await seats.Find(Session, ""));
    }

    [Fact]
    public async Task The_secret_changes_when_it_is_renewed_and_the_old_one_dies_a_minute_after_the_new_one_is_used()
    {
        var first = await seats.Give(Session, Ada);
        Pass(600);
        var (person, second) = (await seats.Renew(Session, first))!.Value;
        Assert.Equal(Ada, person);
        Assert.NotEqual(first, second);
        Assert.Equal((Ada, Ada), (await seats.Find(Session, first), await seats.Find(Session, second)));
        Pass(59);
        Assert.Equal(Ada, await seats.Find(Session, first));
        Pass(2);
        Assert.Null(await seats.Find(Session, first));
        Assert.Null(await seats.Renew(Session, first));
        Assert.Equal(Ada, await seats.Find(Session, second));
    }

    [Fact]
    public async Task A_reply_lost_on_the_way_costs_nobody_their_seat_however_long_they_are_away()
    {
        var first = await seats.Give(Session, Ada);
        Pass(600);
        var (_, lost) = (await seats.Renew(Session, first))!.Value;
        Pass(3600 * 5);
        Assert.Equal((Ada, lost), (await seats.Renew(Session, first))!.Value);
        Assert.Equal(Ada, await seats.Find(Session, lost));
    }

    [Fact]
    public async Task Ten_tabs_that_renew_at_once_end_with_one_secret()
    {
        var first = await seats.Give(Session, Ada);
        Pass(600);
        var renewed = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => seats.Renew(Session, first))));
        var second = Assert.Single(renewed.Select(r => r!.Value.Secret).Distinct());
        Assert.NotEqual(first, second);
        Assert.Equal(Ada, await seats.Find(Session, second));
        Pass(61);
        Assert.Null(await seats.Find(Session, first));
        Assert.Equal(Ada, await seats.Find(Session, second));
    }

    [Fact]
    public async Task Reloading_again_and_again_keeps_the_secret_for_a_minute()
    {
        var first = await seats.Give(Session, Ada);
        var (_, second) = (await seats.Renew(Session, first))!.Value;
        Pass(30);
        Assert.Equal(second, (await seats.Renew(Session, second))!.Value.Secret);
        Pass(31);
        Assert.NotEqual(second, (await seats.Renew(Session, second))!.Value.Secret);
    }

    [Fact]
    public async Task A_revoked_seat_is_gone_in_all_its_forms_and_others_stay()
    {
        var first = await seats.Give(Session, Ada);
        var (_, second) = (await seats.Renew(Session, first))!.Value;
        var phone = await seats.Give(Session, Ada);
        var other = await seats.Give(Session, new PersonId("p2"));
        await seats.Revoke(Session, Ada);
        foreach (var secret in new[] { first, second, phone })
        {
            Assert.Null(await seats.Find(Session, secret));
            Assert.Null(await seats.Renew(Session, secret));
        }
        Assert.Equal(new PersonId("p2"), await seats.Find(Session, other));
    }

    [Fact]
    public async Task At_the_hubs_door_a_seat_is_remembered_for_a_minute_and_no_longer()
    {
        var secret = await seats.Give(Session, Ada);
        Assert.Null(await seats.FindLately(new SessionId("s2"), secret));
        await new Seats(archive.Factory, archive.Time).Revoke(Session, Ada);
        Assert.Equal(Ada, await seats.FindLately(Session, secret));
        Pass(61);
        Assert.Null(await seats.FindLately(Session, secret));
    }

    [Fact]
    public async Task At_the_hubs_door_what_this_server_took_away_is_gone_at_once()
    {
        var secrets = new List<string>();
        for (var i = 0; i < 4; i++, Pass(1))
            secrets.Add(await seats.Give(Session, Ada));
        Assert.Null(await seats.FindLately(Session, secrets[0]));
        Assert.Equal(Ada, await seats.FindLately(Session, secrets[3]));
        await seats.Revoke(Session, Ada);
        Assert.Null(await seats.FindLately(Session, secrets[3]));
    }

    [Fact]
    public async Task At_the_hubs_door_a_secret_is_good_as_long_as_anywhere_else()
    {
        var first = await seats.Give(Session, Ada);
        Pass(600);
        var (_, second) = (await seats.Renew(Session, first))!.Value;
        Assert.Equal((Ada, Ada), (await seats.FindLately(Session, first), await seats.FindLately(Session, second)));
        Pass(59);
        Assert.Equal(Ada, await seats.FindLately(Session, first));
        Pass(2);
        Assert.Null(await seats.FindLately(Session, first));
        Assert.Equal(Ada, await seats.FindLately(Session, second));
    }

    [Fact]
    public async Task A_fourth_device_takes_the_place_of_the_first()
    {
        var secrets = new List<string>();
        for (var i = 0; i < 4; i++, Pass(1))
            secrets.Add(await seats.Give(Session, Ada));
        Assert.Null(await seats.Find(Session, secrets[0]));
        foreach (var secret in secrets.Skip(1))
            Assert.Equal(Ada, await seats.Find(Session, secret));
    }

    [Fact]
    public async Task Who_is_removed_in_the_session_loses_the_seat_when_the_log_is_copied()
    {
        var secret = await seats.Give(Session, Ada);
        var entry = """{"at":"2026-10-06T17:00:00Z","by":"f1","number":1,"events":[{"type":"personRemoved","person":"p1"},{"type":"sessionEnded"}]}"""u8.ToArray();
        await using (var db = await archive.Factory.CreateDbContextAsync())
        {
            db.Sessions.Add(new Server.Programme.SessionRow
            {
                Id = Session,
                Code = JoinCodes.New(),
                Title = "T",
                Plan = "p",
                StartsAt = default,
                TimeZone = "UTC",
                Owner = "a",
                Minutes = 60,
                CreatedAt = default,
                RetentionUntil = default,
            });
            await db.SaveChangesAsync();
        }
        await archive.Store.Write(Session, "e1", 0, [entry], [], [], []);
        Assert.Null(await seats.Find(Session, secret));
        await using var after = await archive.Factory.CreateDbContextAsync();
        Assert.Equal(new DateTimeOffset(2026, 10, 6, 17, 0, 0, TimeSpan.Zero), (await after.Sessions.SingleAsync()).EndedAt);
    }
}
