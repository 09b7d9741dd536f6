using System.Diagnostics;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Faults.Rig;

/// <summary>
/// A layer between a server and its files that keeps beside them what a disk would hold: only what was synced (<c>Power/keep.c</c>, preloaded into the server). Built when it is needed, with the machine's
/// own C compiler.
/// </summary>
internal sealed class PowerLayer : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public string Library => Path.Combine(_directory.Path, "keep.so");

    /// <summary>Null: there is no C compiler on this machine.</summary>
    public static PowerLayer? Make()
    {
        var layer = new PowerLayer();
        try
        {
            using var compiler = Process.Start(new ProcessStartInfo("cc", ["-shared", "-fPIC", "-O2", "-o", layer.Library, Path.Combine(AppContext.BaseDirectory, "Power", "keep.c"), "-ldl"]) { RedirectStandardError = true })!;
            compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            if (compiler.ExitCode == 0)
                return layer;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No such program.
        }
        layer.Dispose();
        return null;
    }

    /// <summary>What a server is told so that its files in one directory are watched.</summary>
    public static Dictionary<string, string> Environment(string library, string files, string kept) => new() { ["LD_PRELOAD"] = library, ["POWER_FILES"] = files, ["POWER_KEPT"] = kept };

    /// <summary>The server is dead: its files are now what was synced.</summary>
    public static void Lose(string files, string kept)
    {
        foreach (var file in Directory.GetFiles(files, "*", SearchOption.AllDirectories))
            File.Delete(file);
        foreach (var file in Directory.GetFiles(kept, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith(".fresh", StringComparison.Ordinal)))
        {
            var target = Path.Combine(files, Path.GetRelativePath(kept, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public void Dispose() => _directory.Dispose();
}
