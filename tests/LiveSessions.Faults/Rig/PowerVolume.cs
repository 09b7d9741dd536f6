using System.Diagnostics;
using System.Runtime.InteropServices;
using LiveSessions.Server.Tests.Fixtures;

namespace LiveSessions.Faults.Rig;

/// <summary>
/// A disk that can lose power: ext4 in a file, mounted over a loop device. It is told to stop without writing another byte (the request behind <c>EXT4_IOC_SHUTDOWN</c> with
/// <c>GOING_FLAGS_NOLOGFLUSH</c>, with which the file system's own tests do the same) and is mounted again as a machine that starts would, with its journal played back. What was written and
/// not synced is gone.
/// </summary>
internal sealed class PowerVolume : IDisposable
{
    private static readonly TimeSpan patience = TimeSpan.FromSeconds(30);

    private readonly ScratchDirectory _place = new();

    private PowerVolume()
    {
    }

    private string Image => System.IO.Path.Combine(_place.Path, "image");
    public string Path => System.IO.Path.Combine(_place.Path, "disk");

    /// <summary>Null: this machine does not let one be mounted (it takes root, a loop device and mkfs.ext4).</summary>
    public static PowerVolume? Make(int megabytes = 512)
    {
        var volume = new PowerVolume();
        Directory.CreateDirectory(volume.Path);
        // PostgreSQL runs as another user, who has to find its way in.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(volume._place.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        using (var image = File.Create(volume.Image))
            image.SetLength(megabytes * 1024L * 1024);
        if (Run("mkfs.ext4", "-q", "-F", volume.Image) && volume.Mount())
            return volume;
        volume._place.Dispose();
        return null;
    }

    /// <summary>Whoever wrote here must be dead. Afterwards the disk holds what was synced.</summary>
    public void Lose()
    {
        Stop();
        var clock = Stopwatch.StartNew();
        // A process that was just killed may hold a file for a moment more.
        while (!Run("umount", Path))
        {
            if (clock.Elapsed > patience)
                throw new InvalidOperationException($"Somebody still has files open on {Path}.");
            Thread.Sleep(50);
        }
        if (!Mount())
            throw new InvalidOperationException($"{Image} could not be mounted again.");
    }

    private bool Mount() => Run("mount", "-o", "loop", Image, Path);

    private void Stop()
    {
        const int readOnlyDirectory = 0x10000;
        const uint goingDown = 0x8004587d;
        var withoutTheLog = 2u;
        var disk = open(Path, readOnlyDirectory);
        try
        {
            if (disk < 0 || ioctl(disk, goingDown, ref withoutTheLog) != 0)
                throw new InvalidOperationException($"The file system of {Path} could not be stopped: error {Marshal.GetLastPInvokeError()}.");
        }
        finally
        {
            _ = close(disk);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // No such program.
        }
    }

    public void Dispose()
    {
        Run("umount", "-l", Path);
        _place.Dispose();
    }

#pragma warning disable SYSLIB1054 // Generated marshalling would need unsafe code in this project for three calls.
    [DllImport("libc", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int open(string path, int flags);

    [DllImport("libc", SetLastError = true)]
    private static extern int ioctl(int file, ulong request, ref uint value);

    [DllImport("libc", SetLastError = true)]
    private static extern int close(int file);
#pragma warning restore SYSLIB1054
}
