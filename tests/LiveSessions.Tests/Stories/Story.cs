using System.Collections.Immutable;
using System.Text.Json;
using LiveSessions.Log;
using LiveSessions.Sessions;

namespace LiveSessions.Tests.Stories;

/// <summary>One thing somebody asks for, or time that passes.</summary>
public sealed record Step(PersonId By, Command? Command)
{
    public TimeSpan After { get; init; }
    public static Step Wait(double minutes) => new(PersonId.System, null) { After = TimeSpan.FromMinutes(minutes) };
}

/// <summary>A part of a story: one step or several.</summary>
public sealed class Part(IReadOnlyList<Step> steps)
{
    public IReadOnlyList<Step> Steps { get; } = steps;
    public static implicit operator Part(Step step) => new([step]);
    public static implicit operator Part(Step[] steps) => new(steps);
}

/// <summary>Given what happened, when somebody asks for something, then this is the answer. Every step of what is given must be accepted.</summary>
internal sealed record Story(Session Session, DateTimeOffset Now, ImmutableList<LogEntry> Log)
{
    public static Story Given(params Part[] parts) => new Story(new Session(new("story")), World.Noon, []).And(parts);

    public Story And(params Part[] parts)
    {
        var story = this;
        foreach (var step in parts.SelectMany(p => p.Steps))
            story = step.Command is null
                ? story with { Now = story.Now + step.After }
                : story.When(step) is { Decision: Decision.Accepted } answer ? answer.Story : throw new InvalidOperationException($"Given {step.By}: {step.Command}, but {story.When(step).Told}");
        return story;
    }

    public Asked When(Step step)
    {
        var actor = step.By == PersonId.System ? Actor.System : new Actor(step.By, false, false);
        var decision = Session.Decide(actor, CommandMark.None, step.Command!, Now, Chance);
        if (decision is not Decision.Accepted accepted)
            return new(decision, this);
        var entry = new LogEntry(Now, step.By, null, 0, accepted.Events);
        return new(decision, new(Session.Evolve(entry), Now, Log.Add(entry)));
    }

    /// <summary>Events that no command is needed for: a long past, told quickly.</summary>
    public Story AndHappened(params Event[] events)
    {
        var entry = new LogEntry(Now, World.host, null, 0, events);
        return this with { Session = Session.Evolve(entry), Log = Log.Add(entry) };
    }

    /// <summary>Who holds a role in a room now.</summary>
    public Who Holder(string role, RoomId? room = null) => World.Named(Session.Talks[room ?? World.Room1].Holders[role]);

    /// <summary>The people of a room in the order of arrival.</summary>
    public IReadOnlyList<Who> In(RoomId room) => [.. Session.House.Rooms[room].Members.Select(World.Named)];

    /// <summary>Chance in a story is the place in it.</summary>
    private ulong Chance => (ulong)Log.Count * 0x9E3779B97F4A7C15;

    /// <summary>What a person's browser holds after a first load, by the name in its store.</summary>
    public IReadOnlyDictionary<string, View> SeenBy(PersonId person) => Pictures.SeenBy(Session, person);

    public T? Sees<T>(PersonId person, string key) where T : View => SeenBy(person).TryGetValue(key, out var view) ? (T)view : null;
}

/// <summary>The answer to the last step, and the story after it.</summary>
internal sealed record Asked(Decision Decision, Story Story)
{
    public string Told => Decision switch
    {
        Decision.Accepted accepted => $"it happened: {string.Join(", ", accepted.Events.Select(e => JsonSerializer.Serialize(e, Json.Options)))}",
        Decision.AlreadySo => "it is already so",
        Decision.Refused refused => $"it is refused: {refused.Why.Key}",
        _ => "?",
    };

    public Story Then(Refusal why)
    {
        Assert.True(Decision is Decision.Refused refused && refused.Why == why, $"Expected the refusal {why.Key}, but {Told}");
        return Story;
    }

    public Story ThenAlreadySo()
    {
        Assert.True(Decision is Decision.AlreadySo, $"Expected it to be already so, but {Told}");
        return Story;
    }

    public Story Then(params Event[] events)
    {
        Assert.True(Decision is Decision.Accepted, $"Expected it to happen, but {Told}");
        Assert.Equal(events.Select(e => JsonSerializer.Serialize(e, Json.Options)), ((Decision.Accepted)Decision).Events.Select(e => JsonSerializer.Serialize(e, Json.Options)));
        return Story;
    }

    /// <summary>It happened, and this is so afterwards.</summary>
    public Story Then(Action<Story> so)
    {
        Assert.True(Decision is Decision.Accepted, $"Expected it to happen, but {Told}");
        so(Story);
        return Story;
    }

    public T Happened<T>() where T : Event
    {
        Assert.True(Decision is Decision.Accepted, $"Expected it to happen, but {Told}");
        return Assert.Single(((Decision.Accepted)Decision).Events.OfType<T>());
    }
}
