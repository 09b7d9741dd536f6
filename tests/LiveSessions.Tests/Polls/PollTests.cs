using LiveSessions.Log;
using LiveSessions.Polls;
using LiveSessions.Sessions;
using LiveSessions.Tests.Stories;
using static LiveSessions.Tests.Stories.Story;
using static LiveSessions.Tests.Stories.World;

namespace LiveSessions.Tests.Polls;

/// <summary>A poll opens, takes ballots and closes; under five answers nothing is told.</summary>
public sealed class PollTests
{
    private static readonly PollId q = new("q"), before = new("before");
    private static readonly PollSpec yesNo = new("single", "Shall we?", ["yes", "no"], 0, false);
    private static Step Casts(Who who, int choice, PollId? poll = null) => who.Does(new CastBallot(poll ?? q, new([choice], null)));
    private static readonly Part open = new([.. Running(practice, 8), host.Does(new OpenPoll(q, yesNo))]);
    private static Step[] Cast(int people) => [.. Everybody.Take(people).Select((who, i) => Casts(who, i % 2))];

    [Fact]
    public void A_prepared_poll_opens_by_its_name() =>
        Given(Running(practice)).When(host.Does(new OpenPoll(before, null))).Then(story => Assert.Equal(("scale", 5, true), (story.Sees<PollView>(ada, "poll:before")!.Kind, story.Sees<PollView>(ada, "poll:before")!.Options.Count, story.Sees<PollView>(ada, "poll:before")!.IsOpen)));

    [Fact]
    public void A_poll_that_was_not_prepared_needs_its_question() => Given(Running(practice)).When(host.Does(new OpenPoll(q, null))).Then(Refusal.NotThere);

    public static TheoryData<string, PollSpec> Unaskable => new()
    {
        { "no such kind", yesNo with { Kind = "riddle" } },
        { "no question", yesNo with { Question = " " } },
        { "a long question", yesNo with { Question = new string('q', 301) } },
        { "one choice", yesNo with { Options = ["yes"] } },
        { "an empty choice", yesNo with { Options = ["yes", ""] } },
        { "a long choice", yesNo with { Options = ["yes", new string('o', 121)] } },
        { "too many choices", yesNo with { Options = [.. Enumerable.Range(0, 51).Select(i => "o" + i)] } },
        { "a scale of three", yesNo with { Kind = "scale", Options = ["a", "b", "c"] } },
        { "two lights", yesNo with { Kind = "rag", Options = ["green", "red"] } },
        { "words with choices", yesNo with { Kind = "text" } },
        { "dots of none", yesNo with { Kind = "dots", Votes = 0 } },
        { "dots of eleven", yesNo with { Kind = "dots", Votes = 11 } },
        { "dots on nothing", yesNo with { Kind = "dots", Votes = 3, Options = [] } },
    };

    [Theory, MemberData(nameof(Unaskable))]
    public void A_poll_that_cannot_be_asked_is_refused(string what, PollSpec spec)
    {
        var story = Given(Running(practice)).When(host.Does(new OpenPoll(q, spec))).Then(Refusal.BadPlan);
        Assert.True(story.Session.Polls.IsEmpty, what);
    }

    [Fact]
    public void Opening_twice_is_already_so_and_another_question_under_the_same_name_is_refused()
    {
        Given(open).When(cleo.Does(new OpenPoll(q, yesNo))).ThenAlreadySo();
        Given(open).When(cleo.Does(new OpenPoll(q, null))).ThenAlreadySo();
        Given(open).When(cleo.Does(new OpenPoll(q, yesNo with { Question = "Or not?" }))).Then(Refusal.IdInUse);
        Given(open).When(cleo.Does(new OpenPoll(q, yesNo with { Options = ["no", "yes"] }))).Then(Refusal.IdInUse);
    }

    [Fact]
    public void A_closed_poll_takes_no_ballot() => Given(open, host.Does(new ClosePoll(q))).When(Casts(ada, 1)).Then(Refusal.PollIsClosed);

    [Fact]
    public void A_closed_poll_opens_again_with_its_ballots() =>
        Given(open, Casts(ada, 1), host.Does(new ClosePoll(q)), host.Does(new OpenPoll(q, null))).When(Casts(ben, 0)).Then(story => Assert.Equal(2, story.Session.Polls[q].Ballots.Count));

    [Fact]
    public void Closing_twice_is_already_so_and_closing_none_is_refused()
    {
        Given(open, host.Does(new ClosePoll(q))).When(host.Does(new ClosePoll(q))).ThenAlreadySo();
        Given(open).When(host.Does(new ClosePoll(new("none")))).Then(Refusal.NotThere);
        Given(open).When(Casts(ada, 0, new("none"))).Then(Refusal.NotThere);
    }

    [Fact]
    public void Polls_are_the_facilitators_to_open_and_close()
    {
        Given(open).When(ada.Does(new ClosePoll(q))).Then(Refusal.FacilitatorOnly);
        Given(open).When(ada.Does(new OpenPoll(before, null))).Then(Refusal.FacilitatorOnly);
    }

    [Fact]
    public void Facilitators_do_not_vote() => Given(open).When(Casts(host, 0)).Then(Refusal.StaffDoNotVote);

    [Fact]
    public void The_same_ballot_again_is_already_so_and_another_replaces_it()
    {
        Given(open, Casts(ada, 1)).When(Casts(ada, 1)).ThenAlreadySo();
        var story = Given(open, Casts(ada, 1), Casts(ada, 0));
        Assert.Equal([0], story.Session.Polls[q].Ballots[ada].Choices);
        Assert.Single(story.Session.Polls[q].Ballots);
    }

    [Fact]
    public void One_s_own_ballot_is_shown_to_nobody_else()
    {
        var story = Given(open, Casts(ada, 1));
        Assert.Equal([1], story.Sees<BallotView>(ada, "ballot:q")!.Ballot.Choices);
        Assert.Null(story.Sees<BallotView>(ben, "ballot:q"));
        Assert.Null(story.Sees<BallotView>(host, "ballot:q"));
    }

    [Fact]
    public void Under_five_answers_nobody_sees_more_than_how_many()
    {
        var story = Given(open, Cast(4), host.Does(new ClosePoll(q)));
        foreach (var who in (Who[])[ada, host])
        {
            var tally = story.Sees<TallyView>(who, "tally:q")!;
            Assert.Equal((4, 8, false), (tally.Answered, tally.Asked, tally.IsEnough));
            Assert.Empty(tally.Counts);
        }
    }

    [Fact]
    public void From_five_answers_the_count_is_told()
    {
        var tally = Given(open, Cast(5), host.Does(new ClosePoll(q))).Sees<TallyView>(ada, "tally:q")!;
        Assert.True(tally.IsEnough);
        Assert.Equal([3, 2], tally.Counts);
    }

    [Fact]
    public void A_result_for_later_is_seen_by_the_staff_first_and_by_everybody_at_closing()
    {
        var story = Given(open, Cast(6));
        Assert.Null(story.Sees<TallyView>(ada, "tally:q"));
        Assert.Equal([3, 3], story.Sees<TallyView>(host, "tally:q")!.Counts);
        Assert.Equal([3, 3], story.And(host.Does(new ClosePoll(q))).Sees<TallyView>(ada, "tally:q")!.Counts);
    }

    [Fact]
    public void A_live_result_is_seen_while_people_answer() =>
        Assert.NotNull(Given(Running(practice, 8), host.Does(new OpenPoll(q, yesNo with { ResultsLive = true })), Cast(5)).Sees<TallyView>(ada, "tally:q"));

    [Fact]
    public void Two_hundred_polls_are_enough_and_rooms_polls_are_not_counted()
    {
        var rooms = Enumerable.Range(0, 300).Select(i => new PollOpened(new("room" + i), yesNo, new RoomId("r1-" + i))).ToArray<Event>();
        var many = Enumerable.Range(0, 199).Select(i => new PollOpened(new("p" + i), yesNo, null)).ToArray<Event>();
        var story = Given(Running(practice)).AndHappened(rooms).AndHappened(many);
        story.When(host.Does(new OpenPoll(q, yesNo))).Then(new PollOpened(q, yesNo, null));
        story.And(host.Does(new OpenPoll(q, yesNo))).When(host.Does(new OpenPoll(before, null))).Then(Refusal.TooMany);
    }
}
