using System.Collections.Immutable;
using LiveSessions.Log;

namespace LiveSessions.Plan;

/// <summary>The plan as it runs.</summary>
/// <param name="PausedAt">Since when the clocks stand.</param>
public sealed record RunOfShow(ImmutableArray<BlockRun> Blocks, BlockId? Now, DateTimeOffset? PausedAt)
{
    public static RunOfShow Empty { get; } = new([], null, null);

    public BlockRun? Find(BlockId block) => Blocks.FirstOrDefault(b => b.Plan.Id == block);

    public static Decision Decide(RunOfShow show, PlanCommand command, Scene scene) => (show, command) switch
    {
        _ when !scene.IsStaff => Decision.Refuse(Refusal.FacilitatorOnly),
        (_, StartBlock start) when show.Find(start.Block) is null => Decision.Refuse(Refusal.NotThere),
        (_, StartBlock or ExtendBlock) when scene.Stage != Sessions.SessionStage.Running => Decision.Refuse(Refusal.NotStarted),
        (_, StartBlock start) when show.Now == start.Block => Decision.Already,
        (_, StartBlock start) => Decision.Accept(new BlockStarted(start.Block)),
        (_, ExtendBlock extend) => show.Extend(extend),
        ({ PausedAt: { } }, PauseClocks) => Decision.Already,
        (_, PauseClocks) when scene.Stage != Sessions.SessionStage.Running => Decision.Refuse(Refusal.NotStarted),
        (_, PauseClocks) => Decision.Accept(new ClocksPaused()),
        ({ PausedAt: null }, ResumeClocks) => Decision.Already,
        ({ PausedAt: { } since }, ResumeClocks) => Decision.Accept(new ClocksResumed(scene.Now > since ? scene.Now - since : TimeSpan.Zero)),
        _ => throw new NotSupportedException(command.GetType().Name),
    };

    private Decision Extend(ExtendBlock extend)
    {
        if (Find(extend.Block) is not { } block)
            return Decision.Refuse(Refusal.NotThere);
        if (extend.Minutes is 0 or < -30 or > 30 || block.EndedAt is not null)
            return Decision.Refuse(Refusal.BadNumber);
        if (block.Minutes + extend.Minutes < 1)
            return Decision.Refuse(Refusal.NoMoreTime);
        if (extend.From is { } from)
        {
            if (from == extend.Block || Find(from) is not { StartedAt: null } giver)
                return Decision.Refuse(Refusal.NotThere);
            if (giver.Minutes - extend.Minutes < 1)
                return Decision.Refuse(Refusal.NoMoreTime);
        }
        return Decision.Accept(new BlockExtended(extend.Block, extend.Minutes, extend.From));
    }

    public RunOfShow Evolve(PlanEvent happened, DateTimeOffset at) => happened switch
    {
        BlockStarted started => this with
        {
            Now = started.Block,
            Blocks = [.. Blocks.Select(b => b.Plan.Id == started.Block ? b with { StartedAt = at, EndedAt = null, Paused = TimeSpan.Zero } : b.Plan.Id == Now ? b with { EndedAt = at } : b)],
        },
        BlockExtended extended => this with
        {
            Blocks = [.. Blocks.Select(b => b.Plan.Id == extended.Block ? b with { Minutes = b.Minutes + extended.Minutes } : b.Plan.Id == extended.From ? b with { Minutes = b.Minutes - extended.Minutes } : b)],
        },
        ClocksPaused => this with { PausedAt = at },
        ClocksResumed resumed => this with { PausedAt = null, Blocks = [.. Blocks.Select(b => b.Plan.Id == Now ? b with { Paused = b.Paused + Seen(b, resumed.Pause, at) } : b)] },
        _ => throw new NotSupportedException(happened.GetType().Name),
    };

    /// <summary>As much of a pause as the block has seen.</summary>
    private static TimeSpan Seen(BlockRun block, TimeSpan pause, DateTimeOffset at) => at - block.StartedAt is { } ran && ran < pause ? ran : pause;

    public RunOfShow End(DateTimeOffset at) =>
        this with { Now = null, PausedAt = null, Blocks = [.. Blocks.Select(b => b.Plan.Id == Now ? b with { EndedAt = at } : b)] };

    public PlanView Show(DateTimeOffset plannedStart, DateTimeOffset? startedAt)
    {
        var planned = plannedStart;
        var clock = startedAt ?? plannedStart;
        var views = new List<BlockView>(Blocks.Length);
        foreach (var b in Blocks)
        {
            var startsAt = b.StartedAt ?? clock;
            var endsAt = b.EndedAt ?? startsAt + TimeSpan.FromMinutes(b.Minutes) + b.Paused;
            var state = b.Plan.Id == Now ? BlockState.Now : b.EndedAt is not null ? BlockState.Done : BlockState.Later;
            views.Add(new(b.Plan.Id, b.Plan.Title, b.Plan.Kind, b.Minutes, b.Plan.Minutes, b.Plan.Text, b.Plan.Poll?.Poll, planned, startsAt, endsAt, state));
            planned += TimeSpan.FromMinutes(b.Plan.Minutes);
            if (endsAt > clock)
                clock = endsAt;
        }
        return new(views, Now, PausedAt, planned, clock);
    }
}

/// <param name="Minutes">As it stands now.</param>
/// <param name="Paused">How long the clocks stood while it ran.</param>
public sealed record BlockRun(PlannedBlock Plan, int Minutes, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt, TimeSpan Paused);
