using System.Text.RegularExpressions;
using LiveSessions.Exercises;
using LiveSessions.Plan;

namespace LiveSessions.Server.Programme;

/// <summary>
/// The exercises and plans that sessions are made from: the shipped ones and the facilitators' own, read once at the start. Everything on the shelf obeys
/// <see cref="ExerciseRules"/> and <see cref="PlanRules"/>.
/// </summary>
public sealed partial class TemplateShelf
{
    private TemplateShelf(IReadOnlyDictionary<string, Exercise> exercises, IReadOnlyDictionary<string, PlanTemplate> plans) => (Exercises, Plans) = (exercises, plans);

    /// <summary>By key, in the order of the files' names within each folder.</summary>
    public IReadOnlyDictionary<string, Exercise> Exercises { get; }

    /// <summary>By key, in the order of the files' names within each folder; <c>week-2</c> before <c>week-10</c>.</summary>
    public IReadOnlyDictionary<string, PlanTemplate> Plans { get; }

    /// <summary>The folders that come with the program.</summary>
    public static IReadOnlyList<string> ShippedFolders { get; } =
        [Path.Combine(AppContext.BaseDirectory, "Exercises", "Templates"), Path.Combine(AppContext.BaseDirectory, "Plan", "Templates")];

    /// <summary>The folders of the data folder into which facilitators put theirs.</summary>
    public static IReadOnlyList<string> OwnFolders { get; } = ["exercises", "plans"];

    /// <summary>The shipped templates and those of the facilitators, who put theirs into <c>exercises</c> and <c>plans</c> of the data folder.</summary>
    /// <exception cref="TemplateException">A file is faulty; the message names every file, line and fault.</exception>
    public static TemplateShelf Open(string dataFolder)
    {
        var own = OwnFolders.Select(folder => Path.Combine(dataFolder, folder));
        return Read([.. ShippedFolders, .. own.Where(Directory.Exists)]);
    }

    /// <summary>Reads every <c>.yaml</c> and <c>.yml</c> file of the folders; an exercise and a plan tell themselves apart, so either may lie in any of them.</summary>
    /// <exception cref="TemplateException">A file is faulty or a folder is missing; the message names every file, line and fault.</exception>
    public static TemplateShelf Read(params string[] folders)
    {
        var exercises = new OrderedDictionary<string, Exercise>(StringComparer.Ordinal);
        var plans = new OrderedDictionary<string, PlanTemplate>(StringComparer.Ordinal);
        var planFiles = new List<(TemplateFile File, PlanTemplate Plan)>();
        var origins = new Dictionary<string, string>(StringComparer.Ordinal);
        var files = new List<TemplateFile>();
        var faults = new List<TemplateFault>();

        foreach (var folder in folders)
        {
            if (Directory.Exists(folder))
                files.AddRange(FilesOf(folder));
            else
                faults.Add(new TemplateFault(folder, 0, "There is no such folder."));
        }
        foreach (var file in files)
        {
            if (file.Open() is not { } top)
                continue;
            if (TemplateFormat.IsPlan(top))
            {
                var plan = top.Whole(TemplateFormat.Plan);
                Place(plans, plan.Key, plan, file, origins);
                planFiles.Add((file, plan));
            }
            else
            {
                var exercise = top.Whole(TemplateFormat.Exercise);
                Place(exercises, exercise.Key, exercise, file, origins);
                file.Add(ExerciseRules.Faults(exercise));
            }
        }
        // A plan may name an exercise of a later folder, so plans are judged when all exercises are known.
        foreach (var (file, plan) in planFiles)
            file.Add(PlanRules.Faults(plan, exercises));

        faults.AddRange(files.SelectMany(file => file.Faults));
        return faults.Count == 0 ? new TemplateShelf(exercises, plans) : throw new TemplateException(faults);
    }

    /// <summary>The exercise that a rooms block opens, with the block's minutes.</summary>
    /// <exception cref="ArgumentException">The block opens no exercise of this shelf.</exception>
    public Exercise ForBlock(PlanTemplate plan, PlanBlock block) =>
        block.ExerciseKey is { } key && Exercises.TryGetValue(key, out var exercise)
            ? block.Fit(exercise)
            : throw new ArgumentException($"Block '{block.Id}' of plan '{plan.Key}' opens no exercise of this shelf.", nameof(block));

    /// <summary>In the order of their names, numbers by size.</summary>
    private static IEnumerable<TemplateFile> FilesOf(string folder) => Directory.EnumerateFiles(folder)
        .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
        .OrderBy(file => Digits().Replace(Path.GetFileName(file), number => number.Value.PadLeft(9, '0')), StringComparer.Ordinal)
        .Select(file => new TemplateFile(file));

    private static void Place<T>(OrderedDictionary<string, T> shelf, string key, T template, TemplateFile file, Dictionary<string, string> origins)
    {
        var kind = typeof(T).Name;
        if (key.Length > 0 && key != Path.GetFileNameWithoutExtension(file.Path))
            file.Add("key", $"The key is '{key}', so the file must be called {key}.yaml.");
        if (shelf.TryAdd(key, template))
            origins[$"{kind} {key}"] = file.Path;
        else if (key.Length > 0)
            file.Add("key", $"The key '{key}' is taken by {origins[$"{kind} {key}"]}; choose another.");
    }

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Digits();
}

/// <summary>What is wrong in a template file.</summary>
/// <param name="Line">Counted from 1; 0 when it is the file or folder itself.</param>
public sealed record TemplateFault(string File, long Line, string Sentence)
{
    public override string ToString() => Line > 0 ? $"{File}, line {Line}: {Sentence}" : $"{File}: {Sentence}";
}

/// <summary>Exercises or plans cannot be read. The message is for the person who wrote them.</summary>
public sealed class TemplateException(IReadOnlyList<TemplateFault> faults) : Exception(Told(faults))
{
    /// <summary>All of them, file by file, from top to bottom.</summary>
    public IReadOnlyList<TemplateFault> Faults { get; } = faults;

    private static string Told(IReadOnlyList<TemplateFault> faults) =>
        $"{(faults.Count == 1 ? "There is a fault" : $"There are {faults.Count} faults")} in the exercises and plans. Mend the files and start again.\n{string.Join('\n', faults.Select(fault => $"  {fault}"))}";
}
