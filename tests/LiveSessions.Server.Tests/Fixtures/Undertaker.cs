using System.Diagnostics;

namespace LiveSessions.Server.Tests.Fixtures;

/// <summary>
/// Ends the servers of a test run that was itself killed. A small shell reads from this process which servers there are; when the pipe breaks, because this process is gone however it went, it ends
/// those that are left, and only those.
/// </summary>
internal static class Undertaker
{
    private const string Script = """
        trap '' INT TERM HUP
        pids=' ' files=''
        while read -r what which; do
          case $what in
            process) pids="$pids$which " ;;
            ended) pids=$(printf %s "$pids" | sed "s/ $which / /") ;;
            postmaster) files="$files $which" ;;
          esac
        done
        for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
        for file in $files; do
          if read -r pid 2>/dev/null < "$file"; then kill -QUIT "$pid" 2>/dev/null; fi
        done
        """;

    private static readonly Lock _gate = new();
    private static readonly Lazy<StreamWriter> _tell = new(() =>
    {
        var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = "/" })!;
        shell.StandardInput.AutoFlush = true;
        return shell.StandardInput;
    });

    /// <summary>To be ended by kill -9.</summary>
    public static void Watch(int process) => Tell($"process {process}");

    /// <summary>It has ended, so its number may be somebody else's soon.</summary>
    public static void Ended(int process) => Tell($"ended {process}");

    /// <summary>A PostgreSQL whose process id stands in this file for as long as it runs.</summary>
    public static void WatchPostmaster(string file) => Tell($"postmaster {file}");

    private static void Tell(string line)
    {
        if (!OperatingSystem.IsLinux())
            return;
        lock (_gate)
            _tell.Value.WriteLine(line);
    }
}
