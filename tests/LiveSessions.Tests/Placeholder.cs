namespace LiveSessions.Tests;
