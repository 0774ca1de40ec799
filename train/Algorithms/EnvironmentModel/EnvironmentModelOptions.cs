using System.ComponentModel.DataAnnotations;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>Who plays the games that a model learns from.</summary>
public enum CollectionPolicy
{
    /// <summary>The scripted player with some random moves: it survives, so that rare events are seen.</summary>
    Greedy,

    /// <summary>Uniformly random actions.</summary>
    Random,
}

/// <summary>
/// Hyperparameters of environment-model learning (Weber et al. 2017, section 4.1; values of its reimplementation under paper).
/// </summary>
public sealed record EnvironmentModelOptions : TrainOptions
{
    /// <summary>The network's body.</summary>
    [Fixed]
    public EnvironmentModelArchitecture Architecture { get; init; } = EnvironmentModelArchitecture.Compact;

    /// <summary>Filters of the compact body.</summary>
    [Fixed, Range(1, 1024)]
    public int Filters { get; init; } = 32;

    /// <summary>Consecutive frames that the model sees (Weber et al. 2017: 4; its reimplementation: 1).</summary>
    [Fixed, Range(1, 16)]
    public int Stack { get; init; } = 1;

    /// <summary>Whether the model also predicts that the episode goes on.</summary>
    [Fixed]
    public bool Termination { get; init; } = true;

    /// <summary>Who plays.</summary>
    [Fixed]
    public CollectionPolicy Policy { get; init; } = CollectionPolicy.Greedy;

    /// <summary>Share of random moves of the greedy player.</summary>
    [Fixed, Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 0.3;

    /// <summary>Games played in lock step while collecting.</summary>
    [Fixed, Range(1, 4096)]
    public int Games { get; init; } = 64;

    /// <summary>Frames to collect, over all games.</summary>
    [Fixed, Range(100, 2_000_000)]
    public int Frames { get; init; } = 60_000;

    /// <summary>Share of the episodes that is never trained on, by which the model is judged.</summary>
    [Fixed, Range(0.01, 0.9)]
    public double HoldOut { get; init; } = 0.1;

    /// <summary>Transitions per update.</summary>
    [Range(1, 65536)]
    public int Batch { get; init; } = 32;

    /// <summary>
    /// Share of a batch in which every reward class, and the end of an episode, is equally likely: otherwise rare events go unseen.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Balanced { get; init; } = 0.25;

    /// <summary>Learning rate of Adam at the start.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 6e-3;

    /// <summary>Share of the run, at its end, over which the learning rate falls linearly to zero.</summary>
    [Range(0.0, 1.0)]
    public double Decay { get; init; } = 0.4;

    /// <summary>Weight of the reward's cross-entropy beside the pixels'.</summary>
    [Range(0.0, 1000.0)]
    public double RewardCoefficient { get; init; } = 0.1;

    /// <summary>Weight of the termination's cross-entropy.</summary>
    [Range(0.0, 1000.0)]
    public double ContinueCoefficient { get; init; } = 0.1;

    /// <summary>
    /// Weight of a cell that changes against one that stays, in the pixels' cross-entropy, at the start: movement is learnt first. It falls
    /// linearly to <see cref="FinalChangedWeight"/> when the learning rate begins to fall, for a weighted model draws a ghost wherever it
    /// might be.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double ChangedWeight { get; init; } = 10;

    /// <summary>
    /// The weight at the end. A ghost of level 1 moves or stays with the same probability, and each cell chooses for itself: with 1, the
    /// ghost is drawn in both cells or in none. Above 1 they agree that it moves, also where its direction is not quite certain; below 3
    /// they agree that an edible one stays, which moves a quarter of the time.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double FinalChangedWeight { get; init; } = 1;

    /// <summary>Negative control: the actions of each batch are shifted by one row, so that pacman cannot be predicted.</summary>
    public bool ShuffleActions { get; init; }
}
