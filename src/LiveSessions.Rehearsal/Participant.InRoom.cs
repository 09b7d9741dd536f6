using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Rehearsal.Words;
using LiveSessions.Rooms;

namespace LiveSessions.Rehearsal;

/// <summary>What somebody does in a room, step by step.</summary>
internal sealed partial class Participant
{
    private static readonly NoteColour[] Colours = Enum.GetValues<NoteColour>();
    private bool _hasCalled;

    private StepView? Step => Room is { } room ? Store.Find<StepView>("step:" + room) : null;
    private RolesView? Roles => Room is { } room ? Store.Find<RolesView>("roles:" + room) : null;
    private FloorView? Floor => Room is { } room ? Store.Find<FloorView>("floor:" + room) : null;
    private Exercise? Exercise => Store.Find<ExerciseView>("exercise")?.Exercise;
    private Phase? Phase => Step is { } step ? Exercise?.Phases.FirstOrDefault(p => p.Id == step.Phase) : null;
    private IReadOnlyList<string>? Columns => Exercise is { } exercise && Phase is { } phase ? Themes.Columns(exercise, phase) : null;
    private bool HasFloor => Floor?.Speaking?.Value == Person;
    private bool Holds(string role) => Roles?.Holders.TryGetValue(role, out var holder) == true && holder.Value == Person;
    private bool IsQuiet => Phase is { Type: PhaseType.Silent };

    private async Task Rooms(CancellationToken over)
    {
        var done = "";
        while (true)
        {
            var now = "";
            Phase? phase = null;
            await Until(() => (phase = Phase) is not null && (now = $"{Room} {phase.Id}") != done, over);
            done = now;
            using var until = CancellationTokenSource.CreateLinkedTokenSource(over);
            var ended = Until(() => $"{Room} {Step?.Phase}" != now, until.Token);
            var acting = Act(phase!, until.Token);
            await Task.WhenAny(ended, Task.WhenAll(acting, ended));
            await until.CancelAsync();
            try
            {
                await acting;
            }
            catch (OperationCanceledException) when (!over.IsCancellationRequested)
            {
                // The room went on while they were at it, as it does.
            }
            over.ThrowIfCancellationRequested();
        }
    }

    private Task Act(Phase phase, CancellationToken ct) => phase.Type switch
    {
        PhaseType.Frame => Task.CompletedTask,
        PhaseType.Silent => WriteInSilence(phase, ct),
        PhaseType.Rotate => Settle(phase, ct),
        PhaseType.GoRound => Task.WhenAll(GoRound(phase, ct), WriteForOthers(phase, ct), Lead(phase, ct), CallForHelp(ct)),
        PhaseType.Report => Task.WhenAll(ReadBack(phase, ct), Lead(phase, ct)),
        _ => Task.WhenAll(Talk(phase, ct), WriteForOthers(phase, ct), Watch(ct), Lead(phase, ct), CallForHelp(ct)),
    };

    private async Task<NoteId?> WriteNote(string column, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var note = new NoteId(NewId('n'));
        var answer = await Ask(new AddNote(note, column, Say(Themes.Note(column)), OneOf(Colours)), IsQuiet);
        return answer.IsRefused ? null : note;
    }

    /// <summary>Two notes, seen by nobody else until the step is over.</summary>
    private async Task WriteInSilence(Phase phase, CancellationToken ct)
    {
        var columns = Columns!;
        var whole = phase.Minutes * 60;
        // Of a step that is cut short, people play a stretch out of its middle.
        var skipped = pace.IsCut ? Seconds(0, whole * (1 - pace.Share)) : 0;
        var at = 0.0;
        for (var i = 0; i < 2; i++)
        {
            var when = Seconds(whole * (0.08 + 0.45 * i), whole * (0.45 + 0.45 * i)) - skipped;
            if (when < 0)
                continue;
            await pace.Wait(when - at, ct);
            at = when;
            var note = await WriteNote(columns[i % columns.Count], ct);
            if (note is { } mine && OneIn(10))
            {
                await pace.Wait(Seconds(4, 15), ct);
                await Edit(mine);
            }
        }
    }

    private async Task Edit(NoteId note)
    {
        if (Store.Find<NoteView>("note:" + note) is { IsTakenBack: false } view)
            await Ask(new EditNote(note, GoOn(view.Text, "edits"), OneIn(4) ? OneOf(Colours) : null), IsQuiet);
    }

    /// <summary>Who leads, writes and watches is settled, sometimes in words.</summary>
    private async Task Settle(Phase phase, CancellationToken ct)
    {
        await pace.Wait(First(6, Math.Min(100, phase.Minutes * 50)), ct);
        if (Room is { } room && Holds(Conversation.Roles.Leader) && OneIn(5) && Members() is { Count: > 2 } members)
            await Ask(new GiveRole(new(room), Conversation.Roles.NoteTaker, OneOf(members)));
        else if (OneIn(6))
            await Write(Person, phase);
    }

    private List<PersonId> Members() => Room is { } room ? [.. Store.Find<RoomView>("room:" + room)?.Members ?? []] : [];

    /// <summary>Everybody once: waits for the floor, then speaks or passes.</summary>
    private async Task GoRound(Phase phase, CancellationToken ct)
    {
        var passedForNow = false;
        while (true)
        {
            await Until(() => HasFloor, ct);
            if (!passedForNow && OneIn(12))
            {
                await pace.Wait(Seconds(3, 8), ct);
                passedForNow = true;
                await Ask(new PassFloor(null, true));
            }
            else if (OneIn(25))
            {
                await pace.Wait(Seconds(3, 8), ct);
                await Ask(new PassFloor(null, false));
            }
            else
            {
                await Speak(phase, 35, 75, ct);
            }
            await Until(() => !HasFloor, ct);
            if (OneIn(5))
            {
                await pace.Wait(Seconds(5, 30), ct);
                await WriteNote(OneOf(Columns!), ct);
            }
        }
    }

    /// <summary>Has the floor and says something; then either they or the one who writes puts it down.</summary>
    private async Task Speak(Phase phase, double least, double most, CancellationToken ct)
    {
        var before = Mine();
        await pace.Wait(First(least, most), ct);
        Line.Glimpse(new("typing", null, null, null));
        if (IsWrittenForThem(Person, phase.Id) && !Holds(Conversation.Roles.NoteTaker))
            await UntilOr(40, () => Mine() > before, ct);
        if (Mine() == before)
            await Write(Person, phase);
        if (HasFloor)
            await Ask(new FinishTurn(null));
    }

    private int Mine() => Store.Find<Sessions.MineView>("mine")?.Turns.Count ?? 0;

    private async Task Write(string speaker, Phase phase)
    {
        if (Step is not { TakesTurns: true })
            return;
        var form = speaker == Person || OneIn(3) ? TurnForm.Verbatim : TurnForm.Paraphrase;
        await Ask(new WriteTurn(new(NewId('t')), new(speaker), Say(Themes.Talk(phase)), form));
    }

    /// <summary>Somewhat more than half of what is said is written by the one who writes. Both sides know without asking, as people who agreed on it.</summary>
    private static bool IsWrittenForThem(string speaker, string phase)
    {
        var mixed = 17;
        foreach (var c in speaker + phase)
            mixed = unchecked(mixed * 31 + c);
        return (mixed & 0x7fffffff) % 100 < 58;
    }

    /// <summary>The one who writes puts down what others say.</summary>
    private async Task WriteForOthers(Phase phase, CancellationToken ct)
    {
        string? last = null;
        while (true)
        {
            string? speaker = null;
            await Until(() => (speaker = Floor?.Speaking?.Value) != last && Holds(Conversation.Roles.NoteTaker), ct);
            last = speaker;
            if (speaker is null || speaker == Person || !IsWrittenForThem(speaker, phase.Id))
                continue;
            await pace.Wait(First(30, 80), ct);
            Line.Glimpse(new("typing", null, null, null));
            await Write(speaker, phase);
            if (OneIn(3))
            {
                await pace.Wait(Seconds(4, 12), ct);
                await WriteNote(OneOf(Columns!), ct);
            }
        }
    }

    /// <summary>Open talk: raises a hand, waits, speaks, and writes notes in between.</summary>
    private async Task Talk(Phase phase, CancellationToken ct)
    {
        await pace.Wait(First(3, 60) / profile.Liveliness, ct);
        while (true)
        {
            if (Holds(Conversation.Roles.Observer))
            {
                await pace.Wait(Seconds(20, 40), ct);
                continue;
            }
            if (Floor?.Line.Any(p => p.Person.Value == Person && p.State is (FloorState.Speaking or FloorState.Waiting)) != true)
                await Ask(new RaiseHand());
            if (!await UntilOr(150, () => HasFloor, ct))
            {
                // Somebody else has said it by now.
                if (OneIn(2))
                    await Ask(new LowerHand());
                continue;
            }
            await Speak(phase, 18, 45, ct);
            await pace.Wait(Seconds(25, 110) / profile.Liveliness, ct);
            if (!OneIn(3))
                await WriteNote(OneOf(Columns!), ct);
            await pace.Wait(Seconds(10, 60) / profile.Liveliness, ct);
        }
    }

    /// <summary>The one who watches ticks what they see.</summary>
    private async Task Watch(CancellationToken ct)
    {
        while (true)
        {
            await pace.Wait(First(25, 90), ct);
            if (Exercise?.ObserverList.Count is not > 0 || !Holds(Conversation.Roles.Observer))
                continue;
            var item = OneOf([.. Enumerable.Range(0, Exercise.ObserverList.Count)]);
            await Ask(new MarkObserved(item, Roles?.Observed.Contains(item) != true));
        }
    }

    /// <summary>The one who leads asks somebody who has said little, and in some rooms moves on before the others.</summary>
    private async Task Lead(Phase phase, CancellationToken ct)
    {
        await Task.Delay(pace.Played(phase.Minutes) * Seconds(0.45, 0.6), ct);
        if (Holds(Conversation.Roles.Leader) && Room is { } room && Floor is { Kind: FloorKind.Hands } floor && OneIn(3))
        {
            var heard = floor.Line.ToDictionary(p => p.Person, p => p.Heard);
            if (Members().Where(m => m.Value != Person).OrderBy(m => heard.GetValueOrDefault(m)).FirstOrDefault() is { Value: not null } quiet)
                await Ask(new GiveFloor(new(room), quiet));
        }
        await Task.Delay(pace.Played(phase.Minutes) * Seconds(0.3, 0.36), ct);
        if (Holds(Conversation.Roles.Leader) && Room is { } mine && Exercise is { } exercise && exercise.Phases[^1].Id != phase.Id && Members()[0].Value[^1] % 5 == 0)
            await Ask(new AdvancePhase(new(mine), phase.Id));
    }

    private async Task CallForHelp(CancellationToken ct)
    {
        if (!profile.CallsHelp || _hasCalled)
            return;
        await pace.Wait(First(30, 120), ct);
        _hasCalled = true;
        string? words;
        lock (_gate)
            words = _chance.Next(5) == 0 ? null : corpus.Line("help", _chance);
        await Ask(new CallHelp(new(NewId('h')), words));
    }

    /// <summary>The board is read back: words are put right, notes moved, and what is private is held back.</summary>
    private async Task ReadBack(Phase phase, CancellationToken ct)
    {
        if (Holds(Conversation.Roles.NoteTaker))
        {
            for (var i = 0; i < 2; i++)
            {
                await pace.Wait(First(15, 50), ct);
                await Write(Person, phase);
            }
            if (Store.All<NoteView>().Where(n => n.Room.Value == Room && !n.IsTakenBack).ToList() is { Count: > 2 } notes)
            {
                var note = OneOf(notes);
                await Ask(new MoveNote(note.Note, OneOf([.. Exercise!.Board.Select(c => c.Id)]), null));
            }
            return;
        }
        await pace.Wait(First(15, 90), ct);
        var mine = Store.Find<Sessions.MineView>("mine");
        if (OneIn(4) && Last<TurnView>(mine?.Turns.Select(t => "turn:" + t)) is { } turn)
            await Ask(new CorrectTurn(turn.Turn, GoOn(turn.Text, "corrections")));
        if (OneIn(8) && Last<TurnView>(mine?.Turns.Select(t => "turn:" + t)) is { } held)
            await Ask(new HoldTurn(held.Turn, true));
        await pace.Wait(Seconds(5, 25), ct);
        if (Last<NoteView>(mine?.Notes.Select(n => "note:" + n)) is { IsTakenBack: false } note2)
            switch (OneOf([0, 1, 1, 1, 2, 2, 3, 4, 4, 4, 4, 4, 4, 4]))
            {
                case 0: await Ask(new TakeBackNote(note2.Note)); break;
                case 1: await Edit(note2.Note); break;
                case 2: await Ask(new HoldNote(note2.Note, true)); break;
                case 3: await Write(Person, phase); break;
            }
    }

    private T? Last<T>(IEnumerable<string>? keys) where T : View => keys?.Select(Store.Find<T>).LastOrDefault(v => v is not null);
}
