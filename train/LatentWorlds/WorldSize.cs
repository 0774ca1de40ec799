using WorldModels.Models;

namespace WorldModels.Train.LatentWorlds;

/// <summary>How many parameters worlds have, to compare worlds of the same size.</summary>
internal static class WorldSize
{
    /// <summary>Parameters of a world.</summary>
    public static long Of(LatentWorldConfig world)
    {
        ShapeCounter counter = new();
        _ = new LatentWorld<EagerTensor>(new Parameters<EagerTensor>(counter), world);
        return counter.Count;
    }

    /// <summary>The units that bring a world's parameters nearest to a number, of which each unit adds some.</summary>
    public static int UnitsFor(long parameters, Func<int, LatentWorldConfig> worldOf)
    {
        long Count(int units) => Of(worldOf(units));
        (int low, int high) = (1, 2);
        while (Count(high) < parameters)
            (low, high) = (high, 2 * high);
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            (low, high) = Count(middle) < parameters ? (middle, high) : (low, middle);
        }
        return parameters - Count(low) < Count(high) - parameters ? low : high;
    }
}
