using System.Buffers.Text;
using System.IO.Compression;

namespace LiveSessions.Server.Live;

/// <summary>
/// Everything one audience sees, made once for all who come: as JSON, and packed. Packed it has two parts, everything as it stood a while ago and what changed since, so that of a
/// thousand people who come one after the other nobody has it made anew for them alone. Used by the session's desk alone.
/// </summary>
internal sealed class SharedSnapshot
{
    /// <summary>Smaller ones are not worth it.</summary>
    private const int LeastPacked = 1_000;

    private readonly Dictionary<string, byte[]?> _since = [];
    private byte[]? _plain;
    private byte[]? _whole;
    private byte[]? _later;

    public void Forget()
    {
        _since.Clear();
        (_plain, _whole, _later) = (null, null, null);
    }

    /// <param name="views">How many views the audience has now.</param>
    public void Changed(Dictionary<string, byte[]?> changes, int views)
    {
        (_plain, _later) = (null, null);
        if (_whole is null)
            return;
        foreach (var (name, view) in changes)
            _since[name] = view;
        if (_since.Count > views / 8)
            Forget();
    }

    /// <summary>A JSON array of changes.</summary>
    public byte[] Plain(Dictionary<string, byte[]> views) => _plain ??= WireBytes.Changes(views.Select(v => KeyValuePair.Create(v.Key, (byte[]?)v.Value)));

    /// <summary>A JSON array of base64 strings, each a raw-deflated JSON array of changes; to be read in order. Null when it is too little to pack.</summary>
    public byte[]? Packed(Dictionary<string, byte[]> views)
    {
        if (_whole is null)
        {
            var plain = Plain(views);
            if (plain.Length < LeastPacked)
                return null;
            (_whole, _later) = (Pack(plain), null);
            _since.Clear();
        }
        return _later ??= [(byte)'[', .. _whole, .. _since.Count == 0 ? [] : (byte[])[(byte)',', .. Pack(WireBytes.Changes(_since))], (byte)']'];
    }

    private static byte[] Pack(byte[] changes)
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
internal readonly record struct AudienceBytes(string Audience, long UpTo, bool Whole, byte[] Changes, byte[]? Packed = null);
