using WorldModels.Environments;
using WorldModels.Models;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// One of the tasks that are learnt from one exploration: a policy, a critic, and a head that says its rewards. The first task's rewards are
/// the environment's, its head the world's; the others' are told from what was observed.
/// </summary>
public sealed class ExploredTask : IDisposable
{
    /// <summary>Name of the task where there is one alone.</summary>
    public const string Only = "task";

    private readonly Plan2ExploreOptions _options;
    private readonly ScalarHead<EagerTensor>? _head;

    private ExploredTask(
        string name, bool isFirst, Plan2ExploreOptions options, LatentWorld<EagerTensor> world, Experience experience,
        EagerParameters parameters)
    {
        (Name, _options) = (name, options);
        string path = Plan2Explore.PathOf(name);
        if (!isFirst)
        {
            LatentWorldConfig config = options.World(experience.Observation, experience.Actions.Size);
            _head = new(parameters.Root[RewardPath(name)], world.Dynamics.Feature, config.Reward);
        }
        Behaviour = new(options, world, experience.Actions, parameters, path,
            DreamerBehaviour.RewardsOf(_head is null ? world.Reward : _head.Forward));
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its actor and critic.</summary>
    public DreamerBehaviour Behaviour { get; }

    /// <summary>Path of the reward head of a task that is not the first.</summary>
    public static string RewardPath(string name) => Plan2Explore.PathOf(name) + "reward";

    /// <summary>The tasks of a run, the first one the environment's own.</summary>
    /// <exception cref="UserException">The environment has no such tasks.</exception>
    public static IReadOnlyList<ExploredTask> All(
        Plan2ExploreOptions options, LatentWorld<EagerTensor> world, Experience experience, EagerParameters parameters) =>
        [.. NamesOf(options).Select((name, i) => new ExploredTask(name, i == 0, options, world, experience, parameters))];

    /// <summary>Names of a run's tasks.</summary>
    /// <exception cref="UserException">The environment has no such tasks.</exception>
    public static IReadOnlyList<string> NamesOf(Plan2ExploreOptions options)
    {
        if (options.Tasks.Count == 0)
            return [Only];
        if (!PendulumRewards.Environments.Contains(options.Env) || options.Pixels > 0)
        {
            throw new UserException($"Tasks are known of {string.Join(" and ", PendulumRewards.Environments)}, by their numbers; of "
                + $"{options.Env} there is its own alone: leave tasks empty{(options.Pixels > 0 ? ", or pixels=0" : "")}.");
        }
        string[] known = [PendulumRewards.Own, .. PendulumRewards.Names];
        if (options.Tasks.FirstOrDefault(task => !known.Contains(task)) is { } unknown)
            throw new UserException($"There is no task '{unknown}'{Names.Suggest(unknown, known)} Tasks: {string.Join(", ", known)}.");
        if (options.Tasks.GroupBy(task => task).FirstOrDefault(same => same.Count() > 1) is { } repeated)
            throw new UserException($"tasks names '{repeated.Key}' twice: name each task once.");
        if (options.Tasks[0] != PendulumRewards.Own)
        {
            throw new UserException($"tasks begins with '{options.Tasks[0]}'; the environment's own comes first, since its rewards are those "
                + $"that are recorded: {PendulumRewards.Own},{string.Join(",", options.Tasks.Where(task => task != PendulumRewards.Own))}.");
        }
        return options.Tasks;
    }

    /// <summary>The loss of its own reward head on recorded states; null of the first task, whose head is the world's.</summary>
    /// <param name="feature">(T, B, F), through which no gradient flows.</param>
    /// <param name="sequences">What was recorded.</param>
    public Tensor? RewardLoss(Tensor feature, Sequences sequences) => _head is null
        ? null
        : -_head.Forward(feature.flatten(0, 1)).LogProb(Rewards(Name, _options, sequences).flatten()).Value.mean();

    /// <summary>
    /// What a task that is not the first would have rewarded sequences with, (T, B), in the units of training. Where an episode begins,
    /// nothing is, as in every environment.
    /// </summary>
    public static Tensor Rewards(string task, Plan2ExploreOptions options, Sequences sequences)
    {
        Tensor observations = sequences.Observations;
        (long length, long rows, int size) = (observations.size(0), observations.size(1), (int)observations.size(2));
        float[] numbers = observations.cpu().data<float>().ToArray();
        // An action's steps are alike enough to count as so many of the last.
        double scale = options.BlindReward ? 0 : options.RewardScale * options.ActionRepeat;
        float[] rewards = [.. Enumerable.Range(0, (int)(length * rows)).Select(record =>
            (float)(scale * PendulumRewards.Of(task, numbers.AsSpan(record * size, size))))];
        Tensor all = tensor(rewards, [length, rows]).On(observations.device) * (1 - sequences.Begins);
        return options.ShuffleRewards ? all.roll([1], [1]) : all;
    }

    public void Dispose() => Behaviour.Dispose();
}
