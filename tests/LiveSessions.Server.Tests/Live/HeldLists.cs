using System.Collections;
using System.Reflection;
using LiveSessions.Server.Live;

namespace LiveSessions.Server.Tests.Live;

/// <summary>How much is in the lists of a server that people come into and go from. When nobody is there, nothing is.</summary>
internal static class HeldLists
{
    public static IReadOnlyDictionary<string, int> Of(NodeLines lines) => new Dictionary<string, int>
    {
        ["connections"] = In(lines, "_connections"),
        ["of one person"] = In(lines, "_ofOne"),
        ["signed in"] = In(lines, "_signedIn"),
        ["silent"] = In(lines, "_silent"),
        ["groups"] = In(lines, "_groups"),
        ["being written to"] = In(lines, "_writing"),
        ["known to the backplane"] = In(lines, "_joined"),
    };

    /// <summary>How many are in a list that is somebody's own.</summary>
    public static int In(object of, string list) =>
        of.GetType().GetField(list, BindingFlags.Instance | BindingFlags.NonPublic)?.GetValue(of) is ICollection found ? found.Count : throw new InvalidOperationException($"{of.GetType().Name} has no {list} any more.");
}
