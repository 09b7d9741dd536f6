using System.Security.Cryptography;
using LiveSessions.Server.Transcripts;

namespace LiveSessions.Server.Access;

/// <summary>
/// A key for whoever can read the server's own files: written anew at each start to <c>host.key</c> in <c>Data:Directory</c>, for the server's user alone. With it a rehearsal on the
/// server's own machine signs in as the host without a password (<see cref="RehearsalApi"/>).
/// </summary>
internal sealed class HostKey(ArchivePlace place) : IHostedService
{
    private byte[]? hash;

    /// <summary>Compared in the same time whatever is wrong with it.</summary>
    public bool Is(string? key) => hash is { } ours && key is { Length: > 0 and <= 128 } && CryptographicOperations.FixedTimeEquals(Secret.Hash(key), ours);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var key = Secret.New();
        var path = Path.Combine(place.Directory, "host.key");
        PrivateFiles.MakeDirectory(place.Directory);
        // Made new, so that a file somebody put there beforehand with wider rights is not written to.
        File.Delete(path);
        await using (var file = PrivateFiles.MakeNew(path))
            await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(key), cancellationToken);
        hash = Secret.Hash(key);
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        hash = null;
        return Task.CompletedTask;
    }
}
