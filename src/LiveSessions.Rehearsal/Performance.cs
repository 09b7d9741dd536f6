using LiveSessions.Log;
using LiveSessions.Rehearsal.Words;

namespace LiveSessions.Rehearsal;

/// <summary>The whole: makes the session, brings the people, runs the plan, looks at the end whether everything is there.</summary>
internal sealed class Performance(Options options, Door host) : IDisposable
{
    private readonly Ledger _ledger = new();
    private readonly Corpus _corpus = new();

    public async Task<Report> Run(CancellationToken ct)
    {
        var tell = new Telling(_ledger, options.Quiet);
        var plan = (await host.Get<List<PlanOffer>>("/api/plans", ct)).Find(p => p.Key == options.Plan) ?? throw new RehearsalFailed($"The server has no plan '{options.Plan}'.");
        var pace = new Pace(options.Speed, options.Minutes is { } minutes ? Math.Min(1, minutes / plan.Minutes) : 1);
        var (profiles, missing) = Profile.Make(options, _corpus);

        var made = await host.Post<SessionMade>("/api/sessions", new { plan = plan.Key, title = $"Rehearsal: {plan.Name}", startsAt = DateTimeOffset.UtcNow.AddMinutes(5), timeZone = "America/Los_Angeles" }, ct);
        var roster = await host.Post<RosterAnswer>($"/api/sessions/{made.Session}/roster", new { csv = Csv(profiles, missing) }, ct);
        tell.Say($"{made.Title}: {profiles.Count} people in {options.Teams} teams, join code {made.Code}. A roster of {roster.People.Count}, {missing.Count} of whom will not come.");

        var teams = roster.Teams.ToDictionary(t => t.Name, t => t.Id);
        var links = roster.People.Where(p => p.Link is not null).ToDictionary(p => (p.TeamName, p.Name), p => p.Link!);
        var crowd = profiles.Select(p => new Participant(p, host.Url, _ledger, _corpus, pace)).ToList();
        var line = new Line(host, made.Session, _ledger, new Random(options.Seed), (_, _, _) => { });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        try
        {
            line.Start();
            await line.WhenOpen(ct).WaitAsync(TimeSpan.FromSeconds(20), ct);
            var facilitator = new Facilitator(line, _ledger, _corpus, pace, options, tell);
            var coming = crowd.Select(p => Come(p, made.Code, teams, links.GetValueOrDefault((p.Profile.Team, p.Profile.Name)), line, over.Token)).ToList();
            var running = facilitator.Run(crowd.Count(p => !p.Profile.IsLate), ct);
            await Task.WhenAny(running, Failing(coming));
            if (!running.IsCompleted)
                await coming.First(t => t.IsFaulted);
            await running;
            return await End(made, crowd, line, facilitator, coming, over, tell, ct);
        }
        finally
        {
            await over.CancelAsync();
            await Parallel.ForEachAsync(crowd, CancellationToken.None, async (p, _) => await p.DisposeAsync());
            await line.DisposeAsync();
        }
    }

    public void Dispose() => _ledger.Dispose();

    private static async Task Failing(IReadOnlyList<Task> tasks)
    {
        var never = new TaskCompletionSource();
        foreach (var task in tasks)
            _ = task.ContinueWith(_ => never.TrySetResult(), CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        await never.Task;
    }

    private async Task Come(Participant who, string code, IReadOnlyDictionary<string, string> teams, string? link, Line host, CancellationToken over)
    {
        try
        {
            if (who.Profile.IsLate)
                while (host.Store.Find<Rooms.RoomsView>("rooms") is not { IsOpen: true })
                    await host.Store.Changed.WaitAsync(over);
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(0.1, who.Profile.ArrivesAfter * (options.Minutes is null ? 1 : 0.15) / options.Speed)), over);
            await who.Arrive(code, teams, who.Profile.ByLink ? link : null, over);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        await who.TakePart(over);
    }

    private async Task<Report> End(SessionMade made, IReadOnlyList<Participant> crowd, Line line, Facilitator facilitator, IReadOnlyList<Task> coming, CancellationTokenSource over, Telling tell, CancellationToken ct)
    {
        var findings = new Findings();
        var stored = Transcripts.Stored(line, ct);
        // People stop; what they had sent is still answered.
        await Task.Delay(500, ct);
        await over.CancelAsync();
        await Task.WhenAll(coming).WaitAsync(TimeSpan.FromSeconds(60), ct);
        for (var tries = 0; _ledger.Sent != _ledger.Asked.Count && tries < 100; tries++)
            await Task.Delay(100, ct);
        tell.Say("Looking whether everybody sees everything.");
        var here = crowd.Where(p => p.IsHere).ToList();
        foreach (var absent in crowd.Where(p => !p.IsHere))
            findings.Wrong.Add($"{absent.Profile.Name} did not get in.");
        await Checks.Stores([.. here.Select(p => (p.Profile.Name, p.Line)), ("The facilitator", line)], findings, ct);
        Checks.Words([.. here.Select(p => p.Store)], _ledger, findings);
        Checks.Votes(line.Store, _ledger, findings);
        Checks.Answers(_ledger, findings);
        tell.Say("Looking whether the transcripts are complete.");
        var transcripts = await Transcripts.Check(host, made.Session, line, stored, crowd, _ledger, findings, ct);
        return new Report(options, made, here.Count, facilitator.RoomsOpened, _ledger, findings, transcripts, host.Url);
    }

    private static string Csv(IReadOnlyList<Profile> profiles, IReadOnlyList<(string Team, string Name)> missing)
    {
        // Who comes by code is not on the list, as a colleague who was told yesterday; every team is.
        var people = profiles.Where(p => p.ByLink).Select(p => (p.Team, p.Name)).Concat(missing);
        return "team,name\n" + string.Join('\n', people.Select(p => $"{p.Team},{p.Name}"));
    }
}
