using System.Text;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace LiveSessions.Server.Tests.Live;

public sealed class LiveLineTests
{
    private readonly SlowReader _reader = new();
    private readonly LiveLine _line;

    public LiveLineTests() => _line = new(_reader, new("s"), new("ada"), false, "Ada", false, new(20, 40, 10));

    [Fact]
    public void Answers_go_out_in_one_piece_with_what_is_shown_next()
    {
        _line.Hold("1", Answer.Accepted(7));
        _line.Hold("2", Answer.Accepted(8));
        _line.Show(new(new InvocationMessage("Show", ["what"])));
        Assert.Equal(["1", "2", "Show"], SlowReader.Calls(Assert.Single(_reader.Told)));
    }

    /// <summary>What is held is written into the same room again and again, but not while somebody has yet to read it.</summary>
    [Fact]
    public void Answers_that_wait_for_a_slow_reader_stay_as_they_were_written()
    {
        _reader.IsStuck = true;
        for (var call = 1; call <= 3; call++)
        {
            _line.Hold($"{call}", Answer.Accepted(call));
            _line.LetGo();
        }
        _reader.IsStuck = false;
        _line.Hold("4", Answer.Accepted(4));
        _line.LetGo();
        Assert.Equal(["1", "2", "3", "4"], _reader.Told.Select(told => Assert.Single(SlowReader.Calls(told))));
    }

    [Fact]
    public void A_mark_is_of_the_person_and_of_the_page_that_asks()
    {
        CommandMark Of(string instance, long number) => _line.MarkOf(new(instance, number, new LiveSessions.Sessions.StartSession()));
        Assert.Equal(
            [new("ada.page-0001", 1), new("ada.page-0001", 2), new("ada.page-0002", 2), new("ada.page-0001", 3)],
            [Of("page-0001", 1), Of("page-0001", 2), Of("page-0002", 2), Of("page-0001", 3)]);
    }

    /// <summary>Looks at the bytes of a message only later, as a socket that is busy does.</summary>
    private sealed class SlowReader() : HubConnectionContext(new DefaultConnectionContext("line"), new HubConnectionContextOptions { KeepAliveInterval = TimeSpan.FromSeconds(3) }, NullLoggerFactory.Instance)
    {
        private readonly JsonHubProtocol _protocol = new();
        private readonly List<Func<string>> _told = [];

        public bool IsStuck { get; set; }
        public IEnumerable<string> Told => _told.Select(read => read());
        public override IHubProtocol Protocol => _protocol;

        public static string[] Calls(string told) =>
            [.. told.Split('\u001e', StringSplitOptions.RemoveEmptyEntries).Select(m => System.Text.Json.JsonDocument.Parse(m).RootElement).Select(m => (m.TryGetProperty("invocationId", out var id) ? id : m.GetProperty("target")).GetString()!)];

        public override ValueTask WriteAsync(SerializedHubMessage message, CancellationToken cancellationToken = default)
        {
            var bytes = message.GetSerializedMessage(Protocol);
            if (IsStuck)
            {
                _told.Add(() => Encoding.UTF8.GetString(bytes.Span));
                return new(new TaskCompletionSource().Task);
            }
            var copied = Encoding.UTF8.GetString(bytes.Span);
            _told.Add(() => copied);
            return default;
        }
    }
}
