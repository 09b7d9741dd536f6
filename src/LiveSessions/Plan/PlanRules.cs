using LiveSessions.Exercises;

namespace LiveSessions.Plan;

/// <summary>What must be true of a plan before a session may be made from it.</summary>
public static class PlanRules
{
    /// <summary>The longest plan: a working day.</summary>
    public const int MaxMinutes = 480;

    /// <summary>What is shown or said in a block.</summary>
    public const int MaxText = 2000;

    /// <summary>Everything that is wrong with a plan; none when it may be used.</summary>
    /// <param name="exercises">The exercises that a rooms block may open, by key.</param>
    public static IReadOnlyList<Fault> Faults(PlanTemplate plan, IReadOnlyDictionary<string, Exercise> exercises)
    {
        var faults = new FaultList();
        faults.Key(plan.Key);
        faults.Title("name", plan.Name);
        faults.Title("programme", plan.Programme);
        faults.Minutes("minutes", plan.Minutes, MaxMinutes);
        faults.Unless(plan.Blocks.Count is > 0 and <= 50, "blocks", $"A plan has 1 to 50 blocks; this one has {plan.Blocks.Count}.");
        faults.Ids("blocks", plan.Blocks.Select(block => block.Id));
        var sum = plan.Blocks.Sum(block => (long)block.Minutes);
        faults.Unless(plan.Blocks.Count == 0 || sum == plan.Minutes, "blocks", $"The blocks last {sum} minutes together, but the plan says {plan.Minutes}.");
        var polls = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (i, block) in plan.Blocks.Index())
        {
            var path = $"blocks[{i}]";
            faults.Unless(Enum.IsDefined(block.Kind), $"{path}.kind", "This is not a kind of block.");
            faults.Title($"{path}.title", block.Title);
            faults.Minutes($"{path}.minutes", block.Minutes);
            faults.TextOrNull($"{path}.text", block.Text, MaxText, paragraphs: true);
            faults.TextOrNull($"{path}.script", block.Script, MaxText, paragraphs: true);
            Rooms(block, path, exercises, faults);
            Poll(block, path, polls, faults);
        }
        return faults.All;
    }

    private static void Rooms(PlanBlock block, string path, IReadOnlyDictionary<string, Exercise> exercises, FaultList faults)
    {
        if (block.Kind != BlockKind.Rooms)
        {
            faults.Unless(block.ExerciseKey is null, $"{path}.exercise", "Only a block of kind rooms opens an exercise.");
            faults.Unless(block.PhaseMinutes is null, $"{path}.phase_minutes", "Only a block of kind rooms has minutes by phase.");
            return;
        }
        if (block.ExerciseKey is not { } key)
        {
            faults.Add($"{path}.exercise", "A block of kind rooms names its exercise.");
            return;
        }
        if (!exercises.TryGetValue(key, out var exercise))
        {
            faults.Add($"{path}.exercise", $"There is no exercise '{key}' that can be read.");
            return;
        }
        foreach (var (phase, minutes) in block.PhaseMinutes ?? new Dictionary<string, int>())
        {
            faults.Unless(exercise.Phases.Any(p => p.Id == phase), $"{path}.phase_minutes.{phase}", $"'{phase}' is not a phase of '{key}'; it has: {string.Join(", ", exercise.Phases.Select(p => p.Id))}.");
            faults.Unless(minutes is >= 0 and <= ExerciseRules.MaxMinutes, $"{path}.phase_minutes.{phase}", $"{minutes} minutes: it must be 0 (leave it out) to {ExerciseRules.MaxMinutes}.");
        }
        var fitted = block.Fit(exercise);
        if (fitted.Phases.Count == 0)
            faults.Add($"{path}.phase_minutes", "Every phase is left out; the rooms would have nothing to do.");
        else
            faults.Unless(fitted.Minutes == block.Minutes, path, $"The block lasts {block.Minutes} minutes, but the phases of '{key}' last {fitted.Minutes} in it.");
    }

    private static void Poll(PlanBlock block, string path, HashSet<string> ids, FaultList faults)
    {
        if (block.Poll is not { } poll)
        {
            faults.Unless(block.Kind != BlockKind.Poll, $"{path}.poll", "A block of kind poll has a poll.");
            return;
        }
        faults.Unless(block.Kind != BlockKind.Rooms, $"{path}.poll", "A block of kind rooms has no poll of its own; put it into the exercise or into the next block.");
        faults.Unless(Enum.IsDefined(poll.Results), $"{path}.poll.results", "Results are shown live or at_close.");
        faults.OneId($"{path}.poll.id", poll.Poll.Id, ids);
        ExerciseRules.Poll(poll.Poll, $"{path}.poll", faults);
        faults.Unless(poll.Poll.Per is null, $"{path}.poll.per", "A poll for everybody is asked once; 'per' belongs to an exercise's polls.");
        faults.Unless(poll.Poll.Kind != "dots" || poll.Poll.Options.Count > 0, $"{path}.poll.options", "Dots for everybody need options; only a room has notes of its own to put them on.");
    }
}
