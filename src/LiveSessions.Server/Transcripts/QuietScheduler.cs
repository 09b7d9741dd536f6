using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// One thread of its own for work that can wait, at a priority below that of the threads that serve people: on a busy processor it gets about a tenth, on an idle one all of it. What is
/// awaited within goes on here too.
/// </summary>
internal sealed class QuietScheduler : TaskScheduler, IDisposable
{
    /// <summary>Linux' "nice" value; 0 is everybody else's, 19 the most modest. Ten steps are a tenth of the share (man 7 sched).</summary>
    private const int Modest = 10;
    private readonly BlockingCollection<Task> _tasks = [];
    private readonly Thread _thread;

    public QuietScheduler(string name)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name, Priority = ThreadPriority.BelowNormal };
        _thread.Start();
    }

    public override int MaximumConcurrencyLevel => 1;

    public Task Start(Func<Task> work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, this).Unwrap();

    private void Run()
    {
        // .NET leaves thread priorities alone on Linux, where each thread has its own; elsewhere the priority above counts. If it is refused, the work is done all the same.
        if (OperatingSystem.IsLinux())
            _ = NativeMethods.SetPriority(NativeMethods.OfThread, 0, Modest);
        foreach (var task in _tasks.GetConsumingEnumerable())
            TryExecuteTask(task);
    }

    protected override void QueueTask(Task task)
    {
        try
        {
            _tasks.Add(task);
        }
        catch (InvalidOperationException)
        {
            // Too late for this thread; somebody still waits for it.
            ThreadPool.UnsafeQueueUserWorkItem(static s => s.On.TryExecuteTask(s.Task), (On: this, Task: task), preferLocal: false);
        }
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Thread.CurrentThread == _thread && TryExecuteTask(task);
    protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];

    /// <summary>Ends once what waits is done.</summary>
    public void Dispose() => _tasks.CompleteAdding();

    private static class NativeMethods
    {
        public const int OfThread = 0;

        [DllImport("libc", EntryPoint = "setpriority")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int SetPriority(int which, int who, int priority);
    }
}
