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
    public byte[] Plain(Dictionary<string, byte[]> views) => _plain ??= WireBytes.Changes(views!);

    /// <summary>What was packed, in order, and a JSON array of the changes after it. Null when it is too little to pack.</summary>
    public (IReadOnlyList<byte[]> Parts, byte[] Newest)? Packed(Dictionary<string, byte[]> views)
    {
        if (_parts.Count == 0)
        {
            if (WireBytes.LeastOf(views!) < LeastPacked)
                return null;
            _parts.Add(WireBytes.Pack(views!));
            _newest.Clear();
        }
        _newestPlain ??= WireBytes.Changes(_newest);
        if (_newestPlain.Length > MostUnpacked)
        {
            _parts.Add(WireBytes.Pack(_newest));
            _newest.Clear();
            _newestPlain = WireBytes.Changes(_newest);
        }
        return ([.. _parts], _newestPlain);
    }
}

/// <summary>What one audience is told in a snapshot, as it goes out: a JSON array of changes, and what was packed before them.</summary>
internal readonly record struct AudienceBytes(string Audience, long UpTo, bool Whole, byte[] Changes, IReadOnlyList<byte[]>? Packed = null);
