using LiveSessions.Server.Tests.Hostile;
using LiveSessions.Server.Tests.Live;

namespace LiveSessions.Server.Tests;

/// <summary><c>swarm ...</c>: the hostile client of <see cref="SwarmTests"/>, <c>stood-still ...</c>: what <see cref="WorkersTests"/> measures, <c>collects ...</c>: what <see cref="CollectorsThreadTests"/> does; all processes of their own. Anything else: the tests.</summary>
internal static class Entry
{
    public static async Task<int> Main(string[] args) => args switch
    {
        [Swarm.Word, var server, var session, var cookie, var sockets] => Swarm.Run(server, session, cookie, sockets),
        [WorkersTests.StoodStill, var how] => WorkersTests.StandStill(how),
        [CollectorsThreadTests.Collects, var how] => await CollectorsThreadTests.Collect(how),
        _ when args.Any(a => a is "--server" or "--internal-msbuild-node") =>
            await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
    };
}
