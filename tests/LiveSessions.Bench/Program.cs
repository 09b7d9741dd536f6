using BenchmarkDotNet.Running;
using LiveSessions.Bench;

if (args is ["catch-up", ..])
    await CatchUp.Run(args);
else
    BenchmarkSwitcher.FromAssembly(typeof(Steps).Assembly).Run(args);
