using Npgsql;

namespace LiveSessions.Server.Tests.Fixtures;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task It_starts_keeps_what_was_committed_over_a_kill_and_stops()
    {
        await using var server = await PostgresServer.Start();
        var database = await server.NewDatabase() + ";Pooling=false";
        await Run("create table kept (what text); insert into kept values ('yes')");
        await server.Kill();
        await server.StartAgain();
        Assert.Equal("yes", await Run("select what from kept"));
        await server.Stop();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => Run("select 1"));

        async Task<object?> Run(string sql)
        {
            await using var connection = new NpgsqlConnection(database);
            await connection.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        }
    }
}
