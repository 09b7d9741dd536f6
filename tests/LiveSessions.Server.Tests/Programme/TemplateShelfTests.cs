using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using LiveSessions.Exercises;
using LiveSessions.Plan;
using LiveSessions.Server.Programme;

namespace LiveSessions.Server.Tests.Programme;

public sealed partial class TemplateShelfTests : IDisposable
{
    private const string Exercise = """
        key: small
        name: Small talk
        stream: any
        purpose: Talk for a little while.
        group_size: {min: 2, ideal: 4, max: 6}
        minutes: 10
        roles:
          - {key: facilitator, title: Leads}
        phases:
          - id: talk
            type: open
            where: room
            minutes: 10
            prompt: How was your week?
        board:
          - {id: notes, title: Notes}
        """;

    private const string Plan = """
        key: short
        name: A short meeting
        programme: Staff meetings
        minutes: 12
        blocks:
          - {id: welcome, title: Welcome, kind: talk, minutes: 2}
          - {id: rooms, title: Rooms, kind: rooms, minutes: 10, exercise: small}
        """;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("shelf-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void The_shipped_templates_lie_beside_the_server_and_are_read_without_any_of_ones_own()
    {
        var shelf = TemplateShelf.Open(Path.Combine(folder.FullName, "nothing-here"));
        Assert.Equal(10, shelf.Exercises.Count);
        Assert.Equal(["week-1", "week-2", "week-10"], shelf.Plans.Keys);
    }

    [Fact]
    public void Ones_own_stand_beside_the_shipped_ones_and_may_use_them()
    {
        Write("exercises/small.yaml", Exercise);
        Write("plans/short.yml", Plan.Replace("minutes: 10, exercise: small", "minutes: 30, exercise: aspirations").Replace("minutes: 12", "minutes: 32"));
        var shelf = TemplateShelf.Open(folder.FullName);
        Assert.Equal(11, shelf.Exercises.Count);
        var plan = shelf.Plans["short"];
        Assert.Equal("aspirations", shelf.ForBlock(plan, plan.Blocks[1]).Key);
    }

    [Fact]
    public void An_exercise_of_the_least_keys_is_whole()
    {
        Write("small.yaml", Exercise);
        var small = Read().Exercises["small"];
        Assert.Equal(("How was your week?", PhaseType.Open, PhasePlace.Room), (small.Phases[0].Prompt, small.Phases[0].Type, small.Phases[0].Where));
        Assert.Equal(new ExerciseRole("facilitator", "Leads", 0, null), small.Roles.Single());
        Assert.Empty(small.Polls);
        Assert.Null(small.FullRun);
    }

    [Fact]
    public void A_text_of_several_paragraphs_keeps_them_whatever_the_line_ends()
    {
        Write("small.yaml", Exercise);
        Write("short.yaml", (Plan.Replace("kind: talk, minutes: 2}", "kind: talk, minutes: 2, text: \"One.\\n\\nTwo.\"}") + "\n").Replace("\n", "\r\n"));
        Assert.Equal("One.\n\nTwo.", Read().Plans["short"].Blocks[0].Text);
    }

    /// <summary>A change of the small exercise, the line of the fault, and words of its sentence.</summary>
    public static TheoryData<string, string, int, string> BadExercises => new()
    {
        { "name: Small talk", "name: Small talk\ncolour: red", 3, "'colour' is not known here" },
        { "    type: open", "    type: opne", 11, "'opne' is not one of: frame, silent, go_round" },
        { "    minutes: 10\n", "    minutes: ten\n", 13, "'minutes' must be a whole number, not 'ten'" },
        { "    minutes: 10\n", "    minutes: 9\n", 9, "The phases last 9 minutes together, but the exercise says 10." },
        { "    prompt: How was your week?\n", "", 10, "'prompt' is missing" },
        { "    prompt: How was your week?", "    promt: How was your week?", 14, "'promt' is not known here. Known: id, type" },
        { "    where: room\n", "    where: garden\n", 12, "'garden' is not one of: plenary, room" },
        { "stream: any\n", "", 1, "'stream' is missing" },
        { "{min: 2, ideal: 4, max: 6}", "{min: 5, ideal: 4, max: 6}", 5, "they must rise" },
        { "{min: 2, ideal: 4, max: 6}", "4", 5, "'group_size' must hold keys and values" },
        { "  - {id: notes, title: Notes}", "  - {id: My notes, title: Notes}", 16, "'My notes' cannot be a name that is kept" },
        { "  - {id: notes, title: Notes}", "  notes: Notes", 15, "'board' must be a list" },
        { "  - {id: notes, title: Notes}", "  - Notes", 16, "must hold keys and values" },
        { "key: small\n", "key: tall\n", 1, "the file must be called tall.yaml" },
        { "name: Small talk", "name: Small: talk", 2, "not YAML" },
        { "name: Small talk", "name: [Small", 3, "not YAML" },
        { "name: Small talk", "name: Small talk\nname: Twice", 3, "not YAML" },
        { "minutes: 10\nroles", "minutes: 10\nground_rules: [\"Listen: well\", {Speak: up}]\nroles", 7, "between quotation marks" },
        { "board:\n", "---\nboard:\n", 16, "a second one begins here" },
    };

    [Theory, MemberData(nameof(BadExercises))]
    public void A_bad_file_is_named_with_its_line_and_its_fault(string from, string to, int line, string sentence)
    {
        Assert.Contains(from, Exercise, StringComparison.Ordinal);
        var file = Write("small.yaml", Exercise.Replace(from, to, StringComparison.Ordinal));
        var refused = Assert.Throws<TemplateException>(() => Read());
        var fault = refused.Faults.First(f => f.Sentence.Contains(sentence, StringComparison.Ordinal) || refused.Faults.Count == 1);
        Assert.Contains(sentence, fault.Sentence, StringComparison.Ordinal);
        Assert.Equal(line, fault.Line);
        Assert.Contains($"{file}, line {fault.Line}: {fault.Sentence}", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_faults_of_all_files_are_told_from_top_to_bottom_and_none_that_only_follows_from_another()
    {
        Write("a/small.yaml", Exercise.Replace("Small talk", "\"\"").Replace("minutes: 10\n    prompt", "minutes: soon\n    prompt").Replace("title: Notes", "titel: Notes"));
        Write("b/other.yaml", "key: other\n");
        Write("b/short.yaml", Plan.Replace("exercise: small", "exercise: smal"));
        var refused = Assert.Throws<TemplateException>(() => TemplateShelf.Read(In("a"), In("b"), In("c")));
        Assert.Equal(
            [
                ("c", 0, "There is no such folder."),
                ("small.yaml", 2, "This is empty; it needs words."),
                ("small.yaml", 13, "'minutes' must be a whole number, not 'soon'."),
                ("small.yaml", 16, "'title' is missing."),
                ("small.yaml", 16, "'titel' is not known here. Known: id, title."),
                ("other.yaml", 1, "'name' is missing."),
                ("other.yaml", 1, "'stream' is missing."),
                ("other.yaml", 1, "'purpose' is missing."),
                ("other.yaml", 1, "'group_size' is missing."),
                ("other.yaml", 1, "'minutes' is missing."),
                ("other.yaml", 1, "'roles' is missing."),
                ("other.yaml", 1, "'phases' is missing."),
                ("other.yaml", 1, "'board' is missing."),
                ("short.yaml", 7, "There is no exercise 'smal' that can be read."),
            ],
            refused.Faults.Select(fault => (Path.GetFileName(fault.File), (int)fault.Line, fault.Sentence)));
        Assert.StartsWith("There are 14 faults", refused.Message, StringComparison.Ordinal);
        Assert.Equal(15, refused.Message.Split('\n').Length);
    }

    [Theory]
    [InlineData("kind: talk", "kind: speech", 6, "'speech' is not one of: talk, poll, rooms, report, close.")]
    [InlineData("exercise: small", "exercise: small, phase_minutes: {talk: 9}", 7, "The block lasts 10 minutes, but the phases of 'small' last 9 in it.")]
    [InlineData("exercise: small", "exercise: small, phase_minutes: {chat: 0}", 7, "'chat' is not a phase of 'small'; it has: talk.")]
    [InlineData("kind: talk", "kind: poll, poll: {id: q, kind: text, question: Why?, results: later, anonymous: true}", 6, "'later' is not one of: live, at_close.")]
    [InlineData("kind: talk", "kind: poll, poll: {id: q, kind: text, question: Why?, results: live, anonymous: perhaps}", 6, "'anonymous' must be true or false.")]
    [InlineData("minutes: 12", "minutes: 13", 5, "The blocks last 12 minutes together, but the plan says 13.")]
    public void A_bad_plan_is_named_with_its_line_and_its_fault(string from, string to, int line, string sentence)
    {
        Write("small.yaml", Exercise);
        var file = Write("short.yaml", Plan.Replace(from, to, StringComparison.Ordinal));
        var refused = Assert.Throws<TemplateException>(() => Read());
        Assert.Equal(new TemplateFault(file, line, sentence), Assert.Single(refused.Faults));
    }

    [Fact]
    public void A_key_is_taken_once()
    {
        var first = Write("a/small.yaml", Exercise);
        Write("b/small.yaml", Exercise);
        var refused = Assert.Throws<TemplateException>(() => TemplateShelf.Read(In("a"), In("b")));
        Assert.Equal($"The key 'small' is taken by {first}; choose another.", Assert.Single(refused.Faults).Sentence);
    }

    [Theory]
    [InlineData(new byte[0], "The file is empty.")]
    [InlineData(new byte[] { 0x6b, 0x3a, 0x20, 0xff, 0xfe }, "The file is not UTF-8 text.")]
    [InlineData(new byte[] { 0x2d, 0x20, 0x61 }, "The file must begin with 'key:' and hold keys and values.")]
    public void A_file_that_is_no_template_at_all_is_a_fault_too(byte[] bytes, string sentence)
    {
        File.WriteAllBytes(Path.Combine(folder.FullName, "odd.yaml"), bytes);
        Assert.Equal(sentence, Assert.Single(Assert.Throws<TemplateException>(() => Read()).Faults).Sentence);
    }

    [Fact]
    public void A_file_too_large_to_be_a_template_is_not_read()
    {
        Write("big.yaml", "key: " + new string('b', 300_000));
        Assert.Contains("larger than 256 kB", Assert.Single(Assert.Throws<TemplateException>(() => Read()).Faults).Sentence, StringComparison.Ordinal);
    }

    /// <summary>Whatever is typed into a file, the answer names the file and the line; nothing else ever comes out of the reader.</summary>
    [Fact]
    public void A_garbled_file_is_read_or_named_and_nothing_else()
    {
        var texts = TemplateShelf.ShippedFolders.SelectMany(shipped => Directory.GetFiles(shipped)).Select(File.ReadAllText).Append(Exercise).ToArray();
        var spoil =
            from text in Gen.Int[0, texts.Length - 1].Select(i => texts[i])
            from cuts in Gen.Select(Gen.Int[0, text.Length - 1], Gen.Int[0, 12], Gen.String[Gen.Char["[]{}:-#&*!|>'\"%@` \n\t,?~a0\u0000\u0085\u202e"], 0, 4]).Array[1, 4]
            select cuts.Aggregate(text, (now, cut) => cut.Item1 >= now.Length ? now : now[..cut.Item1] + cut.Item3 + now[Math.Min(now.Length, cut.Item1 + cut.Item2)..]);
        spoil.Sample(text =>
        {
            var place = Directory.CreateDirectory(In(Guid.NewGuid().ToString("N"))).FullName;
            File.WriteAllText(Path.Combine(place, "small.yaml"), text);
            try
            {
                TemplateShelf.Read(place);
            }
            catch (TemplateException refused)
            {
                // To YAML 1.1 these break a line too.
                var lines = text.Count(c => c is '\n' or '\r' or '\u0085' or '\u2028' or '\u2029') + 2;
                Assert.All(refused.Faults, fault => Assert.True(fault.Line >= 1 && fault.Line <= lines && fault.Sentence.Length > 10, fault.ToString()));
            }
            Directory.Delete(place, recursive: true);
        }, iter: 800, threads: 2);
    }

    [Fact]
    public void Brackets_without_end_do_not_end_the_program()
    {
        Write("deep.yaml", "key: " + new string('[', 200_000));
        Assert.Throws<TemplateException>(() => Read());
    }

    [Fact]
    public void Other_files_in_the_folder_are_left_alone()
    {
        Write("README.txt", "Not a template.");
        Write("small.yaml.bak", "key: [");
        Write("small.yaml", Exercise);
        Assert.Equal(["small"], Read().Exercises.Keys);
    }

    [Fact]
    public void A_block_without_an_exercise_of_the_shelf_has_nothing_to_run()
    {
        var shelf = TemplateShelf.Open(folder.FullName);
        var plan = shelf.Plans["week-1"];
        Assert.Throws<ArgumentException>(() => shelf.ForBlock(plan, plan.Blocks[0]));
    }

    [Fact]
    public void The_worked_example_of_the_manual_is_read_as_it_is_printed()
    {
        var manual = Manual();
        foreach (var (name, yaml) in ExamplesOf(manual))
            Write(name, yaml);
        var shelf = TemplateShelf.Open(folder.FullName);
        Assert.Contains("two-rounds", shelf.Exercises.Keys);
        var plan = shelf.Plans["staff-half-hour"];
        var rooms = shelf.ForBlock(plan, plan.Blocks.Single(block => block.Kind == BlockKind.Rooms));
        Assert.Equal([("alone", 3), ("round", 9), ("swap", 1), ("idea", 6)], rooms.Phases.Select(phase => (phase.Id, phase.Minutes)));
    }

    [Fact]
    public void The_message_that_the_manual_shows_is_the_one_that_two_slips_give()
    {
        var manual = Manual();
        var spoilt = ExamplesOf(manual)["exercises/two-rounds.yaml"].Replace("minutes: 3", "minutes: 2").Replace("follow_ups:", "followups:");
        var file = Write("exercises/two-rounds.yaml", spoilt);
        var refused = Assert.Throws<TemplateException>(() => TemplateShelf.Open(folder.FullName));
        Assert.Contains(refused.Message.Replace(file, "data/exercises/two-rounds.yaml"), manual, StringComparison.Ordinal);
    }

    [Fact]
    public void The_manual_names_every_key_that_a_file_may_have()
    {
        var manual = Manual();
        Write("a.yaml", Exercise.Replace("key: small", "key: a\nx: 1").Replace("    type: open", "    type: open\n    x: 1"));
        Write("b.yaml", Plan.Replace("key: short", "key: b\nx: 1").Replace("kind: talk,", "kind: talk, x: 1,"));
        var known = Assert.Throws<TemplateException>(() => Read()).Faults
            .Where(fault => fault.Sentence.StartsWith("'x' is not known", StringComparison.Ordinal))
            .SelectMany(fault => fault.Sentence.Split("Known: ")[1].TrimEnd('.').Split(", "))
            .ToHashSet();
        Assert.True(known.Count > 30, $"{known.Count} keys");
        Assert.All(known, key => Assert.Contains($"`{key}`", manual, StringComparison.Ordinal));
    }

    private TemplateShelf Read() => TemplateShelf.Read(folder.FullName);

    private string In(string name) => Path.Combine(folder.FullName, name);

    private string Write(string name, string text)
    {
        var file = In(name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        return file;
    }

    private static Dictionary<string, string> ExamplesOf(string manual) =>
        Examples().Matches(manual).ToDictionary(example => example.Groups["file"].Value, example => example.Groups["yaml"].Value);

    private static string Manual()
    {
        var place = new DirectoryInfo(AppContext.BaseDirectory);
        while (place is not null && !File.Exists(Path.Combine(place.FullName, "LiveSessions.sln")))
            place = place.Parent;
        return File.ReadAllText(Path.Combine(place?.FullName ?? throw new DirectoryNotFoundException("The tests run inside the repository."), "docs", "exercises.md"), Encoding.UTF8);
    }

    [GeneratedRegex(@"^```yaml\n(?<yaml># (?<file>\S+\.yaml)\n.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Examples();
}
