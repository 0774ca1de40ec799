using System.ComponentModel.DataAnnotations;
using WorldModels.Bundles;
using WorldModels.Models;
using WorldModels.Train.Data;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>Whose recurrent state-space model is divided.</summary>
public enum DividedDynamics
{
    /// <summary>Dreamer V1's, as published: Gaussian latents, a GRU.</summary>
    V1,

    /// <summary>DreamerV2's: categorical latents, a normalised GRU, a balanced divergence.</summary>
    V2,

    /// <summary>DreamerV3's: those with a uniform share, a block GRU, normalised layers; free nats of each state.</summary>
    V3,
}

/// <summary>Hyperparameters of ED2-Dreamer (Wang et al. 2021, and its code), beside those of Dreamer V1.</summary>
public sealed record ED2Options : DreamerOptions
{
    private const int Blocks = 8;   // of the block GRU

    /// <summary>What a world alone, which nothing learns to act in, has no use for.</summary>
    private static readonly string[] OfActing =
    [
        "horizon", "starts", "lambda", "useValue", "actorLayers", "criticLayers", "initialStd", "actorLearningRate", "criticLearningRate",
        "freezeActor", "pretrain", "collectEvery", "collectSteps", "replayRatio", "actionNoise", "epsilon", "evaluateEvery",
    ];

    /// <summary>
    /// Groups of actuators: discovered, published, complete (each alone), human (limbs), wrong (drawn; negative control), vanilla (none:
    /// the world of <see cref="Dynamics"/> as it is), or a list such as <c>0,1;2;3</c>.
    /// </summary>
    [Fixed]
    public string Groups { get; init; } = ActionGroups.Discovered;

    /// <summary>
    /// Actions of a single step each, played at random to discover groups (published: 20,000 of vectors). Where it is left as it is, groups
    /// that the run's folder holds already will do, of however many they are.
    /// </summary>
    [Fixed, Range(100, 100_000_000)]
    public long DiscoverySteps { get; init; } = 20_000;

    /// <summary>
    /// Relatedness below which discovered groups stay apart, -1 to 1; the published code has none, and leaves it to the reader. That of
    /// two actuators is never above 0: there 0 always divides.
    /// </summary>
    [Fixed, Range(-1.0, 1.0)]
    public double DiscoveryThreshold { get; init; }

    /// <summary>Whose dynamics is divided.</summary>
    [Fixed]
    public DividedDynamics Dynamics { get; init; }

    /// <summary>
    /// Whether the candidates of divided GRUs of <see cref="DividedDynamics.V1"/> are linear, as published, or hyperbolic tangents as
    /// Dreamer's.
    /// </summary>
    [Fixed]
    public bool LinearCandidate { get; init; } = true;

    /// <summary>Classes of each stochastic variable of <see cref="DividedDynamics.V2"/> and V3.</summary>
    [Fixed, Range(2, 1024)]
    public int Classes { get; init; } = 32;

    /// <summary>
    /// Groups whose world's number of parameters this one is given, by its hidden units, as <see cref="Groups"/> names them; empty: hidden
    /// is what it says. To compare worlds of the same size.
    /// </summary>
    [Fixed]
    public string ParametersOf { get; init; } = "";

    /// <summary>
    /// To judge worlds by themselves: the random actions of <c>prefill</c> are all that is learnt from, nothing learns to act, nothing
    /// ships, and the open loop is of random actions, too.
    /// </summary>
    [Fixed]
    public bool WorldAlone { get; init; }

    internal override string Algorithm => "ed2";

    /// <summary>Whether the user set <see cref="DiscoverySteps"/>, so that groups of another number will not do.</summary>
    internal bool StepsAreSet { get; init; }

    /// <summary>Whether groups have to be discovered.</summary>
    internal bool Discovers => Groups == ActionGroups.Discovered || ParametersOf == ActionGroups.Discovered;

    internal override IEnumerable<(string Option, string Of)> WithoutEffect =>
    [
        .. Dynamics == DividedDynamics.V1 && Groups != ActionGroups.Vanilla
            ? None : [("linearCandidate", $"dynamics=v1 with other groups than {ActionGroups.Vanilla}")],
        .. Dynamics == DividedDynamics.V1 ? [("classes", "dynamics=v2 and v3")] : None,
        .. Dynamics == DividedDynamics.V3 ? [("freeNatsForm", "dynamics=v1 and v2; v3 has its own")] : None,
        .. Discovers ? None : [("discoveryThreshold", $"groups={ActionGroups.Discovered} or parametersOf={ActionGroups.Discovered}")],
        .. Discovers && Dataset.Length == 0
            ? None : [("discoverySteps", "groups that are found by playing")],
        .. WorldAlone ? OfActing.Select(option => (option, "acting, which nothing learns with worldAlone=true")) : None,
    ];

    private static IEnumerable<(string Option, string Of)> None => [];

    internal override bool LearnsWorldAlone => WorldAlone;

    internal override bool IsControl => base.IsControl || WorldAlone;

    public override LatentWorldConfig World(ObservationSpec observation, int actions)
    {
        IReadOnlyList<IReadOnlyList<int>> groups = Divided(Groups, "groups");
        if (ParametersOf.Length == 0)
            return OfHidden(Hidden);
        long parameters = WorldSize.Of(World(observation, actions, Divided(ParametersOf, "parametersOf"), Hidden));
        return OfHidden(WorldSize.UnitsFor(parameters, OfHidden));

        LatentWorldConfig OfHidden(int hidden) => World(observation, actions, groups, hidden);

        IReadOnlyList<IReadOnlyList<int>> Divided(string named, string option) =>
            ActionGroups.Of(ActionGroups.Listed(named, Env, Seed, option), actions, option);
    }

    /// <summary>Refuses actions that cannot be divided: what those of a recording are is known here.</summary>
    internal override IBehaviour Behaviour(LatentWorld<EagerTensor> world, ActionVectors actions, EagerParameters parameters)
    {
        if (Groups != ActionGroups.Vanilla)
            ActionGroups.RequireActuators(actions.Discrete, actions.Size);
        if (ParametersOf is not ("" or ActionGroups.Vanilla))
            ActionGroups.RequireActuators(actions.Discrete, actions.Size, "parametersOf");
        return base.Behaviour(world, actions, parameters);
    }

    /// <summary>The world of these groups, with so many hidden units.</summary>
    private LatentWorldConfig World(ObservationSpec observation, int actions, IReadOnlyList<IReadOnlyList<int>> groups, int hidden)
    {
        (Unary activation, GruForm gru) = Dynamics switch
        {
            DividedDynamics.V1 => (Unary.Elu, GruForm.ResetAfter),
            DividedDynamics.V2 => (Unary.Elu, GruForm.LayerNorm),
            _ => (Unary.Silu, GruForm.Block),
        };
        if (gru == GruForm.Block && Deterministic % Blocks != 0)
            throw new UserException($"deterministic={Deterministic} is no multiple of {Blocks}, the blocks of dynamics=v3.");
        LatentWorldConfig world = (this with { Hidden = hidden }).World(observation, actions, activation, gru, ofPixels: Unary.Relu);
        RssmConfig dynamics = (RssmConfig)world.Dynamics with { Groups = groups, LinearCandidate = LinearCandidate };
        return world with
        {
            Dynamics = Dynamics switch
            {
                DividedDynamics.V1 => dynamics,
                DividedDynamics.V2 => dynamics with { Classes = Classes, KlBalance = 0.8 },
                _ => dynamics with
                {
                    Classes = Classes,
                    Unimix = 0.01,
                    Norm = NormForm.Rms,
                    PriorLayers = 2,
                    Blocks = Blocks,
                    KlBalance = 1 / 1.1,
                    FreeNatsForm = FreeNatsForm.MeanOfMax,
                },
            },
        };
    }
}
