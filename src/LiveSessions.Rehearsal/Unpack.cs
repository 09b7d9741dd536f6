using System.IO.Compression;
using System.Text.Json;
using LiveSessions.Log;

namespace LiveSessions.Rehearsal;

/// <summary>Packed changes as plain ones, in the order in which they count; as a browser reads them.</summary>
internal static class Unpack
{
    public static Show Plain(this Show show) => show.Packed is { } packed ? show with { Packed = null, Changes = [.. packed.SelectMany(Changes), .. show.Changes] } : show;

    public static Snapshot Plain(this Snapshot snapshot) => snapshot.Audiences.All(a => a.Packed is null) ? snapshot : snapshot with
    {
        Audiences = [.. snapshot.Audiences.Select(a => a.Packed is { } packed ? a with { Packed = null, Changes = [.. packed.SelectMany(Changes), .. a.Changes] } : a)],
    };

    private static IReadOnlyList<Change> Changes(string packed)
    {
        using var plain = new DeflateStream(new MemoryStream(Convert.FromBase64String(packed)), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<IReadOnlyList<Change>>(plain, Json.Options)!;
    }
}
