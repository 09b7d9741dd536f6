using LiveSessions.Server.Redis;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Simulation;

/// <summary>When a server opens a session after Redis went, step by step (docs/decisions/0040).</summary>
public sealed class ReturnTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(50);
    private readonly Machine _machine = new();
    private readonly There _there = new();
    private RedisReturn _return = null!;
    private int _opened, _looked;
    private Exception? _failed;

    public ReturnTests()
    {
        Does(() =>
        {
            _return = new(_there, _machine, NullLogger.Instance);
            _return.IsBack += () =>
            {
                _looked++;
                return Task.CompletedTask;
            };
        });
        Pass(TimeSpan.FromSeconds(10));
    }

    /// <summary>Or others, which find it on the roster, would wait for it in vain (seed 1547).</summary>
    [Fact]
    public void A_server_that_starts_signs() => Assert.Equal(There.First, _there.Signed["this"]);

    /// <summary>Seed 18: what was asked while it was away was answered the moment there was a connection again, before the other server had found it and given back what it alone had.</summary>
    [Fact]
    public void Nothing_is_asked_of_a_Redis_that_is_away()
    {
        Does(_there.Lose);
        Opens();
        Pass(TimeSpan.FromSeconds(4.9));
        Assert.Null(_failed);
        Pass(TimeSpan.FromSeconds(0.2));
        Assert.IsType<TimeoutException>(_failed);
        Assert.Equal(0, _opened);
    }

    [Fact]
    public void Once_it_is_back_the_others_come_first()
    {
        Does(_there.Lose);
        Opens();
        Pass(TimeSpan.FromSeconds(1));
        Does(() => _there.Find("another"));
        Pass(TimeSpan.FromSeconds(2));
        Assert.Equal((1, 0), (_looked, _opened));
        _there.Signed["other"] = "another";
        Pass(Moment);
        Assert.Equal(1, _opened);
    }

    [Fact]
    public void Others_that_do_not_come_are_waited_for_three_seconds()
    {
        Does(_there.Lose);
        Opens();
        Does(() => _there.Find("another"));
        Pass(TimeSpan.FromSeconds(2.9));
        Assert.Equal(0, _opened);
        Pass(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, _opened);
    }

    [Fact]
    public void Where_it_is_the_Redis_that_was_there_nobody_waits()
    {
        Does(_there.Lose);
        Opens();
        Pass(TimeSpan.FromSeconds(1));
        Does(() => _there.Find(There.First));
        Pass(Moment);
        Assert.Equal((1, 1), (_looked, _opened));
    }

    [Fact]
    public void A_return_that_nobody_tells_of_is_one()
    {
        Does(_there.Lose);
        Opens();
        _there.IsConnected = true;
        _there.Which = "another";
        Pass(TimeSpan.FromSeconds(0.3));
        Assert.Equal((1, 0), (_looked, _opened));
        Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(1, _opened);
    }

    [Fact]
    public void What_is_being_opened_as_it_goes_is_opened_anew()
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Opens(read.Task);
        Pass(Moment);
        Does(_there.Lose);
        Does(() => _there.Find(There.First));
        Does(read.SetResult);
        Pass(Moment);
        Assert.Equal(2, _opened);
    }

    private void Opens(Task? read = null) => _machine.Start(async () =>
    {
        try
        {
            await _return.Open(async () =>
            {
                _opened++;
                await (read ?? Task.CompletedTask);
                return (Opened?)new Opened();
            });
        }
        catch (TimeoutException e)
        {
            _failed = e;
        }
    });

    private void Does(Action act)
    {
        _machine.After(TimeSpan.Zero, act);
        Pass(TimeSpan.Zero);
    }

    private void Pass(TimeSpan wait)
    {
        // Everything goes on on the machine's thread and nowhere else.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        var isOver = false;
        _machine.After(wait, () => isOver = true);
        while (!isOver)
            _machine.Next();
        SynchronizationContext.SetSynchronizationContext(context);
    }

    private sealed class Opened : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>A Redis that another server uses as well.</summary>
    private sealed class There : IRedisSeen, IMeetingPlace
    {
        public const string First = "first";
        public event Action? Went;
        public event Action? CameBack;
        public bool IsConnected { get; set; } = true;
        public string Which { get; set; } = First;
        public bool IsAlone => false;
        public IReadOnlyList<string>? LastOthers => ["other"];
        public IMeetingPlace Place => this;
        public Dictionary<string, string> Signed { get; } = [];

        public void Lose()
        {
            IsConnected = false;
            Went?.Invoke();
        }

        public void Find(string which)
        {
            (IsConnected, Which) = (true, which);
            CameBack?.Invoke();
        }

        Task<string?> IMeetingPlace.Which() => Task.FromResult(IsConnected ? Which : null);

        public Task Sign(string which)
        {
            Signed["this"] = which;
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<string>> Missing(IReadOnlyList<string> servers, string which) => Task.FromResult<IReadOnlyList<string>>([.. servers.Where(s => Signed.GetValueOrDefault(s) != which)]);
    }
}
