using LiveSessions.Log;

namespace LiveSessions.Conversation;

/// <summary>Invented names: animals of California, one each, new for every conversation.</summary>
public static class StandIns
{
    private static readonly string[] Names =
    [
        "Otter", "Quail", "Heron", "Kestrel", "Egret", "Badger", "Coyote", "Condor", "Puma", "Fox", "Hare", "Osprey", "Pelican", "Plover", "Raven", "Salmon",
        "Seal", "Sparrow", "Swift", "Towhee", "Trout", "Turtle", "Vireo", "Wren", "Bobcat", "Beaver", "Dipper", "Elk", "Finch", "Godwit", "Grebe", "Grosbeak",
        "Jay", "Junco", "Kingfisher", "Lark", "Magpie", "Marten", "Merlin", "Newt", "Oriole", "Owl", "Phoebe", "Pika", "Robin", "Sandpiper", "Tanager", "Thrush",
    ];

    /// <summary>A name that nobody in the conversation has, chosen by chance; a number is added when the names run out.</summary>
    public static string Choose(IEnumerable<string> taken, ulong chance)
    {
        var used = taken.ToHashSet();
        var free = Names.Where(n => !used.Contains(n)).ToList();
        return free.Count > 0 ? free[new Chance(chance).Below(free.Count)] : $"{Names[used.Count % Names.Length]} {used.Count / Names.Length + 1}";
    }
}
