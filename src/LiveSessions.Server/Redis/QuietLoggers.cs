namespace LiveSessions.Server.Redis;

/// <summary>Lets only warnings and worse of an embedded part into the product's log, under a name of its own.</summary>
internal sealed class QuietLoggers(ILoggerFactory loggers, string prefix) : ILoggerFactory
{
    // The parser of Garnet's arguments warns at every start that it uses these loggers.
    public ILogger CreateLogger(string categoryName) =>
        new Quiet(loggers.CreateLogger($"{prefix}.{categoryName}"), categoryName == "ArgParser" ? LogLevel.Error : LogLevel.Warning);

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
        // The factory is the host's.
    }

    private sealed class Quiet(ILogger log, LogLevel least) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => log.BeginScope(state);
        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && log.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Log(logLevel, eventId, state, exception, formatter);
        }
    }
}
