using LiveSessions.Server.Access;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Data.Sqlite;

namespace LiveSessions.Server.Transcripts;

public static class ArchiveRegistration
{
    /// <summary>
    /// The archive of <c>ConnectionStrings:Archive</c>: "Host=..." is PostgreSQL, "Data Source=..." SQLite, and without one the file archive.db in <c>Data:Directory</c>. It is brought up to
    /// date before the server listens.
    /// </summary>
    public static IServiceCollection AddArchive(this IServiceCollection services, IConfiguration configuration)
    {
        var place = ArchivePlace.From(configuration);
        services.AddSingleton(place);
        if (place.IsPostgres)
        {
            services.AddPooledDbContextFactory<PostgresArchive>(options => options.UsePostgres(place.ConnectionString));
            services.AddSingleton<IDbContextFactory<ArchiveDb>, Factory<PostgresArchive>>();
        }
        else
        {
            services.AddPooledDbContextFactory<SqliteArchive>(options => options.UseSqliteFile(place.ConnectionString));
            services.AddSingleton<IDbContextFactory<ArchiveDb>, Factory<SqliteArchive>>();
        }
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<ArchiveDb>>().CreateDbContext());
        services.AddSingleton<ArchiveUpgrade>();
        services.AddHostedService(provider => provider.GetRequiredService<ArchiveUpgrade>());
        services.AddSingleton<TranscriptStore>();
        services.AddSingleton<AuditTrail>();
        services.AddSingleton<TranscriptReading>();
        services.AddSingleton<NameErasure>();
        services.AddHostedService(provider => provider.GetRequiredService<NameErasure>());
        services.AddDataProtection().SetApplicationName("LiveSessions").PersistKeysToDbContext<ArchiveDb>();
        services.AddKeyFile(configuration, place);
        return services;
    }

    internal static DbContextOptionsBuilder UseSqliteFile(this DbContextOptionsBuilder options, string connectionString) =>
        options.UseSqlite(connectionString, sqlite => sqlite.CommandTimeout(5)).AddInterceptors(new SqliteArchive.Pragmas());

    internal static DbContextOptionsBuilder UsePostgres(this DbContextOptionsBuilder options, string connectionString) =>
        options.UseNpgsql(connectionString, npgsql => npgsql.CommandTimeout(20));

    private sealed class Factory<T>(IDbContextFactory<T> made) : IDbContextFactory<ArchiveDb> where T : ArchiveDb
    {
        public ArchiveDb CreateDbContext() => made.CreateDbContext();

        public async Task<ArchiveDb> CreateDbContextAsync(CancellationToken cancellationToken = default) => await made.CreateDbContextAsync(cancellationToken);
    }
}

/// <summary>Where the archive is.</summary>
/// <param name="File">The SQLite file, or null.</param>
/// <param name="Directory">Where the server may keep files of its own.</param>
public sealed record ArchivePlace(string ConnectionString, bool IsPostgres, string? File, string Directory)
{
    public static ArchivePlace From(IConfiguration configuration)
    {
        var directory = Path.GetFullPath(configuration["Data:Directory"] ?? "data");
        var given = configuration.GetConnectionString("Archive");
        if (given is not null && given.Contains("Host=", StringComparison.OrdinalIgnoreCase))
            return new ArchivePlace(given, true, null, directory);
        var sqlite = new SqliteConnectionStringBuilder(given ?? "");
        if (string.IsNullOrEmpty(sqlite.DataSource))
            sqlite.DataSource = Path.Combine(directory, "archive.db");
        sqlite.DataSource = Path.GetFullPath(sqlite.DataSource);
        // The driver itself waits this long for another writer.
        sqlite.DefaultTimeout = 5;
        return new ArchivePlace(sqlite.ToString(), false, sqlite.DataSource, directory);
    }
}
