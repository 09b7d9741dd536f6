using LiveSessions.Log;

namespace LiveSessions.Polls.Kinds;

/// <summary>What differs between kinds of poll. A new kind is one file here, one line in the table, one test file and one Svelte file.</summary>
public abstract class PollKind
{
    private static readonly Dictionary<string, PollKind> All = new PollKind[] { new Single(), new Multi(), new Scale(), new OpenText(), new Dots(), new Rag() }.ToDictionary(k => k.Name);

    public static PollKind? Find(string name) => All.GetValueOrDefault(name);

    /// <summary>The stored name: single, multi, scale, text, dots, rag.</summary>
    public abstract string Name { get; }

    /// <summary>Choices it brings with it when the poll names none.</summary>
    public virtual IReadOnlyList<string> OwnOptions => [];

    public virtual bool CanAsk(PollSpec spec) => spec.Options.Count >= 2;

    /// <summary>Null and the ballot in its stored form, or why it cannot be cast.</summary>
    public abstract Refusal? Judge(PollSpec spec, Ballot cast, out Ballot ballot);

    public virtual double? Mean(IReadOnlyList<int> counts) => null;

    protected static bool AreOptions(PollSpec spec, Ballot cast) => cast.Choices.All(c => c >= 0 && c < spec.Options.Count);
}
