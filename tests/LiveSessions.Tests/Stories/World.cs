using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Polls;
using LiveSessions.Sessions;
using LiveSessions.Tests.Exercises;

namespace LiveSessions.Tests.Stories;

/// <summary>Somebody in a story.</summary>
public sealed record Who(PersonId Id, string Name)
{
    public static implicit operator PersonId(Who who) => who.Id;
    public Step Does(Command command) => new(Id, command);
}

/// <summary>The sessions that stories are about, made from the shipped exercises and plans.</summary>
internal static class World
{
    /// <summary>A moment before the session's planned start.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 3, 4, 19, 55, 0, TimeSpan.Zero);

    public static readonly Who host = new(new("host"), "Rosa Host"), cleo = new(new("cleo"), "Cleo Helper");
    public static readonly Who ada = new(new("ada"), "Ada"), ben = new(new("ben"), "Ben"), caz = new(new("caz"), "Caz"), dov = new(new("dov"), "Dov"),
        eve = new(new("eve"), "Eve"), fay = new(new("fay"), "Fay"), gil = new(new("gil"), "Gil"), hal = new(new("hal"), "Hal");
    public static readonly IReadOnlyList<Who> Everybody = [ada, ben, caz, dov, eve, fay, gil, hal];
    public static readonly Who system = new(PersonId.System, "the server");
    public static readonly Who nobody = new(new("nobody"), "Nobody");

    public static readonly TeamId alpine = new("alpine"), butte = new("butte"), colusa = new("colusa");
    public static readonly BlockId welcome = new("welcome"), ready = new("ready"), rooms = new("rooms"), report = new("report");

    public static Exercise Shipped(string key) => Shelf.Shipped.Exercises[key];

    /// <summary>A short hour: a welcome, a poll, rooms with one exercise, a report.</summary>
    public static SessionInfo Hour(Exercise exercise) => new(
        "Week 1", "Partnership Project Pilot", Noon.AddMinutes(5), "America/Los_Angeles", new(2027, 3, 4),
        [
            new(welcome, "Welcome", "talk", 5, "Welcome.", "Say your name first.", null),
            new(ready, "How ready?", "poll", 2, null, null, new(new("before"), "scale", "How ready do you feel?", [], 0, false)),
            new(rooms, "Practice", "rooms", Math.Max(1, exercise.Minutes), "You are in rooms.", "Look in.", null),
            new(report, "One thing each", "report", 8, null, null, null),
        ],
        new Dictionary<BlockId, Exercise> { [rooms] = exercise });

    /// <summary>A shipped plan as a session is made from it.</summary>
    public static SessionInfo FromPlan(string key)
    {
        var plan = Shelf.Shipped.Plans[key];
        return new(
            plan.Name, plan.Programme, Noon.AddMinutes(5), "America/Los_Angeles", new(2027, 3, 4),
            [.. plan.Blocks.Select(b => new PlannedBlock(
                new(b.Id), b.Title, b.Kind.ToString().ToLowerInvariant(), b.Minutes, b.Text, b.Script,
                b.Poll is { Poll: var p } ? new(new(p.Id), p.Kind, p.Question, p.Options, p.Votes, b.Poll.Results == PollResults.Live) : null))],
            plan.Blocks.Where(b => b.ExerciseKey is not null).ToDictionary(b => new BlockId(b.Id), b => Shelf.Shipped.ForBlock(plan, b)));
    }

    public static readonly Exercise practice = Shipped("community-conversation-practice"), merging = Shipped("one-two-four-all");

    public static Step[] Created(SessionInfo info) => [system.Does(new CreateSession(info))];

    public static Step Comes(Who who, Consent consent = Consent.Named, TeamId? team = null) => system.Does(new JoinSession(who, who.Name, team, consent, true, ByLink: true));

    public static Step Waits(Who who, Consent consent = Consent.Named, TeamId? team = null) => system.Does(new JoinSession(who, who.Name, team, consent, true, ByLink: false));

    public static Step IsHere(Who who) => system.Does(new MarkHere(who));

    /// <summary>The session is made, its teams are known and its host is in.</summary>
    public static Step[] Made(Exercise exercise) =>
    [
        .. Created(Hour(exercise)),
        system.Does(new EnterRoster([new(alpine, "Alpine"), new(butte, "Butte"), new(colusa, "Colusa")], [])),
        system.Does(new JoinAsStaff(host, host.Name, IsOwner: true)),
        system.Does(new JoinAsStaff(cleo, cleo.Name, IsOwner: false)),
    ];

    /// <summary>So many people are in: ada and ben of Alpine, caz and dov of Butte, eve and fay of Colusa, gil and hal of no team; all are connected.</summary>
    public static Step[] Gathered(Exercise exercise, int people = 6) =>
    [
        .. Made(exercise),
        .. Everybody.Take(people).Select((who, i) => Comes(who, Consent.Named, i < 6 ? new[] { alpine, butte, colusa }[i / 2] : null)),
        .. Everybody.Take(people).Select(IsHere),
    ];

    public static Step[] Running(Exercise exercise, int people = 6) => [.. Gathered(exercise, people), host.Does(new StartSession())];

    /// <summary>One room with everybody: its id is <see cref="Room1"/>.</summary>
    public static Step[] InOneRoom(Exercise exercise, int people = 6) => InRooms(exercise, people, Math.Max(people, 2));

    public static Step[] InRooms(Exercise exercise, int people, int size) =>
    [
        .. Running(exercise, people),
        host.Does(new LiveSessions.Rooms.ProposeGrouping(LiveSessions.Rooms.GroupingRule.Random, size, 7)),
        host.Does(new LiveSessions.Rooms.OpenRooms(rooms, null)),
    ];

    /// <summary>Rooms of the home teams: Alpine is <see cref="Room1"/>, Butte <see cref="Room2"/>, Colusa <see cref="Room3"/>.</summary>
    public static Step[] InHomeRooms(Exercise exercise) =>
    [
        .. Running(exercise),
        host.Does(new LiveSessions.Rooms.ProposeGrouping(LiveSessions.Rooms.GroupingRule.HomeTeams, 6, 7)),
        host.Does(new LiveSessions.Rooms.OpenRooms(rooms, null)),
    ];

    public static readonly RoomId Room1 = new("r1-1"), Room2 = new("r1-2"), Room3 = new("r1-3");

    /// <summary>All rooms go to the step.</summary>
    public static Step ToStep(string phase) => host.Does(new LiveSessions.Conversation.AdvanceRooms(phase));

    public static Who Named(PersonId person) => Everybody.First(who => who.Id == person);

    public static PollSpec Spec(string kind, params string[] options) => new(kind, "Which?", options, 3, false);
}
