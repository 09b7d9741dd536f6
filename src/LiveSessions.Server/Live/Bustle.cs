namespace LiveSessions.Server.Live;

/// <summary>How much goes on at this node: entries written and glimpses sent since it was started, all sessions together. What can wait looks at it.</summary>
public sealed class Bustle
{
    private long _soFar;

    public long SoFar => Interlocked.Read(ref _soFar);

    public void Add(long more) => Interlocked.Add(ref _soFar, more);
}
