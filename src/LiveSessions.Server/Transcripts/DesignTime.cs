using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace LiveSessions.Server.Transcripts;

/// <summary>For <c>dotnet ef migrations add NAME --context SqliteArchive --output-dir Transcripts/Migrations/Sqlite</c>; likewise PostgresArchive. Nothing is connected to.</summary>
internal sealed class SqliteDesign : IDesignTimeDbContextFactory<SqliteArchive>
{
    public SqliteArchive CreateDbContext(string[] args) =>
        new((DbContextOptions<SqliteArchive>)new DbContextOptionsBuilder<SqliteArchive>().UseSqliteFile("Data Source=design.db").Options);
}

internal sealed class PostgresDesign : IDesignTimeDbContextFactory<PostgresArchive>
{
    public PostgresArchive CreateDbContext(string[] args) =>
        new((DbContextOptions<PostgresArchive>)new DbContextOptionsBuilder<PostgresArchive>().UsePostgres("Host=localhost").Options);
}
