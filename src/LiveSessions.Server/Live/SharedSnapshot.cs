using System.Buffers.Text;
using System.IO.Compression;

namespace LiveSessions.Server.Live;

/// <summary>
/// Everything one audience sees, made once for all who come: as JSON, and packed. Packed it has parts, everything as it stood a while ago and what changed since, so that of a
/// thousand people who come one after the other nobody has it made anew for them alone. Used by the session's desk alone.
/// </summary>
internal sealed class SharedSnapshot
{
    /// <summary>Smaller ones are not worth it.</summary>
    private const int LeastPacked = 1_000;

    /// <summary>So many bytes of newest changes go along unpacked: each is packed once, with its neighbours, and not again for everybody who comes.</summary>
    private const int MostUnpacked = 2_000;

    private readonly Dictionary<string, byte[]?> _newest = [];
    private readonly List<byte[]> _parts = [];
    private int _changed;
    private byte[]? _plain;
    private byte[]? _newestPlain;

    public void Forget()
    {
        _newest.Clear();
        _parts.Clear();
        _changed = 0;
        (_plain, _newestPlain) = (null, null);
    }

    /// <param name="views">How many views the audience has now.</param>
    public void Changed(Dictionary<string, byte[]?> changes, int views)
    {
        (_plain, _newestPlain) = (null, null);
        if (_parts.Count == 0)
            return;
        foreach (var (name, view) in changes)
            _newest[name] = view;
        _changed += changes.Count;
        if (_changed > views / 8)
            Forget();
    }

    /// <summary>A JSON array of changes.</summary>
    public byte[] Plain(Dictionary<string, byte[]> views) => _plain ??= WireBytes.Changes(views.Select(v => KeyValuePair.Create(v.Key, (byte[]?)v.Value)));

    /// <summary>What was packed, in order, and a JSON array of the changes after it. Null when it is too little to pack.</summary>
    public (IReadOnlyList<byte[]> Parts, byte[] Newest)? Packed(Dictionary<string, byte[]> views)
    {
        if (_parts.Count == 0)
        {
            var plain = Plain(views);
            if (plain.Length < LeastPacked)
                return null;
            _parts.Add(Pack(plain));
            _newest.Clear();
        }
        _newestPlain ??= WireBytes.Changes(_newest);
        if (_newestPlain.Length > MostUnpacked)
        {
            _parts.Add(Pack(_newestPlain));
            _newest.Clear();
            _newestPlain = WireBytes.Changes(_newest);
        }
        return ([.. _parts], _newestPlain);
    }

    /// <summary>A JSON array of changes as a JSON string: raw-deflated, in base64.</summary>
    public static byte[] Pack(byte[] changes)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
            deflate.Write(changes);
        var text = new byte[Base64.GetMaxEncodedToUtf8Length((int)packed.Length) + 2];
        Base64.EncodeToUtf8(packed.GetBuffer().AsSpan(0, (int)packed.Length), text.AsSpan(1), out _, out var written);
        (text[0], text[written + 1]) = ((byte)'"', (byte)'"');
        return text[..(written + 2)];
    }
}

/// <summary>What one audience is told in a snapshot, as it goes out: a JSON array of changes, and what was packed before them.</summary>
internal readonly record struct AudienceBytes(string Audience, long UpTo, bool Whole, byte[] Changes, IReadOnlyList<byte[]>? Packed = null);
