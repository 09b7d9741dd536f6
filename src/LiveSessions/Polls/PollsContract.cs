using System.Text.Json.Serialization;
using LiveSessions.Log;

namespace LiveSessions.Polls;

/// <summary>A poll as it is asked.</summary>
/// <param name="Kind">single, multi, scale, text, dots or rag.</param>
/// <param name="Question">1 to 300 characters.</param>
/// <param name="Options">The choices; a scale has five, rag three, text none.</param>
/// <param name="Votes">Votes each person has, for dots (1 to 10).</param>
/// <param name="ResultsLive">True: results show while people answer. False: at closing.</param>
public sealed record PollSpec(string Kind, string Question, IReadOnlyList<string> Options, int Votes, bool ResultsLive);

/// <summary>One person's answer.</summary>
/// <param name="Choices">Positions in the options, from 0; for dots one entry per vote, so a position may repeat. Empty for text.</param>
/// <param name="Text">The answer of an open-text poll, up to 300 characters; null otherwise.</param>
public sealed record Ballot(IReadOnlyList<int> Choices, string? Text);

public abstract record PollCommand(PollId Poll) : Command;

/// <summary>Shows the ballot of a prepared poll (leave <paramref name="Spec"/> out) or of a new one to everybody. Facilitators.</summary>
public sealed record OpenPoll(PollId Poll, PollSpec? Spec) : PollCommand(Poll);

/// <summary>Takes no more ballots and shows the result. Facilitators.</summary>
public sealed record ClosePoll(PollId Poll) : PollCommand(Poll);

/// <summary>Votes in an open poll; voting again replaces the earlier ballot. Participants whom the poll asks.</summary>
public sealed record CastBallot(PollId Poll, Ballot Ballot) : PollCommand(Poll);

public abstract record PollEvent(PollId Poll) : Event;

/// <param name="Room">The room it is asked in, or null: everybody.</param>
public sealed record PollOpened(PollId Poll, PollSpec Spec, RoomId? Room) : PollEvent(Poll);
public sealed record PollClosed(PollId Poll) : PollEvent(Poll);
public sealed record BallotCast(PollId Poll, PersonId Voter, Ballot Ballot) : PollEvent(Poll);

/// <summary>A poll's question. Everybody it asks, and the staff.</summary>
public sealed record PollView(PollId Poll, RoomId? Room, string Kind, string Question, IReadOnlyList<string> Options, int Votes, bool ResultsLive, bool IsOpen, DateTimeOffset OpenedAt, DateTimeOffset? ClosedAt) : View;

/// <summary>
/// The count. Staff while it is hidden; everybody asked once results show. Nobody's answer can be read from it: under five answers only the number of answers is told.
/// </summary>
/// <param name="Answered">How many people have answered.</param>
/// <param name="Asked">How many are asked (people in scope).</param>
/// <param name="IsEnough">False under five answers: no counts, no words.</param>
/// <param name="Counts">Votes by option, in the options' order.</param>
/// <param name="Mean">Mean of a scale (1 to 5), or null.</param>
/// <param name="Texts">Answers in words, in no order that tells who wrote them.</param>
public sealed record TallyView(PollId Poll, int Answered, int Asked, bool IsEnough, IReadOnlyList<int> Counts, double? Mean, IReadOnlyList<string> Texts) : View;

/// <summary>One's own answer. That person only.</summary>
public sealed record BallotView(PollId Poll, Ballot Ballot) : View;
