namespace LiveSessions.Server.Tests;
