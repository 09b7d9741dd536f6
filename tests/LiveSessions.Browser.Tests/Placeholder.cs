namespace LiveSessions.Browser.Tests;
