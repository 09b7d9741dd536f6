using System.Text;
using LiveSessions.Exercises;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace LiveSessions.Server.Programme;

/// <summary>One YAML file of an exercise or a plan: its text, where each part stands, and what is wrong with it.</summary>
internal sealed class TemplateFile(string path)
{
    private const int MaxBytes = 256 * 1024;

    private readonly Dictionary<string, long> lines = new(StringComparer.Ordinal);
    private readonly List<(string Path, long Line, string Sentence)> faults = [];
    private readonly HashSet<string> uncounted = new(StringComparer.Ordinal);

    public string Path { get; } = path;

    public IEnumerable<TemplateFault> Faults => faults.OrderBy(fault => fault.Line).Select(fault => new TemplateFault(Path, fault.Line, fault.Sentence));

    /// <summary>The file's top, or null when it could not be read at all.</summary>
    public TemplateSheet? Open()
    {
        try
        {
            if (new FileInfo(Path).Length > MaxBytes)
                return Unreadable(1, $"The file is larger than {MaxBytes / 1024} kB.");
            return Top(File.ReadAllText(Path, new UTF8Encoding(false, throwOnInvalidBytes: true)));
        }
        catch (DecoderFallbackException)
        {
            return Unreadable(1, "The file is not UTF-8 text.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Unreadable(1, $"The file cannot be read: {fault.Message}");
        }
    }

    private TemplateSheet? Top(string text)
    {
        var yaml = new YamlStream();
        var scanner = new Scanner(new StringReader(text));
        try
        {
            yaml.Load(new ShallowParser(new Parser(scanner)));
        }
        catch (YamlException fault)
        {
            return Unreadable(fault.Start.Line, $"This is not YAML: {fault.Message.TrimEnd('.')}.");
        }
        catch (Exception)
        {
            // The parser answers some broken texts, such as a bracket that is never closed, with whatever it tripped over.
            return Unreadable(scanner.CurrentPosition.Line, "This is not YAML from about here on. Is a bracket or a quotation mark left open?");
        }
        return yaml.Documents switch
        {
            [{ RootNode: YamlMappingNode top }] => new TemplateSheet(this, "", top),
            [] => Unreadable(1, "The file is empty."),
            [_] => Unreadable(1, "The file must begin with 'key:' and hold keys and values."),
            [_, var second, ..] => Unreadable(second.RootNode.Start.Line, "A file holds one exercise or one plan; a second one begins here."),
        };
    }

    /// <summary>Adds what the rules found, except what follows from a part that could not be read in the first place.</summary>
    public void Add(IEnumerable<Fault> found)
    {
        var unreadable = faults.Select(fault => fault.Path).ToList();
        foreach (var fault in found)
            if (!unreadable.Exists(path => IsWithin(path, fault.Path)) && !uncounted.Any(path => IsWithin(fault.Path, path)))
                Add(fault.Path, fault.Sentence);
    }

    public void Add(string at, string sentence) => faults.Add((at, LineOf(at), sentence));

    /// <summary>Adds a fault that makes counts and sums of the parts around it meaningless.</summary>
    public void AddUncounted(string at, string sentence)
    {
        uncounted.Add(at);
        Add(at, sentence);
    }

    public void Stands(string at, long line) => lines[at] = line;

    private TemplateSheet? Unreadable(long line, string sentence)
    {
        faults.Add(("", Math.Max(1, line), sentence));
        return null;
    }

    /// <summary>The line of a part, or of the nearest part around it when it is not there at all.</summary>
    private long LineOf(string at)
    {
        while (true)
        {
            if (lines.TryGetValue(at, out var line))
                return line;
            var end = at.LastIndexOfAny(['.', '[']);
            if (end <= 0)
                return 1;
            at = at[..end];
        }
    }

    private static bool IsWithin(string outer, string inner) =>
        outer.Length > 0 && inner.StartsWith(outer, StringComparison.Ordinal) && (inner.Length == outer.Length || inner[outer.Length] is '.' or '[');

    /// <summary>Stops at depths that no template has: the tree is built by recursion, and a file of brackets alone would use up the stack.</summary>
    private sealed class ShallowParser(Parser parser) : IParser
    {
        private const int MaxDepth = 16;
        private int depth;

        public ParsingEvent? Current => parser.Current;

        public bool MoveNext()
        {
            if (!parser.MoveNext())
                return false;
            depth += Current?.NestingIncrease ?? 0;
            return depth <= MaxDepth ? true : throw new YamlException(Current!.Start, Current.End, "too many brackets or indents within each other");
        }
    }
}

/// <summary>
/// Keys and values of a template file, read strictly: every key is asked for once, a key nobody asked for is a fault, and a fault never stops the reading, so that all are told at once.
/// </summary>
internal sealed class TemplateSheet
{
    private readonly TemplateFile file;
    private readonly string path;
    private readonly Dictionary<string, YamlNode> values = new(StringComparer.Ordinal);
    private readonly List<string> known = [];

    public TemplateSheet(TemplateFile file, string path, YamlMappingNode node)
    {
        this.file = file;
        this.path = path;
        file.Stands(path, node.Start.Line);
        foreach (var (key, value) in node.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            file.Stands(At(name), key.Start.Line);
            values[name] = value;
        }
    }

    public bool Has(string key) => values.ContainsKey(key);

    public string Text(string key) => TextOrNull(key) ?? (Has(key) ? "" : Missing(key, ""));

    public string? TextOrNull(string key)
    {
        switch (Ask(key))
        {
            case null: return null;
            case YamlScalarNode scalar: return Said(scalar);
            default: return Wrong<string?>(key, "needs words", null);
        }
    }

    public int Number(string key, int? otherwise = null) => TextOrNull(key) switch
    {
        { } said => AsNumber(key, said),
        null when Has(key) => 0,
        null => otherwise ?? Missing(key, 0),
    };

    public bool Flag(string key) => Text(key) switch
    {
        "true" => true,
        "false" => false,
        "" => false,
        _ => Wrong(key, "must be true or false", false),
    };

    public T Choice<T>(string key, IReadOnlyDictionary<string, T> choices) where T : struct
    {
        var said = Text(key);
        if (choices.TryGetValue(said, out var choice))
            return choice;
        if (said.Length > 0)
            file.Add(At(key), $"'{said}' is not one of: {string.Join(", ", choices.Keys)}.");
        return default;
    }

    public IReadOnlyList<string> Texts(string key)
    {
        var texts = new List<string>();
        foreach (var (at, node) in Items(key))
        {
            if (node is YamlScalarNode scalar)
                texts.Add(Said(scalar));
            else
                file.Add(at, "This needs words. A sentence with a colon in it goes between quotation marks.");
        }
        return texts;
    }

    /// <summary>The sheets of a list, each made into a part of the template by <paramref name="read"/> and then checked for keys nobody knows.</summary>
    public IReadOnlyList<T> Sheets<T>(string key, Func<TemplateSheet, T> read, bool required = false)
    {
        if (required && !Has(key))
            Missing(key, 0);
        var parts = new List<T>();
        foreach (var (at, node) in Items(key))
        {
            if (node is YamlMappingNode mapping)
                parts.Add(new TemplateSheet(file, at, mapping).Whole(read));
            else
                file.AddUncounted(at, "This must hold keys and values.");
        }
        return parts;
    }

    public T? SheetOrNull<T>(string key, Func<TemplateSheet, T> read) where T : class => Ask(key) switch
    {
        null => null,
        YamlMappingNode mapping => new TemplateSheet(file, At(key), mapping).Whole(read),
        _ => Wrong<T?>(key, "must hold keys and values", null),
    };

    public T Sheet<T>(string key, Func<TemplateSheet, T> read, T otherwise) where T : class =>
        SheetOrNull(key, read) ?? (Has(key) ? otherwise : Missing(key, otherwise));

    /// <summary>Names of the writer's own choice with a number each.</summary>
    public IReadOnlyDictionary<string, int> Numbers()
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var name in values.Keys)
            numbers[name] = Number(name);
        return numbers;
    }

    public T Whole<T>(Func<TemplateSheet, T> read)
    {
        var part = read(this);
        foreach (var name in values.Keys.Except(known, StringComparer.Ordinal))
            file.Add(At(name), $"'{name}' is not known here. Known: {string.Join(", ", known)}.");
        return part;
    }

    private YamlNode? Ask(string key)
    {
        known.Add(key);
        return values.GetValueOrDefault(key);
    }

    private IEnumerable<(string At, YamlNode Node)> Items(string key)
    {
        switch (Ask(key))
        {
            case null:
                break;
            case YamlSequenceNode sequence:
                foreach (var (i, node) in sequence.Children.Index())
                {
                    file.Stands($"{At(key)}[{i}]", node.Start.Line);
                    yield return ($"{At(key)}[{i}]", node);
                }
                break;
            default:
                Wrong(key, "must be a list", 0);
                break;
        }
    }

    private int AsNumber(string key, string said) =>
        said.Length <= 6 && int.TryParse(said, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? number
            : Wrong(key, $"must be a whole number, not '{said}'", 0);

    private static string Said(YamlScalarNode scalar) => (scalar.Value ?? "").ReplaceLineEndings("\n").Trim();

    private string At(string key) => path.Length == 0 ? key : $"{path}.{key}";

    private T Missing<T>(string key, T otherwise) => Wrong(key, "is missing", otherwise);

    private T Wrong<T>(string key, string what, T otherwise)
    {
        if (otherwise is string)
            file.Add(At(key), $"'{key}' {what}.");
        else
            file.AddUncounted(At(key), $"'{key}' {what}.");
        return otherwise;
    }
}
