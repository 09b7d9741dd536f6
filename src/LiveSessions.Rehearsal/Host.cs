namespace LiveSessions.Rehearsal;

/// <summary>Signs in whoever runs the rehearsal.</summary>
internal static class Host
{
    private const string KeyFile = "host.key";

    public static async Task SignIn(Door door, Options options, CancellationToken ct)
    {
        if (options.As is { } email)
        {
            var password = Environment.GetEnvironmentVariable(Options.PasswordVariable);
            if (string.IsNullOrEmpty(password))
                throw new RehearsalFailed($"Put the password of {email} into the environment variable {Options.PasswordVariable}.");
            await door.Post("/api/signin", new { email, password }, ct);
            return;
        }
        var path = Path.Combine(options.Data!, KeyFile);
        string key;
        try
        {
            key = (await File.ReadAllTextAsync(path, ct)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RehearsalFailed($"{path} cannot be read. It is made when the server starts, and only the server's own user can read it.");
        }
        await door.Post("/api/rehearsal/signin", new { key }, ct);
    }
}
