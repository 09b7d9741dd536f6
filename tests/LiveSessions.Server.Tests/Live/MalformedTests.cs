using System.Text;
using LiveSessions.Log;
using LiveSessions.Rooms;
using LiveSessions.Server.Tests.Fixtures;
using LiveSessions.Sessions;

namespace LiveSessions.Server.Tests.Live;

/// <summary>Whatever is sent, it is refused and counted, the log stays as it was, and the others do not notice.</summary>
[Collection(InTheLiveHouse.Name)]
public sealed class MalformedTests(LiveHouse house)
{
    private const string Act = """{"instance":"raw-raw-raw","number":NUMBER,"command":COMMAND}""";

    /// <summary>Commands that cannot be read. Each would, without a guard, be read as something with a hole in it.</summary>
    public static TheoryData<string> UnreadableCommands =>
    [
        """{"type":"noSuchCommand"}""",
        """{"type":"renameMe","name":"Ada","admin":true}""",
        """{"type":"renameMe"}""",
        """{"type":"renameMe","name":null}""",
        """{"type":"renameMe","name":7}""",
        """{"name":"Ada"}""",
        """{"type":"callHelp"}""",
        """{"type":"callHelp","help":null}""",
        """{"type":"callHelp","help":"has|bars"}""",
        """{"type":"callHelp","help":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""",
        """{"type":"addNote","column":"trust","text":"no id","colour":"sun"}""",
        """{"type":"addNote","note":"n1","text":"no column","colour":"sun"}""",
        """{"type":"addNote","note":"n1","column":"trust","colour":"sun"}""",
        """{"type":"addNote","note":"n1","column":"trust","text":"words","colour":"no such colour"}""",
        """{"type":"castBallot","poll":"p"}""",
        """{"type":"castBallot","poll":"p","ballot":{}}""",
        """{"type":"castBallot","poll":"p","ballot":{"choices":[99999999999999999999]}}""",
        """{"type":"writeTurn","turn":"t1","text":"whose?","form":"verbatim"}""",
        """{"type":"chooseConsent"}""",
        "[]",
        "\"renameMe\"",
    ];

    [Theory]
    [MemberData(nameof(UnreadableCommands))]
    public async Task A_command_that_cannot_be_read_is_refused_and_counted_and_its_line_lives(string command)
    {
        using var counted = new Counted("live.hub.malformed");
        await using var scene = await Scene.Make(house);

        var answer = await scene.Raw.Call("Act", Act.Replace("NUMBER", "1").Replace("COMMAND", command));

        Assert.Contains("\"error\"", answer, StringComparison.Ordinal);
        Assert.Equal(1, counted.Count);
        // The very next message of the same line is served.
        Assert.Contains("\"accepted\"", await scene.Raw.Call("Act", Act.Replace("NUMBER", "1").Replace("COMMAND", """{"type":"renameMe","name":"Raw"}""")), StringComparison.Ordinal);
        await scene.NobodyNoticed(added: 1);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"instance":"short","number":1,"command":{"type":"renameMe","name":"A"}}""")]
    [InlineData("""{"instance":"raw-raw-raw","number":0,"command":{"type":"renameMe","name":"A"}}""")]
    [InlineData("""{"instance":"raw-raw-raw","number":-1,"command":{"type":"renameMe","name":"A"}}""")]
    [InlineData("""{"instance":"raw raw raw","number":1,"command":{"type":"renameMe","name":"A"}}""")]
    [InlineData("""{"instance":"raw-raw-raw","number":1,"command":null}""")]
    [InlineData("""{"instance":"raw-raw-raw","number":1}""")]
    [InlineData("""{"instance":"raw-raw-raw","number":1,"command":{"type":"renameMe","name":"A"},"person":"system"}""")]
    [InlineData("""{"instance":"raw-raw-raw","number":1,"command":{"type":"renameMe","name":"A"}},{}""")]
    public async Task An_act_that_is_not_one_is_refused(string act)
    {
        await using var scene = await Scene.Make(house);

        var answer = await scene.Raw.Call("Act", act);

        Assert.True(answer is null || answer.Contains("\"error\"", StringComparison.Ordinal) || answer.Contains("\"refused\"", StringComparison.Ordinal), answer);
        Assert.True(answer is not null, "the line was closed");
        await scene.NobodyNoticed();
    }

    [Theory]
    [InlineData("NoSuchMethod", "{}")]
    [InlineData("act", """{"no":"such"}""")]
    [InlineData("Enter", "7")]
    [InlineData("Enter", """{"instance":"raw-raw-raw","positions":{"all":"far"}}""")]
    [InlineData("Resume", "{}")]
    [InlineData("Resume", "null")]
    [InlineData("Enter", "null")]
    [InlineData("Act", "null")]
    [InlineData("Glimpse", "null")]
    [InlineData("OnDisconnectedAsync", "null")]
    [InlineData("Dispose", "true")]
    public async Task A_call_of_what_is_not_there_is_refused_and_counted(string method, string argument)
    {
        using var counted = new Counted("live.hub.malformed");
        await using var scene = await Scene.Make(house);

        var answer = await scene.Raw.Call(method, argument);

        Assert.Contains("\"error\"", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("LiveSessions.", answer, StringComparison.Ordinal);
        Assert.Equal(1, counted.Count);
        await scene.NobodyNoticed();
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("{\"type\":")]
    [InlineData("{\"type\":99}")]
    [InlineData("{}")]
    [InlineData("[1,2,3]")]
    public async Task A_message_that_is_no_message_ends_its_line_alone_and_is_counted(string message)
    {
        using var counted = new Counted("live.hub.malformed");
        await using var scene = await Scene.Make(house);

        await scene.Raw.Send(message);
        await scene.Raw.Call("Act", Act.Replace("NUMBER", "1").Replace("COMMAND", """{"type":"renameMe","name":""}"""));

        await Eventually.True(() => scene.Raw.IsClosed, "the line is closed");
        Assert.Equal(1, counted.Count);
        await scene.NobodyNoticed();
    }

    [Fact]
    public async Task A_message_of_seventeen_kilobytes_ends_its_line_and_is_counted()
    {
        using var counted = new Counted("live.hub.malformed");
        await using var scene = await Scene.Make(house);

        await scene.Raw.Call("Act", Act.Replace("NUMBER", "1").Replace("COMMAND", $$"""{"type":"renameMe","name":"{{new string('a', 17 * 1024)}}"}"""));

        await Eventually.True(() => scene.Raw.IsClosed, "the line is closed");
        Assert.Equal(1, counted.Count);
        await scene.NobodyNoticed();
    }

    [Fact]
    public async Task A_long_message_within_the_limit_is_read_and_refused_in_words()
    {
        await using var scene = await Scene.Make(house);

        var answer = await scene.Raw.Call("Act", Act.Replace("NUMBER", "1").Replace("COMMAND", $$"""{"type":"renameMe","name":"{{new string('a', 15 * 1024)}}"}"""));

        Assert.Contains("\"badName\"", answer, StringComparison.Ordinal);
        await scene.NobodyNoticed();
    }

    [Fact]
    public async Task Json_nested_a_thousand_deep_is_refused_and_counted()
    {
        using var counted = new Counted("live.hub.malformed");
        await using var scene = await Scene.Make(house);
        var deep = string.Concat(Enumerable.Repeat("[", 1_000)) + string.Concat(Enumerable.Repeat("]", 1_000));

        await scene.Raw.Call("Act", Act.Replace("NUMBER", "1").Replace("COMMAND", $$$"""{"type":"castBallot","poll":"p","ballot":{"choices":{{{deep}}}}}"""));

        Assert.True(counted.Count >= 1);
        await scene.NobodyNoticed();
    }

    [Fact]
    public async Task Bytes_that_are_no_text_harm_nobody()
    {
        await using var scene = await Scene.Make(house);
        var noise = new byte[4_000];
        new Random(1).NextBytes(noise);

        await scene.Raw.SendBytes(noise);
        await scene.Raw.SendBytes([.. Encoding.UTF8.GetBytes("\u001e\u001e\u001e{\"type\":1"), 0xff, 0xfe, 0x1e]);

        await Eventually.True(() => scene.Raw.IsClosed, "the line is closed");
        await scene.NobodyNoticed();
    }

    [Fact]
    public async Task More_than_the_allowance_is_told_so_and_lands_when_it_is_sent_again()
    {
        using var counted = new Counted("live.hub.toofast");
        await using var scene = await Scene.Make(house);
        for (var n = 1; n <= 120; n++)
            await scene.Raw.Send($$"""{"type":1,"invocationId":"{{n}}","target":"Act","arguments":[{{Act.Replace("NUMBER", $"{n}").Replace("COMMAND", $$"""{"type":"renameMe","name":"Raw {{n}}"}""")}}]}""");
        await Eventually.True(() => scene.Raw.Heard.Count(m => m.Contains("\"type\":3", StringComparison.Ordinal)) >= 121, "every call is answered");

        var answers = scene.Raw.Heard.Where(m => m.Contains("\"type\":3", StringComparison.Ordinal)).ToList();
        var tooFast = answers.Count(a => a.Contains(Refusal.TooFast.Words, StringComparison.Ordinal));
        var accepted = answers.Count(a => a.Contains("\"accepted\"", StringComparison.Ordinal));
        Assert.Equal(120, tooFast + accepted);
        Assert.True(tooFast >= 20, $"{tooFast} were too fast");
        Assert.InRange(accepted, 38, 100);
        Assert.Equal(tooFast, counted.Count);
        await scene.NobodyNoticed(added: accepted);
        // The same number, later: nothing was taken from it.
        await Eventually.True(async () => (await scene.Raw.Call("Act", Act.Replace("NUMBER", "120").Replace("COMMAND", """{"type":"renameMe","name":"Raw 120"}"""), "late"))!.Contains("\"position\"", StringComparison.Ordinal), "it lands");
    }

    /// <summary>A session with somebody who misbehaves on one line, and somebody on each server who must not notice.</summary>
    private sealed class Scene(LiveHouse house, Workshop workshop, LiveClient ada, LiveClient ben, RawLine raw, long head) : IAsyncDisposable
    {
        public RawLine Raw => raw;

        public static async Task<Scene> Make(LiveHouse house)
        {
            var workshop = await house.Site.Workshop(people: 3);
            var ada = await new LiveClient(await workshop.Comes(1), house.First).IsIn();
            var ben = await new LiveClient(await workshop.Comes(2), house.Second).IsIn();
            var raw = await RawLine.Open(await workshop.Comes(3), house.One.Address);
            await raw.Enter();
            foreach (var other in (int[])[1, 2, 3])
            {
                await ada.Sees<PersonView>($"person:{workshop.Person(other)}", p => p.Here);
                await ben.Sees<PersonView>($"person:{workshop.Person(other)}", p => p.Here);
            }
            return new(house, workshop, ada, ben, raw, await house.Head(workshop.Session));
        }

        /// <summary>The log is as long as it was, but for what was rightly added and the presence of the one whose line may have ended; both servers serve the others on the same lines.</summary>
        public async Task NobodyNoticed(int added = 0)
        {
            var since = (await house.Entries(workshop.Session)).Skip((int)head).Where(e => e.By != PersonId.System).ToList();
            Assert.Equal(added, since.Count);
            await ada.Does(new RenameMe("Ada still here"));
            await ben.Sees<PersonView>($"person:{ada.Person}", p => p.Name == "Ada still here");
            await ben.Does(new RenameMe("Ben still here"));
            await ada.Sees<PersonView>($"person:{ben.Person}", p => p.Name == "Ben still here");
            Assert.Equal((1, 1), (ada.Entered, ben.Entered));
        }

        public async ValueTask DisposeAsync()
        {
            await ada.DisposeAsync();
            await ben.DisposeAsync();
            await raw.DisposeAsync();
        }
    }
}
