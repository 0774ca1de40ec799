using System.Runtime.InteropServices;

namespace WorldModels.Train;

/// <summary>
/// How the C library hands out memory. By default glibc gives the large blocks that every update takes and frees back to the system each
/// time, which then zeroes their pages again: 12 to 15 % of the CPU time of a small network's training. Kept, they are used again.
/// </summary>
internal static class NativeMemory
{
    private const int TrimThreshold = -1, MmapThreshold = -3;   // mallopt(3)
    private const int Most = 32 << 20;                          // the largest threshold that glibc takes

    /// <summary>Keeps freed memory in the process; does nothing where the C library is not glibc.</summary>
    public static void Keep()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = SetOption(TrimThreshold, int.MaxValue);
            _ = SetOption(MmapThreshold, Most);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no such options.
        }
    }

    [DllImport("libc", EntryPoint = "mallopt")]
    private static extern int SetOption(int option, int value);
}
