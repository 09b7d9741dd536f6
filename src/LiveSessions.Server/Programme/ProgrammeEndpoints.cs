using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LiveSessions.Server.Programme;

public static class ProgrammeEndpoints
{
    /// <summary>Sessions, rosters and the ways in. Needs the archive, access, the live sessions and the templates' shelf.</summary>
    public static IServiceCollection AddProgramme(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(_ => TemplateShelf.Open(Path.GetFullPath(configuration["Data:Directory"] ?? "data")));
        services.AddSingleton<SessionBook>();
        services.AddSingleton<Roster>();
        services.AddSingleton<Doors>();
        services.AddSingleton(_ => ForgottenSessionsOptions.From(configuration));
        services.AddSingleton<ForgottenSessions>();
        services.AddHostedService(provider => provider.GetRequiredService<ForgottenSessions>());
        services.AddHostedService<DryRunAtTheStart>();
        return services;
    }

    /// <exception cref="TemplateException">A template is faulty: the server says so and does not start.</exception>
    public static IEndpointRouteBuilder MapProgramme(this IEndpointRouteBuilder routes)
    {
        routes.ServiceProvider.GetRequiredService<TemplateShelf>();
        SessionsApi.Map(routes);
        JoinApi.Map(routes);
        return routes;
    }
}
