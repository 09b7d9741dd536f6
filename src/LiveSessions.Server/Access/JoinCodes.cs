namespace LiveSessions.Server.Access;
public static class JoinCodes { public const string Alphabet = ""; }
