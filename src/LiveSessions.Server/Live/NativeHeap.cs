using System.Runtime.InteropServices;

namespace LiveSessions.Server.Live;

/// <summary>
/// The C library's memory, from which the runtime's compiler, SQLite and TLS take theirs. glibc keeps what they return: where the compiler had much to do that is some megabytes, page after page of them unused.
/// </summary>
internal static class NativeHeap
{
    /// <summary>malloc_trim(3), which is glibc's own; null where the library is another.</summary>
    private static readonly TrimHeap? Trim =
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out var library) && NativeLibrary.TryGetExport(library, "malloc_trim", out var trim)
            ? Marshal.GetDelegateForFunctionPointer<TrimHeap>(trim)
            : null;

    private delegate int TrimHeap(nuint left);

    /// <summary>Gives pages that nobody uses back to the system. Only who wants memory of the same part of the heap waits for it: half a millisecond if there is little, up to 30 for several megabytes.</summary>
    /// <returns>False if there was nothing to give back, or no way to.</returns>
    public static bool GiveBack() => Trim?.Invoke(0) == 1;
}
