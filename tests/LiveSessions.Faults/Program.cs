namespace LiveSessions.Faults;

/// <summary>The tests.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args) =>
        args.Any(a => a is "--server" or "--internal-msbuild-node")
            ? await Xunit.MicrosoftTestingPlatform.TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await Xunit.Runner.InProc.SystemConsole.ConsoleRunner.Run(args);
}
