using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;

namespace LiveSessions.Transcripts.Wording;

/// <summary>What was asked, in the exact words that people saw.</summary>
internal static class PromptWording
{
    public static void Tell(Page page, PhaseBegun e)
    {
        var prompt = page.After.Talks[e.Room].Exercise.Phases.First(p => p.Id == e.Phase).Prompt;
        page.Change(e.Room, record => record with { Phases = Begun(record.Phases, e.Phase, page.At) });
        page.Write(LineKind.Prompt, e.Room, e.Phase, [], _ => new(prompt));
    }

    /// <summary>In the plenary a block of the plan is what a step is in a room.</summary>
    public static void Tell(Page page, BlockStarted e)
    {
        var block = page.After.Plan.Find(e.Block)!.Plan;
        page.Change(RoomId.Plenary, record => record with { Phases = Begun(record.Phases, e.Block.Value, page.At) });
        page.Write(LineKind.Prompt, RoomId.Plenary, e.Block.Value, [], _ => new(block.Text ?? block.Title));
    }

    public static void SessionBegan(Page page) => page.Change(RoomId.Plenary, record => record with { StartedAt = page.At });

    public static void SessionEnded(Page page) => page.Change(RoomId.Plenary, record => Over(record, page.At));

    public static ConversationRecord Over(ConversationRecord record, DateTimeOffset at) => record with { EndedAt = at, Phases = Ended(record.Phases, at) };

    /// <summary>A step that comes again keeps when it was first begun.</summary>
    private static IReadOnlyList<PhaseRecord> Begun(IReadOnlyList<PhaseRecord> phases, string phase, DateTimeOffset at) =>
        [.. Ended(phases, at).Select(p => p.Id == phase ? p with { StartedAt = p.StartedAt ?? at, EndedAt = null } : p)];

    private static IReadOnlyList<PhaseRecord> Ended(IReadOnlyList<PhaseRecord> phases, DateTimeOffset at) =>
        [.. phases.Select(p => p.StartedAt is not null && p.EndedAt is null ? p with { EndedAt = at } : p)];
}
