using LiveSessions.Rehearsal;

// 150 people in one process: with few threads a burst would wait for the pool to grow, and the wait be taken for the server's.
ThreadPool.SetMinThreads(32, 32);

if (args is [] or ["--help" or "-h"])
{
    Console.WriteLine(Options.Help);
    return args.Length == 0 ? 2 : 0;
}
var (options, wrong) = Options.Read(args);
if (options is null)
{
    Console.Error.WriteLine($"{wrong}\n\n{Options.Help}");
    return 2;
}
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
try
{
    using var host = new Door(options.Url);
    await Host.SignIn(host, options, stop.Token);
    using var performance = new Performance(options, host);
    var report = await performance.Run(stop.Token);
    report.Print(Console.Out);
    return report.IsClean ? 0 : 1;
}
catch (RehearsalFailed e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (HttpRequestException e)
{
    Console.Error.WriteLine($"The server at {options.Url} cannot be reached: {e.Message}");
    return 2;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped.");
    return 2;
}
