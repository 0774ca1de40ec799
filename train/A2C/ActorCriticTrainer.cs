using TorchSharp.Modules;
using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Bundles;
using WorldModels.Runtime;
using static TorchSharp.torch;

namespace WorldModels.Train.A2C;

/// <summary>
/// Synchronous advantage actor-critic (Mnih et al. 2016): all games take n steps, then one update on all of them, with n-step returns
/// bootstrapped from the value of where each game stands. The decisions of the n steps keep their gradients until the update, so that
/// nothing is computed twice; what the agent's network is, derived classes say.
/// </summary>
public abstract class ActorCriticTrainer : Trainer
{
    private const string Agent = "agent/";

    private readonly ActorCriticOptions _options;
    private readonly IVectorEnvironment<long> _games;
    private readonly float[] _observations; // (B, C, H, W)
    private readonly float[] _first;        // (B), 1 where an episode begins
    private readonly float[] _rewards;      // (n, B)
    private readonly float[] _continues;    // (n, B), 0 where the episode ended
    private readonly bool[] _terminated, _truncated;
    private readonly double[] _return;      // running return of each game
    private readonly Queue<double> _finished = new();
    private FlatOptimiser? _optimiser;
    private Player? _player;

    protected ActorCriticTrainer(ActorCriticOptions options, Device device)
    {
        _options = options;
        if (EnvironmentRegistry.Find(options.Env) is not EnvironmentSpec<long>)
            throw new UserException(
                $"Actor-critic agents choose among discrete actions; those of {options.Env} are continuous. Train dreamer on it instead.");
        _games = EnvironmentRegistry.MakeVector<long>(options.Env, options.Environments);
        int[] shape = ((Box)_games.ObservationSpace).Shape;
        if (shape is not [int channels, int rows, int columns])
            throw new UserException($"Actor-critic agents learn from images (channels, rows, columns); {options.Env} observes "
                + $"({string.Join(", ", shape)}).");
        int batch = options.Environments, size = _games.ObservationSpace.Size;
        if ((long)options.Stack * options.Steps * batch * size > Array.MaxLength)
            throw new UserException($"environments={batch}, steps={options.Steps} and stack={options.Stack} make more numbers per update "
                + "than one array holds; lower one of them.");
        Observation = new() { Shape = shape, Low = 0, High = 1 };
        Config = new()
        {
            Channels = channels * options.Stack, Rows = rows, Columns = columns,
            Actions = ((Discrete)_games.ActionSpace).N, Filters = options.Filters, Hidden = options.Hidden,
        };
        Parameters = new EagerParameters(options.Seed, device);
        (_observations, _first) = (new float[batch * size], new float[batch]);
        (_rewards, _continues) = (new float[options.Steps * batch], new float[options.Steps * batch]);
        (_terminated, _truncated, _return) = (new bool[batch], new bool[batch], new double[batch]);
    }

    public override TrainOptions Options => _options;
    public override EagerParameters Parameters { get; }
    public override long Frames(long updates) => updates * _options.FramesPerUpdate;

    /// <summary>One frame.</summary>
    protected ObservationSpec Observation { get; }

    /// <summary>Sizes of the agent's model-free path.</summary>
    protected ActorCriticConfig Config { get; }

    /// <summary>Where the agent's parameters live: these the loss of this class trains, others it leaves alone.</summary>
    protected Parameters<EagerTensor> AgentParameters => Parameters.Root[Agent.TrimEnd('/')];

    /// <summary>The agent at play in <paramref name="games"/>; a greedy one draws nothing.</summary>
    protected abstract Player Sit(IVectorEnvironment<long> games, ulong seed, bool greedy);

    /// <summary>Called after an optimiser step with its n frames (B, C k, H, W) and logits (nB, A), to learn more from them.</summary>
    protected virtual void Learned(Tensor[] frames, Tensor logits, Dictionary<string, double>? figures) { }

    public override void Prepare(RunFolder run, IProgressReport progress, CancellationToken stop)
    {
        _optimiser = new(
            [.. Parameters.All.Where(pair => pair.Key.StartsWith(Agent, StringComparison.Ordinal)).Select(pair => pair.Value)],
            whole => optim.RMSProp(whole, _options.LearningRate, _options.Alpha, _options.Epsilon));
        _player = Sit(_games, (ulong)_options.Seed, greedy: false);
        _games.Reset((ulong)_options.Seed, _observations);
        _first.AsSpan().Fill(1);
        _player.See(_observations, _first, step: 0);
    }

    public override IReadOnlyDictionary<string, double> Update(long update, bool measure)
    {
        using var scope = NewDisposeScope();
        int batch = _options.Environments, steps = _options.Steps;
        var (frames, logits, values) = (new Tensor[steps], new Tensor[steps], new Tensor[steps]);
        var chosen = new long[steps * batch];
        for (int step = 0; step < steps; step++)
        {
            long now = update * steps + step;
            using (Timings.Of("decide"))
            {
                frames[step] = _player!.Frames.Value;
                (EagerTensor stepLogits, EagerTensor stepValues) = _player.Decide();
                (logits[step], values[step]) = (stepLogits.Value, stepValues.Value);
                _player.Draw(stepLogits, (ulong)_options.Seed, now).CopyTo(chosen, step * batch);
            }
            using (Timings.Of("play"))
                Play(chosen.AsSpan(step * batch, batch), step);
            using (Timings.Of("see and imagine"))
                _player.See(_observations, _first, now + 1);
        }
        using var learning = Timings.Of("learn");
        (Tensor allLogits, Tensor allValues) = (cat(logits), cat(values));                                  // (nB, A), (nB)
        Tensor returns = tensor(Returns(), [steps * batch]).to(Parameters.Device);                          // (nB)
        Tensor logPolicy = allLogits.log_softmax(1);                                                        // (nB, A)
        Tensor advantage = returns - allValues;
        Tensor valueLoss = advantage.square().mean();
        Tensor taken = logPolicy.gather(1, tensor(chosen, [steps * batch, 1]).to(Parameters.Device)).squeeze(1);
        Tensor policyLoss = -(advantage.detach() * taken).mean();
        Tensor entropy = -(logPolicy.exp() * logPolicy).sum(1).mean();
        Tensor loss = _options.ValueCoefficient * valueLoss + policyLoss - _options.EntropyCoefficient * entropy;
        LearningRate.Set(_optimiser!, _options.LearningRate, _options.Decay, update, _options.Updates);
        _optimiser!.ZeroGradients();
        loss.backward();
        double norm = _optimiser.ClipGradients(_options.MaxGradNorm);
        _optimiser.Step();
        Dictionary<string, double>? figures = measure ? Figures(loss, entropy, valueLoss, policyLoss, norm) : null;
        Learned(frames, allLogits.detach(), figures);
        return figures ?? Unmeasured;
    }

    public override void Save(Checkpoint checkpoint)
    {
        checkpoint.AddOptimiser(_optimiser!);
        checkpoint.AddBytes("games", writer =>
        {
            ((IResumable)_games).Save(writer);
            _player!.Save(writer);
            foreach (double value in _return)
                writer.Write(value);
            writer.Write(_finished.Count);
            foreach (double value in _finished)
                writer.Write(value);
        });
    }

    public override void Load(Checkpoint checkpoint)
    {
        checkpoint.LoadOptimiser(_optimiser!);
        checkpoint.LoadBytes("games", reader =>
        {
            ((IResumable)_games).Restore(reader);
            _player!.Load(reader);
            for (int row = 0; row < _return.Length; row++)
                _return[row] = reader.ReadDouble();
            _finished.Clear();
            for (int left = reader.ReadInt32(); left > 0; left--)
                _finished.Enqueue(reader.ReadDouble());
        });
    }

    public override IReadOnlyDictionary<string, double> Evaluate(int episodes, IProgressReport progress) =>
        Evaluation.Figures(Judge(episodes, progress), episodes);

    /// <summary>Returns of whole episodes in games never trained on, by the way of playing.</summary>
    protected virtual IEnumerable<(string Name, ReturnSample Returns)> Judge(int episodes, IProgressReport progress)
    {
        yield return ("sampled", PlayEpisodes("playing", episodes, progress, (games, seed) => Sit(games, seed, greedy: false)));
        yield return ("greedy", PlayEpisodes("playing greedily", episodes, progress, (games, seed) => Sit(games, seed, greedy: true)));
        yield return ("random", Evaluation.PlayRandom(_options.Env, episodes, EvaluationSeed));
    }

    /// <summary>Plays whole episodes.</summary>
    protected ReturnSample PlayEpisodes(
        string title, int episodes, IProgressReport progress, Func<IVectorEnvironment<long>, ulong, Player> sit)
    {
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>(_options.Env, Math.Min(_options.Environments, episodes));
        using Player player = sit(games, EvaluationSeed);
        using IProgressTask task = progress.Start(title, episodes);
        using var guard = no_grad();
        return Evaluation.Play(games, episodes, EvaluationSeed, (step, observations, first, actions) =>
        {
            using var scope = NewDisposeScope();
            player.See(observations, first, step);
            player.Draw(player.Decide().Logits, EvaluationSeed, step).CopyTo(actions);
        }, done => task.Report(done, ""));
    }

    public override void Dispose()
    {
        _player?.Dispose();
        _optimiser?.Dispose();
        base.Dispose();
    }

    /// <summary>Observations some steps into random play, each of its own game, as reference inputs of the bundle, (N, C, H, W).</summary>
    protected float[] StartObservations()
    {
        const int Rows = 16, Steps = 5;
        uint stream = Philox.Stream("starts");
        IVectorEnvironment<long> games = EnvironmentRegistry.MakeVector<long>(_options.Env, Rows);
        var (observations, actions) = (new float[Rows * games.ObservationSpace.Size], new long[Rows]);
        var (rewards, terminated, truncated) = (new float[Rows], new bool[Rows], new bool[Rows]);
        games.Reset((ulong)_options.Seed + 2_000_003, observations);
        for (int step = 0; step < Steps; step++)
        {
            for (int row = 0; row < Rows; row++)
                actions[row] = Philox.NextInt(new NoiseKey((ulong)_options.Seed, (uint)row, (uint)step, stream), Config.Actions);
            games.Step(actions, observations, rewards, terminated, truncated);
        }
        return observations;
    }

    private ulong EvaluationSeed => (ulong)_options.Seed + 1_000_003;   // games never trained on

    private void Play(ReadOnlySpan<long> actions, int step)
    {
        int batch = _options.Environments;
        Span<float> rewards = _rewards.AsSpan(step * batch, batch);
        _games.Step(actions, _observations, rewards, _terminated, _truncated);
        for (int row = 0; row < batch; row++)
        {
            _return[row] += rewards[row];
            bool done = _terminated[row] || _truncated[row];
            _first[row] = done ? 1 : 0;
            _continues[step * batch + row] = done ? 0 : 1;
            if (done)
                Finish(row);
        }
        float scale = _options.BlindReward ? 0 : (float)_options.RewardScale;
        foreach (ref float reward in rewards)
            reward *= scale;
    }

    private void Finish(int row)
    {
        _finished.Enqueue(_return[row]);
        if (_finished.Count > 100)
            _finished.Dequeue();
        _return[row] = 0;
    }

    /// <summary>n-step returns (n, B), bootstrapped from the value of where the games stand.</summary>
    private float[] Returns()
    {
        int batch = _options.Environments, steps = _options.Steps;
        float[] next;
        using (no_grad())
            next = _player!.Decide().Value.Value.cpu().data<float>().ToArray();                             // (B)
        var returns = new float[steps * batch];
        for (int step = steps - 1; step >= 0; step--)
            for (int row = 0; row < batch; row++)
            {
                int i = step * batch + row;
                returns[i] = next[row] = _rewards[i] + (float)_options.Gamma * _continues[i] * next[row];
            }
        return returns;
    }

    private Dictionary<string, double> Figures(Tensor loss, Tensor entropy, Tensor valueLoss, Tensor policyLoss, double norm)
    {
        var figures = new Dictionary<string, double> { ["loss"] = loss.item<float>() };
        if (_finished.Count > 0)
            figures["return"] = _finished.Average();     // before the first end of an episode there is none, which is not a return of 0
        figures["entropy"] = entropy.item<float>();
        figures["value_loss"] = valueLoss.item<float>();
        figures["policy_loss"] = policyLoss.item<float>();
        figures["gradient_norm"] = norm;
        return figures;
    }
}
