using LiveSessions.Conversation;
using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rehearsal.Words;
using LiveSessions.Rooms;
using LiveSessions.Sessions;

namespace LiveSessions.Rehearsal;

/// <summary>The host: lets people in and takes the session through its plan, as a facilitator does from the cockpit.</summary>
internal sealed class Facilitator(Line line, Ledger ledger, Corpus corpus, Pace pace, Options options, Telling tell)
{
    private readonly Random _chance = new(options.Seed);
    private readonly HashSet<HelpId> _helped = [];
    private string Person => Store.Find<MeView>("me")!.Person.Value;

    public Store Store => line.Store;
    public int RoomsOpened { get; private set; }

    private async Task Do(Command command)
    {
        var answer = await ledger.Ask(line, Person, "", command);
        if (answer.IsRefused && command is not (ClaimHelp or ResolveHelp or AdmitPeople))
            throw new RehearsalFailed($"The server refused {command.GetType().Name}: {answer.Words}");
    }

    private async Task Until(string what, Func<bool> so, TimeSpan patience, CancellationToken ct)
    {
        var end = DateTime.UtcNow + patience;
        while (true)
        {
            var changed = Store.Changed;
            if (so())
                return;
            var left = end - DateTime.UtcNow;
            if (left <= TimeSpan.Zero)
                throw new RehearsalFailed($"Waited {patience.TotalSeconds:0} s in vain until {what}.");
            await Task.WhenAny(changed, Task.Delay(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1), ct));
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>From the lobby to the closing poll.</summary>
    /// <param name="expected">How many come before the start.</param>
    public async Task Run(int expected, CancellationToken ct)
    {
        await line.WhenOpen(ct);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var admitting = Admit(over.Token);
        var helping = Help(over.Token);
        await Until("everybody was let in", () => Participants(Standing.In) >= expected, TimeSpan.FromMinutes(2) + pace.Played(4), ct);
        tell.Say($"{expected} people are in. The session begins.");
        await Do(new StartSession());
        var plan = Store.Find<PlanView>("plan") ?? throw new RehearsalFailed("There is no plan.");
        foreach (var (i, block) in plan.Blocks.Index())
        {
            if (i > 0)
                await Do(new StartBlock(block.Block));
            tell.Say($"Block {i + 1} of {plan.Blocks.Count}: {block.Title}");
            if (block.Kind == "rooms")
                await Rooms(block, ct);
            else
                await Together(block, i, plan, ct);
        }
        await over.CancelAsync();
        await Task.WhenAll(admitting, helping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!options.Keep)
        {
            await Do(new EndSession());
            tell.Say("The session has ended.");
        }
    }

    private int Participants(Standing standing) => Store.All<PersonView>().Count(p => !p.IsStaff && p.Standing == standing);

    /// <summary>The first one by name, the others as they come.</summary>
    private async Task Admit(CancellationToken ct)
    {
        var first = true;
        while (true)
        {
            await Until("somebody came", () => Participants(Standing.Waiting) > 0, TimeSpan.FromDays(1), ct);
            await pace.Wait(first ? 5 : 12, ct);
            var waiting = Store.All<PersonView>().Where(p => p.Standing == Standing.Waiting).Select(p => p.Person).ToList();
            await Do(new AdmitPeople(first ? [.. waiting.Take(1)] : []));
            first = false;
        }
    }

    /// <summary>Claims each call, goes there, looks in, and leaves.</summary>
    private async Task Help(CancellationToken ct)
    {
        while (true)
        {
            HelpView? call = null;
            await Until("somebody called", () => (call = Store.All<HelpView>().Where(h => h.State == HelpState.Waiting && !_helped.Contains(h.Help)).MinBy(h => h.At)) is not null, TimeSpan.FromDays(1), ct);
            _helped.Add(call!.Help);
            await pace.Wait(Pace.Between(4, 15, _chance), ct);
            await Do(new ClaimHelp(call.Help));
            tell.Say($"{call.RoomName} calls for help{(call.Words is { } words ? $": “{words}”" : "")}. On the way.");
            await pace.Wait(Pace.Between(8, 20, _chance), ct);
            if (Store.Find<RoomsView>("rooms") is not { IsOpen: true })
                continue;
            if (call.Room != RoomId.Plenary)
            {
                await Do(new VisitRoom(call.Room));
                await pace.Wait(Pace.Between(20, 50, _chance), ct);
                await Do(new LeaveRoom());
            }
            await Do(new ResolveHelp(call.Help));
        }
    }

    private async Task Together(BlockView block, int index, PlanView plan, CancellationToken ct)
    {
        // A poll needs time to be answered however short the block is played.
        var played = pace.Played(block.Minutes, block.Poll is null ? 0 : 25);
        if (index == 0)
        {
            await Do(new SendMessage("Welcome. Please check at the top of the page how your words are kept.", []));
            if (plan.Blocks.LastOrDefault(b => b.Kind == "report" && b.Minutes > 3) is { } giver)
            {
                await Task.Delay(played * 0.7, ct);
                played *= 0.3;
                await Do(new ExtendBlock(block.Block, 1, giver.Block));
            }
        }
        if (block.Poll is not { } poll)
        {
            await Task.Delay(played, ct);
            return;
        }
        await Task.Delay(played * 0.1, ct);
        await Do(new OpenPoll(poll, null));
        await Task.Delay(played * 0.8, ct);
        var answered = Store.Find<TallyView>("tally:" + poll)?.Answered ?? 0;
        await Do(new ClosePoll(poll));
        tell.Say($"The poll is closed: {answered} answers.");
        await Task.Delay(played * 0.1, ct);
    }

    private async Task Rooms(BlockView block, CancellationToken ct)
    {
        var size = options.People;
        await Do(new ProposeGrouping(GroupingRule.Random, size, options.Seed));
        await Until("the groups could be seen", () => Store.Find<GroupingView>("grouping") is not null, TimeSpan.FromSeconds(20), ct);
        var groups = Store.Find<GroupingView>("grouping")!;
        await pace.Wait(10, ct);
        // One hint of the preview is taken: somebody changes to the smallest room.
        if (groups.Rooms.Count > 1 && groups.Rooms.MaxBy(r => r.Members.Count) is { Members.Count: > 2 } largest && groups.Rooms.MinBy(r => r.Members.Count) is { } smallest && largest != smallest)
            await Do(new PlacePerson(largest.Members[^1], smallest.Room));
        await Do(new OpenRooms(block.Block, null));
        await Until("the rooms were open", () => Store.Find<RoomsView>("rooms") is { IsOpen: true } && Store.Find<ExerciseView>("exercise") is not null, TimeSpan.FromSeconds(20), ct);
        RoomsOpened += Store.Find<RoomsView>("rooms")!.Count;
        var exercise = Store.Find<ExerciseView>("exercise")!.Exercise;
        tell.Say($"{Store.Find<RoomsView>("rooms")!.Count} rooms are open.");

        foreach (var (i, phase) in exercise.Phases.Index())
        {
            if (i > 0)
                await Do(new AdvanceRooms(phase.Id));
            await Run(phase, i, exercise, ct);
        }
        // Some sentences are not finished.
        await Do(new ExtendRooms(2, null));
        var seconds = (int)Math.Max(Limits.RecallSeconds, pace.Played(1).TotalSeconds);
        tell.Say($"Everyone comes back in {seconds} seconds.");
        await Do(new RecallEveryone(seconds));
        await Until("everyone was back", () => Store.Find<RoomsView>("rooms") is { IsOpen: false }, TimeSpan.FromSeconds(seconds + 30), ct);
    }

    private async Task Run(Phase phase, int index, Exercise exercise, CancellationToken ct)
    {
        var played = pace.Played(phase.Minutes);
        await Task.Delay(played / 2, ct);
        if (phase.Minutes >= 6)
            await Do(new SendMessage(corpus["staff-messages"][index % corpus["staff-messages"].Count], index % 2 == 0 ? [] : [.. Store.All<WatchView>().Take(3).Select(w => w.Room)]));
        await Task.Delay(played / 2, ct);
        if (index == exercise.Phases.Count - 3)
        {
            // One room is behind and gets a minute more.
            if (Store.All<WatchView>().MinBy(w => w.Turns) is { } slow)
            {
                await Do(new ExtendPhase(slow.Room, 1));
                await Task.Delay(pace.Played(1), ct);
            }
        }
        tell.Progress(phase.Label ?? phase.Type switch { PhaseType.Silent => "Quiet writing", PhaseType.Rotate => "Roles pass on", _ => phase.Type.ToString() }, Store);
    }
}
