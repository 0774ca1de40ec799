using WorldModels.Models;
using WorldModels.Train.LatentDynamics;
using static TorchSharp.torch;

namespace WorldModels.Train.PlaNet;

/// <summary>
/// PlaNet (Hafner et al. 2019): nothing but the world model learns; every action is planned in it by the cross-entropy method.
/// </summary>
public sealed class PlaNetTrainer : LatentTrainer
{
    private readonly PlaNetOptions _options;
    private readonly LatentPlanner _planner;

    public PlaNetTrainer(PlaNetOptions options, Device device) : base(options, Unary.Relu, GruForm.ResetBefore, device)
    {
        if (Actions.Discrete)
            throw new UserException($"PlaNet plans continuous actions; those of {RecordedIn} are discrete. Train dreamer on it instead.");
        if (options.Elites > options.Candidates)
            throw new UserException($"elites={options.Elites} are to be chosen among candidates={options.Candidates}; lower elites.");
        if (options.PredictContinue)
            throw new UserException(
                "PlaNet plans a fixed number of steps and asks nobody whether the episode goes on: leave predictContinue away.");
        _options = options;
        _planner = new(Model, Config.Rssm, options.Planner, device);
    }

    protected override LatentPolicy Policy => (deterministic, stochastic, seed, step, _, vectors) =>
        _planner.Plan(deterministic, stochastic, seed, step, vectors);

    protected override int EvaluationOnTheWay => 2;

    protected override int SideBySide => 10;

    public override BundleDefinition Bundle() => new()
    {
        Algorithm = "planet",
        Environment = RecordedIn,
        Observation = Signature.Observation,
        Action = Signature.Actions.Space,
        Limits = ["It has no policy: Planner searches for each action, which takes milliseconds or more.", .. Limits],
        ActionRepeat = _options.ActionRepeat,
        Starts = StartObservations(),
        Graphs = new Dictionary<string, IGraphDefinition>(LatentGraphs.Of(Signature)),
        Planner = _options.Planner,
    };
}
