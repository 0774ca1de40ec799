using System.ComponentModel.DataAnnotations;

namespace WorldModels.Train.A2C;

/// <summary>
/// Hyperparameters of advantage actor-critic (Mnih et al. 2016, synchronous); values of Weber et al. 2017's baseline as reimplemented.
/// </summary>
public sealed record A2COptions : TrainOptions
{
    /// <summary>Games played in lock step.</summary>
    [Fixed, Range(1, 4096)]
    public int Environments { get; init; } = 16;

    /// <summary>Steps of each game per update (n of the n-step return).</summary>
    [Range(1, 1024)]
    public int Steps { get; init; } = 5;

    /// <summary>Discount.</summary>
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Weight of the value loss, the mean squared advantage.</summary>
    [Range(0.0, 100.0)]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>Weight of the policy's entropy.</summary>
    [Range(0.0, 100.0)]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Largest global norm of the gradient.</summary>
    [Range(0.0, 1e6)]
    public double MaxGradNorm { get; init; } = 0.5;

    /// <summary>Learning rate of RMSprop.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 7e-4;

    /// <summary>Decay of RMSprop's mean squared gradient.</summary>
    [Range(0.0, 1.0)]
    public double Alpha { get; init; } = 0.99;

    /// <summary>Added to the root of the mean squared gradient, as PyTorch does, not under it.</summary>
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Negative control: rewards are replaced by zero, so nothing can be learnt.</summary>
    public bool BlindReward { get; init; }

    /// <summary>Filters of each convolution.</summary>
    [Fixed, Range(1, 1024)]
    public int Filters { get; init; } = 16;

    /// <summary>Units of the fully connected layer.</summary>
    [Fixed, Range(1, 65536)]
    public int Hidden { get; init; } = 256;

    /// <summary>Frames seen per update.</summary>
    public long FramesPerUpdate => (long)Environments * Steps;

    /// <summary>The presets by name.</summary>
    public static IReadOnlyDictionary<string, A2COptions> Presets { get; } = new Dictionary<string, A2COptions>
    {
        ["debug"] = new() { Updates = 50, LogEvery = 10, CheckpointEvery = 25, EvaluationEpisodes = 4 },
        ["small"] = new() { Updates = 12_500, LogEvery = 100, CheckpointEvery = 1250, EvaluationEpisodes = 200 },
        ["paper"] = new() { Updates = 1_000_000, LogEvery = 1000, CheckpointEvery = 10_000, EvaluationEpisodes = 200 },
    };
}
