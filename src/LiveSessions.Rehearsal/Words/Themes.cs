using LiveSessions.Exercises;

namespace LiveSessions.Rehearsal.Words;

/// <summary>Which of our sentences answer which prompt.</summary>
internal static class Themes
{
    /// <summary>What is said aloud in a step.</summary>
    public static string Talk(Phase phase) => phase.Type switch
    {
        PhaseType.Rotate => "settle",
        PhaseType.GoRound or PhaseType.Merge => "moments",
        PhaseType.Report => "readback",
        PhaseType.Closing => "debrief",
        _ when phase.Id.Contains("action", StringComparison.Ordinal) || phase.Type is PhaseType.BoardSort => "talk-actions",
        _ => "talk-concerns",
    };

    /// <summary>What a note in a column is about.</summary>
    public static string Note(string column) => column switch
    {
        "main_concerns" or "issue_concerns" => "concerns",
        "barriers" => "barriers",
        "actions" => "actions",
        "trust" => "trust",
        "questions" => "questions",
        "quotes" => "quotes",
        _ => "hopes",
    };

    /// <summary>The columns that people write to in a step, as far as the exercise has them.</summary>
    public static IReadOnlyList<string> Columns(Exercise exercise, Phase phase)
    {
        string[] wanted = Talk(phase) switch
        {
            _ when phase.Type == PhaseType.Silent => ["aspirations", "main_concerns"],
            "moments" => ["aspirations", "aspirations", "quotes"],
            "talk-concerns" => ["main_concerns", "issue_concerns", "barriers", "barriers", "quotes"],
            "talk-actions" => ["actions", "actions", "trust", "questions"],
            "debrief" => ["questions", "quotes"],
            _ => ["questions"],
        };
        var there = wanted.Where(w => exercise.Board.Any(c => c.Id == w)).ToList();
        return there.Count > 0 ? there : [.. exercise.Board.Select(c => c.Id)];
    }
}
