using System.Numerics;

namespace WorldModels.Environments;

/// <summary>
/// A fixed rule that dodges by looking ahead: of all ways to go, one that meets none of the balls that are seen or, where there is none,
/// one that lasts longest. It shows that the game can be won.
/// </summary>
public static class DodgeEgoPlanner
{
    private const int Size = DodgeEgoGame.Size;

    /// <summary>The action of the continuous environment; of the discrete one it is this plus 1.</summary>
    /// <param name="observation">Its 256 values.</param>
    /// <returns>-1, 0 or 1.</returns>
    public static int Act(ReadOnlySpan<float> observation)
    {
        Require.Length(observation.Length, Size * Size, nameof(observation));
        for (int depth = Size - 1; depth > 0; depth--)
        {
            uint safe = Safe(observation, depth);
            foreach (int move in (ReadOnlySpan<int>)[0, -1, 1])
            {
                if ((safe >> (DodgeEgoGame.Middle + move) & 1) != 0)
                    return move;
            }
        }
        return 0;
    }

    /// <summary>Columns of the view where the agent's middle may be after a step to come through the next ones, bit by bit.</summary>
    private static uint Safe(ReadOnlySpan<float> view, int depth)
    {
        uint safe = ushort.MaxValue;
        for (int step = depth; step > 1; step--)
        {
            safe &= Free(view, step);
            safe |= safe << 1 | safe >> 1;
        }
        return safe & Free(view, 1);
    }

    /// <summary>Columns where the agent's middle may be when the balls have fallen so many rows.</summary>
    private static uint Free(ReadOnlySpan<float> view, int step)
    {
        const int Reach = DodgeEgoGame.Reach;
        ReadOnlySpan<float> row = view.Slice((Size - 1 - step) * Size, Size);
        uint taken = 0;
        for (int i = 0; i < Size; i++)
        {
            if (row[i] == 0)
                continue;
            for (int offset = -Reach; offset <= Reach; offset++)
                taken |= BitOperations.RotateLeft(1u, i + offset);
        }
        return ~taken & ushort.MaxValue;
    }
}
