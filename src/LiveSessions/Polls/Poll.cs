using System.Collections.Immutable;
using LiveSessions.Log;
using LiveSessions.Polls.Kinds;

namespace LiveSessions.Polls;

/// <summary>A poll and the ballots in it.</summary>
public sealed record Poll(PollId Id, PollSpec Spec, RoomId? Room, bool IsOpen, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt, ImmutableDictionary<PersonId, Ballot> Ballots)
{
    public static Decision Decide(Poll? poll, PollCommand command, Scene scene, PollSpec? prepared, int polls) => (poll, command) switch
    {
        (_, OpenPoll or ClosePoll) when !scene.IsStaff => Decision.Refuse(Refusal.FacilitatorOnly),
        (_, OpenPoll) when scene.Stage != Sessions.SessionStage.Running => Decision.Refuse(Refusal.NotStarted),
        (null, OpenPoll open) => Open(open, prepared, polls),
        (null, _) => Decision.Refuse(Refusal.NotThere),
        ({ } p, OpenPoll { Spec: { } spec }) when !p.IsAskedAs(spec) => Decision.Refuse(Refusal.IdInUse),
        ({ IsOpen: true }, OpenPoll) => Decision.Already,
        ({ Room: { } room }, OpenPoll) when scene.RoomOf(room) is not { IsOpen: true } => Decision.Refuse(Refusal.RoomsAreClosed),
        ({ } p, OpenPoll) => Decision.Accept(new PollOpened(p.Id, p.Spec, p.Room)),
        ({ IsOpen: false }, ClosePoll) => Decision.Already,
        (_, ClosePoll) => Decision.Accept(new PollClosed(command.Poll)),
        (_, CastBallot) when scene.IsStaff => Decision.Refuse(Refusal.StaffDoNotVote),
        ({ Room: { } room }, CastBallot) when scene.Room != room => Decision.Refuse(Refusal.NotThere),
        ({ IsOpen: false }, CastBallot) => Decision.Refuse(Refusal.PollIsClosed),
        ({ } p, CastBallot cast) => p.Cast(cast, scene.By),
        _ => throw new NotSupportedException(command.GetType().Name),
    };

    private static Decision Open(OpenPoll open, PollSpec? prepared, int polls)
    {
        if (polls >= Limits.Polls)
            return Decision.Refuse(Refusal.TooMany);
        var spec = open.Spec ?? prepared;
        if (spec is null)
            return Decision.Refuse(Refusal.NotThere);
        return Complete(spec) is { } complete ? Decision.Accept(new PollOpened(open.Poll, complete, null)) : Decision.Refuse(Refusal.BadPlan);
    }

    private bool IsAskedAs(PollSpec spec) =>
        Complete(spec) is { } other && other with { Options = Spec.Options } == Spec && other.Options.SequenceEqual(Spec.Options);

    /// <summary>The poll with its kind's own choices filled in; null when it cannot be asked.</summary>
    public static PollSpec? Complete(PollSpec spec)
    {
        if (PollKind.Find(spec.Kind) is not { } kind || Texts.CleanName(spec.Question, Limits.Question) is not { } question)
            return null;
        var options = spec.Options.Count == 0 ? kind.OwnOptions : spec.Options;
        if (options.Count > Limits.Options || options.Any(o => Texts.CleanName(o, Limits.Option) is null))
            return null;
        var complete = spec with { Question = question, Options = [.. options.Select(o => Texts.CleanName(o, Limits.Option)!)] };
        return kind.CanAsk(complete) ? complete : null;
    }

    private Decision Cast(CastBallot cast, PersonId voter)
    {
        if (PollKind.Find(Spec.Kind)!.Judge(Spec, cast.Ballot, out var ballot) is { } refusal)
            return Decision.Refuse(refusal);
        return Ballots.TryGetValue(voter, out var earlier) && earlier.Text == ballot.Text && earlier.Choices.SequenceEqual(ballot.Choices)
            ? Decision.Already
            : Decision.Accept(new BallotCast(Id, voter, ballot));
    }

    public static Poll Evolve(Poll? poll, PollEvent happened, DateTimeOffset at) => (poll, happened) switch
    {
        (null, PollOpened o) => new(o.Poll, o.Spec, o.Room, true, at, null, ImmutableDictionary<PersonId, Ballot>.Empty),
        ({ } p, PollOpened) => p with { IsOpen = true, ClosedAt = null },
        ({ } p, PollClosed) => p with { IsOpen = false, ClosedAt = at },
        ({ } p, BallotCast c) => p with { Ballots = p.Ballots.SetItem(c.Voter, c.Ballot) },
        _ => throw new NotSupportedException(happened.GetType().Name),
    };

    public PollView Question() => new(Id, Room, Spec.Kind, Spec.Question, Spec.Options, Spec.Votes, Spec.ResultsLive, IsOpen, OpenedAt, ClosedAt);

    public TallyView Tally(int asked)
    {
        if (Ballots.Count < Limits.AnswersBeforeResult)
            return new(Id, Ballots.Count, Math.Max(asked, Ballots.Count), false, [], null, []);
        var counts = new int[Spec.Options.Count];
        foreach (var ballot in Ballots.Values)
            foreach (var choice in ballot.Choices)
                counts[choice]++;
        var texts = Ballots.Values.Where(b => b.Text is not null).Select(b => b.Text!).Order(StringComparer.Ordinal).ToArray();
        return new(Id, Ballots.Count, Math.Max(asked, Ballots.Count), true, counts, PollKind.Find(Spec.Kind)!.Mean(counts), texts);
    }

    public IEnumerable<Shown> Render(int asked)
    {
        var tally = Tally(asked);
        var shows = !IsOpen || Spec.ResultsLive;
        if (Room is { } room)
            return shows
                ? [To.Room(room, Question()), To.Staff(Question()), To.Room(room, tally), To.Staff(tally)]
                : [To.Room(room, Question()), To.Staff(Question()), To.Staff(tally)];
        return shows ? [To.Everyone(Question()), To.Everyone(tally)] : [To.Everyone(Question()), To.Staff(tally)];
    }
}
