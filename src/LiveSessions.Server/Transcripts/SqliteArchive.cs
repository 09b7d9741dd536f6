using System.Data.Common;
using LiveSessions.Log;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveSessions.Server.Transcripts;

/// <summary>The archive in one file. Transactions begin IMMEDIATE (the driver's default), so there is one writer at a time and no lock upgrade that could fail.</summary>
public sealed class SqliteArchive(DbContextOptions<SqliteArchive> options) : ArchiveDb(options)
{
    private const int Constraint = 19;

    internal override object Instant(DateTimeOffset at) => Microseconds(at);

    internal override IQueryable<ArchivePosition> PositionHeld(SessionId session, string epoch) =>
        ArchivePositions.FromSql($"""SELECT * FROM "ArchivePositions" WHERE "Session" = {session.Value} AND "Epoch" = {epoch}""");

    internal override Task TakeTurn(long gate, CancellationToken ct) => Task.CompletedTask;

    internal override IQueryable<LineRow> LinesWith(SearchWords words) => words.ForSqlite().Aggregate(Lines.AsQueryable(), LinesWith);

    private IQueryable<LineRow> LinesWith(IQueryable<LineRow> lines, (IReadOnlyList<string> Tokens, bool BeginsWith) term)
    {
        foreach (var (i, token) in term.Tokens.Index())
        {
            var rows = RowsWith(token, term.BeginsWith && i == term.Tokens.Count - 1);
            lines = lines.Where(l => rows.Contains(l.Row));
        }
        if (term.Tokens.Count == 1)
            return lines;
        var together = $" {string.Join(' ', term.Tokens)}{(term.BeginsWith ? "" : " ")}";
        return lines.Where(l => (" " + l.Words + " ").Contains(together));
    }

    /// <summary>A word's beginning is a stretch of the index: up to the last character there is.</summary>
    private IQueryable<long> RowsWith(string token, bool beginsWith) => beginsWith
        ? Database.SqlQuery<long>($"""SELECT "Row" AS "Value" FROM "LineTerms" WHERE "Term" BETWEEN {token} AND {token + "\U0010FFFF"}""")
        : Database.SqlQuery<long>($"""SELECT "Row" AS "Value" FROM "LineTerms" WHERE "Term" = {token}""");

    internal override bool IsTaken(DbException fault) => fault is SqliteException { SqliteErrorCode: Constraint };

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<InstantNumber>();
    }

    private static long Microseconds(DateTimeOffset at) => (at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private static DateTimeOffset Read(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>SQLite has no instants, and its text form would not sort: microseconds since 1970, which is also what PostgreSQL keeps.</summary>
    private sealed class InstantNumber() : ValueConverter<DateTimeOffset, long>(at => Microseconds(at), number => Read(number));

    /// <summary>Each opened connection: a commit is on the disk when it returns, and what is deleted is overwritten.</summary>
    internal sealed class Pragmas : DbConnectionInterceptor
    {
        private const string OnOpen = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA cache_size = -2000;";

        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
        {
            using var command = connection.CreateCommand();
            command.CommandText = OnOpen;
            command.ExecuteNonQuery();
        }

        public override async Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            var command = connection.CreateCommand();
            await using (command.ConfigureAwait(false))
            {
                command.CommandText = OnOpen;
                await command.ExecuteNonQueryAsync(cancellationToken);
            }
        }
    }
}
