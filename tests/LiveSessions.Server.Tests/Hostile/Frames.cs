using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LiveSessions.Log;

namespace LiveSessions.Server.Tests.Hostile;

/// <summary>A message for the hub, the command's number in it, and whether it must be refused whatever the session looks like.</summary>
internal sealed record Frame(byte[] Bytes, long Number, bool MustBeRefused);

/// <summary>Makes messages for the hub out of its contract: right ones, almost right ones and wrong ones. The same seed makes the same messages.</summary>
/// <param name="ids">Ids that mean something in the session that is tried.</param>
internal sealed class Frames(int seed, string instance, IReadOnlyList<string> ids)
{
    private readonly Random _dice = new(seed);
    private long _number;

    /// <summary>Characters that the values of the message at hand may still take. Few messages are longer than the hub reads: it closes their line for that and looks no further.</summary>
    private int _room;
    private const int Usual = 12_000, Long = 60_000;

    public string Instance => instance;

    public static IReadOnlyDictionary<string, Type> Commands { get; } = typeof(Command).GetCustomAttributes<JsonDerivedTypeAttribute>().ToDictionary(a => (string)a.TypeDiscriminator!, a => a.DerivedType);

    private static readonly string[] Strings =
    [
        "", " ", "A lit window", "<b>bold</b>", "<script>x()</script>", "\u0000", "\u202Egnp.exe", "\uD83D\uDE00", "\\uD83D", "%s%n", "'; drop table sessions;--", "{{7*7}}", "null", "../../etc/passwd", "\r\nSet-Cookie: a=b",
        "__proto__", "constructor", "\u001e", "\"", "🏳️‍🌈".PadRight(200, 'z'), new('x', 81), new('x', 2_001), new('&', 3_000), new('<', 9_000),
    ];

    /// <summary>As few escapes as JSON needs, so that a long text fits into a message and is looked at.</summary>
    private static readonly JsonSerializerOptions asWritten = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Texts = [.. Strings.Select(s => JsonSerializer.Serialize(s, asWritten))];

    private static readonly string[] Numbers = ["0", "-0", "1", "-1", "2", "7", "50", "2147483647", "2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "1e308", "1e999", "-1e-400", "0.5", "1.0", "00", "\"1\"", "NaN", "Infinity"];

    /// <summary>Members that somebody might hope are believed.</summary>
    private static readonly string[] Smuggled =
    [
        "\"role\":\"staff\"", "\"sessionId\":\"s1\"", "\"session\":\"s1\"", "\"seq\":1", "\"authorId\":\"system\"", "\"author\":\"system\"", "\"by\":\"system\"", "\"isStaff\":true", "\"IsStaff\":true",
        "\"__proto__\":{\"isStaff\":true}", "\"constructor\":{\"prototype\":{\"isStaff\":true}}", "\"prototype\":{}", "\"$type\":\"System.Object\"", "\"$id\":\"1\"", "\"$ref\":\"1\"", "\"\":0",
    ];

    private T Of<T>(IReadOnlyList<T> of) => of[_dice.Next(of.Count)];
    private bool Chance(double of) => _dice.NextDouble() < of;

    /// <summary>One for the command: about a third right, the others bent.</summary>
    public Frame ForCommand(string type, string call = "f")
    {
        Begins();
        var command = Record(Commands[type], 0, type);
        var must = false;
        switch (_dice.Next(10))
        {
            case 0: (command, must) = (WithMember(command, Of(Smuggled)), true); break;
            case 1: (command, must) = (command.Replace($"\"type\":\"{type}\"", $"\"type\":{Of((string[])["\"\"", "null", "7", "\"Object\"", $"\"{type.ToUpperInvariant()}\"", $"\"{type} \"", "[]", "{}"])}", StringComparison.Ordinal), true); break;
            case 2: (command, must) = (command[..^1], true); break;
            case 3: (command, must) = (WithMember(command, $"\"deep\":{Deep()}"), true); break;
        }
        var number = ++_number;
        var act = $$"""{"instance":{{JsonSerializer.Serialize(instance)}},"number":{{(Chance(0.95) ? number.ToString(CultureInfo.InvariantCulture) : Of(["0", "-1", "1e999", "9223372036854775808", "\"1\"", "NaN", "null"]))}},"command":{{command}}}""";
        if (Chance(0.03))
            (act, must) = (WithMember(act, Of(Smuggled)), true);
        return Call("Act", act, number, must, call);
    }

    /// <summary>One for a method of the hub.</summary>
    public Frame ForMethod(string method, string call = "f")
    {
        if (method == "Act")
            return ForCommand(Of([.. Commands.Keys]), call);
        Begins();
        var argument = Record(typeof(Enter).Assembly.GetType($"LiveSessions.Log.{method}")!, 0, null);
        var must = false;
        switch (_dice.Next(6))
        {
            // What a page says of itself beyond what is known is passed over (NewerVersionTests); nobody is believed for it.
            case 0: (argument, must) = (WithMember(argument, Of(Smuggled)), method is not ("Enter" or "Resume")); break;
            case 1: (argument, must) = (Of((string[])["null", "[]", "7", "\"\"", "true", Deep()]), true); break;
        }
        return Call(method, argument, 0, must, call);
    }

    /// <summary>Bytes that are hardly a message at all.</summary>
    public byte[] Raw()
    {
        switch (_dice.Next(7))
        {
            case 0:
                var noise = new byte[_dice.Next(1, 200)];
                _dice.NextBytes(noise);
                return noise;
            case 1: return Encoding.UTF8.GetBytes($$"""{"type":{{Of(Numbers)}},"invocationId":{{Value(typeof(string), 0)}},"target":{{Value(typeof(string), 0)}}}""" + "\u001e");
            case 2: return Encoding.UTF8.GetBytes($$"""{"type":1,"target":"{{Of((string[])["Enter", "enter", "ENTER", "Act", "OnConnectedAsync", "ToString", "GetHashCode", "Dispose", "get_Context", "Told", "Allowed"])}}","arguments":{{Of((string[])["[]", "[{},{}]", "null", "{}", "[null]", "[[]]", "7", Deep()])}}}""" + "\u001e");
            case 3: return Encoding.UTF8.GetBytes($$"""{"type":{{_dice.Next(0, 12)}},"invocationId":"1","item":{{Value(typeof(string), 0)}},"streamIds":["1"],"headers":{"a":{{Value(typeof(string), 0)}}},"error":{{Value(typeof(string), 0)}}}""" + "\u001e");
            case 4:
                var frame = ForMethod(Of((string[])["Enter", "Resume", "Glimpse", "Act"])).Bytes;
                for (var flips = _dice.Next(1, 6); flips > 0; flips--)
                    frame[_dice.Next(frame.Length)] ^= (byte)(1 << _dice.Next(8));
                return frame;
            case 5:
                var cut = ForMethod(Of((string[])["Enter", "Resume", "Act"])).Bytes;
                return [.. cut.AsSpan(0, _dice.Next(1, cut.Length)), .. "\u001e"u8];
            default: return [.. Encoding.UTF8.GetBytes("{\"type\":6"), 0xC3, 0x28, .. "}\u001e"u8, 0xED, 0xA0, 0x80, 0x1E];
        }
    }

    private void Begins() => _room = Chance(0.05) ? Long : Usual;

    private static Frame Call(string method, string argument, long number, bool must, string call)
    {
        var bytes = Encoding.UTF8.GetBytes($$"""{"type":1,"invocationId":"{{call}}","target":"{{method}}","arguments":[{{argument}}]}""" + "\u001e");
        return new(bytes, number, must);
    }

    private string Deep()
    {
        var depth = Of((int[])[15, 16, 17, 64, 65, 1_000]);
        return string.Concat(Enumerable.Repeat(Chance(0.5) ? "[" : "{\"a\":", depth)) is var open && open[0] == '[' ? open + new string(']', depth) : open + "0" + new string('}', depth);
    }

    private static string WithMember(string record, string member) => record.EndsWith("{}", StringComparison.Ordinal) ? $"{{{member}}}" : $"{record[..^1]},{member}}}";

    private string Record(Type type, int depth, string? discriminator)
    {
        var members = new List<string>();
        if (discriminator is not null)
            members.Add($"\"type\":\"{discriminator}\"");
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.Name != "EqualityContract" && p.GetIndexParameters().Length == 0))
            if (Chance(0.97))
                members.Add($"{JsonSerializer.Serialize(JsonNamingPolicy.CamelCase.ConvertName(property.Name))}:{Value(property.PropertyType, depth + 1)}");
        return $"{{{string.Join(',', members)}}}";
    }

    private string Value(Type type, int depth)
    {
        _room -= 4;
        if (Chance(0.04))
            return Of((string[])["null", "[]", "{}", "true", "7", "\"x\""]);
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return Text();
        if (type == typeof(bool))
            return Chance(0.5) ? "true" : "false";
        if (type == typeof(int) || type == typeof(long) || type == typeof(double))
            return Chance(0.4) ? _dice.Next(-5, 60).ToString(CultureInfo.InvariantCulture) : Of(Numbers);
        if (type.IsEnum)
            return Chance(0.8) ? JsonSerializer.Serialize(Of([.. type.GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? f.Name)])) : Of((string[])["\"none of them\"", "0", "-1", "99"]);
        if (type == typeof(DateTimeOffset) || type == typeof(DateOnly))
            return Of((string[])["\"2026-11-22\"", "\"2026-11-22T10:00:00Z\"", "\"9999-12-31T23:59:59.9999999+14:00\"", "\"then\"", "0"]);
        if (type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IId<>)))
            return JsonSerializer.Serialize(Chance(0.8) ? Of(ids) : Of((string[])["", "nobody", "has space", "a/b", "é", new('i', 41), "plenary", "system"]));
        if (type.IsGenericType && type.GetGenericTypeDefinition() is var open && (open == typeof(IReadOnlyDictionary<,>) || open == typeof(Dictionary<,>)))
            return $"{{{string.Join(',', Enumerable.Range(0, Many(depth)).Select(n => $"{JsonSerializer.Serialize(Chance(0.6) ? Of((string[])["all", "staff", "lobby", "room:x", "person:x"]) : Of(Strings))}:{Value(type.GetGenericArguments()[1], depth + 1)}").DistinctBy(m => m.Split(':')[0]))}}}";
        if (type.IsGenericType)
            return $"[{string.Join(',', Enumerable.Range(0, Many(depth)).Select(_ => Value(type.GetGenericArguments()[0], depth + 1)))}]";
        return depth > 6 ? "{}" : type.IsAbstract ? "{\"type\":\"nothing\"}" : Record(type, depth, null);
    }

    private string Text()
    {
        var text = Of(Texts);
        if (text.Length > _room)
            text = Texts[0];
        _room -= text.Length;
        return text;
    }

    private int Many(int depth) => _room <= 0 ? 0 : depth > 4 ? _dice.Next(0, 2) : depth > 2 || Chance(0.9) ? _dice.Next(0, 4) : Of((int[])[60, 300]);
}
