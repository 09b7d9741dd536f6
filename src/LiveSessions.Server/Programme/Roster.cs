using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Live;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Programme;

/// <summary>Who is expected, in SQL and in the session's log, and the personal links that bring each in without a code.</summary>
internal sealed class Roster(IDbContextFactory<ArchiveDb> archive, ILiveSessions live, TimeProvider time)
{
    private const int PeopleInOneEntry = 500;

    /// <summary>Enters all lines or none. People who are there already keep their link and their id.</summary>
    /// <returns>The roster, with links of those who got one now; or why the session takes no more.</returns>
    public async Task<(RosterView? Roster, string? WhyNot)> Enter(SessionId session, IReadOnlyList<RosterLine> lines, Uri site, CancellationToken ct)
    {
        var links = new Dictionary<PersonId, string>();
        var (added, changed) = (new List<PersonId>(), 0);
        await using var db = await archive.CreateDbContextAsync(ct);
        await using (var transaction = await db.Database.BeginTransactionAsync(ct))
        {
            await db.TakeTurn(Gate(session), ct);
            var people = await db.RosterPeople.Where(p => p.Session == session).ToListAsync(ct);
            changed = Match(session, lines, people, added);
            db.RosterPeople.AddRange(people.Where(p => added.Contains(p.Person)));
            if (people.Count > RosterFile.MaxPeople || people.Select(p => p.Team).Distinct().Count() > RosterFile.MaxTeams)
                return (null, $"A session holds at most {RosterFile.MaxPeople:N0} people in {RosterFile.MaxTeams:N0} teams.");
            foreach (var person in people.Where(p => p.LinkHash is null))
                links[person.Person] = NewLink(person, site);
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }
        try
        {
            if (await Tell(session, db, ct) is { } refused)
            {
                await Undo(session, added, links.Keys);
                return (null, refused);
            }
        }
        catch
        {
            // Whether the log took them is not known. They stay, since entering again mends that; but links that nobody saw must be made anew.
            await Undo(session, [], links.Keys);
            throw;
        }
        return (await View(session, links, added.Count, changed, ct), null);
    }

    public Task<RosterView> View(SessionId session, CancellationToken ct) => View(session, new Dictionary<PersonId, string>(), 0, 0, ct);

    /// <summary>A new personal link for one person, or for all when none is named; the old ones stop working.</summary>
    /// <returns>Null if there is no such person on this session's roster.</returns>
    public async Task<RosterView?> NewLinks(SessionId session, PersonId? only, Uri site, CancellationToken ct)
    {
        var links = new Dictionary<PersonId, string>();
        await using var db = await archive.CreateDbContextAsync(ct);
        var people = await db.RosterPeople.Where(p => p.Session == session && (only == null || p.Person == only)).ToListAsync(ct);
        if (people.Count == 0 && only is not null)
            return null;
        foreach (var person in people)
            links[person.Person] = NewLink(person, site);
        await db.SaveChangesAsync(ct);
        var view = await View(session, links, 0, 0, ct);
        return only is { } one ? view with { People = view.People.Where(p => p.Person == one.Value).ToList() } : view;
    }

    private async Task<RosterView> View(SessionId session, Dictionary<PersonId, string> links, int added, int changed, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var people = await db.RosterPeople.AsNoTracking().Where(p => p.Session == session).ToListAsync(ct);
        var came = (await db.Seats.Where(s => s.Session == session).Select(s => s.Person).Distinct().ToListAsync(ct)).ToHashSet();
        return new RosterView(
            Teams(people),
            people.OrderBy(p => p.TeamName, StringComparer.CurrentCultureIgnoreCase).ThenBy(p => p.Name, StringComparer.CurrentCultureIgnoreCase)
                .Select(p => new RosterPersonView(p.Person.Value, p.Team.Value, p.TeamName, p.Name, p.Email, p.LinkHash is not null, came.Contains(p.Person), links.GetValueOrDefault(p.Person)))
                .ToList(),
            added, changed);
    }

    internal static List<RosterTeamView> Teams(IEnumerable<RosterRow> people) =>
        people.GroupBy(p => p.Team).Select(g => new RosterTeamView(g.Key.Value, g.First().TeamName)).OrderBy(t => t.Name, StringComparer.CurrentCultureIgnoreCase).ToList();

    private async Task<string?> Tell(SessionId session, ArchiveDb db, CancellationToken ct)
    {
        var people = await db.RosterPeople.AsNoTracking().Where(p => p.Session == session).OrderBy(p => p.Person).ToListAsync(ct);
        var teams = people.GroupBy(p => p.Team).Select(g => new RosterTeam(g.Key, g.First().TeamName)).ToList();
        foreach (var some in people.Chunk(PeopleInOneEntry))
        {
            var here = some.Select(p => p.Team).ToHashSet();
            var answer = await live.Act(
                session, Actor.System, new EnterRoster(teams.Where(t => here.Contains(t.Team)).ToList(), some.Select(p => new RosterPerson(p.Person, p.Team, p.Name)).ToList()), ct);
            if (answer.IsRefused)
                return answer.Words;
        }
        return null;
    }

    private async Task Undo(SessionId session, List<PersonId> added, IEnumerable<PersonId> linked)
    {
        await using var db = await archive.CreateDbContextAsync();
        foreach (var some in added.Chunk(500))
            await db.RosterPeople.Where(p => p.Session == session && some.Contains(p.Person)).ExecuteDeleteAsync();
        foreach (var some in linked.Chunk(500))
            await db.RosterPeople.Where(p => p.Session == session && some.Contains(p.Person)).ExecuteUpdateAsync(set => set.SetProperty(p => p.LinkHash, (byte[]?)null));
    }

    /// <summary>Brings the people that are there to what the lines say, and adds who is missing. The same person is who has the same e-mail address, else the same name in the same team.</summary>
    private int Match(SessionId session, IReadOnlyList<RosterLine> lines, List<RosterRow> people, List<PersonId> added)
    {
        var changed = 0;
        var teams = people.GroupBy(p => RosterFile.Same(p.TeamName)).ToDictionary(g => g.Key, g => (g.First().Team, g.First().TeamName));
        var byEmail = people.Where(p => p.Email is not null).GroupBy(p => RosterFile.Same(p.Email!)).ToDictionary(g => g.Key, g => g.First());
        var byName = people.GroupBy(NameKey).ToDictionary(g => g.Key, g => g.ToList());
        var now = time.GetUtcNow();
        var last = people.Select(p => NewId.NumberOf(p.Person)).DefaultIfEmpty().Max();
        foreach (var line in lines)
        {
            if (!teams.TryGetValue(RosterFile.Same(line.Team), out var team))
                teams[RosterFile.Same(line.Team)] = team = (new TeamId(NewId.Team()), line.Team);
            var same = byName.GetValueOrDefault($"{team.Team}\n{RosterFile.Same(line.Name)}");
            var known = line.Email is { } email
                ? byEmail.GetValueOrDefault(RosterFile.Same(email)) ?? same?.FirstOrDefault(p => p.Email is null)
                : same?.FirstOrDefault();
            if (known is null)
            {
                known = new RosterRow { Session = session, Person = NewId.OnRoster(++last), Team = team.Team, TeamName = team.TeamName, Name = line.Name, Email = line.Email, AddedAt = now };
                people.Add(known);
                added.Add(known.Person);
            }
            else if (known.Team != team.Team || known.Name != line.Name || (line.Email is not null && known.Email != line.Email))
            {
                (known.Team, known.TeamName, known.Name, known.Email) = (team.Team, team.TeamName, line.Name, line.Email ?? known.Email);
                changed++;
            }
            // The next line may speak of the same name with another e-mail address.
            if (known.Email is not null)
                byEmail[RosterFile.Same(known.Email)] = known;
        }
        return changed;
    }

    private static string NameKey(RosterRow person) => $"{person.Team}\n{RosterFile.Same(person.Name)}";

    private static string NewLink(RosterRow person, Uri site)
    {
        var token = Secret.New();
        person.LinkHash = Secret.Hash(token);
        return new Uri(site, $"/i/{token}").ToString();
    }

    /// <summary>Two hosts who enter at once take turns.</summary>
    private static long Gate(SessionId session) => BitConverter.ToInt64(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes("roster " + session.Value)));
}
