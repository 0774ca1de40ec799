using WorldModels.Bundles;

namespace WorldModels.Train.Algorithms;

/// <summary>What the bundle of an earlier stage decides on.</summary>
internal static class ShippedSizes
{
    private const string OfVision = "worldmodels-vision", OfMemory = "worldmodels-memory", OfController = "worldmodels";

    /// <summary>
    /// Options with the sizes of M and its V or, where there is no M yet, of V; as they are where there is neither. What options name must
    /// be there.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <param name="vision">Bundle of V; empty: none.</param>
    /// <param name="memory">Bundle of M; empty: none.</param>
    /// <exception cref="UserException">A bundle is of something else, or of another environment, or gone.</exception>
    public static WorldModelsOptions Of(WorldModelsOptions options, string vision, string memory)
    {
        if (IsThere(memory, options.Memory))
        {
            WorldModelsOptions shipped = Read(options, "memory", memory, OfMemory, OfController);
            return WithVision(options, shipped) with
            {
                MemoryUnits = shipped.MemoryUnits,
                Mixtures = shipped.Mixtures,
                JointMixture = shipped.JointMixture,
                Restart = shipped.Restart,
            };
        }
        return IsThere(vision, options.Vision)
            ? WithVision(options, Read(options, "vision", vision, OfVision, OfMemory, OfController))
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

    /// <summary>A bundle that a run makes itself may not be there yet; one that is named has to be.</summary>
    private static bool IsThere(string bundle, string named) => bundle.Length > 0 && (bundle == named || Directory.Exists(bundle));

    private static WorldModelsOptions WithVision(WorldModelsOptions options, WorldModelsOptions shipped) => options with
    {
        Latent = shipped.Latent,
        VisionDepth = shipped.VisionDepth,
        VisionUnits = shipped.VisionUnits,
        Pixels = shipped.Pixels,
    };

    private static WorldModelsOptions Read(WorldModelsOptions options, string option, string bundle, params string[] makers)
    {
        string expected = $"a bundle of {string.Join(" or ", makers)}";
        Manifest manifest = GivenInputs.Load(option, bundle, expected);
        if (!makers.Contains(manifest.Algorithm))
            throw new UserException($"{option}: {bundle} is a bundle of {manifest.Algorithm}; name {expected}.");
        if (manifest.Environment != options.Env)
        {
            throw new UserException(
                $"{option}: {bundle} is of {manifest.Environment}, and this run of {options.Env}: --env {manifest.Environment}");
        }
        return (WorldModelsOptions)Algorithm.Find(manifest.Algorithm).OptionsOf(manifest);
    }
}
