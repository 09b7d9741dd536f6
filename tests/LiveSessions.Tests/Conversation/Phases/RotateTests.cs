using LiveSessions.Conversation;
using LiveSessions.Log;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Conversation.Phases;

public sealed class RotateTests
{
    [Fact]
    public void The_first_change_only_settles_the_roles_for_nobody_has_done_anything_yet()
    {
        var before = Given(InOneRoom(practice));
        Assert.Equal(before.Session.Talks[Room1].Holders.OrderBy(h => h.Key), before.And(ToStep("roles")).Session.Talks[Room1].Holders.OrderBy(h => h.Key));
        Assert.Null(before.Sees<RolesView>(ada, "roles:r1-1")!.Next);
    }

    [Fact]
    public void Roles_pass_on_when_it_begins_and_not_when_it_ends()
    {
        var swapped = Given(InOneRoom(practice), ToStep("a_hopes"), ToStep("swap1"));
        Assert.Contains(swapped.Log[^1].Events, e => e is RolesChanged);
        Assert.Equal(swapped.Holder("facilitator"), swapped.And(ToStep("b_concerns")).Holder("facilitator"));
    }

    [Fact]
    public void A_role_play_swaps_sides()
    {
        var story = Given(InOneRoom(Shipped("ending-role-play"), 4), ToStep("talk1"));
        var before = story.Session.Talks[Room1].Holders;
        var after = story.And(ToStep("scene2")).Session.Talks[Room1].Holders;
        Assert.Equal((before["partner_lead"], before["library_lead"]), (after["library_lead"], after["partner_lead"]));
    }

    [Fact]
    public void Roles_that_do_not_rotate_stay_while_a_resident_can_watch()
    {
        var before = Given(InOneRoom(practice), ToStep("a_hopes"));
        var after = before.And(ToStep("swap1"));
        Assert.Equal((before.Holder("timekeeper"), before.Holder("reader")), (after.Holder("timekeeper"), after.Holder("reader")));
    }

    [Fact]
    public void Where_nobody_is_only_a_resident_whoever_has_written_takes_over_what_the_new_watcher_did()
    {
        var before = Given(InOneRoom(practice, 5), ToStep("a_hopes"));
        var after = before.And(ToStep("swap1"));
        Assert.Equal((before.Holder("timekeeper"), before.Holder("note_taker")), (after.Holder("observer"), after.Holder("timekeeper")));
    }

    [Fact]
    public void Words_may_be_written_down_while_roles_change() =>
        Given(InOneRoom(practice), ToStep("a_hopes"), ToStep("swap1")).When(ada.Does(new WriteTurn(new("t1"), ada, "One more thing", TurnForm.Verbatim))).Then(story => Assert.Equal("swap1", story.Sees<TurnView>(ben, "turn:t1")!.Phase));
}
