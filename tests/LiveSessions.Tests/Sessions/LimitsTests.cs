using System.Reflection;
using LiveSessions.Board;
using LiveSessions.Conversation;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Rooms;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Sessions;

/// <summary>Every number of <see cref="Limits"/>: as much as it says is taken, one more is refused. A limit without a test of its own name fails.</summary>
public sealed class LimitsTests
{
    private static readonly PollSpec Asked = new("single", "Tea?", ["yes", "no"], 1, false);

    private static readonly IReadOnlyDictionary<string, Action<int>> Each = new Dictionary<string, Action<int>>
    {
        [nameof(Limits.Name)] = most => Edge(n => Given(Made(practice), Comes(ada)).When(ada.Does(new RenameMe(Text(n)))), most, Refusal.BadName),
        [nameof(Limits.Words)] = most => Edge(n => Given(Made(practice)).When(host.Does(new SendMessage(Text(n), []))), most, Refusal.TooLong),
        [nameof(Limits.Question)] = most => Edge(n => Opens(Asked with { Question = Text(n) }), most, Refusal.BadPlan),
        [nameof(Limits.Option)] = most => Edge(n => Opens(Asked with { Options = ["yes", Text(n)] }), most, Refusal.BadPlan),
        [nameof(Limits.Options)] = most => Edge(n => Opens(Asked with { Options = [.. Numbers(n).Select(i => $"Option {i}")] }), most, Refusal.BadPlan),
        [nameof(Limits.Notes)] = most => Edge(
            n => InTalk().AndHappened([.. Numbers(n - 1).Select(i => new NoteAdded(new($"n{i}"), Room1, null, ada, Column, "A note", NoteColour.Sun, i, false))])
                .When(ada.Does(new AddNote(new("last"), Column, "One more", NoteColour.Sun))), most, Refusal.TooMany),
        [nameof(Limits.Turns)] = most => Edge(
            n => InTalk().AndHappened([.. Numbers(n - 1).Select(i => new TurnWritten(Room1, new($"t{i}"), "b_concerns", ada, ada, "A turn", TurnForm.Verbatim))])
                .When(ada.Does(new WriteTurn(new("last"), ada, "One more", TurnForm.Verbatim))), most, Refusal.TooMany),
        [nameof(Limits.Polls)] = most => Edge(
            n => Given(Running(practice)).AndHappened([.. Numbers(n - 1).Select(i => new PollOpened(new($"p{i}"), Asked, null))]).When(host.Does(new OpenPoll(new("last"), Asked))), most, Refusal.TooMany),
        [nameof(Limits.People)] = most => Edge(
            n => Given(Made(practice)).AndHappened([.. Numbers(n - 3).Select(Crowd)]).When(Comes(ada)), most, Refusal.SessionFull),
        // Rooms by chance are never more than the limit; only home teams can ask for more.
        [nameof(Limits.Rooms)] = most => Edge(
            n => Given(Made(practice), host.Does(new StartSession()))
                .AndHappened([new RosterEntered([.. Numbers(n).Select(i => new RosterTeam(Team(i), $"Team {i}"))], []), .. Numbers(2 * n).Select(i => new PersonJoined(new($"crowd{i}"), $"Person {i}", Team(i / 2), Consent.Named, false, false))])
                .When(host.Does(new ProposeGrouping(GroupingRule.HomeTeams, 2, 7))), most, Refusal.TooMany),
        [nameof(Limits.Messages)] = most => Edge(
            n => Given(Made(practice)).AndHappened([.. Numbers(n - 1).Select(_ => new MessageSent(host, "Hello", []))]).When(host.Does(new SendMessage("One more", []))), most, Refusal.TooMany),
        [nameof(Limits.Blocks)] = most => Edge(
            n => Given().When(system.Does(new CreateSession(Hour(practice) with { Blocks = [.. Hour(practice).Blocks, .. Numbers(n - 4).Select(i => new PlannedBlock(new($"more{i}"), "More", "talk", 5, null, null, null))] }))),
            most, Refusal.BadPlan),
        [nameof(Limits.BlockMinutes)] = most => Edge(
            n => Given().When(system.Does(new CreateSession(Hour(practice) with { Blocks = [.. Hour(practice).Blocks.Select(b => b with { Minutes = n })] }))), most, Refusal.BadPlan),
        [nameof(Limits.RecallSeconds)] = least =>
        {
            Given(InHomeRooms(practice)).When(host.Does(new RecallEveryone(least - 1))).Then(Refusal.RecallTooShort);
            Assert.IsType<Decision.Accepted>(Given(InHomeRooms(practice)).When(host.Does(new RecallEveryone(least))).Decision);
        },
        [nameof(Limits.Wordings)] = most =>
        {
            IReadOnlyList<CorrectedFrom> After(int corrections) => InTalk().AndHappened([
                new TurnWritten(Room1, new("t"), "b_concerns", ada, ada, "Wording 0", TurnForm.Verbatim), .. Numbers(corrections).Select(i => new TurnCorrected(Room1, new("t"), ada, $"Wording {i + 1}")),
            ]).Session.Talks[Room1].Turns[new("t")].Earlier;
            Assert.All(After(most), e => Assert.Equal(0, e.Left));
            Assert.Equal((most, "Wording 0", 1), (After(most + 1).Count, After(most + 1)[0].Text, After(most + 1)[0].Left));
        },
        [nameof(Limits.AnswersBeforeResult)] = least =>
        {
            var poll = new PollOpened(new("tea"), Asked, null);
            Poll Answered(int n) => Given(Gathered(practice, 8)).AndHappened([poll, .. Everybody.Take(n).Select(who => new BallotCast(poll.Poll, who, new([0], null)))]).Session.Polls[poll.Poll];
            Assert.Empty(Answered(least - 1).Tally(8).Counts);
            Assert.Equal(least, Answered(least).Tally(8).Counts.Sum());
        },
    };

    public static TheoryData<string> Names => [.. typeof(Limits).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral).Select(f => f.Name)];

    [Theory, MemberData(nameof(Names))]
    public void As_much_as_a_limit_says_is_taken_and_no_more(string name)
    {
        Assert.True(Each.TryGetValue(name, out var test), $"Limits.{name} has no test. Add one here.");
        test((int)typeof(Limits).GetField(name)!.GetRawConstantValue()!);
    }

    [Fact]
    public void No_test_is_about_a_limit_that_is_not_there() => Assert.Equal(Names.Select(row => row.Data).Order(), Each.Keys.Order());

    private static void Edge(Func<int, Asked> asks, int most, Refusal why)
    {
        var full = asks(most);
        Assert.True(full.Decision is Decision.Accepted, $"{most} is within the limit, and {full.Told}");
        Assert.True(asks(most + 1).Decision is Decision.Refused refused && refused.Why == why, $"{most + 1} is over the limit, and was not refused as {why.Key}");
    }

    private const string Column = "trust";

    private static Story InTalk() => Given(InOneRoom(practice), ToStep("b_concerns"));

    private static Asked Opens(PollSpec spec) => Given(Running(practice)).When(host.Does(new OpenPoll(new("tea"), spec)));

    private static IEnumerable<int> Numbers(int count) => Enumerable.Range(0, count);

    private static TeamId Team(int number) => new($"team{number}");

    private static string Text(int length) => new('n', length);

    private static Event Crowd(int number) => new PersonJoined(new($"crowd{number}"), $"Person {number}", null, Consent.Named, false, false);
}
