using LiveSessions.Log;

namespace LiveSessions.Polls.Kinds;

/// <summary>A few dots each, to spread or to heap.</summary>
public sealed class Dots : PollKind
{
    public const int MaxVotes = 10;
    public override string Name => "dots";
    public override bool CanAsk(PollSpec spec) => spec.Options.Count >= 1 && spec.Votes is >= 1 and <= MaxVotes;

    public override Refusal? Judge(PollSpec spec, Ballot cast, out Ballot ballot)
    {
        ballot = new([.. cast.Choices.Order()], null);
        return cast.Choices.Count > spec.Votes ? Refusal.TooManyVotes
            : cast.Choices.Count > 0 && cast.Text is null && AreOptions(spec, cast) ? null
            : Refusal.NotAChoice;
    }
}
