using System.Text.Json;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Live;
using LiveSessions.Server.Transcripts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace LiveSessions.Faults.Rig;

/// <summary>What a server holds, counted inside it. Lists that people come and go in are empty when nobody is there.</summary>
/// <param name="Desks">Sessions it holds.</param>
/// <param name="Writers">Sessions that it copies to the archive, or looks whether another server does: until they are forgotten.</param>
/// <param name="Lists">Connections, groups and what else is kept by connection or by person, by the list's name.</param>
/// <param name="Timers">Of the whole runtime.</param>
/// <param name="LivingMegabytes">What is left of its heap after a full collection.</param>
internal sealed record Held(int Desks, int Writers, IReadOnlyDictionary<string, int> Lists, long Timers, double LivingMegabytes)
{
    public int InLists => Lists.Values.Sum();
}

/// <summary>Inside a server (<see cref="AlteredNode.Watched"/>): counts what it holds when it is asked by a file in its data's folder, and answers in another.</summary>
internal sealed class WatchedNode(LiveSessionsNode node, NodeLines lines, ArchiveWriter archive, IConfiguration configuration) : BackgroundService
{
    private const string Question = "watch.asked", Reply = "watch.answer";

    /// <summary>Puts away the sessions in which nobody is, as the server does by itself after ten minutes, collects all garbage, and counts.</summary>
    public static async Task<Held> Ask(ServerNode server)
    {
        var answer = Path.Combine(server.Settings.DataDirectory, Reply);
        File.Delete(answer);
        await File.WriteAllTextAsync(Path.Combine(server.Settings.DataDirectory, Question), "");
        for (var waited = 0; !File.Exists(answer); waited++)
        {
            if (waited > 600)
                throw new TimeoutException("The server did not count what it holds within a minute.");
            await Task.Delay(100);
        }
        return JsonSerializer.Deserialize<Held>(await File.ReadAllTextAsync(answer))!;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var directory = configuration["Data:Directory"] ?? throw new InvalidOperationException("A watched server has a folder for its data.");
        while (true)
        {
            await Task.Delay(100, stoppingToken);
            if (!File.Exists(Path.Combine(directory, Question)))
                continue;
            File.Delete(Path.Combine(directory, Question));
            await node.PutAway(TimeSpan.Zero);
            // Finalizers let go of what the next collection takes.
            for (var i = 0; i < 3; i++)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
                GC.WaitForPendingFinalizers();
            }
            var held = new Held(node.Desks.Count(), HeldLists.In(archive, "_running"), HeldLists.Of(lines), Timer.ActiveCount, GC.GetTotalMemory(true) / 1048576.0);
            await File.WriteAllTextAsync(Path.Combine(directory, Reply + ".new"), JsonSerializer.Serialize(held), stoppingToken);
            File.Move(Path.Combine(directory, Reply + ".new"), Path.Combine(directory, Reply), overwrite: true);
        }
    }
}
