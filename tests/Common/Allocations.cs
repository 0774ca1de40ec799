namespace WorldModels.Tests;

/// <summary>What code allocates in the managed heap.</summary>
internal static class Allocations
{
    private const int Repetitions = 20;

    /// <summary>
    /// Bytes that <paramref name="action"/> allocates every time: the least of several runs, after one that does not count.
    /// Code that allocates shows in all of them; what the .NET runtime allocates on its own account (statics on first use, tiered
    /// compilation) only in one, whenever it comes.
    /// </summary>
    /// <param name="action">What to run.</param>
    /// <param name="allThreads">Whether what other threads allocate meanwhile counts as well.</param>
    public static long EachTime(Action action, bool allThreads = false)
    {
        action();
        long least = long.MaxValue;
        for (int i = 0; i < Repetitions && least > 0; i++)
        {
            long before = Total();
            action();
            least = Math.Min(least, Total() - before);
        }
        return least;

        long Total() => allThreads ? GC.GetTotalAllocatedBytes(precise: true) : GC.GetAllocatedBytesForCurrentThread();
    }
}
