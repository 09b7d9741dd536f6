using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using LiveSessions.Log;

namespace LiveSessions.Tests.Contract;

/// <summary>Writes the browser's contract from the C# commands, views and wire messages, with their documentation.</summary>
internal static class TypeScriptContract
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static string Write()
    {
        var docs = Documentation.Load();
        var text = new StringBuilder();
        text.Append("// Generated from the C# contract; never edited. A test fails when it is stale:\n// UPDATE_CONTRACT=1 dotnet test --project tests/LiveSessions.Tests\n/* eslint-disable */\n\n");

        var wire = new[] { typeof(Enter), typeof(Act), typeof(Resume), typeof(Glimpse), typeof(Glimpsed), typeof(Show), typeof(Change), typeof(Snapshot), typeof(AudienceState), typeof(Heads), typeof(Dismissed), typeof(Leaving), typeof(Answer) };
        var commands = Union<Command>();
        var views = Union<View>();
        var named = new SortedDictionary<string, Type>(StringComparer.Ordinal);
        foreach (var type in wire.Concat(commands.Keys).Concat(views.Keys))
            Collect(type, named);

        foreach (var id in named.Values.Where(IsId))
            text.Append($"export type {id.Name} = string;\n");
        text.Append('\n');
        foreach (var choice in named.Values.Where(t => t.IsEnum))
            text.Append(docs.For(choice, "")).Append($"export type {choice.Name} = {string.Join(" | ", EnumNames(choice))};\n");
        text.Append('\n');
        foreach (var record in named.Values.Where(t => !t.IsEnum && !IsId(t) && t != typeof(Command) && t != typeof(View)))
            Interface(text, record, docs, commands.GetValueOrDefault(record) ?? views.GetValueOrDefault(record));

        Table(text, "Command", commands);
        Table(text, "View", views);
        Refusals(text);
        LimitsOf(text);
        return text.ToString();
    }

    private static Dictionary<Type, string> Union<T>() =>
        typeof(T).GetCustomAttributes<JsonDerivedTypeAttribute>().ToDictionary(a => a.DerivedType, a => (string)a.TypeDiscriminator!);

    private static void Collect(Type type, SortedDictionary<string, Type> named)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType)
        {
            foreach (var argument in type.GetGenericArguments())
                Collect(argument, named);
            return;
        }
        if (type.Namespace?.StartsWith("LiveSessions", StringComparison.Ordinal) != true || type.IsAbstract && !type.IsEnum || !named.TryAdd(type.Name, type) || type.IsEnum || IsId(type))
            return;
        foreach (var property in Properties(type))
            Collect(property.PropertyType, named);
    }

    private static void Interface(StringBuilder text, Type type, Documentation docs, string? discriminator)
    {
        text.Append(docs.For(type, "")).Append($"export interface {type.Name} {{\n");
        if (discriminator is not null)
            text.Append($"  type: \"{discriminator}\";\n");
        foreach (var property in Properties(type))
        {
            var nullable = IsNullable(property);
            text.Append(docs.For(property, "  ")).Append($"  {JsonNamingPolicy.CamelCase.ConvertName(property.Name)}{(nullable ? "?" : "")}: {Name(property.PropertyType)}{(nullable ? " | null" : "")};\n");
        }
        text.Append("}\n\n");
    }

    private static void Table(StringBuilder text, string name, Dictionary<Type, string> union)
    {
        text.Append($"export interface {name}s {{\n");
        foreach (var (type, key) in union)
            text.Append($"  {key}: {type.Name};\n");
        text.Append($"}}\nexport type {name} = {name}s[keyof {name}s];\n\n");
    }

    private static void Refusals(StringBuilder text)
    {
        var keys = typeof(Refusal).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => ((Refusal)f.GetValue(null)!).Key);
        text.Append($"export type RefusalKey =\n  | {string.Join("\n  | ", keys.Select(k => $"\"{k}\""))};\n\n");
    }

    private static void LimitsOf(StringBuilder text)
    {
        text.Append("export const limits = {\n");
        foreach (var limit in typeof(Limits).GetFields(BindingFlags.Public | BindingFlags.Static))
            text.Append($"  {JsonNamingPolicy.CamelCase.ConvertName(limit.Name)}: {limit.GetRawConstantValue()},\n");
        text.Append("} as const;\n");
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.Name != "EqualityContract" && p.GetCustomAttribute<JsonIgnoreAttribute>() is null && p.GetIndexParameters().Length == 0 && (p.SetMethod is not null || type.IsValueType))
            .OrderBy(p => p.DeclaringType == type ? 1 : 0).ThenBy(p => p.MetadataToken);

    private static bool IsNullable(PropertyInfo property) =>
        Nullable.GetUnderlyingType(property.PropertyType) is not null || !property.PropertyType.IsValueType && Nullability.Create(property).ReadState == NullabilityState.Nullable;

    private static bool IsId(Type type) => type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>));

    private static IEnumerable<string> EnumNames(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => $"\"{f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name}\"");

    private static string Name(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string) || type == typeof(DateTimeOffset) || type == typeof(DateOnly) || type == typeof(TimeSpan))
            return "string";
        if (type == typeof(bool))
            return "boolean";
        if (type == typeof(int) || type == typeof(long) || type == typeof(double))
            return "number";
        if (!type.IsGenericType)
            return type.Name;
        var arguments = type.GetGenericArguments();
        return arguments.Length == 2 ? $"Record<{Name(arguments[0])}, {Name(arguments[1])}>" : $"{Name(arguments[0])}[]";
    }

    /// <summary>The compiler's XML documentation of the core, by member.</summary>
    private sealed class Documentation(Dictionary<string, XElement> members)
    {
        public static Documentation Load()
        {
            var path = Path.ChangeExtension(typeof(Command).Assembly.Location, ".xml");
            return new(XDocument.Load(path).Descendants("member").ToDictionary(m => m.Attribute("name")!.Value));
        }

        public string For(Type type, string indent) => Comment(members.GetValueOrDefault("T:" + type.FullName)?.Element("summary"), indent);

        public string For(PropertyInfo property, string indent) =>
            Comment(members.GetValueOrDefault("T:" + property.DeclaringType!.FullName)?.Elements("param").FirstOrDefault(p => p.Attribute("name")!.Value == property.Name), indent);

        private static string Comment(XElement? element, string indent)
        {
            if (element is null)
                return "";
            foreach (var see in element.Descendants().Where(e => e.Name == "see" || e.Name == "paramref").ToList())
                see.ReplaceWith((see.Attribute("cref") ?? see.Attribute("name"))!.Value.Split('.', ':')[^1]);
            var words = string.Join(' ', element.Value.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
            return words.Length == 0 ? "" : $"{indent}/** {words} */\n";
        }
    }
}

public sealed class ContractIsFresh
{
    [Fact]
    public void The_browsers_contract_is_what_the_server_speaks()
    {
        var path = Path.Combine(Repository.Root, "wwwroot", "app", "contract.ts");
        var fresh = TypeScriptContract.Write();
        if (Environment.GetEnvironmentVariable("UPDATE_CONTRACT") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, fresh);
        }
        Assert.Equal(fresh, File.ReadAllText(path));
    }
}

internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "LiveSessions.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The repository's root was not found above the tests.");
    }
}
