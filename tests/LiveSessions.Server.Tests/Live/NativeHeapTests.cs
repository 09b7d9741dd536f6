using System.Runtime.InteropServices;
using LiveSessions.Server.Live;

namespace LiveSessions.Server.Tests.Live;

/// <summary>What was taken from the C library and returned to it is the system's again once the heap gives back; without that it is not.</summary>
public sealed class NativeHeapTests
{
    private const int Blocks = 8_000, BlockBytes = 16_000;
    private const long Most = (long)Blocks * BlockBytes;

    [Fact]
    public void Pages_that_nobody_uses_go_back_to_the_system()
    {
        var before = Resident();
        TakeAndReturn();
        var kept = Resident() - before;
        Assert.True(kept > Most / 2, $"{kept} bytes of {Most} were kept by the C library by itself: this test would not tell.");
        Assert.True(NativeHeap.GiveBack());
        var left = Resident() - before;
        Assert.True(left < Most / 4, $"{left} bytes of {Most} were not given back.");
    }

    /// <summary>Every hundredth block stays, as what the runtime needs does, so that the heap has holes and no free end.</summary>
    private static void TakeAndReturn()
    {
        var written = new byte[BlockBytes];
        Array.Fill(written, (byte)1);
        var blocks = new nint[Blocks];
        for (var i = 0; i < Blocks; i++)
        {
            blocks[i] = Marshal.AllocHGlobal(BlockBytes);
            Marshal.Copy(written, 0, blocks[i], BlockBytes);
        }
        for (var i = 0; i < Blocks; i++)
            if (i % 100 != 99)
                Marshal.FreeHGlobal(blocks[i]);
    }

    private static long Resident() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize;
}
