using System.ComponentModel.DataAnnotations;
using TorchSharp.Modules;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Recordings;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>What makes steps of gradients.</summary>
public enum OptimiserKind
{
    /// <summary>Adam (Kingma and Ba 2015).</summary>
    Adam,

    /// <summary>LaProp (Ziyin et al. 2020; DreamerV3).</summary>
    LaProp,
}

/// <summary>
/// Hyperparameters of learning in the latent space of a recurrent state-space model, whatever acts in it. Defaults are Dreamer V1's
/// (Hafner et al. 2020, appendix A, and its code).
/// </summary>
public abstract record LatentOptions : TrainOptions
{
    /// <summary>
    /// Recorded episodes to learn from instead of an environment: a folder of npz files, a Minari data set, a D4RL file. Without --env nothing
    /// is played, not even for evaluation. A run that goes on takes another place of the same files.
    /// </summary>
    [Place]
    public string Dataset { get; init; } = "";

    /// <summary>What the ends of recorded episodes mean where no array says so: refused, truncated or terminated.</summary>
    [Fixed]
    public UnmarkedEnds DatasetEnds { get; init; } = UnmarkedEnds.Refused;

    /// <summary>Whether recorded <c>action[t]</c> led to <c>observation[t]</c> or was taken there: byFormat, led or taken.</summary>
    [Fixed]
    public ActionAlignment DatasetActions { get; init; } = ActionAlignment.ByFormat;

    /// <summary>Whether a run may go on with other files than it began with.</summary>
    public bool DatasetMayChange { get; init; }

    /// <summary>GB of observations that are kept in memory, the others in a temporary file; 0: half of what the machine has.</summary>
    [Range(0.0, 1e6)]
    public double DatasetMemory { get; init; }

    /// <summary>Environment steps that an action lasts; rewards are summed.</summary>
    [Fixed, Range(1, 100)]
    public int ActionRepeat { get; init; } = 2;

    /// <summary>Rows and columns of the pictures that are seen instead of numbers, 32 or 64; 0: numbers are seen.</summary>
    [Fixed, AllowedValues(0, 32, 64)]
    public int Pixels { get; init; }

    /// <summary>Whether numbers are seen beside pictures.</summary>
    [Fixed]
    public bool Proprioception { get; init; }

    /// <summary>
    /// Channels after the first convolution of pictures (PlaNet, Dreamer V1: 32); of DreamerV3, which pools, half as many.
    /// </summary>
    [Fixed, Range(1, 1024)]
    public int PixelDepth { get; init; } = 32;

    /// <summary>Environments that collect in lock step.</summary>
    [Fixed, Range(1, 256)]
    public int Environments { get; init; } = 1;

    /// <summary>Random actions taken before the first update.</summary>
    [Fixed, Range(1, 100_000_000)]
    public long Prefill { get; init; } = 2500;

    /// <summary>Updates before the first actions of the agent.</summary>
    [Fixed, Range(0, 1_000_000)]
    public long Pretrain { get; init; } = 100;

    /// <summary>Updates between two collections.</summary>
    [Fixed, Range(1, 1_000_000)]
    public long CollectEvery { get; init; } = 100;

    /// <summary>Actions taken in a collection, over all environments.</summary>
    [Fixed, Range(1, 1_000_000)]
    public long CollectSteps { get; init; } = 500;

    /// <summary>
    /// Records replayed for each action taken, which then decides when actions are taken; 0: <see cref="CollectEvery"/> and
    /// <see cref="CollectSteps"/> do.
    /// </summary>
    [Fixed, Range(0.0, 1e6)]
    public double ReplayRatio { get; init; }

    /// <summary>Records kept; the oldest episodes are forgotten first. The published agents forget nothing.</summary>
    [Range(100, 100_000_000)]
    public long Capacity { get; init; } = 2_000_000;

    /// <summary>GB of played records kept, if that is less; 0: half of what the machine has.</summary>
    [Range(0.0, 1e6)]
    public double ReplayMemory { get; init; }

    /// <summary>Sequences of an update (B).</summary>
    [Range(1, 4096)]
    public int Batch { get; init; } = 50;

    /// <summary>Steps of each sequence (T).</summary>
    [Range(2, 4096)]
    public int Length { get; init; } = 50;

    /// <summary>Deterministic units of the latent state.</summary>
    [Fixed, Range(1, 65536)]
    public int Deterministic { get; init; } = 200;

    /// <summary>Stochastic variables of the latent state.</summary>
    [Fixed, Range(1, 65536)]
    public int Stochastic { get; init; } = 30;

    /// <summary>Units of the hidden layers of prior and posterior.</summary>
    [Fixed, Range(1, 65536)]
    public int Hidden { get; init; } = 200;

    /// <summary>Size of an observation's embedding.</summary>
    [Fixed, Range(1, 65536)]
    public int Embedding { get; init; } = 1024;

    /// <summary>Hidden layers of the encoder, and of the decoder.</summary>
    [Fixed, Range(0, 16)]
    public int EncoderLayers { get; init; } = 2;

    /// <summary>Units of each.</summary>
    [Fixed, Range(1, 65536)]
    public int EncoderUnits { get; init; } = 400;

    /// <summary>Hidden layers of the reward head.</summary>
    [Fixed, Range(0, 16)]
    public int RewardLayers { get; init; } = 2;

    /// <summary>Units of every head's hidden layers.</summary>
    [Fixed, Range(1, 65536)]
    public int HeadUnits { get; init; } = 400;

    /// <summary>Whether the end of an episode is predicted: needed where episodes can terminate.</summary>
    [Fixed]
    public bool PredictContinue { get; init; }

    /// <summary>Hidden layers of the head that predicts it.</summary>
    [Fixed, Range(0, 16)]
    public int ContinueLayers { get; init; } = 3;

    /// <summary>Weight of the prediction that the episode goes on.</summary>
    [Range(0.0, 1000.0)]
    public double ContinueScale { get; init; } = 10;

    /// <summary>Discount.</summary>
    [Fixed, Range(0.01, 1.0)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Nats by which posterior and prior may differ for free.</summary>
    [Range(0.0, 1000.0)]
    public double FreeNats { get; init; } = 3;

    /// <summary>How they are applied.</summary>
    public FreeNatsForm FreeNatsForm { get; init; } = FreeNatsForm.MaxOfMean;

    /// <summary>Weight of the divergence of posterior and prior.</summary>
    [Range(0.0, 1000.0)]
    public double KlScale { get; init; } = 1;

    /// <summary>
    /// Weight of the log likelihood of the numbers that are seen, a Gaussian's of unit variance. A few standardised numbers weigh little
    /// beside the divergence.
    /// </summary>
    [Range(0.0, 1e6)]
    public double ObservationScale { get; init; } = 1;

    /// <summary>
    /// Weight of a picture's log likelihood, a Gaussian's of unit variance, summed over as many pixels as 64 x 64, the published size: each
    /// of 32 x 32 counts four times.
    /// </summary>
    [Range(0.0, 1e6)]
    public double PixelScale { get; init; } = 1;

    /// <summary>Weight of the reward's log likelihood (PlaNet: 10).</summary>
    [Range(0.0, 1e6)]
    public double RewardLossScale { get; init; } = 1;

    /// <summary>Factor on the rewards that are learnt from; returns are reported, and rewards shipped, without it.</summary>
    [Fixed, Range(1e-6, 1e6)]
    public double RewardScale { get; init; } = 1;

    /// <summary>Whether observations are standardised by the statistics of the first episodes.</summary>
    [Fixed]
    public bool Standardize { get; init; } = true;

    /// <summary>Steps of latent overshooting (Hafner et al. 2019, section 4); 1: none, only the next step's prior learns.</summary>
    [Range(1, 1000)]
    public int Overshooting { get; init; } = 1;

    /// <summary>Weight of the overshot divergences, of which the mean is taken.</summary>
    [Range(0.0, 1000.0)]
    public double OvershootingScale { get; init; } = 1;

    /// <summary>What makes steps of gradients.</summary>
    [Fixed]
    public OptimiserKind Optimiser { get; init; }

    /// <summary>Learning rate of the world model.</summary>
    [Range(0.0, 10.0)]
    public double ModelLearningRate { get; init; } = 6e-4;

    /// <summary>Steps over which learning rates rise from zero; LaProp alone has them.</summary>
    [Range(0, 1_000_000)]
    public long Warmup { get; init; }

    /// <summary>Added to the root of the optimisers' second moment.</summary>
    [Range(0.0, 1.0)]
    public double AdamEpsilon { get; init; } = 1e-7;

    /// <summary>Largest global norm of the gradients of world model, actor and critic each.</summary>
    [Range(0.0, 1e6)]
    public double MaxGradNorm { get; init; } = 100;

    /// <summary>
    /// Largest norm of each parameter's gradient as a share of the parameter's own norm, in place of <see cref="MaxGradNorm"/>; 0: that.
    /// </summary>
    [Range(0.0, 1000.0)]
    public double AdaptiveClip { get; init; }

    /// <summary>Standard deviation of the noise on continuous actions while collecting.</summary>
    [Range(0.0, 10.0)]
    public double ActionNoise { get; init; } = 0.3;

    /// <summary>Share of random actions among discrete ones while collecting.</summary>
    [Range(0.0, 1.0)]
    public double Epsilon { get; init; } = 0.1;

    /// <summary>Updates between two short evaluations on the way; 0: none.</summary>
    [Range(0, 10_000_000)]
    public long EvaluateEvery { get; init; } = 1000;

    /// <summary>Negative control: rewards learnt from are replaced by zero, so that there is nothing to act for.</summary>
    public bool BlindReward { get; init; }

    /// <summary>Negative control: each sequence has another one's actions, so that the model cannot learn what they do.</summary>
    public bool ShuffleActions { get; init; }

    /// <summary>The scale of each loss that a world model may have, by its name.</summary>
    public virtual IReadOnlyDictionary<string, double> LossScales() => new Dictionary<string, double>
    {
        ["kl"] = KlScale,
        [LatentWorldConfig.ObservationLoss] = ObservationScale,
        [LatentWorldConfig.PixelLoss] = PixelScale,
        ["reward"] = RewardLossScale,
        ["continue"] = ContinueScale,
        ["overshooting"] = OvershootingScale,
    };

    /// <summary>An optimiser of parameters at a learning rate.</summary>
    internal FlatOptimiser OptimiserOf(IReadOnlyList<Parameter> parameters, double rate)
    {
        if (Warmup > 0 && Optimiser != OptimiserKind.LaProp)
            throw new UserException($"warmup={Warmup} has an effect with optimiser=laProp only: set that too, or warmup=0.");
        if (AdamEpsilon == 0 && Optimiser == OptimiserKind.LaProp)
            throw new UserException("adamEpsilon=0 divides zero gradients by zero with optimiser=laProp: set it above 0, as 1e-20.");
        return new(parameters, whole => Optimiser switch
        {
            OptimiserKind.LaProp => new LaProp(whole, rate, AdamEpsilon, Warmup),
            _ => optim.Adam(whole, rate, eps: AdamEpsilon),
        });
    }

    /// <summary>Clips an optimiser's gradients. Gives the norm that they had.</summary>
    internal double Clip(FlatOptimiser optimiser) =>
        AdaptiveClip == 0 ? optimiser.ClipGradients(MaxGradNorm) : optimiser.ClipAdaptively(AdaptiveClip);

    /// <summary>Random numbers that follow what is observed, which no action controls.</summary>
    internal virtual int NoisyNumbers => 0;

    /// <summary>What is seen of an environment; null: its numbers.</summary>
    internal PictureView? View => (Pixels, Proprioception) switch
    {
        (0, true) => throw new UserException("proprioception=true needs pictures beside: set pixels=32 or 64."),
        (0, false) => null,
        _ => new(Pixels, Proprioception),
    };

    /// <summary>Sizes of the world model that learns of these observations and action vectors of this size.</summary>
    public abstract LatentWorldConfig World(ObservationSpec observation, int actions);

    /// <inheritdoc cref="World(ObservationSpec, int)"/>
    protected LatentWorldConfig World(ObservationSpec observation, int actions, Unary activation, GruForm gru, Unary ofPixels)
    {
        PixelConfig? pixels = observation.PictureShape is { } picture
            ? new() { Channels = picture[0], Size = SizeOf(picture), Depth = PixelDepth, Activation = ofPixels } : null;
        return new()
        {
            Dynamics = new RssmConfig
            {
                Deterministic = Deterministic, Stochastic = Stochastic, Hidden = Hidden, Embedding = EmbeddingOf(observation, pixels),
                Actions = actions, Gru = gru, Activation = activation, FreeNats = FreeNats, FreeNatsForm = FreeNatsForm,
                Overshooting = Overshooting,
            },
            Observation = observation.Size,
            Pixels = pixels,
            Encoder = new(EncoderLayers, EncoderUnits),
            Decoder = new(EncoderLayers, EncoderUnits),
            Reward = new(new(RewardLayers, HeadUnits), activation),
            Continue = PredictContinue ? new(ContinueLayers, HeadUnits) : null,
            Activation = activation,
        };
    }

    /// <summary>Size of the embedding of a picture, of numbers, or of both side by side.</summary>
    protected int EmbeddingOf(ObservationSpec observation, PixelConfig? pixels) =>
        (pixels?.Embedding ?? 0) + (observation.Size > (pixels?.Numbers ?? 0) ? Embedding : 0);

    private static int SizeOf(IReadOnlyList<int> picture) => picture[1] == picture[2] && PixelConfig.Sizes.Contains(picture[1])
        ? picture[1]
        : throw new UserException($"Pictures of {picture[1]} x {picture[2]} pixels: there are encoders of square ones of "
            + $"{string.Join(" and ", PixelConfig.Sizes)} rows. Scale them.");

    /// <summary>What nobody should expect of a world that was learnt so.</summary>
    internal IReadOnlyList<string> Limits =>
    [
        .. Deterministic < 200
            ? ["A small world learnt in minutes; the published results are of large images, larger networks and a hundred times the "
                + "experience, and no measure for it."]
            : Array.Empty<string>(),
        "Where its experience did not go, its dreams are guesses.",
    ];
}
