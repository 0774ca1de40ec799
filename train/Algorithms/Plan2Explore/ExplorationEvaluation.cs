using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Runtime;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How an exploration and what was learnt from it are judged: the first task's returns and the world model as Dreamer's are; the share of
/// states that were visited, beside that of as many random actions; what every policy earns of every task; how novel held-out play is.
/// </summary>
/// <param name="options">The run's options.</param>
/// <param name="experience">What it learns from.</param>
/// <param name="world">The world model.</param>
/// <param name="config">Its sizes.</param>
/// <param name="tasks">The tasks, the first one the environment's.</param>
/// <param name="explorer">The explorer; null: actions are random.</param>
/// <param name="disagreement">What measures novelty; null: nothing does.</param>
/// <param name="device">Where they compute.</param>
internal sealed class ExplorationEvaluation(
    Plan2ExploreOptions options, Experience experience, LatentWorld<EagerTensor> world, LatentWorldConfig config,
    IReadOnlyList<ExploredTask> tasks, DreamerBehaviour? explorer, DisagreementReward? disagreement, Device device)
{
    private const int EpisodesOfTasks = 10, EpisodesOfNovelty = 10;
    private const double Percentile = 0.99;
    private const string ZeroShot = "return_zero_shot_", ZeroShotSteps = "zero_shot_steps";

    private static readonly uint RandomStream = Philox.Stream("random-coverage");

    private readonly LatentEvaluation _returns = new(options, experience, world, config, device, (rows, greedy) =>
        new(world, Dreamer.Playing(world, experience.Actions, tasks[0].Behaviour.Policy, device), rows, experience.Observation.Size,
            experience.Actions.Size, device)
        { Greedy = greedy });

    private (ReturnStatistics Returns, long Steps)? _zeroShot;

    /// <summary>The 99th percentile of novelty in held-out play of the first task; null before it was measured.</summary>
    public double? NoveltyThreshold { get; private set; }

    /// <summary>
    /// Judges the first task's policy as it is before anything adapts, by as many episodes as the closing evaluation has: the figures named
    /// zero_shot.
    /// </summary>
    public void JudgeZeroShot() =>
        _zeroShot = (_returns.GreedyReturns(Math.Max(1, options.EvaluationEpisodes)).Statistics, experience.Frames);

    /// <summary>Keeps what <see cref="JudgeZeroShot"/> found, for a run that goes on.</summary>
    public void Save(Checkpoint checkpoint)
    {
        if (_zeroShot is not { } found)
            return;
        checkpoint.Set(ZeroShot + "mean", found.Returns.Mean);
        checkpoint.Set(ZeroShot + "sd", found.Returns.Deviation);
        checkpoint.Set(ZeroShot + "ci95", found.Returns.HalfWidth);
        checkpoint.Set(ZeroShotSteps, found.Steps);
    }

    /// <summary>Takes back what <see cref="Save"/> kept.</summary>
    public void Load(Checkpoint checkpoint) => _zeroShot = !checkpoint.Has(ZeroShotSteps) ? null : (
        new(checkpoint.Number(ZeroShot + "mean"), checkpoint.Number(ZeroShot + "sd"), checkpoint.Number(ZeroShot + "ci95")),
        checkpoint.Integer(ZeroShotSteps));

    /// <summary>
    /// The first task's mean return of a few episodes where one falls due and the task's policy learns; where a run has begun to adapt, what
    /// it was before.
    /// </summary>
    public IReadOnlyDictionary<string, double> Between(long updates)
    {
        bool learns = options.TaskLearning == TaskLearning.Meanwhile || updates > options.ExplorationUpdates;
        Dictionary<string, double> figures = new(learns ? _returns.Between(updates) : Measured.None);
        if (_zeroShot is { } before && updates - options.LogEvery <= options.ZeroShotUpdates)
            figures["return_zero_shot"] = before.Returns.Mean;
        if (updates <= options.ExplorationUpdates && Evaluation.IsDue(options.EvaluateEvery, options.LogEvery, updates))
            JudgeNovelty(figures);
        return figures;
    }

    /// <summary>All figures, with their baselines.</summary>
    public IReadOnlyDictionary<string, double> Judge(int episodes, IProgressReport progress)
    {
        Dictionary<string, double> figures = new(_returns.Judge(episodes, progress));
        if (_zeroShot is { } before)
        {
            (figures[ZeroShot + "mean"], figures[ZeroShot + "sd"]) = (before.Returns.Mean, before.Returns.Deviation);
            (figures[ZeroShot + "ci95"], figures[ZeroShotSteps]) = (before.Returns.HalfWidth, before.Steps);
        }
        if (experience.Coverage is { } coverage)
            (figures["coverage"], figures["coverage_random"]) = (coverage.Share, RandomCoverage());
        JudgeNovelty(figures);
        if (disagreement is not null)
        {
            float[] held = Novelty(tasks[0].Behaviour);
            NoveltyThreshold = held[(int)(Percentile * (held.Length - 1))];
            figures["novelty_mean"] = held.Average(value => (double)value);
            figures["novelty_99"] = NoveltyThreshold.Value;
            if (explorer is not null)
                figures["novelty_explore_mean"] = Novelty(explorer).Average(value => (double)value);
        }
        if (tasks.Count > 1)
        {
            foreach (ExploredTask played in tasks)
                JudgeTasks(played.Name, played.Behaviour, figures);
            if (explorer is not null)
                JudgeTasks(Plan2Explore.Exploring, explorer, figures);
        }
        return figures;
    }

    /// <summary>The share of states that random actions visit in as many steps of the environment.</summary>
    private double RandomCoverage()
    {
        AgentEnvironment environment = AgentEnvironment.Make(options, options.Environments);
        StateCoverage coverage = StateCoverage.Of(options)!;
        (int rows, int size, int actions) = (environment.Count, environment.Observation.Size, environment.Actions.Size);
        (float[] observations, float[] vectors, float[] rewards) = (new float[rows * size], new float[rows * actions], new float[rows]);
        (bool[] terminated, bool[] truncated) = (new bool[rows], new bool[rows]);
        ulong seed = (ulong)options.Seed + 4_000_037;
        environment.Reset(seed, observations);
        for (uint step = 0; environment.Steps < experience.Frames; step++)
        {
            for (int row = 0; row < rows; row++)
                environment.Actions.Draw(new(seed, (uint)row, step, RandomStream), vectors.AsSpan(row * actions, actions));
            environment.Step(vectors, observations, rewards, terminated, truncated);
            for (int row = 0; row < rows; row++)
            {
                coverage.Visit(terminated[row] || truncated[row]
                    ? environment.FinalObservation(row) : observations.AsSpan(row * size, size));
            }
        }
        return coverage.Share;
    }

    /// <summary>
    /// Writes as <c>novelty_auroc</c> how well disagreement tells states that were never visited from those that were: how likely it is to be
    /// larger in one of the former, where an episode begins in it.
    /// </summary>
    private void JudgeNovelty(Dictionary<string, double> figures)
    {
        if (disagreement is null || explorer is null || experience.Coverage is not { Share: < 1 } coverage)
            return;
        using IDisposable guard = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        (float Cosine, float Sine, float Velocity, bool Visited)[] cells = [.. coverage.Cells];
        (int rows, int size) = (cells.Length, experience.Observation.Size);
        float[] observations = new float[rows * size];
        for (int row = 0; row < rows; row++)
        {
            (observations[row * size], observations[row * size + 1]) = (cells[row].Cosine, cells[row].Sine);
            observations[row * size + 2] = cells[row].Velocity;
        }
        EagerTensor seen = world.Scale.Forward(tensor(observations, [rows, size]).On(device));
        EagerTensor feature = world.Dynamics.FeatureOf(world.Dynamics.Observe(
            EagerState.Zeros(world.Dynamics.State, rows, device), zeros([rows, experience.Actions.Size], device: device), world.Embed(seen),
            zeros([rows, world.Dynamics.Noise.Size], device: device)).State);
        float[] novelty = disagreement.Of(feature.Value, explorer.Policy(feature).Mode.Value).cpu().data<float>().ToArray();
        float[] known = [.. novelty.Where((_, row) => cells[row].Visited)], unknown = [.. novelty.Where((_, row) => !cells[row].Visited)];
        figures["novelty_auroc"] = unknown.Sum(far => known.Count(near => far > near)) / ((double)known.Length * unknown.Length);
    }

    /// <summary>Disagreement about every step of whole episodes that a policy plays, in ascending order.</summary>
    private float[] Novelty(DreamerBehaviour policy)
    {
        List<float> met = [];
        Play(policy, EpisodesOfNovelty, greedy: false, met, (_, _) => { });
        return [.. met.Order()];
    }

    /// <summary>What a policy earns of each task's rewards in an episode, the mean, in their own units.</summary>
    private void JudgeTasks(string played, DreamerBehaviour policy, Dictionary<string, double> figures)
    {
        double[] earned = new double[tasks.Count];
        Play(policy, EpisodesOfTasks, greedy: true, seen: null, (arrived, reward) =>
        {
            earned[0] += reward;
            for (int task = 1; task < earned.Length; task++)
                earned[task] += options.ActionRepeat * PendulumRewards.Of(tasks[task].Name, arrived);
        });
        for (int task = 0; task < earned.Length; task++)
            figures[ModelCard.OfTask(played, tasks[task].Name)] = earned[task] / EpisodesOfTasks;
    }

    /// <summary>Hears of a step: where it led to, and the environment's reward.</summary>
    private delegate void Arrival(ReadOnlySpan<float> observation, double reward);

    /// <summary>Plays one episode in each of so many rows.</summary>
    private void Play(DreamerBehaviour policy, int rows, bool greedy, List<float>? seen, Arrival arrived)
    {
        AgentEnvironment environment = AgentEnvironment.Make(options, rows);
        using LatentAgent agent = AgentOf(policy, rows, greedy, seen);
        int size = environment.Observation.Size;
        (float[] observations, float[] vectors) = (new float[rows * size], new float[rows * environment.Actions.Size]);
        (float[] rewards, bool[] terminated, bool[] truncated) = (new float[rows], new bool[rows], new bool[rows]);
        float[] first = [.. Enumerable.Repeat(1f, rows)];
        bool[] over = new bool[rows];
        ulong seed = (ulong)options.Seed + 5_000_011;
        environment.Reset(seed, observations);
        for (long step = 0; over.Contains(false); step++)
        {
            agent.Act(seed, step, observations, first, vectors);
            environment.Step(vectors, observations, rewards, terminated, truncated);
            for (int row = 0; row < rows; row++)
            {
                bool isEnd = terminated[row] || truncated[row];
                first[row] = isEnd ? 1 : 0;
                if (over[row])
                    continue;
                arrived(isEnd ? environment.FinalObservation(row) : observations.AsSpan(row * size, size), rewards[row]);
                over[row] = isEnd;
            }
        }
    }

    /// <summary>An agent that acts by a policy; the disagreement about its steps is added to what was seen, where that is wanted.</summary>
    private LatentAgent AgentOf(DreamerBehaviour policy, int rows, bool greedy, List<float>? seen)
    {
        LatentPolicy playing = Dreamer.Playing(world, experience.Actions, policy.Policy, device);
        return new(world, seen is null ? playing : (state, seed, step, isGreedy, vectors) =>
        {
            playing(state, seed, step, isGreedy, vectors);
            Tensor acted = tensor(vectors.ToArray(), [rows, experience.Actions.Size]).On(device);
            seen.AddRange(disagreement!.Of(world.Dynamics.FeatureOf(state).Value, acted).cpu().data<float>().ToArray());
        }, rows, experience.Observation.Size, experience.Actions.Size, device)
        { Greedy = greedy };
    }
}
