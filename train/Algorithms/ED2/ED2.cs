using WorldModels.Recordings;
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
        string Listed(string groups) => ActionGroups.Listed(groups, environment, options.Seed);
        string groups = options.Groups == ActionGroups.Discovered
            ? ActionGroups.Text(GroupDiscovery.Of(options, run, progress).Tree.Groups)
            : Listed(options.Groups);
        progress?.Say($"groups of actuators: {groups}");
        return new(options with { Groups = groups, ParametersOf = Listed(options.ParametersOf) }, device, progress);
    }
}
