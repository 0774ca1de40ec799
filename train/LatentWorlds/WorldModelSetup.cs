using TorchSharp;
using TorchSharp.Modules;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>What every latent world learns with: its optimiser, the measure of its observations, the losses of saying them.</summary>
public static class WorldModelSetup
{
    private const string Statistics = $"{WorldSignature.World}/{LatentWorldConfig.Statistics}";

    /// <summary>The optimiser of all of the world's parameters but the observations' statistics, which are set once.</summary>
    /// <param name="parameters">The world's, which are there already.</param>
    /// <param name="options">Learning rate and kind.</param>
    /// <param name="others">Parameters of the world that have an optimiser of their own.</param>
    public static FlatOptimiser Optimiser(EagerParameters parameters, LatentOptions options, params IEnumerable<Parameter> others)
    {
        Parameter[] statistics = parameters.Below(Statistics);
        foreach (Parameter statistic in statistics)
            statistic.requires_grad_(false);
        return options.OptimiserOf([.. parameters.Below(WorldSignature.World).Except(statistics).Except(others)], options.ModelLearningRate);
    }

    /// <summary>
    /// Sets how numbers are measured, those behind pictures too; numbers that never change, but for rounding, stay as they are.
    /// </summary>
    /// <param name="parameters">Of the world.</param>
    /// <param name="statistics">(O) each, of whole observations.</param>
    public static void Standardise(EagerParameters parameters, (float[] Mean, float[] Std) statistics)
    {
        if (!parameters.All.TryGetValue($"{Statistics}/{Standardizer<EagerTensor>.MeanName}", out Parameter? means))
            return;     // pictures alone
        int numbers = (int)means.numel();
        float[] mean = statistics.Mean[^numbers..], std = statistics.Std[^numbers..];
        using IDisposable guard = no_grad();
        using DisposeScope scope = NewDisposeScope();
        means.copy_(tensor(mean));
        parameters.All[$"{Statistics}/{Standardizer<EagerTensor>.StdName}"].copy_(tensor(
            [.. std.Select((value, i) => value <= MathF.BitIncrement(Math.Abs(mean[i])) - Math.Abs(mean[i]) ? 1 : value)]));
    }

    /// <summary>Negative log likelihoods of scaled observations (T, B, O) at features (T, B, F), means over T x B.</summary>
    public static IEnumerable<KeyValuePair<string, EagerTensor>> ObservationLosses(
        LatentWorld<EagerTensor> world, EagerTensor feature, EagerTensor observed) =>
        world.ObservationLosses(feature, observed.Detach())
            .Select(loss => KeyValuePair.Create(loss.Loss, (EagerTensor)loss.Value.Value.mean()));
}
