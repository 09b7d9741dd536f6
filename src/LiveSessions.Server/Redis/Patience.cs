namespace LiveSessions.Server.Redis;

/// <summary>How long anything waits for Redis. A wait without an end would hold a session's queue for ever.</summary>
internal static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>A rewrite of the whole storage is not in anybody's way, so it may take longer.</summary>
    public static readonly TimeSpan LongLimit = TimeSpan.FromMinutes(2);

    public static Task<T> Within<T>(this Task<T> answer, CancellationToken ct = default) => answer.WaitAsync(Limit, ct);
    public static Task Within(this Task answer, CancellationToken ct = default) => answer.WaitAsync(Limit, ct);
}
