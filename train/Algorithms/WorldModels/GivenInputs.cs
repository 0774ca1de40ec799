using WorldModels.Bundles;
using WorldModels.Recordings;
using WorldModels.Runtime;
using WorldModels.Train.LatentWorlds;

namespace WorldModels.Train.Algorithms;

/// <summary>
/// What the options of a new run name that is there already: recordings, and bundles of the stages before. It is looked at before anything
/// is made. The options get full paths, so that the run goes on from wherever it is resumed, and the sizes that a bundle decides on.
/// </summary>
internal static class GivenInputs
{
    /// <summary>What the stage that records needs.</summary>
    public static WorldModelsOptions OfRecording(WorldModelsOptions options, IReadOnlyCollection<string> set)
    {
        options = options with
        {
            Recordings = [.. options.Recordings.Select(Recording.Locate)],
            Vision = FullPath(options.Vision),
            Memory = FullPath(options.Memory),
            Player = FullPath(options.Player),
        };
        foreach (string folder in options.Recordings)
            RequireRecording(folder);
        AgentEnvironment environment = VisibleEnvironment.Make(options, rows: 1);
        RandomHold.Require(environment.Actions, options);
        if (options.Player.Length > 0)
            RecordedPlayer.Require(options.Player, options.Env, environment);
        return options;
    }

    /// <summary>What V needs.</summary>
    public static WorldModelsOptions OfVision(WorldModelsOptions options, IReadOnlyCollection<string> set)
    {
        options = OfRecording(options, set);
        _ = MemorySignature.Of(options);
        return options;
    }

    /// <summary>What M needs.</summary>
    public static WorldModelsOptions OfMemory(WorldModelsOptions options, IReadOnlyCollection<string> set) =>
        Fitted(options, set, "vision", given => ShippedSizes.Of(given, given.Vision, memory: ""));

    /// <summary>What C needs.</summary>
    public static WorldModelsOptions OfController(WorldModelsOptions options, IReadOnlyCollection<string> set)
    {
        if (options is { Memory.Length: > 0, Vision.Length: > 0 })
            throw new UserException("The bundle that memory names brings its own V: leave vision out.");
        string bundle = options.Memory.Length > 0 ? "memory" : "vision";
        options = Fitted(options, set, bundle, given => ShippedSizes.Of(given, given.Vision, given.Memory));
        ControllerTrainer.Require(options);
        return options;
    }

    /// <exception cref="UserException">There is no recording there.</exception>
    public static void RequireRecording(string path)
    {
        const string OrNone = "name a folder of recorded episodes, such as replay in the folder of a run of worldmodels-record, or leave "
            + "recordings out to have them recorded.";
        if (!Path.Exists(path))
            throw new UserException($"recordings: there is no file or folder {path}; {OrNone}");
        try
        {
            _ = Recording.Declared(path);
        }
        catch (RecordingException exception)
        {
            throw new UserException($"recordings: {exception.Message.TrimEnd('.')}; {OrNone}", exception);
        }
    }

    /// <summary>The manifest of a bundle that an option names.</summary>
    /// <exception cref="UserException">There is none.</exception>
    public static Manifest Load(string option, string bundle, string expected)
    {
        if (!Directory.Exists(bundle))
            throw new UserException($"{option}: there is no folder {bundle}; name {expected}, or leave {option} out.");
        try
        {
            return Manifest.Load(bundle);
        }
        catch (BundleException exception)
        {
            throw new UserException($"{option}: {exception.Message.TrimEnd('.')}; name {expected}, or leave {option} out.", exception);
        }
    }

    /// <summary>The options as a bundle's sizes make them; those that were set to others are refused.</summary>
    private static WorldModelsOptions Fitted(
        WorldModelsOptions options, IReadOnlyCollection<string> set, string bundle, Func<WorldModelsOptions, WorldModelsOptions> fit)
    {
        options = options with { Vision = FullPath(options.Vision), Memory = FullPath(options.Memory) };
        WorldModelsOptions fitted = fit(options);
        (IReadOnlyDictionary<string, string> asked, IReadOnlyDictionary<string, string> has) =
            (OptionText.Describe(options), OptionText.Describe(fitted));
        if (set.FirstOrDefault(name => asked[name] != has[name]) is { } other)
        {
            throw new UserException($"{other}={asked[other]}: the bundle that {bundle} names has {other}={has[other]}, and its weights fit "
                + $"nothing else. Leave {other} out, or {bundle} to learn another.");
        }
        return OfVision(fitted, set);
    }

    private static string FullPath(string path) => path.Length > 0 ? Path.GetFullPath(path) : path;
}
