namespace LiveSessions.Log;

/// <summary>How much is too much. Refused politely; each has a test.</summary>
public static class Limits
{
    public const int Name = 80;
    public const int Words = 2_000;
    public const int Question = 300;
    public const int Option = 120;
    public const int Options = 50;
    public const int Notes = 10_000;
    public const int Turns = 20_000;
    public const int Polls = 200;

    /// <summary>Earlier wordings that are shown with a text: the first one and the latest. Of those between it is told how many there are; the log has them.</summary>
    public const int Wordings = 20;
    public const int People = 5_000;
    public const int Rooms = 1_000;
    public const int Messages = 500;
    public const int Blocks = 60;
    public const int BlockMinutes = 240;

    /// <summary>Nobody is pulled out of a room with less warning than this.</summary>
    public const int RecallSeconds = 20;

    /// <summary>No result is shown under this many answers, so that nobody's answer can be guessed.</summary>
    public const int AnswersBeforeResult = 5;
}
