using LiveSessions.Log;

namespace LiveSessions.Histories;

/// <summary>A moment by both clocks.</summary>
/// <param name="Ticks">The monotonic clock that all clients of one history share; any unit. Only compared.</param>
/// <param name="Wall">What the wall clock said, for people who read a violation.</param>
public readonly record struct When(long Ticks, DateTimeOffset Wall);

/// <summary>Something that one client did or was told.</summary>
/// <param name="Line">The client's connection it belongs to, numbered from 1; 0 when it belongs to none.</param>
public abstract record Moment(When At, int Line)
{
    public sealed record Opened(When At, int Line, string Server) : Moment(At, Line);
    public sealed record Closed(When At, int Line) : Moment(At, Line);

    /// <summary>A command goes out; a resend is sent again under its number.</summary>
    public sealed record Sent(When At, int Line, long Number, string What) : Moment(At, Line);
    public sealed record Answered(When At, int Line, long Number, Answer Answer) : Moment(At, Line);

    /// <summary>One sending ended without an answer: it may have happened or not.</summary>
    public sealed record Unanswered(When At, int Line, long Number, string Why) : Moment(At, Line);

    /// <summary>An Enter or Resume goes out.</summary>
    /// <param name="Call">The same number as in the <see cref="Told"/> that answers it.</param>
    /// <param name="From">The positions that were said to be held.</param>
    public sealed record AskedAll(When At, int Line, string Method, int Call, IReadOnlyDictionary<string, long> From) : Moment(At, Line);

    /// <summary>A snapshot came: the answer to Enter or Resume, or Moved (which has no call).</summary>
    public sealed record Told(When At, int Line, string Method, int Call, long Head, IReadOnlyList<AudienceTold> Audiences) : Moment(At, Line);
    public sealed record Shown(When At, int Line, string Audience, long After, long UpTo) : Moment(At, Line);
    public sealed record Beat(When At, int Line, long Head, long Archived) : Moment(At, Line);
}

public readonly record struct AudienceTold(string Audience, long UpTo, bool Whole);

/// <summary>Everything one simulated client did and was told, in the order in which it happened to it. May be written from several threads.</summary>
/// <param name="name">For people who read a violation.</param>
/// <param name="now">Both clocks. The first is shared by all clients of one run.</param>
public sealed class ClientHistory(string name, Func<When> now)
{
    private readonly Lock _gate = new();
    private readonly List<Moment> _moments = [];
    private int _lines, _calls;

    public string Name => name;
    public PersonId Person { get; set; }

    /// <summary>The browser instance that is in the marks of the commands.</summary>
    public string Instance { get; set; } = "";

    /// <summary>What the client holds at the end, by audience and key, as JSON; null when it is not to be compared.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Views { get; set; }

    /// <summary>Sendings that have neither an answer nor an end.</summary>
    public int InFlight { get; private set; }

    /// <summary>Answers that were no refusals.</summary>
    public long Acked { get; private set; }

    /// <summary>Another connection of the same client begins.</summary>
    /// <returns>Its number.</returns>
    public int Opens(string server)
    {
        lock (_gate)
        {
            _moments.Add(new Moment.Opened(now(), ++_lines, server));
            return _lines;
        }
    }

    public void Closes(int line) => Add(at => new Moment.Closed(at, line));
    public void Sends(int line, long number, string what) => Add(at => new Moment.Sent(at, line, number, what));
    public void Hears(int line, long number, Answer answer) => Add(at => new Moment.Answered(at, line, number, answer));
    public void HearsNothing(int line, long number, string why) => Add(at => new Moment.Unanswered(at, line, number, why));

    /// <returns>The number of the call, for <see cref="IsTold"/>.</returns>
    public int AsksAll(int line, string method, IReadOnlyDictionary<string, long>? from)
    {
        lock (_gate)
        {
            _moments.Add(new Moment.AskedAll(now(), line, method, ++_calls, from ?? new Dictionary<string, long>()));
            return _calls;
        }
    }

    public void IsTold(int line, string method, int call, long head, IEnumerable<AudienceTold> audiences) => Add(at => new Moment.Told(at, line, method, call, head, [.. audiences]));
    public void IsShown(int line, string audience, long after, long upTo) => Add(at => new Moment.Shown(at, line, audience, after, upTo));
    public void HearsHeads(int line, long head, long archived) => Add(at => new Moment.Beat(at, line, head, archived));

    /// <summary>A copy, safe to read while the client goes on.</summary>
    public IReadOnlyList<Moment> Moments
    {
        get
        {
            lock (_gate)
                return [.. _moments];
        }
    }

    /// <summary>For histories that are written by hand.</summary>
    public ClientHistory With(params IEnumerable<Moment> moments)
    {
        _moments.AddRange(moments);
        return this;
    }

    private void Add(Func<When, Moment> moment)
    {
        // The time is taken inside: what stands earlier in the list was never later.
        lock (_gate)
        {
            var happened = moment(now());
            _moments.Add(happened);
            InFlight += happened switch { Moment.Sent => 1, Moment.Answered or Moment.Unanswered => -1, _ => 0 };
            if (happened is Moment.Answered { Answer.IsRefused: false })
                Acked++;
        }
    }
}
