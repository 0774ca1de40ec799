using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.A2C;

/// <summary>
/// Synchronous advantage actor-critic (Mnih et al. 2016): all games take n steps, then one update on all of them, with n-step returns
/// bootstrapped from the value of where each game stands.
/// </summary>
public sealed class A2CTrainer : Trainer
{
    private readonly A2COptions _options;
    private readonly IVectorEnvironment<long> _games;
    private readonly ActorCriticConfig _config;
    private readonly ActorCritic<EagerTensor> _agent;
    private readonly TorchSharp.Modules.RMSProp _optimiser;
    private readonly int _size;             // numbers of one observation
    private readonly float[] _observations; // (n + 1, B, C, H, W)
    private readonly long[] _actions;       // (n, B)
    private readonly float[] _rewards;      // (n, B)
    private readonly bool[] _terminated, _truncated;
    private readonly float[] _continues;    // (n, B), 0 where the episode ended
    private readonly float[] _gumbel;       // (B, A)
    private readonly double[] _return;      // running return of each game
    private readonly Queue<double> _finished = new();

    public A2CTrainer(A2COptions options, Device device)
    {
        _options = options;
        _games = EnvironmentRegistry.MakeVector<long>(options.Env, options.Environments);
        var shape = ((Box)_games.ObservationSpace).Shape;
        if (shape is not [int channels, int rows, int columns])
            throw new UserException(
                $"a2c learns from images (channels, rows, columns); {options.Env} observes ({string.Join(", ", shape)}).");
        _config = new()
        {
            Channels = channels, Rows = rows, Columns = columns,
            Actions = ((Discrete)_games.ActionSpace).N, Filters = options.Filters, Hidden = options.Hidden,
        };
        int batch = options.Environments, steps = options.Steps;
        _size = _games.ObservationSpace.Size;
        if ((steps + 1L) * batch * _size > Array.MaxLength)
            throw new UserException(
                $"environments={batch} and steps={steps} make more numbers per update than one array holds; lower one of them.");
        Parameters = new EagerParameters(options.Seed, device);
        _agent = new(Parameters.Root["agent"], _config);
        _optimiser = optim.RMSProp(Parameters.All.Values, options.LearningRate, options.Alpha, options.Epsilon);
        _observations = new float[(steps + 1) * batch * _size];
        (_actions, _rewards, _continues) = (new long[steps * batch], new float[steps * batch], new float[steps * batch]);
        (_terminated, _truncated) = (new bool[batch], new bool[batch]);
        (_gumbel, _return) = (new float[batch * _config.Actions], new double[batch]);
    }

    public override TrainOptions Options => _options;
    public override EagerParameters Parameters { get; }
    public override long Frames(long updates) => updates * _options.FramesPerUpdate;

    public override void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop) =>
        _games.Reset((ulong)_options.Seed, Observations(0));

    public override IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        Collect(update);
        using var scope = NewDisposeScope();
        int batch = _options.Environments, steps = _options.Steps;
        (EagerTensor logits, EagerTensor values) = _agent.Forward(Images(0, steps));                       // (nB, A), (nB)
        Tensor returns = tensor(Returns(), [steps * batch]).to(Parameters.Device);                          // (nB)
        Tensor actions = tensor(_actions, [steps * batch, 1]).to(Parameters.Device);
        Tensor logPolicy = logits.Value.log_softmax(1);                                                     // (nB, A)
        Tensor advantage = returns - values.Value;
        Tensor valueLoss = advantage.square().mean();
        Tensor policyLoss = -(advantage.detach() * logPolicy.gather(1, actions).squeeze(1)).mean();
        Tensor entropy = -(logPolicy.exp() * logPolicy).sum(1).mean();
        Tensor loss = _options.ValueCoefficient * valueLoss + policyLoss - _options.EntropyCoefficient * entropy;
        _optimiser.zero_grad();
        loss.backward();
        double norm = nn.utils.clip_grad_norm_(Parameters.All.Values, _options.MaxGradNorm);
        _optimiser.step();
        Observations(steps).CopyTo(Observations(0));
        if (!measure)
            return Unmeasured;
        var figures = new Dictionary<string, double> { ["loss"] = loss.item<float>() };
        if (_finished.Count > 0)
            figures["return"] = _finished.Average();     // before the first end of an episode there is none, which is not a return of 0
        figures["entropy"] = entropy.item<float>();
        figures["value_loss"] = valueLoss.item<float>();
        figures["policy_loss"] = policyLoss.item<float>();
        figures["gradient_norm"] = norm;
        return figures;
    }

    public override void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_optimiser);
        checkpoint.AddBytes("games", writer =>
        {
            ((IResumable)_games).Save(writer);
            foreach (float value in Observations(0))
                writer.Write(value);
            foreach (double value in _return)
                writer.Write(value);
            writer.Write(_finished.Count);
            foreach (double value in _finished)
                writer.Write(value);
        });
    }

    public override void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_optimiser);
        checkpoint.LoadBytes("games", reader =>
        {
            ((IResumable)_games).Restore(reader);
            foreach (ref float value in Observations(0))
                value = reader.ReadSingle();
            for (int row = 0; row < _return.Length; row++)
                _return[row] = reader.ReadDouble();
            _finished.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                _finished.Enqueue(reader.ReadDouble());
        });
    }

    public override IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress)
    {
        ReturnSample sampled = Play(episodes, greedy: false, progress), greedy = Play(episodes, greedy: true, progress);
        ReturnSample random = Evaluation.PlayRandom(_options.Env, episodes, (ulong)_options.Seed + 1_000_003);
        var figures = new Dictionary<string, double>();
        foreach ((string name, ReturnSample returns) in new[] { ("sampled", sampled), ("greedy", greedy), ("random", random) })
        {
            figures[$"return_{name}_mean"] = returns.Mean;
            figures[$"return_{name}_sd"] = returns.StandardDeviation;
            figures[$"return_{name}_ci95"] = returns.HalfWidth;
            figures[$"length_{name}_mean"] = returns.MeanLength;
        }
        figures["evaluation_episodes"] = episodes;
        return figures;
    }

    public override BundleDefinition Bundle() => A2CBundle.Define(_options.Env, _config, StartObservations());

    public override void Dispose()
    {
        _optimiser.Dispose();
        base.Dispose();
    }

    private Span<float> Observations(int step) => _observations.AsSpan(step * _options.Environments * _size, _options.Environments * _size);

    /// <summary>Observations of steps first..first+count-1 as (count B, C, H, W).</summary>
    private Tensor Images(int first, int count)
    {
        int batch = _options.Environments;
        var rows = new Memory<float>(_observations, first * batch * _size, count * batch * _size);
        return tensor(rows, [count * batch, _config.Channels, _config.Rows, _config.Columns]).to(Parameters.Device);
    }

    private void Collect(long update)
    {
        int batch = _options.Environments;
        using (no_grad())
            for (int step = 0; step < _options.Steps; step++)
            {
                using var scope = NewDisposeScope();
                EagerTensor logits = _agent.Forward(Images(step, 1)).Logits;                                // (B, A)
                long[] actions = Choose(logits, (ulong)_options.Seed, update * _options.Steps + step, _gumbel);
                actions.CopyTo(_actions, step * batch);
                Span<float> rewards = _rewards.AsSpan(step * batch, batch);
                _games.Step(actions, Observations(step + 1), rewards, _terminated, _truncated);
                for (int row = 0; row < batch; row++)
                {
                    _return[row] += rewards[row];
                    bool done = _terminated[row] || _truncated[row];
                    _continues[step * batch + row] = done ? 0 : 1;
                    if (done)
                        Finish(row);
                }
                if (_options.BlindReward)
                    rewards.Clear();
            }
    }

    private void Finish(int row)
    {
        _finished.Enqueue(_return[row]);
        if (_finished.Count > 100)
            _finished.Dequeue();
        _return[row] = 0;
    }

    /// <summary>Actions drawn from the logits (B, A) by Gumbel noise of (seed, row, step), as the runtime draws them.</summary>
    private static long[] Choose(EagerTensor logits, ulong seed, long step, float[] gumbel)
    {
        int actions = logits.Size(1), batch = gumbel.Length / actions;
        for (int row = 0; row < batch; row++)
            Philox.FillGumbel(new NoiseKey(seed, (uint)row, (uint)step, NoiseStream), gumbel.AsSpan(row * actions, actions));
        return logits.SampleCategorical(tensor(gumbel, [batch, actions]).to(logits.Value.device)).Value.cpu().data<long>().ToArray();
    }

    private static readonly uint NoiseStream = Philox.Stream("act/noise");  // as the runtime names the noise of the exported graph

    /// <summary>
    /// n-step returns, (n, B): rewards discounted, bootstrapped from the value of the last observation, cut where an episode ended. As in
    /// the reference, the time limit cuts it like a death, without a bootstrap.
    /// </summary>
    private float[] Returns()
    {
        int batch = _options.Environments, steps = _options.Steps;
        float[] next;
        using (no_grad())
            next = _agent.Forward(Images(steps, 1)).Value.Value.cpu().data<float>().ToArray();             // (B)
        var returns = new float[steps * batch];
        for (int step = steps - 1; step >= 0; step--)
            for (int row = 0; row < batch; row++)
            {
                int i = step * batch + row;
                returns[i] = next[row] = _rewards[i] + (float)_options.Gamma * _continues[i] * next[row];
            }
        return returns;
    }

    private ReturnSample Play(int episodes, bool greedy, IProgressReport progress)
    {
        int games = Math.Min(_options.Environments, episodes);
        var gumbel = new float[games * _config.Actions];                                                    // (B, A)
        ulong seed = (ulong)_options.Seed + 1_000_003;  // games never trained on
        using IProgressTask task = progress.Start(greedy ? "playing greedily" : "playing", episodes);
        using (no_grad())
            return Evaluation.Play(_options.Env, games, episodes, seed, (step, observations, actions) =>
            {
                using var scope = NewDisposeScope();
                long[] shape = [actions.Length, _config.Channels, _config.Rows, _config.Columns];
                Tensor images = tensor(observations.ToArray(), shape).to(Parameters.Device);
                EagerTensor logits = _agent.Forward(images).Logits;
                (greedy ? logits.ArgMax(-1).Value.cpu().data<long>().ToArray() : Choose(logits, seed, step, gumbel)).CopyTo(actions);
            }, done => task.Report(done, ""));
    }

    /// <summary>Observations some steps into random play, each of its own game, as reference inputs of the bundle, (N, C, H, W).</summary>
    private float[] StartObservations()
    {
        const int Rows = 16, Steps = 5;
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>(_options.Env, Rows);
        var observations = new float[Rows * _size];
        var actions = new long[Rows];
        var (rewards, terminated, truncated) = (new float[Rows], new bool[Rows], new bool[Rows]);
        games.Reset((ulong)_options.Seed + 2_000_003, observations);
        for (int step = 0; step < Steps; step++)
        {
            for (int row = 0; row < Rows; row++)
                actions[row] = Philox.NextInt(new NoiseKey((ulong)_options.Seed, (uint)row, (uint)step, NoiseStream), _config.Actions);
            games.Step(actions, observations, rewards, terminated, truncated);
        }
        return observations;
    }
}
