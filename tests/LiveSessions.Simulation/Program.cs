using LiveSessions.Simulation;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// scripts/simulate calls the first four; everything else is the tests.
return args switch
{
    ["seeds", var from, var count] => Seeds.Run(ulong.Parse(from), ulong.Parse(count), Console.Out),
    ["seed", var one] => Seeds.Replay(ulong.Parse(one), Console.Out),
    ["tapes", var from, var count, var to] => Seeds.Tapes(ulong.Parse(from), ulong.Parse(count), to),
    ["digests", var from, var count] => Seeds.Digests(ulong.Parse(from), ulong.Parse(count), Console.Out),
    _ when args.Contains("--server") || args.Contains("--internal-msbuild-node") => await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions),
    _ => await ConsoleRunner.Run(args),
};
