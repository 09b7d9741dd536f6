using LiveSessions.Log;

namespace LiveSessions.Polls.Kinds;

/// <summary>One choice.</summary>
public class Single : PollKind
{
    public override string Name => "single";

    public override Refusal? Judge(PollSpec spec, Ballot cast, out Ballot ballot)
    {
        ballot = new([.. cast.Choices], null);
        return cast.Choices.Count == 1 && cast.Text is null && AreOptions(spec, cast) ? null : Refusal.NotAChoice;
    }
}
