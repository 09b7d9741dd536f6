using BenchmarkDotNet.Running;
using LiveSessions.Bench;

BenchmarkSwitcher.FromAssembly(typeof(Steps).Assembly).Run(args);
