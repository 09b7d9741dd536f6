using LiveSessions.Log;

namespace LiveSessions.Polls.Kinds;

/// <summary>Any number of choices, each once.</summary>
public sealed class Multi : PollKind
{
    public override string Name => "multi";

    public override Refusal? Judge(PollSpec spec, Ballot cast, out Ballot ballot)
    {
        ballot = new([.. cast.Choices.Distinct().Order()], null);
        return cast.Choices.Count > 0 && cast.Text is null && AreOptions(spec, cast) ? null : Refusal.NotAChoice;
    }
}
