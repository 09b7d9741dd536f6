using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Rehearsal.Words;
using LiveSessions.Rooms;
using LiveSessions.Sessions;

namespace LiveSessions.Rehearsal;

/// <summary>Somebody who takes part: comes in, waits, votes, goes to a room and does there what the step asks for. Knows only what a browser would know.</summary>
internal sealed partial class Participant(Profile profile, Uri url, Ledger ledger, Corpus corpus, Pace pace) : IAsyncDisposable
{
    private readonly Door _door = new(url);
    private readonly Random _chance = new(profile.Seed);
    private readonly Lock _gate = new();
    private Line? _line;

    public Profile Profile => profile;
    public string Person { get; private set; } = "";
    public Line Line => _line ?? throw new InvalidOperationException("Not here yet.");
    public bool IsHere => _line is not null;
    public Store Store => Line.Store;

    /// <summary>The consent that holds for their words at the end: the stricter of what held when they were written and what holds now.</summary>
    public Consent LastConsent { get; private set; } = profile.Consent;

    private MeView? Me => Store.Find<MeView>("me");

    /// <summary>The room they are in now, or null in the plenary.</summary>
    private string? Room => Me is { Standing: Standing.In } me && me.Room != RoomId.Plenary ? me.Room.Value : null;

    /// <summary>Comes in by link or by code and opens the line.</summary>
    public async Task Arrive(string code, IReadOnlyDictionary<string, string> teams, string? link, CancellationToken ct)
    {
        var seat = await Insist(async () =>
        {
            var session = link is not null
                ? (await _door.Post<Seat>("/api/link/" + link[(link.LastIndexOf('/') + 1)..], new { consent = Name(profile.Consent), mayQuote = profile.MayQuote }, ct)).Session
                : (await _door.Post<Seat>("/api/join/" + code, new { name = profile.Name, team = teams[profile.Team], consent = Name(profile.Consent), mayQuote = profile.MayQuote }, ct)).Session;
            return await _door.Post<Seat>($"/api/sessions/{session}/seat", new { }, ct);
        }, ct);
        Person = seat.Person;
        _line = new(_door, seat.Session, ledger, _chance, (audience, upTo, isLive) => ledger.Heard(Person, audience, upTo, isLive));
        _line.Start();
    }

    /// <summary>Presses the button again when the server could not do it; each time is counted and told at the end.</summary>
    private async Task<T> Insist<T>(Func<Task<T>> ask, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (e is ServerFailed or HttpRequestException && tries < 4)
            {
                ledger.DoorFailed(e.Message);
                await Task.Delay(TimeSpan.FromSeconds(tries), ct);
            }
        }
    }

    /// <summary>Takes part until it is over.</summary>
    public async Task TakePart(CancellationToken over)
    {
        try
        {
            await Line.WhenOpen(over);
            await Task.WhenAll(Rooms(over), Vote(over), MeetAccidents(over), ChangeMind(over));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<Answer> Ask(Command command, bool isHidden = false) =>
        await ledger.Ask(Line, Person, isHidden ? "" : Room ?? "", command);

    private async Task Until(Func<bool> so, CancellationToken ct)
    {
        while (true)
        {
            var changed = Store.Changed;
            if (so())
                return;
            await changed.WaitAsync(ct);
        }
    }

    /// <summary>As <see cref="Until"/>, for so many seconds of a person's time at most.</summary>
    private async Task<bool> UntilOr(double seconds, Func<bool> so, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(TimeSpan.FromSeconds(Math.Max(0.05, seconds / pace.Speed)));
        try
        {
            await Until(so, patience.Token);
            return true;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>One in so many times.</summary>
    private bool OneIn(int times)
    {
        lock (_gate)
            return _chance.Next(times) == 0;
    }

    private double Seconds(double least, double most)
    {
        lock (_gate)
            return Pace.Between(least, most, _chance);
    }

    private double First(double least, double most)
    {
        lock (_gate)
            return pace.First(least, most, _chance);
    }

    private string Say(string theme)
    {
        lock (_gate)
            return corpus.Say(theme, _chance);
    }

    private string GoOn(string text, string theme)
    {
        lock (_gate)
            return corpus.Continue(text, theme, _chance);
    }

    private T OneOf<T>(IReadOnlyList<T> all)
    {
        lock (_gate)
            return all[_chance.Next(all.Count)];
    }

    private string NewId(char kind)
    {
        lock (_gate)
            return kind + Convert.ToHexStringLower(BitConverter.GetBytes(_chance.NextInt64())) + Person;
    }

    /// <summary>Answers every poll that opens, and now and then thinks again.</summary>
    private async Task Vote(CancellationToken over)
    {
        var answered = new HashSet<string>();
        while (true)
        {
            PollView? poll = null;
            await Until(() => (poll = Store.All<PollView>().FirstOrDefault(p => p.IsOpen && !answered.Contains(p.Poll.Value))) is not null && Me is { Standing: Standing.In }, over);
            answered.Add(poll!.Poll.Value);
            if (OneIn(25))
                continue;
            await pace.Wait(Seconds(4, pace.IsCut ? 18 : 60), over);
            await Ask(new CastBallot(poll.Poll, Ballot(poll)));
            if (OneIn(15))
            {
                await pace.Wait(Seconds(2, 10), over);
                await Ask(new CastBallot(poll.Poll, Ballot(poll)));
            }
        }
    }

    private Ballot Ballot(PollView poll)
    {
        lock (_gate)
            return poll.Kind switch
            {
                "text" => new([], corpus.Line("questions", _chance)),
                // People feel readier after the practice than before it.
                "scale" => new([Math.Clamp((int)Math.Round(1.3 + (poll.Poll.Value.Contains("after", StringComparison.Ordinal) ? 1.2 : 0) + _chance.NextDouble() * 2.6 - 1.3), 0, poll.Options.Count - 1)], null),
                "multi" => new([.. Enumerable.Range(0, poll.Options.Count).Where(_ => _chance.Next(3) == 0).DefaultIfEmpty(0)], null),
                "dots" => new([.. Enumerable.Range(0, poll.Votes).Select(_ => _chance.Next(poll.Options.Count))], null),
                _ => new([_chance.Next(poll.Options.Count)], null),
            };
    }

    /// <summary>The network goes away in the middle of a command; the same person comes back to the same seat.</summary>
    private async Task MeetAccidents(CancellationToken over)
    {
        if (profile.LosesLine == 0)
            return;
        await Until(() => Room is not null, over);
        for (var i = 0; i < profile.LosesLine; i++)
        {
            await Task.Delay(pace.Played(Seconds(3, 15)), over);
            if (Room is null)
                return;
            // The command is on its way when the line is cut, so nobody here knows whether it was stored.
            var asked = Columns is { Count: > 0 } columns ? WriteNote(OneOf(columns), over) : Task.CompletedTask;
            Line.Cut(Seconds(2, 12) / pace.Speed);
            await asked;
        }
    }

    private async Task ChangeMind(CancellationToken over)
    {
        if (profile.ChangesTo is not { } consent)
            return;
        await Until(() => Room is not null, over);
        await Task.Delay(pace.Played(Seconds(8, 25)), over);
        if (!(await Ask(new ChooseConsent(consent, profile.MayQuote))).IsRefused)
            LastConsent = consent;
    }

    public static string Name(Consent consent) => consent switch { Consent.Named => "named", Consent.StandIn => "standIn", _ => "notKept" };

    public async ValueTask DisposeAsync()
    {
        if (_line is not null)
            await _line.DisposeAsync();
        _door.Dispose();
    }
}
