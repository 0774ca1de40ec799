using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Onnx;
using WorldModels.Bundles;
using WorldModels.Runtime;
using WorldModels.Train.A2C;
using WorldModels.Train.EnvironmentModel;
using static TorchSharp.torch;

namespace WorldModels.Train.I2A;

/// <summary>
/// Learns the imagination-augmented agent (Weber et al. 2017) by advantage actor-critic over a frozen world, and beside it, from depth 2
/// on, the rollout policy that imitates the agent without imagining.
/// </summary>
public sealed class I2ATrainer : ActorCriticTrainer
{
    private const string RolloutPolicy = "rollout_policy/";

    private readonly I2AOptions _options;
    private readonly ImaginationAgentConfig _config;
    private readonly ImaginationAgent<EagerTensor> _agent;
    private readonly RewardTable _rewards;
    private readonly ImaginationModel? _model;
    private readonly ActorCritic<EagerTensor>? _rollout;
    private readonly FlatOptimiser? _imitation;

    /// <param name="options">Its options.</param>
    /// <param name="device">Where it learns.</param>
    /// <param name="run">Its run, whose environment model decides on the agent's sizes once it is there.</param>
    public I2ATrainer(I2AOptions options, Device device, RunFolder? run = null) : base(options, device)
    {
        _options = options;
        if (EnvironmentRegistry.Make<long>(options.Env) is not MiniPacmanEnvironment)
            throw new UserException($"i2a imagines the modes of MiniPacman, not {options.Env}.");
        _model = options.World == ImaginationWorld.Model ? new(options, run) : null;
        // The control worlds stand in for the preset's model, so that the agents are of one size.
        _rewards = _model?.Rewards ?? EnvironmentModelTrainer.RewardsOf(ImaginationModel.Preset(options));
        _config = new()
        {
            Agent = Config,
            Depth = options.Depth,
            Encoder = new()
            {
                Rows = Config.Rows, Columns = Config.Columns, Filters = options.Filters, Rewards = _rewards.Count,
                Continue = options.ReadContinue, Units = options.Units, Cell = options.Cell, Reverse = options.Reverse,
            },
        };
        _agent = new(AgentParameters, _config);
        if (options.Depth == 1)
            return;
        _rollout = new(Parameters.Root[RolloutPolicy.TrimEnd('/')], Config);
        _imitation = new(
            [.. Parameters.All.Where(pair => pair.Key.StartsWith(RolloutPolicy, StringComparison.Ordinal)).Select(pair => pair.Value)],
            whole => optim.Adam(whole, options.RolloutLearningRate));
    }

    /// <summary>The core that rolls a world forward, whatever the world: the one that trains and the one that ships.</summary>
    public static ImaginationCore<T> Core<T>(Parameters<T> p, IImaginedWorld<T> world, ImaginationAgentConfig config) where T : ITensor<T>
    {
        int actions = config.Agent.Actions;
        T first = p.Constant("first_actions", [.. Enumerable.Range(0, actions).Select(action => (float)action)], 1, actions);
        ActorCritic<T>? policy = config.Depth == 1 ? null : new(p[RolloutPolicy.TrimEnd('/')], config.Agent);
        return new(world, policy, first, config.Depth);
    }

    public override void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        _model?.Prepare(run, Parameters.Device, progress, stop);
        if (!stop.IsCancellationRequested)
            base.Prepare(run, progress, stop);
    }

    public override void Save(Checkpoint checkpoint)
    {
        base.Save(checkpoint);
        if (_imitation is not null)
            checkpoint.AddOptimiser(_imitation, "imitation");
    }

    public override void Load(Checkpoint checkpoint)
    {
        base.Load(checkpoint);
        _model?.RequireSame(checkpoint.Weights());
        if (_imitation is not null)
            checkpoint.LoadOptimiser(_imitation, "imitation");
    }

    public override bool Ships => _options.World != ImaginationWorld.Simulator;

    public override BundleDefinition Bundle() =>
        I2ABundle.Define(_options, Observation, _config, _model?.Config, Nothing(), StartObservations());

    public override IReadOnlyDictionary<string, WeightArray> Weights() =>
        Parameters.ToWeights().Concat(_model?.Parameters.ToWeights() ?? new Dictionary<string, WeightArray>()).ToDictionary();

    public override void Dispose()
    {
        _model?.Dispose();
        _imitation?.Dispose();
        base.Dispose();
    }

    protected override Player Sit(IVectorEnvironment<long> games, ulong seed, bool greedy) => Sit(games, seed, greedy, RolloutSource.Own);

    protected override IEnumerable<(string Name, ReturnSample Returns)> Judge(int episodes, IProgressReport progress)
    {
        foreach ((string Name, ReturnSample Returns) sample in base.Judge(episodes, progress))
            yield return sample;
        yield return ("swapped", Misled("playing on swapped rollouts", RolloutSource.Swapped));
        if (Math.Min(_options.Environments, episodes) > 1)
            yield return ("shuffled", Misled("playing on others' rollouts", RolloutSource.Shuffled));

        ReturnSample Misled(string title, RolloutSource source) =>
            PlayEpisodes(title, episodes, progress, (games, seed) => Sit(games, seed, greedy: false, source));
    }

    protected override void Learned(Tensor[] frames, Tensor logits, Dictionary<string, double>? figures)
    {
        if (_rollout is null)
            return;
        Tensor imitated = _rollout.Forward(cat(frames)).Logits.Value.log_softmax(1);                 // (nB, A)
        Tensor loss = -(logits.softmax(1) * imitated).sum(1).mean();
        _imitation!.ZeroGradients();
        loss.backward();
        _imitation.Step();
        if (figures is not null)
            figures["distillation_loss"] = loss.item<float>();
    }

    private ImaginingPlayer Sit(IVectorEnvironment<long> games, ulong seed, bool greedy, RolloutSource source)
    {
        int rollouts = games.Count * Config.Actions;
        ImaginedGames world = _options.World switch
        {
            ImaginationWorld.Model => _model!.Play(rollouts, _options.ImaginationThreads),
            ImaginationWorld.Simulator => new SimulatedGames((MiniPacmanVectorEnvironment)games, _rewards, Config.Actions, seed),
            _ => new CopiedGames(new(Parameters.Root.Constant("nothing", Nothing(), 1, _rewards.Count))),
        };
        return new(_agent, _config, world, Core(Parameters.Root, world, _config), games.Count, seed, Parameters.Device)
        {
            Greedy = greedy, Source = source,
        };
    }

    private float[] Nothing()
    {
        var reward = new float[_rewards.Count];
        reward[_rewards.ClassOf(default)] = 1;
        return reward;
    }
}
