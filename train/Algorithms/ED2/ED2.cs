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
    /// <summary>
    /// A trainer whose groups are settled; what was discovered is kept in the run's folder, and found there by a run that goes on.
    /// </summary>
    public static Dreamer Make(ED2Options options, Device device, RunFolder? run = null, IProgressReport? progress = null)
    {
        string environment = options.Env != DatasetSpec.NoEnvironment || options.Dataset.Length == 0
            ? options.Env : Recording.Declared(options.Dataset)?.Environment ?? DatasetSpec.NoEnvironment;
        GroupDiscovery? found = null;
        if (options.Groups == ActionGroups.Discovered || options.ParametersOf == ActionGroups.Discovered)
        {
            CheckBeforePlaying(options);
            found = GroupDiscovery.Of(options, run, progress);
        }
        options = options with { Groups = Settled(options.Groups, "groups"), ParametersOf = Settled(options.ParametersOf, "parametersOf") };
        Dreamer dreamer = new(options, device, progress);
        progress?.Say($"groups of actuators: {options.Groups}");
        return dreamer;

        string Settled(string groups, string option) => groups == ActionGroups.Discovered
            ? ActionGroups.Text(found!.Tree.Groups)
            : ActionGroups.Listed(groups, environment, options.Seed, option);
    }

    /// <summary>Refuses groups and sizes that are wrong whatever will be discovered: with each actuator alone in its place.</summary>
    private static void CheckBeforePlaying(ED2Options options)
    {
        if (options.Dataset.Length > 0)
            return;     // nothing is played
        AgentEnvironment environment = AgentEnvironment.Make(options, count: 1);
        _ = (options with { Groups = Known(options.Groups), ParametersOf = Known(options.ParametersOf) })
            .World(environment.Observation, environment.Actions.Size);

        static string Known(string groups) => groups == ActionGroups.Discovered ? ActionGroups.Complete : groups;
    }
}
