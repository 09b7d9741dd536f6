using LiveSessions.Tests.Stories;

namespace LiveSessions.Simulation;

/// <summary>
/// The one thread of a simulation: its clock, its timers and its tasks. Nothing happens but in the order of this clock, and nothing here knows another source of time or chance, so that a
/// seed goes the same way every time.
/// </summary>
internal sealed class Machine : TimeProvider
{
    private readonly OneThread _tasks = new();
    private readonly PriorityQueue<Action, (long At, long Order)> _due = new();
    private long _order;

    /// <summary>Since the beginning, in ticks.</summary>
    public long Ticks { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Ticks);
    public TaskScheduler Tasks => _tasks;

    /// <summary>A number that rises with every question and every answer: what was before what.</summary>
    public long Moment() => ++_order;

    public override DateTimeOffset GetUtcNow() => World.Noon.AddTicks(Ticks);
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;
    public override long GetTimestamp() => Ticks + 1;
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new FakeTimer(this, callback, state, dueTime, period);

    public void After(TimeSpan wait, Action act) => _due.Enqueue(act, (Ticks + Math.Max(0, wait.Ticks), ++_order));

    /// <summary>Runs something that waits; a fault in it is thrown by <see cref="Next"/>.</summary>
    public void Start(Func<Task> work) => _ = Task.Factory.StartNew(() => Watched(work), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _tasks);

    public Task Wait(TimeSpan wait)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        After(wait, done.SetResult);
        return done.Task;
    }

    /// <summary>Ends with the first of two. <see cref="Task.WhenAny(Task[])"/> would go on on another thread.</summary>
    public Task Either(Task one, Task other)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (var task in (Task[])[one, other])
            Start(async () =>
            {
                await task;
                done.TrySetResult();
            });
        return done.Task;
    }

    /// <summary>Does whatever can be done now, then the next thing that is due. False when nothing will ever happen any more.</summary>
    public bool Next()
    {
        _tasks.RunAll();
        if (_fault is not null)
            throw new InvalidOperationException("The simulation itself failed.", _fault);
        if (!_due.TryDequeue(out var act, out var due))
            return false;
        Ticks = due.At;
        _ = Task.Factory.StartNew(() => Watched(act), CancellationToken.None, TaskCreationOptions.DenyChildAttach, _tasks);
        _tasks.RunAll();
        if (_fault is not null)
            throw new InvalidOperationException("The simulation itself failed.", _fault);
        return true;
    }

    private Exception? _fault;

    private async Task Watched(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e)
        {
            _fault ??= e;
        }
    }

    private void Watched(Action work)
    {
        try
        {
            work();
        }
        catch (Exception e)
        {
            _fault ??= e;
        }
    }

    private sealed class FakeTimer : ITimer
    {
        private readonly Machine _machine;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private TimeSpan _period;
        private long _version;

        public FakeTimer(Machine machine, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_machine, _callback, _state) = (machine, callback, state);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            var version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan)
                _machine.After(dueTime, () => Ring(version));
            return true;
        }

        private void Ring(long version)
        {
            if (version != _version)
                return;
            if (_period != Timeout.InfiniteTimeSpan)
                _machine.After(_period, () => Ring(version));
            _callback(_state);
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Tasks one after the other, in the order in which they came, on the thread that runs the machine.</summary>
    private sealed class OneThread : TaskScheduler
    {
        private readonly Queue<Task> _waiting = new();
        private readonly Thread _thread = Thread.CurrentThread;

        public void RunAll()
        {
            while (_waiting.TryDequeue(out var task))
                TryExecuteTask(task);
        }

        protected override void QueueTask(Task task)
        {
            if (Thread.CurrentThread != _thread)
                throw new InvalidOperationException("Something left the simulation's thread: it would not go the same way again.");
            _waiting.Enqueue(task);
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
        protected override IEnumerable<Task> GetScheduledTasks() => _waiting;
    }
}

/// <summary>The clock of a node, which may be wrong.</summary>
internal sealed class SkewedClock(Machine machine, TimeSpan skew) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => machine.GetUtcNow() + skew;
    public override long TimestampFrequency => machine.TimestampFrequency;
    public override long GetTimestamp() => machine.GetTimestamp();
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => machine.CreateTimer(callback, state, dueTime, period);
}
