using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Polls.Kinds;

/// <summary>A story in which a poll of one kind is open.</summary>
internal sealed class Ask(PollSpec spec)
{
    public static readonly PollId Poll = new("q");

    private readonly Story story = Story.Given(Running(practice, 8), host.Does(new OpenPoll(Poll, spec)));

    public PollView Asked => story.Sees<PollView>(ada, "poll:q")!;

    public void Takes(params int[] choices) => story.When(Casts(ada, new(choices, null))).Then(new BallotCast(Poll, ada, new([.. choices.Order()], null)));

    public void Refuses(Refusal why, params int[] choices) => story.When(Casts(ada, new(choices, null))).Then(why);

    public void RefusesWords(Refusal why, string? words, params int[] choices) => story.When(Casts(ada, new(choices, words))).Then(why);

    /// <summary>The result once everybody of the list has answered and the poll is closed.</summary>
    public TallyView After(params Ballot[] ballots) =>
        story.And([.. ballots.Select((ballot, i) => (Part)Casts(Everybody[i], ballot)), host.Does(new ClosePoll(Poll))]).Sees<TallyView>(ben, "tally:q")!;

    public TallyView After(params int[] choices) => After([.. choices.Select(c => new Ballot([c], null))]);

    private static Step Casts(Who who, Ballot ballot) => who.Does(new CastBallot(Poll, ballot));
}
