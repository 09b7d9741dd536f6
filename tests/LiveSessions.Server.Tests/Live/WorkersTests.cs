using System.Diagnostics;
using System.Globalization;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Server.Tests.Live;

/// <summary>As many threads work at once as there are processors, and more while all of them stand and wait.</summary>
public sealed class WorkersTests
{
    private const int Usual = 1;
    private readonly Workers _workers = new(Usual);
    private long _done;
    private TimeSpan _used;

    private void See(int waiting, int done = 0, double busy = 0, int looks = 1)
    {
        for (var i = 0; i < looks; i++)
            _workers.See(waiting, _done += done, _used += Workers.Look * busy, Workers.Look);
    }

    private void BecomesCalm() => See(waiting: 0, looks: (int)(Workers.Calm / Workers.Look) + 1);

    [Fact]
    public void A_server_starts_with_many_and_has_as_many_as_usual_once_nothing_waits()
    {
        Assert.Equal(Workers.Most, _workers.Now);
        See(waiting: 0, looks: 50);
        Assert.Equal(Workers.Most, _workers.Now);
        BecomesCalm();
        Assert.Equal(Usual, _workers.Now);
    }

    [Fact]
    public void When_all_wait_there_are_twice_as_many_at_each_look_up_to_the_most()
    {
        BecomesCalm();
        See(waiting: 3);
        Assert.Equal(1, _workers.Now);
        See(waiting: 3);
        Assert.Equal(2, _workers.Now);
        See(waiting: 3);
        Assert.Equal(4, _workers.Now);
        See(waiting: 3, looks: 10);
        Assert.Equal(Workers.Most, _workers.Now);

        See(waiting: 3, done: 1, looks: 50);
        Assert.Equal(Workers.Most, _workers.Now);
        BecomesCalm();
        Assert.Equal(Usual, _workers.Now);
    }

    [Fact]
    public void Somebody_who_gets_things_done_or_computes_is_no_reason_for_more()
    {
        BecomesCalm();
        See(waiting: 100, done: 1, looks: 200);
        Assert.Equal(Usual, _workers.Now);
        See(waiting: 100, busy: 0.9, looks: 200);
        Assert.Equal(Usual, _workers.Now);
        // What came just now lies there at one look and is gone at the next.
        for (var i = 0; i < 100; i++)
        {
            See(waiting: 1);
            See(waiting: 0);
        }
        Assert.Equal(Usual, _workers.Now);
    }

    [Fact]
    public void Who_has_more_processors_than_the_most_keeps_them()
    {
        var many = new Workers(64);
        Assert.Equal(64, many.Now);
        many.See(5, 0, TimeSpan.Zero, Workers.Look);
        many.See(5, 0, TimeSpan.Zero, Workers.Look);
        Assert.Equal(64, many.Now);
    }

    /// <summary>On one processor the pool itself notices after half a second and more that its only thread waits (decision 0034). A process of its own, since a process has one pool.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Behind_a_thread_that_waits_nothing_waits_for_long_while_somebody_looks(bool looks)
    {
        using var process = ServerProcess.Start(
            ServerNode.DotNet(), [typeof(WorkersTests).Assembly.Location, StoodStill, looks ? "watched" : "alone"], new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = "1" });
        await Eventually.True(() => process.Said.EndsWith('\n'), "it has measured");
        var waited = double.Parse(process.Said, CultureInfo.InvariantCulture);
        Assert.True(looks ? waited < 300 : waited > 400, $"what came behind a thread that waited was begun after {waited:0} ms");
    }

    internal const string StoodStill = "stood-still";

    /// <summary>Has the pool's only thread wait, and says after how many milliseconds the next thing is begun.</summary>
    internal static int StandStill(string how)
    {
        if (how == "watched")
            Workers.Watch(1);
        Thread.Sleep(Workers.Calm * 2);
        using var begun = new ManualResetEventSlim();
        using var waits = new ManualResetEventSlim();
        ThreadPool.QueueUserWorkItem(_ =>
        {
            waits.Set();
            Thread.Sleep(5_000);
        });
        waits.Wait();
        var clock = Stopwatch.StartNew();
        ThreadPool.QueueUserWorkItem(_ => begun.Set());
        begun.Wait();
        Console.WriteLine(clock.Elapsed.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture));
        return 0;
    }
}
