using WorldModels.Environments;

namespace WorldModels.Measure;

/// <summary>Uniformly random actions of an environment, one number at a time.</summary>
internal static class RandomActions
{
    /// <summary>A discrete action.</summary>
    public static long Index(Random random, Space space) => random.NextInt64(((Discrete)space).N);

    /// <summary>One number of a continuous action.</summary>
    public static float Value(Random random, Space space)
    {
        Box box = (Box)space;
        return box.Low + random.NextSingle() * (box.High - box.Low);
    }
}
