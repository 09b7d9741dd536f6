using System.Globalization;
using LiveSessions.Server.Live;
using LiveSessions.Server.Tests.Fixtures;
using Microsoft.Extensions.Time.Testing;

namespace LiveSessions.Server.Tests.Live;

/// <summary>What is old is collected while everybody goes on, however long nothing of it was collected.</summary>
public sealed class CollectorsThreadTests
{
    public const string Collects = "collects";
    private const string Kept = "kept", Left = "left", There = "there", Gone = "gone";

    /// <summary>The runtime's name of it: <see href="https://github.com/dotnet/runtime/blob/main/src/coreclr/gc/gc.cpp"/>.</summary>
    private const string NameOfTheThread = ".NET BGC";

    /// <summary>Longer than the runtime lets the thread have nothing to do.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(26);

    /// <summary>Arrays of small objects that live: to look at them all takes many times as long as any pause that is not for it.</summary>
    private const int Living = 1_500_000;

    /// <summary>A process of its own, for what else runs in this one collects too. Without the thread the next collection stands still on a machine that has nothing else to do; on a busy one the new thread may be ready in time.</summary>
    [Theory]
    [InlineData(Kept)]
    [InlineData(Left)]
    public async Task After_a_quiet_while_nobody_stands_still_for_what_is_old(string how)
    {
        using var process = ServerProcess.Start(ServerNode.DotNet(), [typeof(CollectorsThreadTests).Assembly.Location, Collects, how], new Dictionary<string, string> { ["DOTNET_gcConcurrent"] = "1", ["DOTNET_gcServer"] = "0" });
        await Eventually.True(() => process.Said.EndsWith('\n'), "it has collected", 90);
        var told = process.Said.Trim().Split(' ');
        Assert.Equal(how == Kept ? There : Gone, told[0]);
        if (how == Kept)
            Assert.True(told[1] == "0", $"everybody stood still for {told[2]} ms");
    }

    /// <summary>What the process does: says whether the thread is there after a quiet while, how many collections of what is old were done then with everybody standing still, and for how many milliseconds.</summary>
    public static async Task<int> Collect(string how)
    {
        var living = new object[Living][];
        for (var i = 0; i < Living; i++)
            living[i] = [new()];
        GC.Collect();
        using var keeper = new CollectorsThread(TimeProvider.System);
        // The first of all needs a thread in any case; a server has it at its start, when hardly anything lives.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        if (how == Kept)
            await keeper.StartAsync(CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var before = GC.GetGCMemoryInfo(GCKind.FullBlocking).Index;
        await Task.Delay(Quiet);
        var isThere = Directory.GetDirectories("/proc/self/task").Any(IsTheThread);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: false);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var still = GC.GetGCMemoryInfo(GCKind.FullBlocking);
        await keeper.StopAsync(CancellationToken.None);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(isThere ? There : Gone)} {(still.Index == before ? 0 : 1)} {still.PauseDurations[0].TotalMilliseconds}"));
        GC.KeepAlive(living);
        return 0;
    }

    private static bool IsTheThread(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).Trim() == NameOfTheThread;
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return false;
        }
    }

    [Fact]
    public async Task It_collects_when_nothing_was_collected_for_a_while_and_not_sooner()
    {
        var time = new FakeTimeProvider();
        var (collected, finished, looks) = (0, 0L, 0);
        using var keeper = new CollectorsThread(time, () => collected++, () =>
        {
            Interlocked.Increment(ref looks);
            return finished;
        });
        await keeper.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.True(() => Volatile.Read(ref looks) == 1, "it has begun");

        await Pass(CollectorsThread.Longest - CollectorsThread.Look);
        Assert.Equal(0, collected);
        await Pass(CollectorsThread.Look);
        Assert.Equal(1, collected);
        // It is over by the next look; and then the runtime collects by itself.
        finished++;
        await Pass(CollectorsThread.Longest - CollectorsThread.Look);
        finished++;
        await Pass(CollectorsThread.Longest - CollectorsThread.Look);
        Assert.Equal(1, collected);
        await Pass(CollectorsThread.Look);
        Assert.Equal(2, collected);
        await keeper.StopAsync(TestContext.Current.CancellationToken);

        async Task Pass(TimeSpan howLong)
        {
            for (var passed = TimeSpan.Zero; passed < howLong; passed += CollectorsThread.Look)
            {
                var before = Volatile.Read(ref looks);
                time.Advance(CollectorsThread.Look);
                await Eventually.True(() => Volatile.Read(ref looks) > before, "it has looked");
            }
        }
    }
}
