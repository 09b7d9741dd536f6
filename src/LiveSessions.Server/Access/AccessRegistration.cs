using System.Globalization;
using System.Net;
using LiveSessions.Log;
using LiveSessions.Server.Live;
using LiveSessions.Server.Transcripts;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace LiveSessions.Server.Access;

public static class AccessRegistration
{
    internal const string SignedInSince = "since";
    private static readonly TimeSpan Idle = TimeSpan.FromHours(12);
    private static readonly TimeSpan Absolute = TimeSpan.FromDays(7);

    /// <summary>Accounts, seats, who may come in, and how the HTTP API reads and refuses. Needs <see cref="ArchiveRegistration.AddArchive"/>.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Seats>();
        services.AddSingleton<JoinThrottle>();
        services.AddSingleton<SignInThrottle>();
        services.AddSingleton<SignInDelays>();
        services.AddSingleton<SiteAddress>();
        services.AddSingleton<SetUpLink>();
        services.AddHostedService(provider => provider.GetRequiredService<SetUpLink>());
        services.AddSingleton<HostKey>();
        services.AddHostedService(provider => provider.GetRequiredService<HostKey>());
        services.AddScoped<Accounts>();
        services.AddScoped<Passkeys>();
        services.AddScoped<IPasskeyHandler<Account>, PasskeyHandler<Account>>();
        services.Configure<IdentityPasskeyOptions>(options =>
        {
            options.AuthenticatorTimeout = Passkeys.Life;
            // The device itself asks for a finger, a face or its code: what is held and what is known, in one.
            options.UserVerificationRequirement = "required";
            options.ResidentKeyRequirement = "required";
            options.AttestationConveyancePreference = "none";
        });
        services.AddScoped<RehearsalHost>();
        services.AddSingleton<IPasswordHasher<Account>>(_ => Hasher());
        services.AddIdentityCore<Account>(options =>
            {
                options.User.RequireUniqueEmail = true;
                options.User.AllowedUserNameCharacters = "";
                options.Password = new PasswordOptions
                {
                    RequiredLength = Passwords.Shortest,
                    RequireDigit = false,
                    RequireLowercase = false,
                    RequireUppercase = false,
                    RequireNonAlphanumeric = false,
                    RequiredUniqueChars = 1,
                };
            })
            .AddEntityFrameworkStores<ArchiveDb>()
            .AddPasswordValidator<Passwords>();

        services.AddAuthentication()
            .AddCookie(Callers.AccountScheme, Cookie)
            .AddScheme<AuthenticationSchemeOptions, SeatAuthentication>(Callers.SeatScheme, null)
            .AddScheme<AuthenticationSchemeOptions, LiveAuthentication>(Callers.LiveScheme, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(Callers.SignedIn, policy => policy.AddAuthenticationSchemes(Callers.AccountScheme).RequireClaim(Callers.AccountClaim))
            .AddPolicy(Callers.Live, policy => policy.AddAuthenticationSchemes(Callers.LiveScheme).RequireClaim(Callers.SessionClaim).RequireClaim(Callers.PersonClaim));

        services.ConfigureHttpJsonOptions(options =>
        {
            Json.Configure(options.SerializerOptions);
            options.SerializerOptions.TypeInfoResolver = JsonTypeInfoResolver.Combine(JsonTypes.Default, new DefaultJsonTypeInfoResolver());
        });
        services.AddProblemDetails(options => options.CustomizeProblemDetails = problem =>
        {
            problem.ProblemDetails.Detail ??= Problems.WordsFor(problem.HttpContext.Response.StatusCode);
            problem.ProblemDetails.Extensions.Remove("traceId");
        });
        // A body that cannot be read is the sender's fault in every environment, not an exception.
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
        services.Configure<KestrelServerOptions>(options => options.AddServerHeader = false);
        AddProxies(services, configuration);
        return services;
    }

    /// <summary>Everything that stands before the endpoints: headers, errors, origins, who is asking. Call it first; static files may come after it.</summary>
    public static IApplicationBuilder UseAccess(this IApplicationBuilder app)
    {
        if (app.ApplicationServices.GetRequiredService<IOptions<ForwardedHeadersOptions>>().Value.ForwardedHeaders != ForwardedHeaders.None)
            app.UseForwardedHeaders();
        app.UseMiddleware<SecurityHeaders>();
        app.Use(app.ApplicationServices.GetRequiredService<Budgets>().Door);
        app.Use(Doorstep.Serve);
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.UseMiddleware<OriginCheck>();
        app.UseAuthentication();
        app.UseAuthorization();
        return app;
    }

    internal static PasswordHasher<Account> Hasher() => new(Options.Create(new PasswordHasherOptions { IterationCount = 210_000 }));

    private static void Cookie(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = Cookies.Account;
        options.CookieManager = new Cookies.ByConnection();
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.Cookie.Path = "/";
        options.ExpireTimeSpan = Idle;
        options.SlidingExpiration = true;
        options.Events.OnRedirectToLogin = context => Bare(context.Response, StatusCodes.Status401Unauthorized);
        options.Events.OnRedirectToAccessDenied = context => Bare(context.Response, StatusCodes.Status404NotFound);
        options.Events.OnValidatePrincipal = StillGood;
    }

    private static Task Bare(HttpResponse response, int status)
    {
        response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <summary>Looked up each time, so that signing out everywhere or disabling an account works at once.</summary>
    private static async Task StillGood(CookieValidatePrincipalContext context)
    {
        var services = context.HttpContext.RequestServices;
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var since = context.Properties.Items.TryGetValue(SignedInSince, out var text) && long.TryParse(text, CultureInfo.InvariantCulture, out var seconds)
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : DateTimeOffset.MinValue;
        if (now - since < Absolute && context.Principal?.FindFirst(Callers.AccountClaim)?.Value is { } id && context.Principal.FindFirst(Callers.StampClaim)?.Value is { } stamp)
        {
            await using var db = await services.GetRequiredService<IDbContextFactory<ArchiveDb>>().CreateDbContextAsync(context.HttpContext.RequestAborted);
            if (await db.Users.AnyAsync(u => u.Id == id && u.SecurityStamp == stamp && u.DisabledAt == null, context.HttpContext.RequestAborted))
                return;
        }
        context.RejectPrincipal();
    }

    /// <summary><c>Access:Proxies</c> lists the addresses or networks of our own proxies; from anybody else X-Forwarded-* is not believed.</summary>
    private static void AddProxies(IServiceCollection services, IConfiguration configuration)
    {
        var proxies = configuration.GetSection("Access:Proxies").Get<string[]>() ?? [];
        if (proxies.Length == 0)
            return;
        services.Configure<ForwardedHeadersOptions>(options =>
        {
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
            options.KnownProxies.Clear();
            options.KnownIPNetworks.Clear();
            foreach (var proxy in proxies)
                if (proxy.Contains('/', StringComparison.Ordinal))
                    options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
                else
                    options.KnownProxies.Add(IPAddress.Parse(proxy));
        });
    }
}
