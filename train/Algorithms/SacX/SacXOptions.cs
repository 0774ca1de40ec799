using System.ComponentModel.DataAnnotations;
using WorldModels.Models;
using WorldModels.Train.Data;

namespace WorldModels.Train.Algorithms;

/// <summary>What decides which task is played next.</summary>
public enum SchedulerKind
{
    /// <summary>Every task is as likely (SAC-U).</summary>
    Uniform,

    /// <summary>Tasks after which the main task's return was high are likelier (SAC-Q).</summary>
    Q,

    /// <summary>Always the same one: a control.</summary>
    Fixed,
}

/// <summary>
/// Hyperparameters of Scheduled Auxiliary Control (Riedmiller et al. 2018); what the paper leaves open is chosen for two cores.
/// </summary>
/// <remarks>
/// Four things differ from the paper: Retrace's ratios and expected values take the policies as they are, not slow copies of them (the
/// critics have such copies); the main task is played a share of the time whatever the scheduler draws; a share of what is played is
/// uniformly random; and the weight of the entropy falls in the first half of a run.
/// </remarks>
public sealed record SacXOptions : TrainOptions
{
    /// <summary>What decides which task is played next.</summary>
    [Fixed]
    public SchedulerKind Scheduler { get; init; } = SchedulerKind.Q;

    /// <summary>The task that <c>scheduler=fixed</c> plays, by its number; 0: the main one.</summary>
    [Range(0, 64)]
    public int FixedTask { get; init; }

    /// <summary>Share of all decisions that are the main task's, whatever the scheduler draws for the others.</summary>
    [Range(0.0, 1.0)]
    public double MainShare { get; init; }

    /// <summary>Steps that a decision lasts.</summary>
    [Fixed, Range(1, 100_000)]
    public int Period { get; init; } = 60;

    /// <summary>
    /// Temperature of the softmax of <c>scheduler=q</c>, in units of the main task's return as it is learnt: a tenth of the environment's
    /// where shaped, 1 for coming to rest where sparse.
    /// </summary>
    [Range(1e-6, 1e6)]
    public double Temperature { get; init; } = 1;

    /// <summary>Decisions of each kind that the averages of <c>scheduler=q</c> go back (M).</summary>
    [Fixed, Range(1, 100_000)]
    public int Memory { get; init; } = 50;

    /// <summary>What the main task is rewarded for.</summary>
    [Fixed]
    public MainReward MainReward { get; init; }

    /// <summary>Whether there are tasks to play at; without, the same learner has its main task alone.</summary>
    [Fixed]
    public bool Auxiliary { get; init; } = true;

    /// <summary>Negative control: auxiliary tasks have one another's rewards.</summary>
    [Fixed]
    public bool PermuteRewards { get; init; }

    /// <summary>Environments that collect in lock step.</summary>
    [Fixed, Range(1, 256)]
    public int Environments { get; init; } = 4;

    /// <summary>Steps after which an episode is cut while learning; evaluation plays whole ones.</summary>
    [Fixed, Range(1, 100_000)]
    public int EpisodeSteps { get; init; } = 400;

    /// <summary>Random actions taken before the first update.</summary>
    [Fixed, Range(1, 100_000_000)]
    public long Prefill { get; init; } = 4000;

    /// <summary>Actions taken before each update, over all environments.</summary>
    [Fixed, Range(1, 100_000)]
    public int CollectSteps { get; init; } = 4;

    /// <summary>Records kept; the oldest episodes are forgotten first.</summary>
    [Range(1000, 100_000_000)]
    public long Capacity { get; init; } = 200_000;

    /// <summary>Windows of an update (B).</summary>
    [Range(1, 65536)]
    public int Batch { get; init; } = 32;

    /// <summary>Steps of each window (L).</summary>
    [Range(1, 4096)]
    public int Length { get; init; } = 12;

    /// <summary>Discount.</summary>
    [Fixed, Range(0.01, 0.9999)]
    public double Gamma { get; init; } = 0.99;

    /// <summary>Decay of Retrace's traces (Munos et al. 2016).</summary>
    [Range(0.0, 1.0)]
    public double Lambda { get; init; } = 1;

    /// <summary>Weight of the policies' entropy, in units of reward, at the beginning.</summary>
    [Range(0.0, 100.0)]
    public double Entropy { get; init; } = 0.02;

    /// <summary>Its weight from the middle of the run on, to which it goes evenly.</summary>
    [Range(0.0, 100.0)]
    public double EntropyAtEnd { get; init; } = 0.001;

    /// <summary>Error of a value above which the critics' loss grows evenly, below which with its square (Huber).</summary>
    [Range(1e-6, 1e6)]
    public double HuberDelta { get; init; } = 10;

    /// <summary>Share of uniformly random actions in what is played, which Retrace knows of.</summary>
    [Range(0.0, 1.0)]
    public double Exploration { get; init; } = 0.05;

    /// <summary>Share by which the target networks follow at each update.</summary>
    [Range(0.0, 1.0)]
    public double TargetRate { get; init; } = 0.01;

    /// <summary>Learning rate of both Adams.</summary>
    [Range(0.0, 10.0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of the run's end over which the learning rate falls to zero.</summary>
    [Range(0.0, 1.0)]
    public double Decay { get; init; } = 0.4;

    /// <summary>Largest norm of each gradient.</summary>
    [Range(0.0, 1e6)]
    public double MaxGradNorm { get; init; } = 10;

    /// <summary>Units of the policies' shared layers.</summary>
    [Fixed, Range(1, 65536)]
    public OptionList<int> ActorTrunk { get; init; } = [200, 200];

    /// <summary>Units of the hidden layers of each policy's head.</summary>
    [Fixed, Range(1, 65536)]
    public OptionList<int> ActorHead { get; init; } = [100];

    /// <summary>Units of the critics' shared layers.</summary>
    [Fixed, Range(1, 65536)]
    public OptionList<int> CriticTrunk { get; init; } = [400, 400];

    /// <summary>Units of the hidden layers of each critic's head.</summary>
    [Fixed, Range(1, 65536)]
    public OptionList<int> CriticHead { get; init; } = [200];

    /// <summary>Whether the first shared layer is normalised.</summary>
    [Fixed]
    public bool LayerNorm { get; init; } = true;

    /// <summary>Updates between two short evaluations on the way; 0: none.</summary>
    [Range(0, 10_000_000)]
    public long EvaluateEvery { get; init; } = 5000;

    /// <summary>Sizes of the networks.</summary>
    internal IntentionConfig Networks(int observation, ActionVectors actions, int tasks) => new()
    {
        Observation = observation, Actions = actions.Size, Discrete = actions.Discrete, Tasks = tasks,
        Actor = new(ActorTrunk, ActorHead), Critic = new(CriticTrunk, CriticHead), LayerNorm = LayerNorm,
    };

    internal override IEnumerable<(string Option, string Of)> WithoutEffect =>
    [
        .. Scheduler == SchedulerKind.Fixed ? Array.Empty<(string, string)>() : [("fixedTask", "scheduler=fixed")],
        .. Scheduler == SchedulerKind.Q ? Array.Empty<(string, string)>() : [("temperature", "scheduler=q"), ("memory", "scheduler=q")],
    ];
}
