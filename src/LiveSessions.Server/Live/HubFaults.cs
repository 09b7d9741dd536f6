using Microsoft.AspNetCore.SignalR;

namespace LiveSessions.Server.Live;

/// <summary>
/// Tells the log of calls that failed by our fault. SignalR's own line, with a stack, comes for every refusal too, so whoever sends too fast could fill the disk with it; it is turned
/// off (<see cref="SignalRsOwn"/>).
/// </summary>
public sealed class HubFaults(ILogger<HubFaults> log) : IHubFilter
{
    /// <summary>Whoever writes that line.</summary>
    public const string SignalRsOwn = "Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher";

    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocationContext, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        try
        {
            return await next(invocationContext);
        }
        catch (Exception e) when (e is not HubException && !invocationContext.Context.ConnectionAborted.IsCancellationRequested)
        {
            log.CallFailed(invocationContext.HubMethodName, e);
            throw;
        }
    }
}
