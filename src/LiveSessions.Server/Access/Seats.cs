using System.Collections.Concurrent;
using LiveSessions.Log;
using LiveSessions.Server.Transcripts;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Access;

/// <summary>
/// Keeps a person in their place through reloads, lost networks and restarts, with nothing asked again: a 256-bit secret in a cookie, its hash here. The secret changes at
/// each <see cref="Renew"/>. The one before stays good until a minute after the new one is first seen, so neither two tabs nor a reply lost on a bad network cost anybody their seat.
/// </summary>
public sealed class Seats(IDbContextFactory<ArchiveDb> archive, TimeProvider time) : IDisposable
{
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>Devices a person may sit at; the one that has sat longest gives way.</summary>
    public const int PerPerson = 3;

    /// <summary>
    /// SQLite lets one write at a time and leaves it to luck who is next: of a whole class that joins in one moment some would wait in vain. Here they stand in line.
    /// </summary>
    private readonly SemaphoreSlim line = new(1);

    // One look at one index each, and not put together anew each time: everybody who comes is looked for, a thousand within two seconds. One look for either hash goes through all
    // seats of the session on SQLite.
    private readonly Func<ArchiveDb, byte[], Task<Seat?>> _bySecret = EF.CompileAsyncQuery((ArchiveDb db, byte[] hash) => db.Seats.AsNoTracking().FirstOrDefault(s => s.SecretHash == hash && s.RevokedAt == null));
    private readonly Func<ArchiveDb, byte[], Task<Seat?>> _byPrevious = EF.CompileAsyncQuery((ArchiveDb db, byte[] hash) => db.Seats.AsNoTracking().FirstOrDefault(s => s.PreviousHash == hash && s.RevokedAt == null));

    /// <summary>
    /// Seats given or looked up a moment ago, by the mark of the secret: whoever is given one opens a socket with it at once, and a thousand do within two seconds. A secret that is replaced stays good for
    /// at least as long as it is kept here.
    /// </summary>
    private readonly ConcurrentDictionary<UInt128, (SessionId Session, PersonId Person, DateTimeOffset Until)> lately = [];
    private long sweptAt;

    /// <summary>A seat for one browser. The secret is told here and never again.</summary>
    public async Task<string> Give(SessionId session, PersonId person, CancellationToken ct = default)
    {
        var secret = Secret.New();
        await using var db = await archive.CreateDbContextAsync(ct);
        db.Seats.Add(new Seat { Id = NewId.Row(), Session = session, Person = person, SecretHash = Secret.Hash(secret), MadeAt = time.GetUtcNow() });
        using var turn = await InLine(db, ct);
        await db.SaveChangesAsync(ct);

        var surplus = await db.Seats.Where(s => s.Session == session && s.Person == person && s.RevokedAt == null)
            .OrderByDescending(s => s.MadeAt).Skip(PerPerson).Select(s => s.Id).ToListAsync(ct);
        if (surplus.Count > 0)
        {
            await db.Seats.Where(s => surplus.Contains(s.Id)).ExecuteDeleteAsync(ct);
            Forget(session, person);
        }
        Keep(Secret.Hash(secret), session, person);
        return secret;
    }

    public void Dispose() => line.Dispose();

    /// <summary>Whose seat it is, or null.</summary>
    public async Task<PersonId?> Find(SessionId session, string secret, CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        return (await Holding(db, session, secret, ct))?.Seat.Person;
    }

    /// <summary>
    /// The same as of at most a minute ago, for the hub's door: whether somebody is still of the session is asked again behind it, of the session itself. Another node may have taken the seat away
    /// since.
    /// </summary>
    public async ValueTask<PersonId?> FindLately(SessionId session, string secret, CancellationToken ct = default)
    {
        var hash = Secret.Hash(secret);
        if (lately.TryGetValue(Secret.Mark(hash), out var kept) && kept.Session == session && time.GetUtcNow() < kept.Until)
            return kept.Person;
        await using var db = await archive.CreateDbContextAsync(ct);
        if (await Holding(db, session, secret, ct) is not var (seat, isPrevious))
            return null;
        if (!isPrevious)
            Keep(hash, session, seat.Person);
        return seat.Person;
    }

    private void Keep(byte[] hash, SessionId session, PersonId person)
    {
        var now = time.GetUtcNow();
        var last = Interlocked.Read(ref sweptAt);
        if (now.ToUnixTimeSeconds() - last >= Grace.TotalSeconds && Interlocked.CompareExchange(ref sweptAt, now.ToUnixTimeSeconds(), last) == last)
            foreach (var (key, kept) in lately)
                if (now >= kept.Until)
                    lately.TryRemove(key, out _);
        lately[Secret.Mark(hash)] = (session, person, now + Grace);
    }

    private void Forget(SessionId session, PersonId person)
    {
        foreach (var (key, kept) in lately)
            if (kept.Session == session && kept.Person == person)
                lately.TryRemove(key, out _);
    }

    /// <summary>Whose seat it is, and the secret to use from now on. Asked twice with the same secret it gives the same answer.</summary>
    public async Task<(PersonId Person, string Secret)?> Renew(SessionId session, string secret, CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        // Another tab may be first; then what we hold is the previous secret and the second look says so.
        for (var tries = 0; tries < 3; tries++)
        {
            if (await Holding(db, session, secret, ct) is not { } holding)
                return null;
            var seat = holding.Seat;
            if (holding.IsPrevious)
                return (seat.Person, Secret.Following(secret, seat.Nonce!));
            var now = time.GetUtcNow();
            if (now - seat.RotatedAt < Grace)
                return (seat.Person, secret);

            var nonce = Secret.Nonce();
            var next = Secret.Following(secret, nonce);
            var (before, after) = (seat.SecretHash, Secret.Hash(next));
            using var turn = await InLine(db, ct);
            var changed = await db.Seats.Where(s => s.Id == seat.Id && s.SecretHash == before && s.RevokedAt == null).ExecuteUpdateAsync(
                set => set.SetProperty(s => s.SecretHash, after).SetProperty(s => s.PreviousHash, before).SetProperty(s => s.Nonce, nonce)
                    .SetProperty(s => s.RotatedAt, now).SetProperty(s => s.TakenUpAt, (DateTimeOffset?)null),
                ct);
            if (changed == 1)
                return (seat.Person, next);
        }
        return null;
    }

    /// <summary>Takes all of a person's seats away, at once and for good.</summary>
    public async Task Revoke(SessionId session, PersonId person, CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var now = time.GetUtcNow();
        using var turn = await InLine(db, ct);
        await db.Seats.Where(s => s.Session == session && s.Person == person && s.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.RevokedAt, now), ct);
        Forget(session, person);
    }

    private async Task<(Seat Seat, bool IsPrevious)?> Holding(ArchiveDb db, SessionId session, string secret, CancellationToken ct)
    {
        var hash = Secret.Hash(secret);
        var seat = await _bySecret(db, hash).WaitAsync(ct) ?? await _byPrevious(db, hash).WaitAsync(ct);
        if (seat is null || seat.Session != session)
            return null;
        var now = time.GetUtcNow();
        if (!seat.SecretHash.AsSpan().SequenceEqual(hash))
            return seat.TakenUpAt is { } takenUp && now - takenUp > Grace ? null : (seat, true);
        if (seat is { PreviousHash: not null, TakenUpAt: null })
        {
            using var turn = await InLine(db, ct);
            await db.Seats.Where(s => s.Id == seat.Id && s.SecretHash == hash && s.TakenUpAt == null)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.TakenUpAt, now), ct);
        }
        return (seat, false);
    }

    private async Task<IDisposable?> InLine(ArchiveDb db, CancellationToken ct)
    {
        if (!db.Database.IsSqlite())
            return null;
        await line.WaitAsync(ct);
        return new Turn(line);
    }

    private sealed class Turn(SemaphoreSlim line) : IDisposable
    {
        public void Dispose() => line.Release();
    }
}
