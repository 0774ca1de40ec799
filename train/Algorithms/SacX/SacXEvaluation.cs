using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How SAC-X is judged: whole episodes of the main task's policy, how they ended, and what every policy earns of every task's rewards.
/// </summary>
/// <param name="options">Environment and seed.</param>
/// <param name="tasks">What steps are rewarded for.</param>
/// <param name="policy">The policies of all tasks.</param>
/// <param name="device">Where they compute.</param>
public sealed class SacXEvaluation(SacXOptions options, LanderTasks tasks, IntentionPolicy<EagerTensor> policy, Device device)
{
    /// <summary>Episodes by which each task's policy is judged at every task.</summary>
    public const int EpisodesOfTasks = 20;

    private const int EpisodesBetweenUpdates = 20, RandomEpisodes = 100;

    private static readonly uint ActStream = Philox.Stream(IntentionGraphs.NoiseStream);

    /// <summary>A few episodes of the main task, where one falls due in the updates since the line of metrics before.</summary>
    public IReadOnlyDictionary<string, double> Between(long updates)
    {
        if (!Evaluation.IsDue(options.EvaluateEvery, options.LogEvery, updates))
            return Measured.None;
        IntentionSample played = Play(
            0, EpisodesBetweenUpdates, (ulong)options.Seed + 2_000_003, greedy: true, timeLimit: null, task: null);
        return new Dictionary<string, double> { ["return_evaluation"] = played.Returns.Mean, ["landed_evaluation"] = played.Landed };
    }

    /// <summary>All figures, with the mean sum of every task's rewards where each one's policy plays.</summary>
    public IReadOnlyDictionary<string, double> Judge(int episodes, IProgressReport progress)
    {
        ulong seed = (ulong)options.Seed + 1_000_003;
        IntentionSample greedy, sampled;
        using (IProgressTask task = progress.Start("playing greedily", episodes))
            greedy = Play(0, episodes, seed, greedy: true, timeLimit: null, task);
        using (IProgressTask task = progress.Start("playing", episodes))
            sampled = Play(0, episodes, seed, greedy: false, timeLimit: null, task);
        IntentionSample heuristic = PlayHeuristic(episodes, seed);
        ReturnSample random = Environment(Math.Min(50, episodes), null).PlayRandom(Math.Max(episodes, RandomEpisodes), seed);
        Dictionary<string, double> figures = Evaluation.Figures(
            [("greedy", greedy.Returns), ("sampled", sampled.Returns), ("random", random), ("heuristic", heuristic.Returns)], episodes);
        foreach ((string name, IntentionSample sample) in new[] { ("greedy", greedy), ("sampled", sampled), ("heuristic", heuristic) })
        {
            figures[$"landed_{name}"] = sample.Landed;
            figures[$"crashed_{name}"] = sample.Crashed;
            figures[$"timed_out_{name}"] = sample.TimedOut;
        }
        for (int played = 0; played < tasks.Names.Count; played++)
        {
            IntentionSample sample = Play(
                played, EpisodesOfTasks, seed + 1, greedy: true, timeLimit: options.EpisodeSteps, task: null);
            for (int rewarded = 0; rewarded < tasks.Names.Count; rewarded++)
                figures[ModelCard.OfTask(tasks.Names[played], tasks.Names[rewarded])] = sample.OfTasks[rewarded];
        }
        return figures;
    }

    private IntentionSample Play(int playing, int episodes, ulong seed, bool greedy, int? timeLimit, IProgressTask? task)
    {
        AgentEnvironment environment = Environment(episodes, timeLimit);
        (int rows, int size) = (environment.Count, environment.Actions.Size);
        float[] noise = new float[rows * size];
        using Tensor kinds = full([rows], playing, ScalarType.Int64, device);
        return IntentionJudge.Play(environment, seed, tasks, (step, observations, _, vectors) =>
        {
            using IDisposable guard = no_grad();
            using TorchSharp.DisposeScope scope = NewDisposeScope();
            if (!greedy)
                NoiseDraws.Fill(environment.Actions.Noise, seed, step, ActStream, noise, rows);
            Tensor seen = tensor(observations.ToArray(), [rows, environment.Observation.Size]).On(device);
            policy.Forward(seen, kinds).Sample(tensor(noise, [rows, size]).On(device)).Value
                .cpu().contiguous().data<float>().ToArray().CopyTo(vectors);
        }, done => task?.Report(done, ""));
    }

    /// <summary>The rule that comes with Gymnasium's lander, on the same episodes.</summary>
    private IntentionSample PlayHeuristic(int episodes, ulong seed)
    {
        AgentEnvironment environment = Environment(episodes, timeLimit: null);
        (int seen, int size) = (environment.Observation.Size, environment.Actions.Size);
        return IntentionJudge.Play(environment, seed, tasks, (_, observations, _, vectors) =>
        {
            for (int row = 0; row < environment.Count; row++)
            {
                ReadOnlySpan<float> observation = observations.Slice(row * seen, seen);
                Span<float> vector = vectors.Slice(row * size, size);
                if (environment.Actions.Discrete)
                    environment.Actions.Encode(LunarLanderHeuristic.Act(observation), vector);
                else
                    LunarLanderHeuristic.Act(observation, vector);
            }
        });
    }

    private AgentEnvironment Environment(int rows, int? timeLimit) => AgentEnvironment.Make(options.Env, rows, actionRepeat: 1, timeLimit);
}
