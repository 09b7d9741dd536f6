using LiveSessions.Log;
using LiveSessions.Sessions;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Sessions;

/// <summary>A session is made once, from a plan that can be run.</summary>
public sealed class MakingTests
{
    private static readonly SessionInfo hour = Hour(practice);

    [Fact]
    public void A_session_is_made_with_its_plan() =>
        Given().When(system.Does(new CreateSession(hour))).Then(story =>
        {
            Assert.Equal(["welcome", "ready", "rooms", "report"], story.Session.Plan.Blocks.Select(b => b.Plan.Id.Value));
            Assert.Equal(SessionStage.Gathering, story.Session.Stage);
        });

    [Fact]
    public void Making_it_again_is_already_so() => Given(Created(hour)).When(system.Does(new CreateSession(hour))).ThenAlreadySo();

    [Fact]
    public void Another_session_is_not_made_in_its_place() =>
        Given(Created(hour)).When(system.Does(new CreateSession(hour with { Title = "Another" }))).Then(Refusal.SessionExists);

    [Fact]
    public void Nothing_can_be_asked_of_a_session_that_was_never_made() => Given().When(host.Does(new StartSession())).Then(Refusal.NoSession);

    [Fact]
    public void People_never_do_what_the_server_does()
    {
        var story = Given(Gathered(practice));
        foreach (var command in (Command[])[new CreateSession(hour), new EnterRoster([], []), new JoinSession(ada, "Ada", null, Consent.Named, false, true), new JoinAsStaff(ada, "Ada", true), new MarkHere(ben), new MarkAway(ben)])
            foreach (var who in (Stories.Who[])[ada, host])
                story.When(who.Does(command)).Then(Refusal.ServerOnly);
    }

    [Fact]
    public void A_title_is_a_name() => Given().When(system.Does(new CreateSession(hour with { Title = " \u202E " }))).Then(Refusal.BadName);

    [Fact]
    public void A_title_is_stored_clean() =>
        Assert.Equal("Week one", Given(Created(hour with { Title = "  Week\u00A0\u200Bone\n" })).Session.Info!.Title);

    public static TheoryData<string, Func<SessionInfo, SessionInfo>> BadPlans => new()
    {
        { "no blocks", i => i with { Blocks = [] } },
        { "too many blocks", i => i with { Blocks = [.. Enumerable.Range(0, 61).Select(n => i.Blocks[0] with { Id = new("b" + n) })] } },
        { "a block of no minutes", i => i with { Blocks = [i.Blocks[0] with { Minutes = 0 }] } },
        { "a block that never ends", i => i with { Blocks = [i.Blocks[0] with { Minutes = 241 }] } },
        { "a block without a title", i => i with { Blocks = [i.Blocks[0] with { Title = "" }] } },
        { "the same block twice", i => i with { Blocks = [i.Blocks[0], i.Blocks[0]] } },
        { "a poll of no kind", i => i with { Blocks = [i.Blocks[1] with { Poll = i.Blocks[1].Poll! with { Kind = "riddle" } }], Exercises = new Dictionary<BlockId, LiveSessions.Exercises.Exercise>() } },
        { "an exercise for a block that is not there", i => i with { Blocks = [i.Blocks[0]] } },
        { "an exercise without steps", i => i with { Exercises = new Dictionary<BlockId, LiveSessions.Exercises.Exercise> { [rooms] = practice with { Phases = [] } } } },
        { "an exercise without a board", i => i with { Exercises = new Dictionary<BlockId, LiveSessions.Exercises.Exercise> { [rooms] = practice with { Board = [] } } } },
    };

    [Theory, MemberData(nameof(BadPlans))]
    public void A_plan_that_cannot_be_run_is_refused(string what, Func<SessionInfo, SessionInfo> spoil)
    {
        var story = Given().When(system.Does(new CreateSession(spoil(hour)))).Then(Refusal.BadPlan);
        Assert.True(story.Session.Info is null, what);
    }

    [Theory, InlineData("week-1"), InlineData("week-2"), InlineData("week-10")]
    public void Every_shipped_plan_makes_a_session(string plan) =>
        Given().When(system.Does(new CreateSession(FromPlan(plan)))).Then(story => Assert.NotEmpty(story.Session.Info!.Exercises));
}
