using LiveSessions.Server;
using LiveSessions.Server.Access;
using LiveSessions.Server.Backup;
using LiveSessions.Server.Live;
using LiveSessions.Server.Programme;
using LiveSessions.Server.Redis;
using LiveSessions.Server.Transcripts;

// Each line's messages wait in borrowed pieces of 4 KB, more of them at once than are kept by themselves: a sixth of all garbage under load. It is read when the first piece is borrowed.
const string PiecesKept = "DOTNET_SYSTEM_BUFFERS_SHAREDARRAYPOOL_MAXARRAYSPERPARTITION";
if (Environment.GetEnvironmentVariable(PiecesKept) is null)
    Environment.SetEnvironmentVariable(PiecesKept, "256");

return Hosting.Run(() =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.WatchWorkers();
    builder.UseDefaultAddress();
    builder.UseLeanSockets();
    builder.AddLogs();
    builder.AddMeters();

    builder.Services.AddSessionRedis(builder.Configuration);
    builder.Services.AddRestore(builder.Configuration);
    builder.Services.AddArchive(builder.Configuration);
    builder.Services.AddBackup(builder.Configuration);
    builder.Services.AddAccess(builder.Configuration);
    builder.Services.AddLive();
    builder.Services.AddProgramme(builder.Configuration);
    builder.Services.AddArchiveWriter(builder.Configuration);
    builder.Services.AddHealth();

    var app = builder.Build();
    app.UseAccess();
    app.UseWebClient();
    app.MapHealth();
    app.MapAccounts();
    app.MapBackup();
    app.MapProgramme();
    app.MapReview();
    app.MapLive();
    app.MapWebClient();
    return app;
});

/// <summary>The server's entry, named so that tests can host it.</summary>
public partial class Program;
