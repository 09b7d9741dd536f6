using LiveSessions.Log;
using LiveSessions.Sessions;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace LiveSessions.Server.Live;

/// <summary>
/// What is shown of one session on this node: every view as bytes, by audience, and the lines that hear each. Each view is rendered and serialised once per change, each message
/// once per audience. Used by the session's desk alone, one call at a time.
/// </summary>
internal sealed class Publisher(LiveMeter meter)
{
    /// <summary>How many messages of an audience are remembered, so that a browser that comes back is told changes instead of everything.</summary>
    private const int Remembers = 2_000;

    /// <summary>Packing a message costs what some tens of kilobytes cost to send: worth it for a long one to many.</summary>
    private const int LeastPacked = 1_000, LeastSent = 64 * 1024;

    private readonly Dictionary<ViewKey, List<(string Audience, byte[] View)>> _shown = [];
    private readonly Dictionary<string, AudienceBook> _audiences = [];
    private readonly HashSet<ViewKey> _paced = [];

    /// <summary>Tallies that were told with everybody's answer in them.</summary>
    private readonly HashSet<ViewKey> _whole = [];
    private long _pacedAt;
    private readonly List<(long From, long To)> _leaps = [];
    private long _leapsFrom;
    private long _presenceAt;
    private bool _hasUntold;
    private long _head;
    private long _from;

    private sealed class AudienceBook
    {
        public Dictionary<string, byte[]> Views { get; } = [];
        public HashSet<LiveLine> Lines { get; } = [];
        public long UpTo { get; set; }

        /// <summary>Everything it sees, ready to be sent to many; null for what one person alone sees.</summary>
        public SharedSnapshot? Snapshot { get; init; }

        /// <summary>Who is here, changed and not yet told; every message of the audience takes it along.</summary>
        public Dictionary<string, byte[]?> Untold { get; } = [];

        /// <summary>What was told, by the position after it; names only, so nobody learns of a view they never had.</summary>
        public Queue<(long Position, string[] Names)> Told { get; } = new();

        /// <summary>Changes up to this position have been forgotten.</summary>
        public long RememberedFrom { get; set; }
    }

    /// <summary>Begins with everything as it stands.</summary>
    /// <param name="from">Whoever holds a position before this gets everything.</param>
    public void Begin(Session session, long from)
    {
        _shown.Clear();
        _paced.Clear();
        _whole.Clear();
        _hasUntold = false;
        foreach (var book in _audiences.Values)
        {
            book.Views.Clear();
            book.Untold.Clear();
            book.Snapshot?.Forget();
            book.Told.Clear();
            (book.UpTo, book.RememberedFrom) = (session.Head, Math.Max(session.Head, from));
        }
        _head = session.Head;
        _leaps.Clear();
        _leapsFrom = _from = Math.Max(session.Head, from);
        foreach (var key in session.AllKeys())
            foreach (var (audience, view) in session.Render(key))
                Put(key, audience.Name, WireBytes.Of(view));
    }

    private void Put(ViewKey key, string audience, byte[] view)
    {
        if (!_shown.TryGetValue(key, out var shown))
            _shown[key] = shown = [];
        shown.Add((audience, view));
        Book(audience).Views[Session.StoreName(key)] = view;
    }

    private AudienceBook Book(string audience)
    {
        if (!_audiences.TryGetValue(audience, out var book))
            _audiences[audience] = book = new() { UpTo = _head, RememberedFrom = Math.Max(_head, _from), Snapshot = audience.StartsWith("person:", StringComparison.Ordinal) ? null : new() };
        return book;
    }

    /// <summary>Shows what changed to everybody who hears it.</summary>
    /// <param name="keys">The keys that may have changed.</param>
    public void Publish(Session now, HashSet<ViewKey> keys, TimeProvider time)
    {
        var due = _pacedAt == 0 || time.GetElapsedTime(_pacedAt).TotalMilliseconds >= PaceMilliseconds;
        var wait = keys.Where(k => k.IsPaced && !IsWholeNow(now, k)).ToList();
        if (wait.Count > 0 && due)
        {
            keys.UnionWith(_paced);
            _paced.Clear();
            _pacedAt = time.GetTimestamp();
        }
        else
        {
            keys.ExceptWith(wait);
            _paced.UnionWith(wait);
        }
        ShowChanges(now, keys, time);
        Leap(_head, now.Head);
        _head = now.Head;
    }

    /// <summary>The answer after which nobody's is missing is worth no wait. Once: who votes anew afterwards keeps the pace.</summary>
    private bool IsWholeNow(Session now, ViewKey key)
    {
        if (now.HasAllAnswers(key))
            return _whole.Add(key);
        _whole.Remove(key);
        return false;
    }

    /// <summary>Entries that were shown together. What was so between them was never compared here: a view may have changed and changed back.</summary>
    private void Leap(long from, long to)
    {
        if (to - from < 2)
            return;
        _leaps.Add((from, to));
        if (_leaps.Count <= 2 * Remembers)
            return;
        _leapsFrom = _leaps[Remembers - 1].To;
        _leaps.RemoveRange(0, Remembers);
    }

    /// <summary>Whether this node has shown what was so at a position. A browser that holds one in between has it from another node, and what changed since cannot be told here.</summary>
    private bool HasShown(long position)
    {
        if (position < _leapsFrom)
            return false;
        var (low, high) = (0, _leaps.Count - 1);
        while (low <= high)
        {
            var at = (low + high) / 2;
            if (position <= _leaps[at].From)
                high = at - 1;
            else if (position >= _leaps[at].To)
                low = at + 1;
            else
                return false;
        }
        return true;
    }

    /// <summary>Whether something waits for its pace.</summary>
    public bool HasPaced => _paced.Count > 0 || _hasUntold;

    /// <summary>How long to wait: 20 times a second at most, fewer in a large session (never above about 10,000 deliveries a second, a quarter of a processor).</summary>
    public double PaceMilliseconds => Math.Max(50, Everybody / 10.0);

    /// <summary>Who came and went is told four times a second at most, so that a thousand people who come at once do not each cost a thousand messages.</summary>
    private double PresenceMilliseconds => Math.Max(250, Everybody);

    private int Everybody => _audiences.GetValueOrDefault("all")?.Lines.Count ?? 0;

    public void PublishPaced(Session now, TimeProvider time)
    {
        var due = new HashSet<ViewKey>(_paced);
        if (due.Count > 0)
            _pacedAt = time.GetTimestamp();
        _paced.Clear();
        ShowChanges(now, due, time);
    }

    private void ShowChanges(Session now, HashSet<ViewKey> keys, TimeProvider time)
    {
        var changes = new Dictionary<string, Dictionary<string, byte[]?>>();
        foreach (var key in keys)
            Difference(now, key, changes);
        foreach (var (audience, changed) in changes)
        {
            var book = Book(audience);
            book.Snapshot?.Changed(changed, book.Views.Count);
            book.Told.Enqueue((now.Head, [.. changed.Keys]));
            while (book.Told.Count > Remembers)
                book.RememberedFrom = book.Told.Dequeue().Position;
        }

        var isPresenceDue = _presenceAt == 0 || time.GetElapsedTime(_presenceAt).TotalMilliseconds >= PresenceMilliseconds;
        foreach (var (audience, changed) in changes)
        {
            var book = Book(audience);
            foreach (var (name, view) in changed)
                book.Untold[name] = view;
            if (isPresenceDue || !changed.Keys.All(IsPresence))
                Tell(audience, book, now.Head);
            else
                _hasUntold = true;
        }
        if (!isPresenceDue)
            return;
        if (_hasUntold)
            foreach (var (audience, book) in _audiences)
                if (book.Untold.Count > 0)
                    Tell(audience, book, now.Head);
        if (_hasUntold || changes.Values.Any(c => c.Keys.Any(IsPresence)))
            _presenceAt = time.GetTimestamp();
        _hasUntold = false;
    }

    private static bool IsPresence(string name) => name.StartsWith("person:", StringComparison.Ordinal);

    private void Tell(string audience, AudienceBook book, long head)
    {
        if (book.Lines.Count > 0)
        {
            var packed = IsPackable(audience) && WireBytes.LeastOf(book.Untold) is var least && least >= LeastPacked && least * book.Lines.Count >= LeastSent
                ? Message(WireBytes.PackedShow(audience, book.UpTo, head, WireBytes.Pack(book.Untold))) : null;
            SerializedHubMessage? plain = null;
            foreach (var line in book.Lines)
                line.Show(packed is not null && line.Unpacks ? packed : plain ??= Message(WireBytes.Show(audience, book.UpTo, head, book.Untold)));
            meter.Deliveries.Add(book.Lines.Count);
            meter.Messages.Add(1);
        }
        book.UpTo = head;
        book.Untold.Clear();
    }

    private static SerializedHubMessage Message(byte[] show) => new(new InvocationMessage("Show", [new RawJson(show)]));

    /// <summary>What people write and what only some may see are never packed together: the length of the one could tell of the other (docs/decisions/0010).</summary>
    private static bool IsPackable(string audience) => audience == "all" || audience.StartsWith("room:", StringComparison.Ordinal);

    private void Difference(Session now, ViewKey key, Dictionary<string, Dictionary<string, byte[]?>> changes)
    {
        var before = _shown.GetValueOrDefault(key);
        List<(string Audience, byte[] View)>? after = null;
        foreach (var (audience, view) in now.Render(key))
            (after ??= new(1)).Add((audience.Name, WireBytes.Of(view)));
        var name = Session.StoreName(key);
        if (after is not null)
            foreach (var (audience, view) in after)
                if (!view.AsSpan().SequenceEqual(ViewOf(before, audience)))
                {
                    Of(audience)[name] = view;
                    Book(audience).Views[name] = view;
                }
        if (before is not null)
            foreach (var (audience, _) in before)
                if (ViewOf(after, audience) is null)
                {
                    Of(audience)[name] = null;
                    Book(audience).Views.Remove(name);
                }
        if (after is null)
            _shown.Remove(key);
        else
            _shown[key] = after;

        Dictionary<string, byte[]?> Of(string audience) => changes.TryGetValue(audience, out var all) ? all : changes[audience] = [];
    }

    /// <summary>What an audience has of it; null when nothing. A view is never empty.</summary>
    private static byte[]? ViewOf(List<(string Audience, byte[] View)>? shown, string audience)
    {
        if (shown is not null)
            foreach (var (of, view) in shown)
                if (of == audience)
                    return view;
        return null;
    }

    public void Hear(LiveLine line, string audience)
    {
        Book(audience).Lines.Add(line);
        line.Audiences.Add(audience);
    }

    public void Leave(LiveLine line, string audience)
    {
        if (_audiences.TryGetValue(audience, out var book))
            book.Lines.Remove(line);
        line.Audiences.Remove(audience);
    }

    public void LeaveAll(LiveLine line)
    {
        foreach (var audience in line.Audiences.ToList())
            Leave(line, audience);
    }

    /// <summary>Everything an audience sees, made once for all who ask.</summary>
    /// <param name="packs">Whoever asks can read packed changes.</param>
    public AudienceBytes Whole(string audience, long head, bool packs = false)
    {
        var book = Book(audience);
        return packs && IsPackable(audience) && book.Snapshot?.Packed(book.Views) is var (parts, newest)
            ? new(audience, head, true, newest, parts)
            : new(audience, head, true, book.Snapshot?.Plain(book.Views) ?? WireBytes.Changes(book.Views!));
    }

    /// <summary>What changed for an audience since a position; everything when that is too long ago or not of this log.</summary>
    public AudienceBytes Since(string audience, long position, long head, bool packs = false)
    {
        var book = Book(audience);
        if (position < book.RememberedFrom || position > head || !HasShown(position))
            return Whole(audience, head, packs);
        // Told at the very position counts too: paced views may have followed it without a new entry. And every paced view goes along: the browser may come from another node,
        // which had not yet told what this one told before the position.
        var names = book.Told.Where(t => t.Position >= position).SelectMany(t => t.Names).ToHashSet();
        names.UnionWith(book.Views.Keys.Where(ViewKey.IsPacedName));
        names.UnionWith(book.Told.SelectMany(t => t.Names).Where(ViewKey.IsPacedName));
        return new(audience, head, false, WireBytes.Changes(names.Select(n => KeyValuePair.Create(n, book.Views.GetValueOrDefault(n)))));
    }

    public static byte[] Nothing { get; } = "[]"u8.ToArray();
}
