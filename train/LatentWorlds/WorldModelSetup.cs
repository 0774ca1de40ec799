using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>What learning a latent world takes beside its loss: its optimiser, and the measure of its observations.</summary>
public static class WorldModelSetup
{
    private const string Statistics = $"{WorldSignature.World}/{LatentWorldConfig.Statistics}";

    /// <summary>The optimiser of all of the world's parameters but the observations' statistics, which are set once.</summary>
    public static FlatOptimiser Optimiser(EagerParameters parameters, LatentOptions options)
    {
        Parameter[] statistics = parameters.Below(Statistics);
        foreach (Parameter statistic in statistics)
            statistic.requires_grad_(false);
        return options.OptimiserOf([.. parameters.Below(WorldSignature.World).Except(statistics)], options.ModelLearningRate);
    }

    /// <summary>Sets how observations are measured; numbers that never change, but for rounding, stay as they are.</summary>
    public static void Standardise(EagerParameters parameters, (float[] Mean, float[] Std) statistics)
    {
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        parameters.All[$"{Statistics}/{Standardizer<EagerTensor>.MeanName}"].copy_(tensor(statistics.Mean));
        parameters.All[$"{Statistics}/{Standardizer<EagerTensor>.StdName}"].copy_(tensor(
            [.. statistics.Std.Select((value, i) => value <= MathF.BitIncrement(Math.Abs(statistics.Mean[i])) - Math.Abs(statistics.Mean[i]) ? 1 : value)]));
    }
}
