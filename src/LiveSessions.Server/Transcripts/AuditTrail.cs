using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Who read, exported, granted or erased what. Each row's hash covers the row and the hash before it, so a row that is changed, taken out or put in shows. Cutting off the end
/// shows too, beside the log, where every row's number and hash are told.
/// </summary>
public sealed class AuditTrail(IDbContextFactory<ArchiveDb> archive, TimeProvider time, ILogger<AuditTrail> log)
{
    private const long Gate = 0x4C53_4155;

    /// <summary>Returns when the row is on the disk: what it speaks of may happen only then.</summary>
    public async Task Note(string who, string what, string which, CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var row = await Add(db, who, what, which, ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        log.AuditRow(row.Seq, Convert.ToHexString(row.Hash));
    }

    /// <summary>Adds the row to a transaction of the caller, which has begun and is saved and committed by the caller.</summary>
    public async Task<AuditRow> Add(ArchiveDb db, string who, string what, string which, CancellationToken ct = default)
    {
        await db.TakeTurn(Gate, ct);
        var last = await db.AuditRows.AsNoTracking().OrderByDescending(a => a.Seq).FirstOrDefaultAsync(ct);
        var seq = (last?.Seq ?? 0) + 1;
        var now = time.GetUtcNow();
        // What the databases keep of an instant: the hash must not cover more.
        var at = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        var row = new AuditRow { Seq = seq, At = at, Who = who, What = what, Which = which, Hash = HashOf(last?.Hash, seq, at, who, what, which) };
        db.AuditRows.Add(row);
        return row;
    }

    /// <summary>The number of the first row that is not what was written, or null if all are.</summary>
    public async Task<long?> FirstTampered(CancellationToken ct = default)
    {
        await using var db = await archive.CreateDbContextAsync(ct);
        var expected = 1L;
        byte[]? before = null;
        await foreach (var row in db.AuditRows.AsNoTracking().OrderBy(a => a.Seq).AsAsyncEnumerable().WithCancellation(ct))
        {
            if (row.Seq != expected || !row.Hash.AsSpan().SequenceEqual(HashOf(before, row.Seq, row.At, row.Who, row.What, row.Which)))
                return expected;
            (before, expected) = (row.Hash, expected + 1);
        }
        return null;
    }

    private static byte[] HashOf(byte[]? before, long seq, DateTimeOffset at, string who, string what, string which)
    {
        var fields = new[] { seq.ToString(CultureInfo.InvariantCulture), at.UtcTicks.ToString(CultureInfo.InvariantCulture), who, what, which };
        // Each field with its length, so that no two rows read the same.
        var text = string.Concat(fields.Select(f => $"{f.Length.ToString(CultureInfo.InvariantCulture)}:{f};"));
        return SHA256.HashData([.. before ?? [], .. Encoding.UTF8.GetBytes(text)]);
    }
}
