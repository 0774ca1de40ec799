using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// Synchronous advantage actor-critic (Mnih et al. 2016): all environments take n steps, then one update on all of them, with n-step
/// returns bootstrapped from the value of where each stands. The policies of the n steps keep their gradients until the update, so that
/// nothing is computed twice. Another agent than the model-free one may be given (I2A's).
/// </summary>
public sealed class A2C : ITrainer
{
    /// <summary>Where the parameters live that the loss trains; others it leaves alone.</summary>
    public const string AgentPath = "agent";

    private readonly ActorCriticOptions _options;
    private readonly Func<IVectorEnvironment<long>, ulong, bool, ActorCriticAgent> _makeAgent;
    private readonly IVectorEnvironment<long> _environment;
    private readonly float[] _observations; // (B, C, H, W)
    private readonly float[] _first;        // (B), 1 where an episode begins
    private readonly float[] _rewards;      // (n, B)
    private readonly float[] _continues;    // (n, B), 0 where the episode ended
    private readonly bool[] _terminated, _truncated;
    private readonly double[] _return;      // of the episode so far, in each environment
    private readonly Queue<double> _finished = new();
    private FlatOptimiser? _optimiser;
    private ActorCriticAgent? _agent;

    /// <param name="options">Its options.</param>
    /// <param name="device">Where it learns.</param>
    /// <param name="makeAgent">Makes the agent for environments, a seed, and greedy or not; null: the model-free one.</param>
    /// <exception cref="UserException">The environment has no discrete actions, or shows no images.</exception>
    public A2C(
        ActorCriticOptions options, Device device, Func<IVectorEnvironment<long>, ulong, bool, ActorCriticAgent>? makeAgent = null)
    {
        _options = options;
        if (EnvironmentRegistry.Find(options.Env) is not EnvironmentSpec<long>)
        {
            throw new UserException(
                $"Actor-critic agents choose among discrete actions; those of {options.Env} are continuous. Train dreamer on it instead.");
        }

        _environment = EnvironmentRegistry.MakeVector<long>(options.Env, options.Environments);
        int[] shape = ((Box)_environment.ObservationSpace).Shape;
        if (shape is not [int channels, int rows, int columns])
        {
            throw new UserException($"Actor-critic agents learn from images (channels, rows, columns); {options.Env} observes "
                + $"({string.Join(", ", shape)}).");
        }

        int batch = options.Environments, size = _environment.ObservationSpace.Size;
        if ((long)options.Stack * options.Steps * batch * size > Array.MaxLength)
        {
            throw new UserException($"environments={batch}, steps={options.Steps} and stack={options.Stack} make more numbers per update "
                + "than one array holds; lower one of them.");
        }

        Observation = new() { Shape = shape, Low = 0, High = 1 };
        Config = new()
        {
            Channels = channels * options.Stack, Rows = rows, Columns = columns,
            Actions = ((Discrete)_environment.ActionSpace).N, Filters = options.Filters, Hidden = options.Hidden,
        };
        Parameters = new EagerParameters(options.Seed, device);
        if (makeAgent is null)
        {
            ActorCritic<EagerTensor> network = new ActorCritic<EagerTensor>(Parameters.Root[AgentPath], Config);
            makeAgent = (environment, _, greedy) =>
                new ModelFreeAgent(network, Config, environment.Count, options.Stack, device) { Greedy = greedy };
        }
        _makeAgent = makeAgent;
        (_observations, _first) = (new float[batch * size], new float[batch]);
        (_rewards, _continues) = (new float[options.Steps * batch], new float[options.Steps * batch]);
        (_terminated, _truncated, _return) = (new bool[batch], new bool[batch], new double[batch]);
    }

    public TrainOptions Options => _options;

    public EagerParameters Parameters { get; }

    public Timings Timings { get; } = new();

    public long Frames { get; private set; }

    /// <summary>One frame.</summary>
    public ObservationSpec Observation { get; }

    /// <summary>Sizes of the agent's model-free path.</summary>
    public ActorCriticConfig Config { get; }

    public void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        _optimiser = new(
            Parameters.Below(AgentPath), whole => optim.RMSProp(whole, _options.LearningRate, _options.Alpha, _options.Epsilon));
        _agent = _makeAgent(_environment, (ulong)_options.Seed, false);
        _environment.Reset((ulong)_options.Seed, _observations);
        _first.AsSpan().Fill(1);
        _agent.Observe(_observations, _first, step: 0);
    }

    public IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        Dictionary<string, double>? figures = measure ? [] : null;
        _ = Update(update, figures);
        return figures ?? Measured.None;
    }

    /// <summary>
    /// One update; what it made of tensors is the caller's. Gives the frames seen, n of (B, C k, H, W), and the policy's logits there,
    /// (n B, A).
    /// </summary>
    internal (Tensor[] Frames, Tensor Logits) Update(long update, Dictionary<string, double>? figures)
    {
        int batch = _options.Environments, steps = _options.Steps;
        Device device = Parameters.Device;

        // Act for n steps.
        (Tensor[] frames, Tensor[] logits, Tensor[] values) = (new Tensor[steps], new Tensor[steps], new Tensor[steps]);
        long[] actions = new long[steps * batch];                                                              // (n, B)
        for (int step = 0; step < steps; step++)
        {
            long now = update * steps + step;
            using (Timings.Of("decide"))
            {
                frames[step] = _agent!.Frames.Value;                                                        // (B, C k, H, W)
                (EagerTensor stepLogits, EagerTensor stepValues) = _agent.Forward();
                (logits[step], values[step]) = (stepLogits.Value, stepValues.Value);                        // (B, A), (B)
                _agent.Sample(stepLogits, (ulong)_options.Seed, now).CopyTo(actions, step * batch);
            }
            using (Timings.Of("play"))
                Step(actions.AsSpan(step * batch, batch), step);
            using (Timings.Of("see and imagine"))
                _agent.Observe(_observations, _first, now + 1);
        }
        Frames += _options.FramesPerUpdate;

        // Learn from them: the loss of Mnih et al. 2016, section 4.
        using Timings.Part learning = Timings.Of("learn");
        (Tensor allLogits, Tensor allValues) = (cat(logits), cat(values));                                  // (n B, A), (n B)
        Tensor returns = tensor(NStepReturns(), [steps * batch]).On(device);                                // (n B)
        Tensor logPolicy = allLogits.log_softmax(1);                                                        // (n B, A)
        Tensor advantage = returns - allValues;
        Tensor valueLoss = advantage.square().mean();
        Tensor taken = logPolicy.gather(1, tensor(actions, [steps * batch, 1]).On(device)).squeeze(1);      // (n B)
        Tensor policyLoss = -(advantage.detach() * taken).mean();
        Tensor entropy = -(logPolicy.exp() * logPolicy).sum(1).mean();
        Tensor loss = _options.ValueCoefficient * valueLoss + policyLoss - _options.EntropyCoefficient * entropy;
        LearningRate.Set(_optimiser!, _options.LearningRate, _options.Decay, update, _options.Updates);
        _optimiser!.ZeroGradients();
        loss.backward();
        double norm = _optimiser.ClipGradients(_options.MaxGradNorm);
        _optimiser.Step();

        if (figures is not null)
        {
            figures["loss"] = loss.item<float>();
            if (_finished.Count > 0)
                figures["return"] = _finished.Average();    // before the first end of an episode there is none, which is not a return of 0
            figures["entropy"] = entropy.item<float>();
            figures["value_loss"] = valueLoss.item<float>();
            figures["policy_loss"] = policyLoss.item<float>();
            figures["gradient_norm"] = norm;
        }
        return (frames, allLogits.detach());
    }

    /// <summary>Steps the environments by actions (B), and keeps what came of it.</summary>
    private void Step(ReadOnlySpan<long> actions, int step)
    {
        int batch = _options.Environments;
        Span<float> rewards = _rewards.AsSpan(step * batch, batch);
        _environment.Step(actions, _observations, rewards, _terminated, _truncated);
        for (int row = 0; row < batch; row++)
        {
            _return[row] += rewards[row];
            bool done = _terminated[row] || _truncated[row];
            _first[row] = done ? 1 : 0;
            _continues[step * batch + row] = done ? 0 : 1;
            if (!done)
                continue;
            _finished.Enqueue(_return[row]);
            if (_finished.Count > 100)
                _finished.Dequeue();
            _return[row] = 0;
        }
        float scale = _options.BlindReward ? 0 : (float)_options.RewardScale;
        foreach (ref float reward in rewards)
            reward *= scale;
    }

    /// <summary>n-step returns (n, B), bootstrapped from the value of where the environments stand.</summary>
    private float[] NStepReturns()
    {
        int batch = _options.Environments, steps = _options.Steps;
        float[] next;
        using (no_grad())
            next = _agent!.Forward().Value.Value.cpu().data<float>().ToArray();                             // (B)
        float[] returns = new float[steps * batch];
        for (int step = steps - 1; step >= 0; step--)
        {
            for (int row = 0; row < batch; row++)
            {
                int i = step * batch + row;
                returns[i] = next[row] = _rewards[i] + (float)_options.Gamma * _continues[i] * next[row];
            }
        }

        return returns;
    }

    public void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_optimiser!);
        checkpoint.Set("frames", Frames);
        checkpoint.AddBytes("games", writer =>
        {
            ((IResumable)_environment).Save(writer);
            _agent!.Save(writer);
            foreach (double value in _return)
                writer.Write(value);
            writer.Write(_finished.Count);
            foreach (double value in _finished)
                writer.Write(value);
        });
    }

    public void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_optimiser!);
        Frames = checkpoint.Integer("frames");
        checkpoint.LoadBytes("games", reader =>
        {
            ((IResumable)_environment).Restore(reader);
            _agent!.Load(reader);
            for (int row = 0; row < _return.Length; row++)
                _return[row] = reader.ReadDouble();
            _finished.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                _finished.Enqueue(reader.ReadDouble());
        });
    }

    public IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) =>
        Evaluation.Figures(Judge(episodes, progress), episodes);

    /// <summary>Returns of whole episodes in environments never trained on, by the way of playing.</summary>
    internal IEnumerable<(string Name, ReturnSample Returns)> Judge(int episodes, IProgressReport progress)
    {
        yield return ("sampled", Play("playing", episodes, progress, (environment, seed) => _makeAgent(environment, seed, false)));
        yield return ("greedy", Play("playing greedily", episodes, progress, (environment, seed) => _makeAgent(environment, seed, true)));
        yield return ("random", Evaluation.PlayRandom(_options.Env, episodes, EvaluationSeed));
    }

    /// <summary>Plays whole episodes.</summary>
    internal ReturnSample Play(
        string title, int episodes, IProgressReport progress, Func<IVectorEnvironment<long>, ulong, ActorCriticAgent> makeAgent)
    {
        IVectorEnvironment<long> environment = EnvironmentRegistry.MakeVector<long>(
            _options.Env, Math.Min(_options.Environments, episodes));
        using ActorCriticAgent agent = makeAgent(environment, EvaluationSeed);
        using IProgressTask task = progress.Start(title, episodes);
        using IDisposable guard = no_grad();
        return Evaluation.Play(environment, episodes, EvaluationSeed, (step, observations, first, actions) =>
        {
            using TorchSharp.DisposeScope scope = NewDisposeScope();
            agent.Observe(observations, first, step);
            agent.Sample(agent.Forward().Logits, EvaluationSeed, step).CopyTo(actions);
        }, done => task.Report(done, ""));
    }

    public BundleDefinition Bundle() => A2CBundle.Define(_options.Env, Observation, Config, _options.Stack, StartObservations());

    /// <summary>Observations some steps into random play, each of its own episode, as reference inputs of the bundle, (N, C, H, W).</summary>
    internal float[] StartObservations()
    {
        const int Rows = 16, Steps = 5;
        uint stream = Philox.Stream("starts");
        IVectorEnvironment<long> environment = EnvironmentRegistry.MakeVector<long>(_options.Env, Rows);
        (float[] observations, long[] actions) = (new float[Rows * environment.ObservationSpace.Size], new long[Rows]);
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[Rows], new bool[Rows], new bool[Rows]);
        environment.Reset((ulong)_options.Seed + 2_000_003, observations);
        for (int step = 0; step < Steps; step++)
        {
            for (int row = 0; row < Rows; row++)
                actions[row] = Philox.NextInt(new NoiseKey((ulong)_options.Seed, (uint)row, (uint)step, stream), Config.Actions);
            environment.Step(actions, observations, rewards, terminated, truncated);
        }
        return observations;
    }

    public void Dispose()
    {
        _agent?.Dispose();
        _optimiser?.Dispose();
        Parameters.Dispose();
    }

    private ulong EvaluationSeed => (ulong)_options.Seed + 1_000_003;   // episodes never trained on

    private sealed class ModelFreeAgent(ActorCritic<EagerTensor> network, ActorCriticConfig config, int rows, int frames, Device device)
        : ActorCriticAgent(config, rows, frames, device)
    {
        public override (EagerTensor Logits, EagerTensor Value) Forward() => network.Forward(Frames);
    }
}
