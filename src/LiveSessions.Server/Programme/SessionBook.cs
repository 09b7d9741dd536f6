using System.Data.Common;
using LiveSessions.Exercises;
using LiveSessions.Log;
using LiveSessions.Plan;
using LiveSessions.Server.Access;
using LiveSessions.Server.Live;
using LiveSessions.Server.Transcripts;
using LiveSessions.Sessions;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Programme;

/// <summary>Makes sessions from plans and tells what is planned.</summary>
internal sealed class SessionBook(IDbContextFactory<ArchiveDb> archive, ILiveSessions live, TemplateShelf shelf, AuditTrail audit, TimeProvider time, IConfiguration configuration)
{
    private const int CodeTries = 5;
    private readonly int retentionDays = configuration.GetValue("Archive:RetentionDays", 90);

    public IReadOnlyList<PlanOffer> Plans => shelf.Plans.Values
        .Select(p => new PlanOffer(p.Key, p.Name, p.Programme, p.Minutes, p.Blocks.Select(b => new PlanOfferBlock(b.Id, b.Title, KindOf(b.Kind), b.Minutes)).ToList()))
        .ToList();

    /// <summary>Makes the session in SQL and its log, or neither.</summary>
    /// <returns>The session's id, or why not.</returns>
    public async Task<(SessionId? Session, string? WhyNot)> Make(string owner, NewSession asked, CancellationToken ct)
    {
        if (!shelf.Plans.TryGetValue(asked.Plan ?? "", out var plan))
            return (null, "There is no such plan.");
        if (Texts.CleanName(string.IsNullOrWhiteSpace(asked.Title) ? plan.Name : asked.Title) is not { } title)
            return (null, $"A title has 1 to {Limits.Name} characters.");
        var programme = string.IsNullOrWhiteSpace(asked.Programme) ? plan.Programme : asked.Programme;
        if (Texts.CleanName(programme) is not { } cleanProgramme)
            return (null, $"The programme's name has 1 to {Limits.Name} characters.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(asked.TimeZone ?? "", out var zone) || !zone.HasIanaId)
            return (null, "This time zone is not known. It is named like America/Los_Angeles.");
        var now = time.GetUtcNow();
        if (asked.StartsAt < now.AddDays(-1) || asked.StartsAt > now.AddYears(3))
            return (null, "Choose a start between today and three years from now.");

        var retention = asked.StartsAt.AddDays(retentionDays);
        var row = new SessionRow
        {
            Id = NewId.Session(),
            Code = JoinCodes.New(),
            Title = title,
            Programme = cleanProgramme,
            Plan = plan.Key,
            StartsAt = asked.StartsAt,
            TimeZone = zone.Id,
            Minutes = plan.Minutes,
            Owner = owner,
            CreatedAt = now,
            RetentionUntil = retention,
        };
        await Insert(row, ct);
        var info = InfoOf(plan, shelf, title, cleanProgramme, asked.StartsAt, zone, retention);
        try
        {
            var answer = await live.Act(row.Id, Actor.System, new CreateSession(info), ct);
            if (!answer.IsRefused)
                return (row.Id, null);
            await Remove(row.Id);
            return (null, answer.Words);
        }
        catch
        {
            // Its log may have its first entry, which nobody will ever find.
            await Remove(row.Id);
            throw;
        }
    }

    public async Task<IReadOnlyList<SessionSummary>> Of(string account, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var rows = await db.Sessions.AsNoTracking()
            .Where(s => s.Owner == account || db.SessionStaff.Any(f => f.Session == s.Id && f.Account == account))
            .OrderBy(s => s.StartsAt)
            .Select(s => new Counted(
                s,
                db.RosterPeople.Count(p => p.Session == s.Id),
                db.RosterPeople.Where(p => p.Session == s.Id).Select(p => p.Team).Distinct().Count(),
                db.Seats.Where(t => t.Session == s.Id).Select(t => t.Person).Distinct().Count()))
            .ToListAsync(ct);
        return rows.ConvertAll(r => Summary(r, account));
    }

    public async Task<SessionDetail> Detail(SessionId session, string account, Uri site, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var s = await db.Sessions.AsNoTracking().SingleAsync(r => r.Id == session, ct);
        var people = await db.RosterPeople.CountAsync(p => p.Session == session, ct);
        var teams = await db.RosterPeople.Where(p => p.Session == session).Select(p => p.Team).Distinct().CountAsync(ct);
        var came = await db.Seats.Where(t => t.Session == session).Select(t => t.Person).Distinct().CountAsync(ct);
        var isOwner = s.Owner == account;
        var staff = await db.Users.Where(u => u.Id == s.Owner || db.SessionStaff.Any(f => f.Session == session && f.Account == u.Id))
            .Select(u => new StaffMember(u.Id, u.Name, u.Email ?? "", u.Id == s.Owner)).ToListAsync(ct);
        return new SessionDetail(
            s.Id.Value, s.Title, s.Programme, s.StartsAt, s.TimeZone, s.Minutes, StageOf(s), s.StartedAt, s.EndedAt, s.RetentionUntil, isOwner, people, teams, came, s.Plan, s.Code,
            JoinAddress(site, s.Code), staff.OrderByDescending(m => m.IsOwner).ThenBy(m => m.Name, StringComparer.CurrentCulture).ToList(), isOwner ? await Grants(db, session, ct) : null);
    }

    /// <summary>What the QR picture says and the host page shows.</summary>
    public static string JoinAddress(Uri site, string code) => new Uri(site, $"/join/{code}").ToString();

    public async Task<string> CodeOf(SessionId session, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return await db.Sessions.Where(s => s.Id == session).Select(s => s.Code).SingleAsync(ct);
    }

    /// <returns>False if nobody has an account with this e-mail address.</returns>
    public async Task<bool> AddStaff(SessionId session, string email, string by, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        if (await AccountOf(db, email, ct) is not { } account)
            return false;
        var role = await SessionStaffing.RoleOf(db, session, account, ct);
        if (role is null)
        {
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            await audit.Add(db, by, "staff.add", $"{session}/{account}", ct);
            db.SessionStaff.Add(new SessionStaff { Session = session, Account = account, AddedAt = time.GetUtcNow() });
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }
        // Whoever was taken out of the session itself comes back only by an entry of its log.
        var name = await db.Users.Where(u => u.Id == account).Select(u => u.Name).SingleAsync(ct);
        await live.Act(session, Actor.System, new JoinAsStaff(NewId.Staff(account, session), name, role == SessionRole.Owner, Again: true), ct);
        return true;
    }

    /// <summary>
    /// Takes a co-facilitator's powers away. The log decides it, so that every node refuses what comes after that entry and closes the lines; somebody who never came in is in no log,
    /// and their lines are closed by what the nodes tell each other.
    /// </summary>
    public async Task<bool> DropStaff(SessionId session, string account, string by, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        if (!await db.SessionStaff.AnyAsync(f => f.Session == session && f.Account == account, ct))
            return false;
        await live.Act(session, Actor.System, new RemovePerson(NewId.Staff(account, session)), ct);
        await using (var transaction = await db.Database.BeginTransactionAsync(ct))
        {
            await audit.Add(db, by, "staff.drop", $"{session}/{account}", ct);
            if (await db.SessionStaff.Where(f => f.Session == session && f.Account == account).ExecuteDeleteAsync(ct) == 0)
                return false;
            await db.SaveChangesAsync(ct);
            await transaction.CommitAsync(ct);
        }
        await live.Dismiss(session, NewId.Staff(account, session), new Dismissed("removed", "You are no longer a facilitator of this session."), ct);
        return true;
    }

    public async Task<(GrantView? Grant, string? WhyNot)> Give(SessionId session, NewGrant asked, string by, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        var retention = await db.Sessions.Where(s => s.Id == session).Select(s => s.RetentionUntil).SingleAsync(ct);
        var from = asked.From ?? now;
        if (asked.Until <= from || asked.Until <= now)
            return (null, "A grant ends after it begins, and not in the past.");
        if (await AccountOf(db, asked.Email, ct) is not { } account)
            return (null, NoAccount);
        var grant = new Grant
        {
            Id = NewId.Row(),
            Session = session,
            Account = account,
            From = from,
            Until = asked.Until < retention ? asked.Until : retention,
            MayExport = asked.MayExport,
            GivenBy = by,
        };
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await audit.Add(db, by, asked.MayExport ? "grant.give.export" : "grant.give", $"{session}/{account}/{grant.Id}", ct);
        // The newest grant is the one that counts; an account never holds two.
        await db.Grants.Where(g => g.Session == session && g.Account == account && g.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(g => g.RevokedAt, now), ct);
        db.Grants.Add(grant);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return ((await Grants(db, session, ct)).Single(g => g.Grant == grant.Id), null);
    }

    public async Task<bool> Revoke(SessionId session, string grant, string by, CancellationToken ct)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await audit.Add(db, by, "grant.revoke", $"{session}/{grant}", ct);
        var now = time.GetUtcNow();
        if (await db.Grants.Where(g => g.Session == session && g.Id == grant && g.RevokedAt == null).ExecuteUpdateAsync(set => set.SetProperty(g => g.RevokedAt, now), ct) == 0)
            return false;
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return true;
    }

    public const string NoAccount = "Nobody with this e-mail address has an account here. Send them an invitation first.";

    public static string StageOf(SessionRow s) => s.EndedAt is not null ? "ended" : s.StartedAt is not null ? "running" : "gathering";

    private async Task<List<GrantView>> Grants(ArchiveDb db, SessionId session, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        return await db.Grants.Where(g => g.Session == session && g.RevokedAt == null && g.Until > now)
            .Join(db.Users, g => g.Account, u => u.Id, (g, u) => new GrantView(g.Id, u.Name, u.Email ?? "", g.From, g.Until, g.MayExport)).ToListAsync(ct);
    }

    private static async Task<string?> AccountOf(ArchiveDb db, string? email, CancellationToken ct)
    {
        var normalised = (email ?? "").Trim().ToUpperInvariant();
        return await db.Users.Where(u => u.NormalizedEmail == normalised && u.DisabledAt == null).Select(u => u.Id).SingleOrDefaultAsync(ct);
    }

    private async Task Insert(SessionRow row, CancellationToken ct)
    {
        for (var tries = 1; ; tries++)
        {
            await using var db = await archive.CreateDbContextAsync(ct);
            db.Sessions.Add(row);
            try
            {
                await db.SaveChangesAsync(ct);
                return;
            }
            catch (DbUpdateException e) when (e.InnerException is DbException fault && db.IsTaken(fault) && tries < CodeTries)
            {
                row.Code = JoinCodes.New();
            }
        }
    }

    private async Task Remove(SessionId session)
    {
        await using var db = await archive.CreateDbContextAsync();
        await db.Sessions.Where(s => s.Id == session).ExecuteDeleteAsync();
    }

    private static SessionSummary Summary(Counted r, string account) => new(
        r.Row.Id.Value, r.Row.Title, r.Row.Programme, r.Row.StartsAt, r.Row.TimeZone, r.Row.Minutes, StageOf(r.Row), r.Row.StartedAt, r.Row.EndedAt, r.Row.RetentionUntil,
        r.Row.Owner == account, r.People, r.Teams, r.Came);

    /// <summary>What the session's log begins with.</summary>
    public static SessionInfo InfoOf(PlanTemplate plan, TemplateShelf shelf, string title, string programme, DateTimeOffset startsAt, TimeZoneInfo zone, DateTimeOffset keptUntil) => new(
        title, programme, startsAt, zone.Id, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(keptUntil, zone).DateTime), plan.Blocks.Select(Planned).ToList(),
        plan.Blocks.Where(b => b.ExerciseKey is not null).ToDictionary(b => new BlockId(b.Id), b => shelf.ForBlock(plan, b)));

    private static PlannedBlock Planned(PlanBlock block) => new(
        new BlockId(block.Id), block.Title, KindOf(block.Kind), block.Minutes, block.Text, block.Script,
        block.Poll is { } p ? new PlannedPoll(new PollId(p.Poll.Id), p.Poll.Kind, p.Poll.Question, p.Poll.Options, p.Poll.Votes, p.Results == PollResults.Live) : null);

    private static string KindOf(BlockKind kind) => kind switch
    {
        BlockKind.Talk => "talk",
        BlockKind.Poll => "poll",
        BlockKind.Rooms => "rooms",
        BlockKind.Report => "report",
        BlockKind.Close => "close",
        _ => throw new System.Diagnostics.UnreachableException(kind.ToString()),
    };

    private sealed record Counted(SessionRow Row, int People, int Teams, int Came);
}
