using LiveSessions.Faults.Rig;

namespace LiveSessions.Faults;

/// <summary><c>node HOW ...</c>: a server altered by the tests. <c>run ...</c>: the long runs, which end with their table. Anything else: the tests.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) => args switch
    {
        ["node", var alter, .. var rest] => AlteredNode.Run(alter, rest),
        ["run", .. var rest] => await LongRuns.Run(rest),
        _ when args.Any(a => a is "--server" or "--internal-msbuild-node") =>
            await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
        _ => await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args),
    };
}
