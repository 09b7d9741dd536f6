using LiveSessions.Log;

namespace LiveSessions.Polls.Kinds;

/// <summary>An answer in one's own words, up to 300 characters of plain text.</summary>
public sealed class OpenText : PollKind
{
    public override string Name => "text";
    public override bool CanAsk(PollSpec spec) => spec.Options.Count == 0;

    public override Refusal? Judge(PollSpec spec, Ballot cast, out Ballot ballot)
    {
        ballot = new([], null);
        if (cast.Choices.Count > 0)
            return Refusal.NotAChoice;
        if (string.IsNullOrWhiteSpace(cast.Text))
            return Refusal.NothingWritten;
        if (Texts.CleanName(cast.Text, Limits.Question) is not { } text)
            return Refusal.TooLong;
        ballot = new([], text);
        return null;
    }
}
