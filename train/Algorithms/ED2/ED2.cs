using WorldModels.Recordings;
using WorldModels.Train.LatentWorlds;
using static TorchSharp.torch;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// ED2-Dreamer (Wang et al. 2021, "ED2: An environment dynamics decomposition framework for world model construction"): groups of actuators
/// are found from random play (SD2, <see cref="GroupDiscovery"/>), and <see cref="Dreamer"/> learns in a world whose dynamics is divided by
/// them (D2P, <see cref="Models.RssmConfig.Groups"/>). Nothing else is other than in Dreamer.
/// </summary>
public static class ED2
{
    private const string Groups = "groups", ParametersOf = "parametersOf";

    /// <summary>
    /// A trainer whose groups are settled; what was discovered is kept in the run's folder, and what was settled in its checkpoint, with
    /// which a run goes on.
    /// </summary>
    public static Dreamer Make(ED2Options options, Device device, RunFolder? run = null, IProgressReport? progress = null)
    {
        options = (run is null ? null : OfCheckpoint(options, run)) ?? Settled(options, run, progress);
        Dreamer dreamer = new(options, device, progress)
        {
            Settled = new Dictionary<string, string> { [Groups] = options.Groups, [ParametersOf] = options.ParametersOf },
        };
        progress?.Say($"groups of actuators: {options.Groups}");
        return dreamer;
    }

    /// <summary>
    /// Refuses groups and sizes that are wrong whatever will be discovered: with each actuator alone in its place. Recordings are looked at
    /// as they are read.
    /// </summary>
    public static void CheckBeforePlaying(ED2Options options)
    {
        if (options.Dataset.Length > 0)
            return;
        AgentEnvironment environment = AgentEnvironment.Make(options, count: 1);
        _ = (options with { Groups = Known(options.Groups), ParametersOf = Known(options.ParametersOf) })
            .World(environment.Observation, environment.Actions.Size);

        static string Known(string groups) => groups == ActionGroups.Discovered ? ActionGroups.Complete : groups;
    }

    /// <summary>
    /// The options with the groups that a run has learnt with; null where it has no checkpoint, or one of when checkpoints did not say.
    /// </summary>
    private static ED2Options? OfCheckpoint(ED2Options options, RunFolder run)
    {
        if (!File.Exists(run.CheckpointPath))
            return null;
        Checkpoint checkpoint = Checkpoint.Read(run.CheckpointPath);
        return checkpoint.Has(Groups)
            ? options with { Groups = checkpoint.Text(Groups), ParametersOf = checkpoint.Text(ParametersOf) }
            : null;
    }

    /// <summary>The options with lists of what they name, which the task or random play decides.</summary>
    private static ED2Options Settled(ED2Options options, RunFolder? run, IProgressReport? progress)
    {
        string environment = options.Env != DatasetSpec.NoEnvironment || options.Dataset.Length == 0
            ? options.Env : Recording.Declared(options.Dataset)?.Environment ?? DatasetSpec.NoEnvironment;
        GroupDiscovery? found = null;
        if (options.Discovers)
        {
            CheckBeforePlaying(options);
            found = GroupDiscovery.Of(options, run, progress);
        }
        return options with { Groups = List(options.Groups, Groups), ParametersOf = List(options.ParametersOf, ParametersOf) };

        string List(string groups, string option) => groups switch
        {
            "" => "",
            ActionGroups.Discovered => ActionGroups.Text(found!.Tree.Groups),
            _ => ActionGroups.Listed(groups, environment, options.Seed, option),
        };
    }
}
