using TorchSharp;
using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// The imagination-augmented agent (Weber et al. 2017): <see cref="A2C"/> with an agent that reads rollouts of a frozen world, and beside
/// it, from depth 2 on, the rollout policy that imitates the agent without imagining. Its environment model is a stage before it.
/// </summary>
public sealed class I2A : ITrainer
{
    private const string RolloutPolicy = "rollout_policy";

    private readonly I2AOptions _options;
    private readonly A2C _a2c;
    private readonly ImaginationAgentConfig _config;
    private readonly ImaginationAgent<EagerTensor> _agent;
    private readonly RewardTable _rewards;
    private readonly ImaginationModel? _model;
    private readonly ActorCritic<EagerTensor>? _rolloutPolicy;
    private readonly FlatOptimiser? _imitation;

    /// <param name="options">Its options.</param>
    /// <param name="device">Where it learns.</param>
    /// <param name="run">Its run, whose environment model decides on the agent's sizes once it is there.</param>
    public I2A(I2AOptions options, Device device, RunFolder? run = null)
    {
        _options = options;
        _a2c = new(options, device, (environment, seed, greedy) => MakeAgent(environment, seed, greedy, RolloutSource.Own));
        if (EnvironmentRegistry.Make<long>(options.Env) is not MiniPacmanEnvironment)
            throw new UserException($"i2a imagines the modes of MiniPacman, not {options.Env}.");
        _model = options.World == ImaginationWorld.Model ? new(options, run) : null;
        // The control worlds stand in for the preset's model, so that the agents are of one size.
        _rewards = _model?.Rewards ?? EnvironmentModelTrainer.RewardsOf(ImaginationModel.Preset(options));
        ActorCriticConfig sizes = _a2c.Config;
        _config = new()
        {
            Agent = sizes,
            Depth = options.Depth,
            Encoder = new()
            {
                Rows = sizes.Rows, Columns = sizes.Columns, Filters = options.Filters, Rewards = _rewards.Count,
                Continue = options.ReadContinue, Units = options.Units, Cell = options.Cell, Reverse = options.Reverse,
            },
        };
        _agent = new(Parameters.Root[A2C.AgentPath], _config);
        if (options.Depth == 1)
            return;
        _rolloutPolicy = new(Parameters.Root[RolloutPolicy], sizes);
        _imitation = new(Parameters.Below(RolloutPolicy), whole => optim.Adam(whole, options.RolloutLearningRate));
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters => _a2c.Parameters;

    public Timings Timings => _a2c.Timings;

    public long Frames => _a2c.Frames;

    /// <summary>Nothing ships that imagines with the game's own rules.</summary>
    public bool Ships => _options.World != ImaginationWorld.Simulator;

    /// <summary>The core that rolls a world forward, whatever the world: the one that trains and the one that ships.</summary>
    public static ImaginationCore<T> Core<T>(Parameters<T> p, IImaginedWorld<T> world, ImaginationAgentConfig config) where T : ITensor<T>
    {
        int actions = config.Agent.Actions;
        T first = p.Constant("first_actions", [.. Enumerable.Range(0, actions).Select(action => (float)action)], 1, actions);
        ActorCritic<T>? policy = config.Depth == 1 ? null : new(p[RolloutPolicy], config.Agent);
        return new(world, policy, first, config.Depth);
    }

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        _model?.Load(run, Parameters.Device);
        _a2c.Prepare(run, progress, stop);
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, double>? figures = measure ? [] : null;
        (Tensor[] frames, Tensor logits) = _a2c.Update(update, figures);                            // n of (B, 3k, H, W), (n B, A)
        if (_rolloutPolicy is not null)
        {
            using (Timings.Of("imitate"))
                Imitate(cat(frames), logits, figures);
        }

        return figures ?? Measured.None;
    }

    /// <summary>The rollout policy learns the agent's own, without imagining (section 3.2: the distillation loss).</summary>
    private void Imitate(Tensor frames, Tensor logits, Dictionary<string, double>? figures)
    {
        Tensor imitated = _rolloutPolicy!.Forward(frames).Logits.Value.log_softmax(1);              // (n B, A)
        Tensor loss = -(logits.softmax(1) * imitated).sum(1).mean();
        _imitation!.ZeroGradients();
        loss.backward();
        _imitation.Step();
        if (figures is not null)
            figures["distillation_loss"] = loss.item<float>();
    }

    public void Save(Checkpoint checkpoint)
    {
        _a2c.Save(checkpoint);
        if (_imitation is not null)
            checkpoint.AddOptimiser(_imitation, "imitation");
    }

    public void Load(Checkpoint checkpoint)
    {
        _a2c.Load(checkpoint);
        _model?.RequireSame(checkpoint.Weights());
        if (_imitation is not null)
            checkpoint.LoadOptimiser(_imitation, "imitation");
    }

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) =>
        Evaluation.Figures(Judge(episodes, progress), episodes);

    /// <summary>As A2C is judged, and on rollouts that mislead: an agent that reads them does worse.</summary>
    private IEnumerable<(string Name, ReturnSample Returns)> Judge(int episodes, IProgressReport progress)
    {
        foreach ((string Name, ReturnSample Returns) sample in _a2c.Judge(episodes, progress))
            yield return sample;
        yield return ("swapped", Misled("playing on swapped rollouts", RolloutSource.Swapped));
        if (Math.Min(_options.Environments, episodes) > 1)
            yield return ("shuffled", Misled("playing on others' rollouts", RolloutSource.Shuffled));

        ReturnSample Misled(string title, RolloutSource source) => _a2c.Play(
            title, episodes, progress, (environment, seed) => MakeAgent(environment, seed, greedy: false, source));
    }

    public BundleDefinition Bundle() =>
        I2ABundle.Define(_options, _a2c.Observation, _config, _model?.Config, Nothing(), _a2c.StartObservations());

    public IReadOnlyDictionary<string, WeightArray> Weights() =>
        Parameters.ToWeights().Concat(_model?.Parameters.ToWeights() ?? new Dictionary<string, WeightArray>()).ToDictionary();

    public void Dispose()
    {
        _model?.Dispose();
        _imitation?.Dispose();
        _a2c.Dispose();
    }

    private ImaginingAgent MakeAgent(IVectorEnvironment<long> environment, ulong seed, bool greedy, RolloutSource source)
    {
        int actions = _config.Agent.Actions, rollouts = environment.Count * actions;
        ImaginedGames world = _options.World switch
        {
            ImaginationWorld.Model => _model!.Play(rollouts, _options.ImaginationThreads),
            ImaginationWorld.Simulator => new SimulatedGames((MiniPacmanVectorEnvironment)environment, _rewards, actions, seed),
            _ => new CopiedGames(new(Parameters.Root.Constant("nothing", Nothing(), 1, _rewards.Count))),
        };
        return new(_agent, _config, world, Core(Parameters.Root, world, _config), environment.Count, seed, Parameters.Device)
        {
            Greedy = greedy, Source = source,
        };
    }

    /// <summary>One-hot of the reward class of a step in which nothing happens.</summary>
    private float[] Nothing()
    {
        float[] reward = new float[_rewards.Count];
        reward[_rewards.ClassOf(default)] = 1;
        return reward;
    }
}
