using WorldModels.Bundles;

namespace WorldModels.Train.Algorithms;

/// <summary>What the bundle of an earlier stage decides on.</summary>
internal static class ShippedSizes
{
    /// <summary>Options with the sizes of a bundle of V, or of V and M; as they are where it is not there yet.</summary>
    /// <exception cref="UserException">The bundle is of something else, or of another environment.</exception>
    public static WorldModelsOptions Of(WorldModelsOptions options, string bundle)
    {
        if (!Directory.Exists(bundle))
            return options;
        Manifest manifest = Manifest.Load(bundle);
        bool remembers = manifest.Algorithm is "worldmodels-memory" or "worldmodels";
        if (!remembers && manifest.Algorithm != "worldmodels-vision")
            throw new UserException($"{bundle} is a bundle of {manifest.Algorithm}; give one that a stage of worldmodels made.");
        if (manifest.Environment != options.Env)
            throw new UserException($"{bundle} is of {manifest.Environment}, and this run of {options.Env}: --env {manifest.Environment}");
        WorldModelsOptions shipped = (WorldModelsOptions)Algorithm.Find(manifest.Algorithm).OptionsOf(manifest);
        options = options with
        {
            Latent = shipped.Latent,
            VisionDepth = shipped.VisionDepth,
            VisionUnits = shipped.VisionUnits,
            Pixels = shipped.Pixels,
        };
        return remembers
            ? options with
            {
                MemoryUnits = shipped.MemoryUnits,
                Mixtures = shipped.Mixtures,
                JointMixture = shipped.JointMixture,
                Restart = shipped.Restart,
            }
            : options;
    }

    /// <summary>The weights of a bundle below one of some paths.</summary>
    public static IReadOnlyDictionary<string, WeightArray> Weights(string bundle, params string[] paths)
    {
        string file = Path.Combine(bundle, "weights.safetensors");
        if (!File.Exists(file))
            throw new UserException($"{file} is missing, which this run needs. Restore the bundle, or start a new run with --run.");
        return Safetensors.Read(file).Weights()
            .Where(pair => paths.Any(path => pair.Key.StartsWith(path + "/", StringComparison.Ordinal))).ToDictionary();
    }
}
