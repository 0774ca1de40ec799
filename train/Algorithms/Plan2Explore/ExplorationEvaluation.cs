using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// How an exploration and what was learnt from it are judged: the first task's returns and the world model as Dreamer's are; the share of
/// states that were visited, beside that of as many random actions; what every policy earns of every task; how well disagreement tells what
/// is new (<see cref="NoveltyEvaluation"/>), and how novel held-out play is.
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
    private const int Episodes = 10;
    private const double NoveltyPercentile = 0.99;
    private const string ZeroShot = "return_zero_shot_", ZeroShotSteps = "zero_shot_steps";

    private readonly LatentEvaluation _returns = new(options, experience, world, config, device, (rows, greedy) =>
        new(world, Dreamer.Playing(world, experience.Actions, tasks[0].Behaviour.Policy, device), rows, experience.Observation.Size,
            experience.Actions.Size, device)
        { Greedy = greedy });

    private readonly PolicyEpisodes _episodes = new(options, experience, world, disagreement, device);
    private readonly NoveltyEvaluation? _novelty =
        disagreement is null || explorer is null ? null : new(experience, world, disagreement, explorer, device);

    private (ReturnStatistics Returns, long Steps)? _zeroShot;
    private (double Mean, double Percentile99)? _heldOut;

    /// <summary>
    /// The 99th percentile of novelty in held-out play of the first task, measured where <see cref="Judge"/> did not; null where nothing
    /// measures novelty.
    /// </summary>
    public double? NoveltyThreshold => _novelty is null ? null : (_heldOut ??= NoveltyOf(tasks[0].Behaviour)).Percentile99;

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
            JudgeUnvisited(figures);
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
        {
            (figures["coverage"], figures["coverage_of_reachable"]) = (coverage.Share, coverage.ShareOfReachable);
            figures["coverage_random"] = StateCoverage.OfRandomActions(options, experience.Frames);
        }
        JudgeUnvisited(figures);
        if (_novelty is not null)
        {
            _heldOut = NoveltyOf(tasks[0].Behaviour);
            (figures["novelty_mean"], figures["novelty_99"]) = _heldOut.Value;
            figures["novelty_explore_mean"] = NoveltyOf(explorer!).Mean;
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

    /// <summary>Writes how well disagreement tells states that were never visited, where it is known which were.</summary>
    private void JudgeUnvisited(Dictionary<string, double> figures)
    {
        if (_novelty?.OfStates() is not { } found)
            return;
        (figures["novelty_visited"], figures["novelty_auroc"]) = (found.Visited, found.Auroc);
    }

    /// <summary>Disagreement about every step of whole episodes that a policy plays, its mean and its 99th percentile.</summary>
    private (double Mean, double Percentile99) NoveltyOf(DreamerBehaviour policy)
    {
        List<double> met = [];
        _episodes.Play(policy, Episodes, greedy: false, (_, _, _, novelty) => met.Add(novelty));
        return (met.Average(), met.Order().ElementAt((int)(NoveltyPercentile * (met.Count - 1))));
    }

    /// <summary>What a policy earns of each task's rewards in an episode, the mean, in their own units.</summary>
    private void JudgeTasks(string played, DreamerBehaviour policy, Dictionary<string, double> figures)
    {
        double[] earned = new double[tasks.Count];
        _episodes.Play(policy, Episodes, greedy: true, (_, arrived, reward, _) =>
        {
            earned[0] += reward;
            for (int task = 1; task < earned.Length; task++)
                earned[task] += options.ActionRepeat * PendulumRewards.Of(tasks[task].Name, arrived);
        });
        for (int task = 0; task < earned.Length; task++)
            figures[ModelCard.OfTask(played, tasks[task].Name)] = earned[task] / Episodes;
    }
}
