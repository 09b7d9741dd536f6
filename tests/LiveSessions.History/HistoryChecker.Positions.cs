namespace LiveSessions.Histories;

public static partial class HistoryChecker
{
    private static Violation? Positions(Evidence evidence)
    {
        foreach (var client in evidence.Clients)
            if (new PositionWalk(client, evidence.Log.Count).Walk() is { } violation)
                return violation;
        return null;
    }

    /// <summary>One client's positions through all its connections, by the rules of docs/protocol.md.</summary>
    private sealed class PositionWalk(ClientHistory client, long length)
    {
        private readonly IReadOnlyList<Moment> _moments = client.Moments;
        private readonly Dictionary<int, IReadOnlyDictionary<string, long>> _asked = [];
        private readonly List<int> _early = [];
        private readonly Dictionary<string, long> _overtaken = [];
        private Dictionary<string, long> _held = [];
        private int _line;
        private bool _entered;

        /// <summary>The head of the newest snapshot that was taken on this connection.</summary>
        private long _head;

        public Violation? Walk()
        {
            for (var i = 0; i < _moments.Count; i++)
                if (Step(i) is { } violation)
                    return violation;
            return null;
        }

        private Violation? Step(int i)
        {
            switch (_moments[i])
            {
                case Moment.Opened opened:
                    (_line, _entered, _head) = (opened.Line, false, 0);
                    _early.Clear();
                    _overtaken.Clear();
                    return null;
                case Moment.AskedAll asked:
                    _asked[asked.Call] = asked.From;
                    return null;
                case Moment.Told told when told.Line == _line && !_entered && told.Call > 0:
                    return Enters(told, i);
                case (Moment.Told or Moment.Shown) and { Line: var line } when line == _line && !_entered:
                    // The answer to Enter travels beside what follows it, and may come later.
                    _early.Add(i);
                    return null;
                case Moment.Told told when told.Line == _line:
                    return Snapshot(told, i);
                case Moment.Shown shown when shown.Line == _line:
                    return Show(shown, i);
                case Moment.Beat beat when beat.Head > length:
                    return Wrong(i, $"was told of {beat.Head} entries; the log has {length}");
                default:
                    return null;
            }
        }

        private Violation? Enters(Moment.Told told, int i)
        {
            foreach (var (audience, upTo, whole) in told.Audiences)
            {
                if (_held.TryGetValue(audience, out var held) && upTo < held)
                    return Wrong(i, $"held {audience} up to {held} and was taken back to {upTo} on coming back");
                if (!whole && !_asked[told.Call].ContainsKey(audience))
                    return Wrong(i, $"was told only changes of {audience}, of which it holds nothing");
            }
            _held = told.Audiences.ToDictionary(a => a.Audience, a => a.UpTo);
            (_entered, _head) = (true, told.Head);
            foreach (var early in _early)
                if (_moments[early] switch { Moment.Told t => Snapshot(t, early), Moment.Shown s => Show(s, early, maybeBefore: told.Head), _ => null } is { } violation)
                    return violation;
            _early.Clear();
            return null;
        }

        private Violation? Snapshot(Moment.Told told, int i)
        {
            // An answer may be overtaken by what was sent after it was made; then it is old news and not taken.
            if (told.Head < _head)
                return told.Call > 0 ? null : Wrong(i, $"was moved at {told.Head} after it had been told {_head}");
            _head = told.Head;
            var now = new Dictionary<string, long>(told.Audiences.Count);
            foreach (var (audience, upTo, whole) in told.Audiences)
            {
                var isHeld = _held.TryGetValue(audience, out var held);
                if (!isHeld && !whole && !(told.Call > 0 && _asked[told.Call].ContainsKey(audience)))
                    return Wrong(i, $"was told only changes of {audience}, of which it holds nothing");
                if (isHeld && upTo < held && told.Call == 0 && whole)
                    return Wrong(i, $"held {audience} up to {held} and was taken back to {upTo}");
                // An answer may overtake what was sent before it was made; that is shown still, from where it was, and not taken.
                if (isHeld && upTo > held && told.Call > 0)
                    _overtaken.TryAdd(audience, held);
                // Of what one keeps a Moved tells nothing: it stays where it stands.
                now[audience] = isHeld ? Math.Max(held, upTo) : upTo;
            }
            _held = now;
            return null;
        }

        private Violation? Show(Moment.Shown shown, int i, long maybeBefore = -1)
        {
            if (shown.UpTo > length)
                return Wrong(i, $"was shown {shown.Audience} up to {shown.UpTo}; the log has {length} entries");
            if (shown.After > shown.UpTo)
                return Wrong(i, $"was shown {shown.Audience} from {shown.After} back to {shown.UpTo}");
            if (shown.UpTo <= maybeBefore)
                return null;
            if (!_held.TryGetValue(shown.Audience, out var held))
                return Wrong(i, $"was shown {shown.Audience}, which it was not told before or which is not its own any more");
            if (shown.After > held)
                return Wrong(i, $"held {shown.Audience} up to {held} and was shown from {shown.After} on: something is missing between");
            if (shown.UpTo < held)
            {
                if (!_overtaken.TryGetValue(shown.Audience, out var overtaken) || shown.UpTo < overtaken)
                    return Wrong(i, $"held {shown.Audience} up to {held} and was shown what ends at {shown.UpTo}");
                if (shown.After > overtaken)
                    return Wrong(i, $"was shown {shown.Audience} up to {overtaken} before an answer overtook it and then from {shown.After} on: something is missing between");
                _overtaken[shown.Audience] = shown.UpTo;
                return null;
            }
            _overtaken.Remove(shown.Audience);
            _held[shown.Audience] = shown.UpTo;
            return null;
        }

        private Violation Wrong(int i, string what) => new(Checks.Positions, $"{client.Name} {what}", MomentsAround(client, i));
    }
}
