namespace LiveSessions.Server.Access;
public sealed class Seats { public static readonly TimeSpan Grace = TimeSpan.FromSeconds(60); }
