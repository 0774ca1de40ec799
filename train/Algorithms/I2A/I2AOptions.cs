using System.ComponentModel.DataAnnotations;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>The world an agent imagines in.</summary>
public enum ImaginationWorld
{
    /// <summary>A learned environment model.</summary>
    Model,

    /// <summary>Control: nothing changes. As many parameters, no information (Weber et al. 2017's copy model).</summary>
    Copy,

    /// <summary>Control: the game's own rules, a copy of the game with other dice. A perfect model; nothing ships.</summary>
    Simulator,
}

/// <summary>
/// Hyperparameters of the imagination-augmented agent (Weber et al. 2017); values of its public reimplementation under paper.
/// </summary>
public sealed record I2AOptions : ActorCriticOptions
{
    /// <summary>The world to imagine in.</summary>
    [Fixed]
    public ImaginationWorld World { get; init; } = ImaginationWorld.Model;

    /// <summary>Bundle of the environment model; empty: one is learnt first, inside the run's folder.</summary>
    [Fixed]
    public string Model { get; init; } = "";

    /// <summary>Preset by which the environment model is learnt, where no bundle is given.</summary>
    [Fixed]
    public string ModelPreset { get; init; } = "small";

    /// <summary>Steps of each imagined rollout (Weber et al. 2017: 3 to 5; its reimplementation: 1).</summary>
    [Fixed, Range(1, 5)]
    public int Depth { get; init; } = 1;

    /// <summary>Whether imagined frames are the model's best guess or its expectation.</summary>
    [Fixed]
    public ImaginedFrames Imagined { get; init; } = ImaginedFrames.Hard;

    /// <summary>Whether the agent reads the imagined probability that the episode goes on; the published agent does not.</summary>
    [Fixed]
    public bool ReadContinue { get; init; }

    /// <summary>The rollout encoder's recurrent cell (Weber et al. 2017: lstm; its reimplementation: gru).</summary>
    [Fixed]
    public RecurrentCell Cell { get; init; } = RecurrentCell.Gru;

    /// <summary>Units of the rollout encoder, the size of a rollout's code.</summary>
    [Fixed, Range(1, 65536)]
    public int Units { get; init; } = 256;

    /// <summary>Whether the encoder reads a rollout from its end (Weber et al. 2017: yes; its reimplementation: no).</summary>
    [Fixed]
    public bool Reverse { get; init; }

    /// <summary>Learning rate of the rollout policy's Adam, which imitates the agent; there is one from depth 2 on.</summary>
    [Range(0.0, 10.0)]
    public double RolloutLearningRate { get; init; } = 1e-3;

    /// <summary>Threads that imagine side by side.</summary>
    [Range(1, 256)]
    public int ImaginationThreads { get; init; } = 2;
}
