using System.ComponentModel.DataAnnotations;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Hyperparameters of synchronous advantage actor-critic learning (Mnih et al. 2016), whatever the agent's network; values of Weber et al.
/// 2017's baseline as reimplemented.
/// </summary>
public abstract record ActorCriticOptions : TrainOptions
{
    /// <summary>Games played in lock step.</summary>
    [Fixed, Range(1, 4096)]
    public int Environments { get; init; } = 16;

    /// <summary>Frames seen at once, k: the newest and those before it. One hides where a ghost is heading.</summary>
    [Fixed, Range(1, 16)]
    public int Stack { get; init; } = 1;

    /// <summary>Steps of each game per update (n of the n-step return).</summary>
    [Fixed, Range(1, 1024)]
    public int Steps { get; init; } = 5;

    /// <summary>Discount.</summary>
    [Range(0.0, 1.0)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>
    /// Factor on the rewards that are learnt from; returns are reported without it. Where deaths cost 20, a tenth keeps the entropy's
    /// weight in proportion: without, the policy is certain of itself before it has learnt anything.
    /// </summary>
    [Range(1e-6, 1e6)]
    public double RewardScale { get; init; } = 1;

    /// <summary>Weight of the value loss, the mean squared advantage.</summary>
    [Range(0.0, 100.0)]
    public double ValueCoefficient { get; init; } = 0.5;

    /// <summary>Weight of the policy's entropy.</summary>
    [Range(0.0, 100.0)]
    public double EntropyCoefficient { get; init; } = 0.01;

    /// <summary>Largest global norm of the gradient.</summary>
    [Range(0.0, 1e6)]
    public double MaxGradNorm { get; init; } = 0.5;

    /// <summary>Learning rate of RMSprop at the start.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 7e-4;

    /// <summary>Share of the run, at its end, over which the learning rate falls linearly to zero; the published recipe has none.</summary>
    [Range(0.0, 1.0)]
    public double Decay { get; init; }

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
}
