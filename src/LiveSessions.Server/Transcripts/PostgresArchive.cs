using System.Data.Common;
using LiveSessions.Log;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Npgsql;

namespace LiveSessions.Server.Transcripts;

/// <summary>The archive in PostgreSQL, for several nodes.</summary>
public sealed class PostgresArchive(DbContextOptions<PostgresArchive> options) : ArchiveDb(options)
{
    internal override object Instant(DateTimeOffset at) => at.ToUniversalTime();

    internal override IQueryable<ArchivePosition> PositionHeld(SessionId session, string epoch) =>
        ArchivePositions.FromSql($"""SELECT * FROM "ArchivePositions" WHERE "Session" = {session.Value} AND "Epoch" = {epoch} FOR UPDATE""");

    internal override Task TakeTurn(long gate, CancellationToken ct) => Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({gate})", ct);

    internal override IQueryable<LineRow> LinesWith(SearchWords words) =>
        Lines.FromSql($"""SELECT * FROM "Lines" WHERE to_tsvector('simple', "Words") @@ to_tsquery('simple', {words.ForPostgres()})""");

    internal override bool IsTaken(DbException fault) => fault is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation };

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcInstant>();
    }

    protected override void Words(ModelBuilder model) =>
        model.Entity<LineRow>().HasIndex(l => l.Words).HasMethod("gin").IsTsVectorExpressionIndex("simple").HasDatabaseName("IX_Lines_Words");

    /// <summary>The driver takes instants in UTC only.</summary>
    private sealed class UtcInstant() : ValueConverter<DateTimeOffset, DateTimeOffset>(at => at.ToUniversalTime(), at => at);
}
