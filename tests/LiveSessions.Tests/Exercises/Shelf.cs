using LiveSessions.Server.Programme;

namespace LiveSessions.Tests.Exercises;

/// <summary>The shipped exercises and plans, read by the real reader.</summary>
internal static class Shelf
{
    public static TemplateShelf Shipped { get; } = TemplateShelf.Read([.. TemplateShelf.ShippedFolders]);
}
