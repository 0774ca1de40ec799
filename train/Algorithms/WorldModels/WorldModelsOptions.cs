using System.ComponentModel.DataAnnotations;
using WorldModels.Models;
using WorldModels.Recordings;

namespace WorldModels.Train.Algorithms;

/// <summary>Where controllers are tried while they are learnt.</summary>
public enum ControllerWorld
{
    /// <summary>In what M imagines (the paper's Doom).</summary>
    Dream,

    /// <summary>In the environment itself, seen through V and M (the paper's CarRacing).</summary>
    Real,
}

/// <summary>
/// Hyperparameters of World Models (Ha and Schmidhuber 2018), all stages'. Values in brackets: the published code's, for CarRacing and Doom
/// where they differ.
/// </summary>
public sealed record WorldModelsOptions : TrainOptions
{
    /// <summary>Folders of recorded episodes; empty: they are recorded first, in the run's folder.</summary>
    [Fixed, Place]
    public OptionList<string> Recordings { get; init; } = [];

    /// <summary>Bundle of V; empty: it is learnt first, in the run's folder.</summary>
    [Fixed, Place]
    public string Vision { get; init; } = "";

    /// <summary>Bundle of M with its V; empty: it is learnt first, in the run's folder.</summary>
    [Fixed, Place]
    public string Memory { get; init; } = "";

    /// <summary>
    /// Times that the stages are gone through; from the second on what was learnt plays the episodes (section 5, iterative). Unlike there,
    /// M says neither rewards nor actions, and V and M learn anew in each round, of the episodes of all.
    /// </summary>
    [Fixed, Range(1, 100)]
    public int Rounds { get; init; } = 1;

    /// <summary>Bundle that plays the recorded episodes; empty: random actions, each held for 1 to <see cref="MostHeld"/> steps.</summary>
    [Fixed, Place]
    public string Player { get; init; } = "";

    /// <summary>Episodes recorded in a round (10,000); of every ten one is kept back to judge V and M by.</summary>
    [Fixed, Range(Recording.KeepBack, 10_000_000)]
    public int Episodes { get; init; } = 1500;

    /// <summary>Episodes played side by side, which are an update of the stage that records.</summary>
    [Fixed, Range(1, 4096)]
    public int SideBySide { get; init; } = 50;

    /// <summary>Most steps that a random action is held (10).</summary>
    [Fixed, Range(1, 10_000)]
    public int MostHeld { get; init; } = 10;

    /// <summary>
    /// What each number of a random action, in -1..1, lies around; none: 0. Of CarRacing's gas and brake, which go from 0 to 1, anything
    /// below 0 is none, of what a controller puts out as well (published: brake likewise, but no gas is -1). A car whose brake is as often
    /// pressed as its gas stays where it is (published: what controllers of random weights do).
    /// </summary>
    [Fixed, Range(-10.0, 10.0)]
    public OptionList<double> RandomMean { get; init; } = [];

    /// <summary>How far each number of a random action lies from that at most, before it is clipped to -1..1; none: 1.</summary>
    [Fixed, Range(0.0, 10.0)]
    public OptionList<double> RandomSpread { get; init; } = [];

    /// <summary>Share of a player's actions that are random.</summary>
    [Fixed, Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 0.1;

    /// <summary>Steps after which an episode is cut, where it does not end sooner (1000; 2100).</summary>
    [Fixed, Range(2, 1_000_000)]
    public int EpisodeSteps { get; init; } = 1000;

    /// <summary>Rows and columns of pictures that are seen in place of numbers; 0: what the environment shows by itself.</summary>
    [Fixed, Range(0, 1024)]
    public int Pixels { get; init; }

    /// <summary>Numbers in a latent vector (32; 64).</summary>
    [Fixed, Range(1, 4096)]
    public int Latent { get; init; } = 32;

    /// <summary>Channels after V's first convolution (32).</summary>
    [Fixed, Range(1, 1024)]
    public int VisionDepth { get; init; } = 32;

    /// <summary>Units of V's hidden layer, for observations that no convolutions read.</summary>
    [Fixed, Range(1, 65536)]
    public int VisionUnits { get; init; } = 128;

    /// <summary>Updates of V (10 passes over all frames: a million).</summary>
    [Range(1, 1_000_000_000)]
    public long VisionUpdates { get; init; } = 3000;

    /// <summary>Observations in an update of V (100).</summary>
    [Range(1, 65536)]
    public int VisionBatch { get; init; } = 100;

    /// <summary>Learning rate of V's Adam (1e-4).</summary>
    [Range(0.0, 10.0)]
    public double VisionLearningRate { get; init; } = 1e-4;

    /// <summary>Weight of V's squared error beside the divergence (1): what is small in a picture may be what counts.</summary>
    [Range(0.0, 1e6)]
    public double PixelWeight { get; init; } = 1;

    /// <summary>Nats of divergence a latent number that are free; the floor is of the sum over all of them (0.5).</summary>
    [Range(0.0, 1e6)]
    public double FreeNats { get; init; } = 0.5;

    /// <summary>Units of M's LSTM (256; 512).</summary>
    [Fixed, Range(1, 65536)]
    public int MemoryUnits { get; init; } = 256;

    /// <summary>Components of a mixture that M says (5).</summary>
    [Fixed, Range(1, 64)]
    public int Mixtures { get; init; } = 5;

    /// <summary>
    /// Whether M draws a latent vector as a whole, of one component (no: each number has a mixture of its own). Numbers drawn one by one
    /// mix what could happen: half of a ball that is dropped, half of none.
    /// </summary>
    [Fixed]
    public bool JointMixture { get; init; }

    /// <summary>Whether M predicts the ends of episodes, which a dream needs (no; yes).</summary>
    [Fixed]
    public bool Restart { get; init; } = true;

    /// <summary>Weight of the restart loss where an episode begins; 1 elsewhere (10).</summary>
    [Range(0.0, 1e6)]
    public double RestartWeight { get; init; } = 10;

    /// <summary>Negative control: M learns from latent vectors that were shuffled in time within their episode.</summary>
    [Fixed]
    public bool Shuffled { get; init; }

    /// <summary>Updates of M (4,000; 24,400).</summary>
    [Range(1, 1_000_000_000)]
    public long MemoryUpdates { get; init; } = 3000;

    /// <summary>Streams in an update of M (100).</summary>
    [Range(1, 65536)]
    public int MemoryBatch { get; init; } = 100;

    /// <summary>Steps of each stream in an update (999; 499).</summary>
    [Range(1, 10_000)]
    public int MemoryLength { get; init; } = 499;

    /// <summary>Learning rate of M's Adam at its first update (1e-3).</summary>
    [Range(0.0, 10.0)]
    public double MemoryLearningRate { get; init; } = 1e-3;

    /// <summary>Factor by which it nears 1e-5 at each update (1; 0.99999).</summary>
    [Range(0.0, 1.0)]
    public double MemoryDecay { get; init; } = 1;

    /// <summary>Largest number in a gradient of M; others are cut off to it (1).</summary>
    [Range(1e-9, 1e9)]
    public double MemoryClip { get; init; } = 1;

    /// <summary>Where controllers are tried (real; dream).</summary>
    [Fixed]
    public ControllerWorld World { get; init; }

    /// <summary>Temperature of the dream that controllers are tried in (code: 1.25; best in the paper: 1.15).</summary>
    [Range(0.01, 100.0)]
    public double Temperature { get; init; } = 1.15;

    /// <summary>What the controller reads (zh; zch).</summary>
    [Fixed]
    public ControllerInputs Inputs { get; init; } = ControllerInputs.Zh;

    /// <summary>Units of the controller's hidden layer; 0: none (0; of the variant with z alone: 40).</summary>
    [Fixed, Range(0, 65536)]
    public int Hidden { get; init; }

    /// <summary>Whether the controller has biases (yes; no).</summary>
    [Fixed]
    public bool Bias { get; init; } = true;

    /// <summary>What CMA-ES learns of how weights go together (full).</summary>
    [Fixed]
    public CovarianceForm Covariance { get; init; }

    /// <summary>First step size of CMA-ES (0.1).</summary>
    [Fixed, Range(1e-9, 1e6)]
    public double Sigma { get; init; } = 0.1;

    /// <summary>Controllers of a generation (64). A generation is an update.</summary>
    [Fixed, Range(2, 65536)]
    public int Population { get; init; } = 64;

    /// <summary>Episodes by which each is judged, the same for all of a generation (16).</summary>
    [Fixed, Range(1, 65536)]
    public int EpisodesEach { get; init; } = 16;

    /// <summary>Episodes that run as one batch; more are done in turn, with the same results.</summary>
    [Range(1, 1_000_000)]
    public int Rows { get; init; } = 1024;

    /// <summary>Cores that share a batch.</summary>
    [Range(1, 256)]
    public int DreamThreads { get; init; } = 1;

    /// <summary>Times that CMA-ES may begin anew with twice the population where it has converged (0).</summary>
    [Range(0, 100)]
    public int Restarts { get; init; }

    /// <summary>
    /// Generations between two evaluations of the distribution's mean on episodes of its own; the best mean is kept (25).
    /// </summary>
    [Fixed, Range(1, 1_000_000)]
    public int EvaluateEvery { get; init; } = 25;

    /// <summary>Episodes of such an evaluation (1024).</summary>
    [Fixed, Range(1, 1_000_000)]
    public int MeanEpisodes { get; init; } = 1024;

    /// <summary>The options of the stage that records.</summary>
    internal WorldModelsOptions ForRecording() => For((Episodes + SideBySide - 1) / SideBySide);

    /// <summary>The options of the stage that learns V.</summary>
    internal WorldModelsOptions ForVision() => For(VisionUpdates);

    /// <summary>The options of the stage that learns M.</summary>
    internal WorldModelsOptions ForMemory() => For(MemoryUpdates);

    /// <summary>Sizes of V.</summary>
    internal VaeConfig VisionConfig(IReadOnlyList<int> observation) =>
        new() { Observation = observation, Latent = Latent, Depth = VisionDepth, Units = VisionUnits };

    /// <summary>Sizes of M.</summary>
    internal MdnRnnConfig MemoryConfig(int actions) => new()
    {
        Latent = Latent, Actions = actions, Units = MemoryUnits, Mixtures = Mixtures, JointMixture = JointMixture, Restart = Restart,
    };

    /// <summary>Sizes of C.</summary>
    public ControllerConfig ControllerConfig(int actions) =>
        new() { Latent = Latent, Units = MemoryUnits, Actions = actions, Inputs = Inputs, Hidden = Hidden, Bias = Bias };

    private WorldModelsOptions For(long updates) => this with
    {
        Updates = updates,
        LogEvery = Math.Max(1, updates / 100),
        CheckpointEvery = Math.Max(1, updates / 10),
        Rounds = 1,
    };
}
