using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Models;

namespace WorldModels.Train.Algorithms;

/// <summary>What leads the exploration.</summary>
public enum ExplorerKind
{
    /// <summary>The disagreement of an ensemble (Sekar et al. 2020).</summary>
    Plan2Explore,

    /// <summary>Baseline: how much the world model's loss on what was met is expected to be, "prediction-error curiosity".</summary>
    Curiosity,

    /// <summary>Baseline: nothing, actions are random.</summary>
    Random,
}

/// <summary>What the ensemble foretells of the next step.</summary>
public enum DisagreementTarget
{
    /// <summary>The observation's embedding; the reward is the variance (the first code, with Dreamer V1).</summary>
    Embedding,

    /// <summary>The stochastic part of the state; the reward is the standard deviation (the code with DreamerV2).</summary>
    Stochastic,
}

/// <summary>When the tasks' policies learn.</summary>
public enum TaskLearning
{
    /// <summary>Throughout the exploration, as published.</summary>
    Meanwhile,

    /// <summary>After it, in the model as it then is.</summary>
    Afterwards,
}

/// <summary>What a run is at.</summary>
public enum ExplorationStage
{
    /// <summary>The explorer plays; the world model, the ensemble and the explorer learn, and no reward reaches them.</summary>
    Explore,

    /// <summary>Nobody plays; the tasks' policies learn in the model, which stays as it is (zero-shot).</summary>
    Task,

    /// <summary>The task's policy plays, and rewards shape the model (few-shot).</summary>
    Adapt,
}

/// <summary>
/// Hyperparameters of Plan2Explore (Sekar et al. 2020), beside those of Dreamer V1. Defaults are its first code's.
/// </summary>
public sealed record Plan2ExploreOptions : DreamerOptions
{
    /// <summary>What leads the exploration.</summary>
    [Fixed]
    public ExplorerKind Explorer { get; init; }

    /// <summary>
    /// Tasks whose policies are learnt from the one exploration, the first one the environment's own reward. Of a pendulum there are swingup,
    /// which is its own, balance and spin; empty: the environment's own alone, under the name "task".
    /// </summary>
    [Fixed]
    public OptionList<string> Tasks { get; init; } = [];

    /// <summary>When their policies learn.</summary>
    [Fixed]
    public TaskLearning TaskLearning { get; init; }

    /// <summary>The first updates, those of the exploration (first code: 100 for each of 1,000 episodes).</summary>
    [Fixed, Range(1, 100_000_000)]
    public long ExplorationUpdates { get; init; } = 100_000;

    /// <summary>
    /// The updates after them, of the tasks' policies alone, in the frozen model. In those that are left then the task's policy plays and
    /// rewards shape the model (few-shot; first code: 100 for each of 150 episodes); where none are left, the run is zero-shot.
    /// </summary>
    [Fixed, Range(0, 100_000_000)]
    public long TaskUpdates { get; init; }

    /// <summary>Members of the ensemble (first code: 5, with DreamerV2: 10).</summary>
    [Fixed, Range(2, 1000)]
    public int Members { get; init; } = 5;

    /// <summary>Hidden layers of each member (first code: 2, with DreamerV2: 4).</summary>
    [Fixed, Range(0, 16)]
    public int EnsembleLayers { get; init; } = 2;

    /// <summary>Units of each layer (first code: 1024, with DreamerV2: 400).</summary>
    [Fixed, Range(1, 65536)]
    public int EnsembleUnits { get; init; } = 1024;

    /// <summary>What it foretells.</summary>
    [Fixed]
    public DisagreementTarget Target { get; init; }

    /// <summary>
    /// Whether members read the deterministic half of a state alone, as in the first code; the paper's equation and the code with DreamerV2 have
    /// the whole state.
    /// </summary>
    [Fixed]
    public bool EnsembleReadsDeterministic { get; init; } = true;

    /// <summary>Factor on the disagreement (first code: 10,000 on a variance; with DreamerV2: 1 on a deviation).</summary>
    [Fixed, Range(0.0, 1e9)]
    public double DisagreementScale { get; init; } = 10_000;

    /// <summary>Factor on the world model's loss that curiosity is rewarded with.</summary>
    [Fixed, Range(0.0, 1e9)]
    public double CuriosityScale { get; init; } = 1e-3;

    /// <summary>Learning rate of the ensemble, or of the head that expects the loss (the first code has the model's).</summary>
    [Range(0.0, 10.0)]
    public double EnsembleLearningRate { get; init; } = 6e-4;

    /// <summary>Random numbers that follow what is observed and that no action controls, a noisy screen (a control experiment); 0: none.</summary>
    [Fixed, Range(0, 10_000)]
    public int NoisyScreen { get; init; }

    /// <summary>Negative control: each sequence has another one's rewards.</summary>
    public bool ShuffleRewards { get; init; }

    /// <summary>What a run is at in an update.</summary>
    public ExplorationStage StageAt(long update) =>
        update < ExplorationUpdates ? ExplorationStage.Explore
        : update < ZeroShotUpdates ? ExplorationStage.Task
        : ExplorationStage.Adapt;

    /// <summary>Updates before the task's policy plays.</summary>
    internal long ZeroShotUpdates => ExplorationUpdates + TaskUpdates;

    /// <summary>What a run does, and until which update, for people.</summary>
    internal string Stages
    {
        get
        {
            string stages = $"explores to update {Math.Min(Updates, ExplorationUpdates)}"
                + (TaskLearning == TaskLearning.Meanwhile ? " and learns tasks meanwhile" : "");
            if (Updates > ExplorationUpdates && TaskUpdates > 0)
                stages += $"; learns tasks in the frozen model to update {Math.Min(Updates, ZeroShotUpdates)}";
            return Updates > ZeroShotUpdates ? $"{stages}; plays its task and adapts to its rewards to update {Updates}" : stages;
        }
    }

    internal override string Algorithm => "plan2explore";

    internal override IEnumerable<(string Option, string Of)> WithoutEffect =>
    [
        .. Explorer == ExplorerKind.Curiosity ? Array.Empty<(string, string)>() : [("curiosityScale", "explorer=curiosity")],
        .. Explorer == ExplorerKind.Random ? [("ensembleLearningRate", "an explorer that learns")] : Array.Empty<(string, string)>(),
        .. Explorer == ExplorerKind.Plan2Explore ? Array.Empty<(string, string)>()
            : new[] { "members", "ensembleLayers", "ensembleUnits", "target", "ensembleReadsDeterministic", "disagreementScale" }
                .Select(option => (option, "explorer=plan2Explore")),
    ];

    internal override int NoisyNumbers => NoisyScreen;

    internal override bool IsControl => base.IsControl || ShuffleRewards || NoisyScreen > 0 || Explorer != ExplorerKind.Plan2Explore;

    public override LatentWorldConfig World(ObservationSpec observation, int actions) =>
        World(observation, actions, Unary.Elu, GruForm.ResetBefore, ofPixels: Unary.Relu);

    /// <summary>Sizes of the ensemble over a world.</summary>
    internal EnsembleConfig Ensemble(LatentWorldConfig world, int actions)
    {
        bool embeds = Target == DisagreementTarget.Embedding;
        return new()
        {
            Members = Members, Feature = Stochastic + Deterministic, Actions = actions,
            Reads = EnsembleReadsDeterministic ? new(Stochastic, Deterministic) : null,
            Layers = new(EnsembleLayers, EnsembleUnits),
            Activation = embeds ? Unary.Relu : Unary.Elu,
            ActionAtEveryLayer = embeds,
            Outputs = embeds ? world.Dynamics.Embedding : Stochastic,
            Form = embeds ? DisagreementForm.Variance : DisagreementForm.Deviation,
            Scale = DisagreementScale,
        };
    }

    /// <summary>Refuses what contradicts itself.</summary>
    internal void Check()
    {
        if (Dataset.Length > 0)
            throw new UserException("plan2explore explores an environment; it learns from no dataset: leave dataset away.");
        if (TaskLearning == TaskLearning.Afterwards && Updates <= ExplorationUpdates)
        {
            throw new UserException($"updates={Updates} end with the exploration (explorationUpdates={ExplorationUpdates}), and the task would "
                + "never be learnt: raise updates, or set taskLearning=meanwhile.");
        }
        if (TaskLearning == TaskLearning.Afterwards && TaskUpdates == 0)
        {
            throw new UserException("taskUpdates=0 with taskLearning=afterwards leaves the task no time to learn before its policy plays: "
                + "raise taskUpdates, or set taskLearning=meanwhile.");
        }
        if (Updates > ZeroShotUpdates && Tasks.Count > 1)
        {
            throw new UserException($"From update {ZeroShotUpdates} on (explorationUpdates and taskUpdates) the policy of one task plays: name "
                + $"one task, or set updates={ZeroShotUpdates}.");
        }
    }
}
