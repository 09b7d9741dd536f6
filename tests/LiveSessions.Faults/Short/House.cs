using LiveSessions.Faults.Rig;

namespace LiveSessions.Faults.Short;

/// <summary>Two servers, Redis and PostgreSQL that the short runs share; each has a session of its own in them.</summary>
public sealed class House : IAsyncLifetime
{
    private Cluster? _cluster;

    internal Cluster Cluster => _cluster!;

    public async ValueTask InitializeAsync() => _cluster = await Cluster.Start(new(2, ArchiveKind.Postgres));

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
    }
}
