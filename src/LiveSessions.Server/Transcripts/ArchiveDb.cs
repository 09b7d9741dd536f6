using System.Data.Common;
using System.Linq.Expressions;
using LiveSessions.Log;
using LiveSessions.Server.Access;
using LiveSessions.Server.Programme;
using Microsoft.AspNetCore.DataProtection.EntityFrameworkCore;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LiveSessions.Server.Transcripts;

/// <summary>
/// Everything that is remembered in SQL: accounts, sessions as planned, seats, grants, the copied logs and the transcripts. One model, two databases:
/// <see cref="SqliteArchive"/> and <see cref="PostgresArchive"/> differ only in how an instant is stored, how words are searched and how a row is locked.
/// </summary>
public abstract class ArchiveDb(DbContextOptions options) : IdentityUserContext<Account>(options), IDataProtectionKeyContext
{
    public DbSet<AccountLink> AccountLinks => Set<AccountLink>();
    public DbSet<Seat> Seats => Set<Seat>();
    public DbSet<SessionRow> Sessions => Set<SessionRow>();
    public DbSet<SessionStaff> SessionStaff => Set<SessionStaff>();
    public DbSet<RosterRow> RosterPeople => Set<RosterRow>();
    public DbSet<Grant> Grants => Set<Grant>();
    public DbSet<AuditRow> AuditRows => Set<AuditRow>();
    public DbSet<ArchiveEntry> ArchiveEntries => Set<ArchiveEntry>();
    public DbSet<ArchivePosition> ArchivePositions => Set<ArchivePosition>();
    public DbSet<ConversationRow> Conversations => Set<ConversationRow>();
    public DbSet<LineRow> Lines => Set<LineRow>();
    public DbSet<DataProtectionKey> DataProtectionKeys => Set<DataProtectionKey>();

    protected override Version SchemaVersion => IdentitySchemaVersions.Version3;

    /// <summary>An instant as a parameter of hand-written SQL.</summary>
    internal abstract object Instant(DateTimeOffset at);

    /// <summary>An archive position, held by this transaction until it is over.</summary>
    internal abstract IQueryable<ArchivePosition> PositionHeld(SessionId session, string epoch);

    /// <summary>Only one transaction at a time gets past this, on any node. Call it first in a transaction.</summary>
    internal abstract Task TakeTurn(long gate, CancellationToken ct);

    /// <summary>The lines that hold all of these words.</summary>
    internal abstract IQueryable<LineRow> LinesWith(SearchWords words);

    /// <summary>True if the insert failed because the key is taken.</summary>
    internal abstract bool IsTaken(DbException fault);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<SessionId>().HaveConversion<IdText<SessionId>>().HaveMaxLength(Id.MaxLength);
        configurationBuilder.Properties<PersonId>().HaveConversion<IdText<PersonId>>().HaveMaxLength(Id.MaxLength);
        configurationBuilder.Properties<TeamId>().HaveConversion<IdText<TeamId>>().HaveMaxLength(Id.MaxLength);
        configurationBuilder.Properties<RoomId>().HaveConversion<IdText<RoomId>>().HaveMaxLength(Id.MaxLength);
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.Entity<Account>().ToTable("Accounts").Property(a => a.Name).HasMaxLength(80);
        builder.Entity<IdentityUserClaim<string>>().ToTable("AccountClaims");
        builder.Entity<IdentityUserLogin<string>>().ToTable("AccountLogins");
        builder.Entity<IdentityUserToken<string>>().ToTable("AccountTokens");
        builder.Entity<IdentityUserPasskey<string>>(passkey =>
        {
            passkey.ToTable("Passkeys").HasKey(p => p.CredentialId);
            passkey.Property(p => p.CredentialId).HasMaxLength(1024);
            passkey.OwnsOne(p => p.Data).ToJson();
            passkey.HasOne<Account>().WithMany().HasForeignKey(p => p.UserId).IsRequired();
        });

        Keyed<AccountLink>(builder, l => l.TokenHash);
        Keyed<Seat>(builder, s => s.Id, s => s.SecretHash, unique: true).HasIndex(s => s.PreviousHash);
        builder.Entity<Seat>().HasIndex(s => new { s.Session, s.Person });
        Keyed<SessionRow>(builder, s => s.Id, s => s.Code, unique: true).HasIndex(s => s.Owner);
        builder.Entity<SessionRow>().Property(s => s.Code).HasMaxLength(8);
        Keyed<SessionStaff>(builder, s => new { s.Session, s.Account }, s => s.Account);
        Keyed<RosterRow>(builder, p => new { p.Session, p.Person }, p => p.LinkHash!, unique: true);
        Keyed<Grant>(builder, g => g.Id, g => g.Account).HasIndex(g => g.Session);
        Keyed<AuditRow>(builder, a => a.Seq, a => a.Which).Property(a => a.Seq).ValueGeneratedNever();
        Keyed<ArchiveEntry>(builder, e => new { e.Session, e.Epoch, e.Seq });
        Keyed<ArchivePosition>(builder, p => new { p.Session, p.Epoch });
        Keyed<ConversationRow>(builder, c => new { c.Session, c.Id });
        Keyed<LineRow>(builder, l => l.Row, l => new { l.Session, l.Id }, unique: true).HasIndex(l => new { l.Session, l.Conversation });
        builder.Entity<LineRow>().Property(l => l.Id).IsRequired();
        Words(builder);
    }

    /// <summary>What only one of the databases has.</summary>
    protected virtual void Words(ModelBuilder model)
    {
    }

    private static Microsoft.EntityFrameworkCore.Metadata.Builders.EntityTypeBuilder<T> Keyed<T>(
        ModelBuilder model, Expression<Func<T, object?>> key, Expression<Func<T, object?>>? index = null, bool unique = false) where T : class
    {
        var entity = model.Entity<T>();
        entity.HasKey(key);
        if (index is not null)
            entity.HasIndex(index).IsUnique(unique);
        return entity;
    }

    private sealed class IdText<T>() : ValueConverter<T, string>(id => id.Value, text => Read(text)) where T : struct, IId<T>
    {
        private static T Read(string text) => T.Of(text);
    }
}
