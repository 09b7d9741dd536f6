using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Backup;

public static class BackupRegistration
{
    /// <summary>What stands for a folder where databases were put back by their own means.</summary>
    private const string Databases = "databases";

    /// <summary><c>--restore FOLDER</c>: copies are put back before anything else. Call it before the archive and the templates are looked for, and after Redis.</summary>
    /// <exception cref="BackupFault">It cannot be done.</exception>
    public static IServiceCollection AddRestore(this IServiceCollection services, IConfiguration configuration)
    {
        if (configuration["Restore"] is { Length: > 0 } from && from != Databases)
        {
            services.AddSingleton(Restore.Begin(from, ArchivePlace.From(configuration)));
            services.AddHostedService<RestoreAtTheStart>();
        }
        return services;
    }

    /// <summary>Copying to <c>Backup:Directory</c>, and <c>--restore databases</c>. After the archive, so that it ends before it, and before the live part, so that it ends after it.</summary>
    /// <exception cref="BackupFault">The settings cannot be meant.</exception>
    public static IServiceCollection AddBackup(this IServiceCollection services, IConfiguration configuration)
    {
        var options = BackupOptions.From(configuration, ArchivePlace.From(configuration));
        if (configuration["Restore"] == Databases)
            services.AddHostedService<RestoredDatabases>();
        services.AddSingleton(options);
        services.AddSingleton<LogNews>();
        if (options.Directory is not null)
            Mirror(services);
        services.AddSingleton(provider => new Backups(
            provider.GetRequiredService<BackupOptions>(), provider.GetRequiredService<ISessionLog>(), provider.GetRequiredService<LogNews>(), provider.GetRequiredService<IDbContextFactory<ArchiveDb>>(),
            provider.GetRequiredService<ArchivePlace>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<Backups>>()));
        services.AddHostedService(provider => provider.GetRequiredService<Backups>());
        return services;
    }

    private static void Mirror(IServiceCollection services) =>
        services.AddSingleton<ISessionLog>(provider => new MirroredLog(provider.GetRequiredService<RedisSessionLog>(), provider.GetRequiredService<LogNews>()));
}
