namespace LiveSessions.Exercises;

/// <summary>What must be true of an exercise before a room may run it.</summary>
public static class ExerciseRules
{
    /// <summary>The longest phase, block and exercise.</summary>
    public const int MaxMinutes = 120;

    public const int MaxPrompt = 500;

    /// <summary>Hints, rules, follow-ups and other single sentences.</summary>
    public const int MaxSentence = 300;

    /// <summary>A room asks a poll under its own id and the poll's together, and both must fit into one id.</summary>
    public const int MaxPollId = 24;

    /// <summary>As many people as a session may hold.</summary>
    public const int MaxGroup = 5000;

    public static IReadOnlyList<string> Streams { get; } = ["exploration", "conflict transformation", "decision making", "collaborative action", "any"];

    public static IReadOnlyList<string> PollKinds { get; } = ["single", "multi", "scale", "text", "dots", "rag"];

    /// <summary>Notices that a phase may ask for before its end.</summary>
    public static IReadOnlyList<string> Notices { get; } = ["half", "1m", "30s"];

    /// <summary>Everything that is wrong with an exercise; none when it may be used.</summary>
    public static IReadOnlyList<Fault> Faults(Exercise exercise)
    {
        var faults = new FaultList();
        Head(exercise, faults);
        Roles(exercise, faults);
        Phases(exercise, faults);
        Board(exercise, faults);
        faults.Ids("polls", exercise.Polls.Select(poll => poll.Id));
        foreach (var (i, poll) in exercise.Polls.Index())
        {
            faults.Unless(poll.Id.Length is <= MaxPollId or > Log.Id.MaxLength, $"polls[{i}].id", $"'{poll.Id}' has {poll.Id.Length} characters; {MaxPollId} fit a poll of a room.");
            Poll(poll, $"polls[{i}]", faults);
        }
        return faults.All;
    }

    private static void Head(Exercise exercise, FaultList faults)
    {
        faults.Key(exercise.Key);
        faults.Title("name", exercise.Name);
        faults.Unless(Streams.Contains(exercise.Stream), "stream", $"'{exercise.Stream}' is not a stream; one of: {string.Join(", ", Streams)}.");
        faults.Text("purpose", exercise.Purpose, MaxPrompt);
        faults.TextOrNull("full_run", exercise.FullRun, MaxPrompt);
        faults.TextOrNull("when_not", exercise.WhenNot, MaxPrompt);
        faults.TextOrNull("safety", exercise.Safety, MaxPrompt);
        faults.TextOrNull("group_note", exercise.GroupNote, MaxPrompt);
        faults.TextOrNull("odd_numbers", exercise.OddNumbers, MaxPrompt);
        faults.TitleOrNull("labelled", exercise.Labelled);
        Size(exercise.GroupSize, "group_size", faults);
        if (exercise.TableSize is { } table)
            Size(table, "table_size", faults);
        faults.Texts("ground_rules", exercise.GroundRules, MaxSentence);
        faults.Texts("observer_list", exercise.ObserverList, MaxSentence);
        faults.Texts("note_fields", exercise.NoteFields, MaxSentence);
        faults.Texts("cases", exercise.Cases, MaxSentence);
        faults.Texts("transcript", exercise.Transcript, MaxSentence);
    }

    private static void Size(GroupSize size, string path, FaultList faults) =>
        faults.Unless(1 <= size.Min && size.Min <= size.Ideal && size.Ideal <= size.Max && size.Max <= MaxGroup, path,
            $"min {size.Min}, ideal {size.Ideal}, max {size.Max}: they must rise from at least 1 to at most {MaxGroup}.");

    private static void Roles(Exercise exercise, FaultList faults)
    {
        faults.Unless(exercise.Roles.Count is > 0 and <= 12, "roles", $"An exercise has 1 to 12 roles; this one has {exercise.Roles.Count}.");
        faults.Ids("roles", exercise.Roles.Select(role => role.Key), "key");
        var rotations = exercise.Phases.Count(phase => phase.Type == PhaseType.Rotate);
        foreach (var (i, role) in exercise.Roles.Index())
        {
            faults.Title($"roles[{i}].title", role.Title);
            faults.TextOrNull($"roles[{i}].hint", role.Hint, MaxSentence);
            faults.Unless(role.Rotates >= 0 && role.Rotates <= rotations, $"roles[{i}].rotates",
                $"'{role.Key}' passes on {role.Rotates} times, but the exercise has {rotations} phases of type rotate.");
        }
    }

    private static void Phases(Exercise exercise, FaultList faults)
    {
        faults.Minutes("minutes", exercise.Minutes);
        faults.Unless(exercise.Phases.Count is > 0 and <= 40, "phases", $"An exercise has 1 to 40 phases; this one has {exercise.Phases.Count}.");
        faults.Ids("phases", exercise.Phases.Select(phase => phase.Id));
        var sum = exercise.Phases.Sum(phase => (long)phase.Minutes);
        faults.Unless(exercise.Phases.Count == 0 || sum == exercise.Minutes, "phases", $"The phases last {sum} minutes together, but the exercise says {exercise.Minutes}.");
        var polls = exercise.Polls.Select(poll => poll.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var (i, phase) in exercise.Phases.Index())
            OnePhase(phase, $"phases[{i}]", polls, faults);
    }

    private static void OnePhase(Phase phase, string path, HashSet<string> polls, FaultList faults)
    {
        faults.Unless(Enum.IsDefined(phase.Type), $"{path}.type", "This is not a type of phase.");
        faults.Unless(Enum.IsDefined(phase.Where), $"{path}.where", "This is not a place for a phase.");
        faults.Minutes($"{path}.minutes", phase.Minutes);
        faults.Text($"{path}.prompt", phase.Prompt, MaxPrompt);
        faults.TitleOrNull($"{path}.label", phase.Label);
        faults.Unless(phase.FollowUps.Count <= 10, $"{path}.follow_ups", "A prompt has at most 10 follow-ups.");
        faults.Texts($"{path}.follow_ups", phase.FollowUps, MaxSentence);
        Warnings(phase, path, faults);

        if (phase.Type == PhaseType.Poll)
            faults.Unless(phase.Poll is not null, $"{path}.poll", "A phase of type poll names its poll.");
        else
            faults.Unless(phase.Poll is null, $"{path}.poll", "Only a phase of type poll may name a poll.");
        faults.Unless(phase.Poll is null || polls.Contains(phase.Poll), $"{path}.poll", $"'{phase.Poll}' is not among the polls of this exercise.");

        if (phase.PerTeam is not { } time)
            return;
        faults.Unless(phase.Type == PhaseType.Report, $"{path}.per_team", "Only a phase of type report shares its time among teams.");
        faults.Unless(time is { Present: >= 1, Questions: >= 0, Change: >= 0 } && (long)time.Present + time.Questions + time.Change <= Math.Max(phase.Minutes, 1), $"{path}.per_team",
            "One team needs at least a minute to present, and no more than the whole phase.");
    }

    private static void Warnings(Phase phase, string path, FaultList faults)
    {
        foreach (var (i, notice) in phase.Warn.Index())
        {
            if (!Notices.Contains(notice))
                faults.Add($"{path}.warn[{i}]", $"'{notice}' is not a notice; one of: {string.Join(", ", Notices)}.");
            else if (notice == "1m" && phase.Minutes == 1)
                faults.Add($"{path}.warn[{i}]", "A notice one minute before the end of a one-minute phase would come at its start.");
        }
        faults.Unless(phase.Warn.Distinct().Count() == phase.Warn.Count, $"{path}.warn", "A notice is named twice.");
    }

    private static void Board(Exercise exercise, FaultList faults)
    {
        faults.Unless(exercise.Board.Count is > 0 and <= 20, "board", $"A board has 1 to 20 columns; this one has {exercise.Board.Count}.");
        faults.Ids("board", exercise.Board.Select(column => column.Id));
        foreach (var (i, column) in exercise.Board.Index())
            faults.Title($"board[{i}].title", column.Title);
    }

    /// <summary>A poll by itself, wherever it is asked; its id is checked among its neighbours.</summary>
    internal static void Poll(ExercisePoll poll, string path, FaultList faults)
    {
        faults.Text($"{path}.question", poll.Question, MaxSentence);
        faults.TitleOrNull($"{path}.per", poll.Per);
        faults.Unless(PollKinds.Contains(poll.Kind), $"{path}.kind", $"'{poll.Kind}' is not a kind of poll; one of: {string.Join(", ", PollKinds)}.");
        for (var i = 0; i < poll.Options.Count; i++)
            faults.Title($"{path}.options[{i}]", poll.Options[i]);
        faults.Unless(poll.Options.Distinct(StringComparer.Ordinal).Count() == poll.Options.Count, $"{path}.options", "Two options read the same.");

        var wrong = (poll.Kind, poll.Options.Count) switch
        {
            ("single" or "multi", < 2 or > 20) => "This kind of poll has 2 to 20 options.",
            ("dots", 1 or > 20) => "Dots go on 2 to 20 options, or on the room's own notes when no options are named.",
            ("scale", not (0 or 5)) => "A scale has the numbers 1 to 5: name the five words beside them, or none.",
            ("rag", not 3) => "This kind of poll has three options: what green, amber and red mean, in words.",
            ("text", > 0) => "People answer in their own words; there are no options.",
            _ => null,
        };
        if (wrong is not null)
            faults.Add($"{path}.options", wrong);

        if (poll.Kind == "dots")
            faults.Unless(poll.Votes is >= 1 and <= 10, $"{path}.votes", $"{poll.Votes} votes: dots give each person 1 to 10.");
        else
            faults.Unless(poll.Votes == 0, $"{path}.votes", "Only dots have votes.");
    }
}
