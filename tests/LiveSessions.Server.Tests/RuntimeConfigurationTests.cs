using System.Text.Json;

namespace LiveSessions.Server.Tests;

/// <summary>What the runtime is told is lost without a word when it is spelled wrongly.</summary>
public sealed class RuntimeConfigurationTests
{
    /// <summary>The name is the one that the collector of garbage itself knows: it tells what it goes by.</summary>
    [Fact]
    public void The_server_lets_no_more_than_16_megabytes_be_allocated_between_two_collections()
    {
        using var configuration = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "LiveSessions.Server.runtimeconfig.json")));
        Assert.Equal(16 * 1024 * 1024, configuration.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").GetProperty("System.GC.Gen0MaxBudget").GetInt64());
        Assert.Contains("GCGen0MaxBudget", GC.GetConfigurationVariables().Keys);
    }
}
