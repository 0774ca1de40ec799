using WorldModels.Models;
using WorldModels.Recordings;
using WorldModels.Train.Data;
using static TorchSharp.torch;

namespace WorldModels.Train.LatentWorlds;

/// <summary>
/// How a latent world and what acts in it are judged: by the returns of whole episodes, where there is an environment, beside random
/// actions, and by the open loop on episodes never trained on.
/// </summary>
/// <param name="options">The run's options.</param>
/// <param name="experience">What it learns from.</param>
/// <param name="world">The world model.</param>
/// <param name="config">Its sizes.</param>
/// <param name="device">Where it computes.</param>
/// <param name="makeAgent">Makes the agent for so many rows, greedy or not.</param>
public sealed class LatentEvaluation(
    LatentOptions options, Experience experience, LatentWorld<EagerTensor> world, LatentWorldConfig config,
    Device device, Func<int, bool, LatentAgent> makeAgent)
{
    private const int RandomEpisodes = 100;     // cheap, and the floor of every comparison
    private const int LeastNewEpisodes = 10, LeastNewSteps = 2000;

    /// <summary>Most episodes played side by side.</summary>
    public int SideBySide { get; init; } = 50;

    /// <summary>Whether the world alone is judged, which nothing has learnt to act in: by the open loop of random actions.</summary>
    public bool OfWorldAlone { get; init; }

    /// <summary>Episodes of an evaluation between updates.</summary>
    public int EpisodesBetweenUpdates { get; init; } = 5;

    /// <summary>The mean return of a few episodes where one falls due in the updates since the line of metrics before.</summary>
    public IReadOnlyDictionary<string, double> Between(long updates)
    {
        if (!experience.HasEnvironment || OfWorldAlone || !Evaluation.IsDue(options.EvaluateEvery, options.LogEvery, updates))
            return Measured.None;
        ReturnSample played = Play(EpisodesBetweenUpdates, (ulong)options.Seed + 2_000_003, greedy: true, task: null);
        return new Dictionary<string, double> { ["return_evaluation"] = played.Mean };
    }

    /// <summary>Returns of whole episodes that are played greedily.</summary>
    public ReturnSample GreedyReturns(int episodes) => Play(episodes, (ulong)options.Seed + 1_000_003, greedy: true, task: null);

    /// <summary>All figures, with their baselines.</summary>
    public IReadOnlyDictionary<string, double> Judge(int episodes, IProgressReport progress)
    {
        Dictionary<string, double> figures = experience.HasEnvironment && !OfWorldAlone ? Evaluation.Figures(Returns(episodes, progress), episodes) : [];
        IReadOnlyCollection<Episode> heldOut = experience.Collects ? PlayNewEpisodes(random: OfWorldAlone) : experience.HeldOut;
        foreach ((string name, double value) in OpenLoop.Judge(world, config, heldOut, experience.Actions, options.RewardScale, device)
            .Concat(NextStep.Judge(world, config, heldOut, experience.Actions, options, device)))
        {
            figures[name] = value;
        }
        // A policy that has learnt goes where it knows the world, and seldom fails; random actions go everywhere.
        if (!experience.Collects || !(world.HasContinue || figures.ContainsKey($"{OpenLoop.Exact}1")))
            return figures;
        IReadOnlyCollection<Episode> random = PlayNewEpisodes(random: true);
        foreach ((string name, double value) in OpenLoop.Judge(world, config, random, experience.Actions, options.RewardScale, device)
            .Where(figure => figure.Name.StartsWith(OpenLoop.Exact, StringComparison.Ordinal)
                || figure.Name.StartsWith(OpenLoop.NearReward, StringComparison.Ordinal))
            .Concat(NextStep.Judge(world, config, random, experience.Actions, options, device)))
        {
            figures[$"{name}_random"] = value;
        }
        return figures;
    }

    /// <summary>Returns of whole episodes never trained on, by the way of playing.</summary>
    private IEnumerable<(string Name, ReturnSample Returns)> Returns(int episodes, IProgressReport progress)
    {
        ulong seed = (ulong)options.Seed + 1_000_003;
        using (IProgressTask task = progress.Start("playing greedily", episodes))
            yield return ("greedy", Play(episodes, seed, greedy: true, task));
        using (IProgressTask task = progress.Start("playing", episodes))
            yield return ("sampled", Play(episodes, seed, greedy: false, task));
        yield return ("random", Environment(episodes).PlayRandom(Math.Max(episodes, RandomEpisodes), seed));
    }

    private ReturnSample Play(int episodes, ulong seed, bool greedy, IProgressTask? task)
    {
        AgentEnvironment environment = Environment(episodes);
        using LatentAgent agent = makeAgent(environment.Count, greedy);
        return environment.Play(
            episodes, seed, (step, observations, first, vectors) => agent.Act(seed, step, observations, first, vectors),
            done => task?.Report(done, ""));
    }

    /// <summary>
    /// Episodes played now, as in training or by random actions, which the model has not learnt from: the more of them, the shorter they
    /// are, so that shares of their steps and ends mean something.
    /// </summary>
    private IReadOnlyCollection<Episode> PlayNewEpisodes(bool random)
    {
        LatentOptions other = options with { Seed = options.Seed + 3_000_017 };
        AgentEnvironment environment = AgentEnvironment.Make(other, count: LeastNewEpisodes);
        ReplayBuffer replay = new ReplayBuffer(
            experience.Observation.Column.Shape, experience.Actions, long.MaxValue, folder: null, experience.Observation.Beside);
        using LatentAgent agent = makeAgent(environment.Count, false);
        Collector collector = new Collector(environment, agent, replay, other);
        collector.Begin();
        while (replay.Count < LeastNewEpisodes || replay.Records < LeastNewSteps)
            collector.Collect(environment.Count, random);
        return replay.Episodes;
    }

    private AgentEnvironment Environment(int episodes) =>
        AgentEnvironment.Make(options, Math.Min(SideBySide, episodes));
}
