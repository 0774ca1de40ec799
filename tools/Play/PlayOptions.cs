using WorldModels.Bundles;
using WorldModels.Environments;
using WorldModels.Measure;
using WorldModels.Pictures;
using WorldModels.Runtime;

namespace WorldModels.Tools;

/// <summary>What a <see cref="PlaySession"/> plays with.</summary>
public sealed record PlayOptions
{
    /// <summary>Directory of a bundle with a policy, a world model, or both.</summary>
    public required string Bundle { get; init; }

    /// <summary>Directory of the world model to dream with; null: the bundle itself, if it is one.</summary>
    public string? Model { get; init; }

    /// <summary>The registered environment; null: the one the bundle was trained on.</summary>
    public string? Environment { get; init; }

    /// <summary>Determines the games, the agent's draws and the noise of dreams.</summary>
    public ulong Seed { get; init; }

    /// <summary>The agent takes its likeliest action instead of a draw.</summary>
    public bool Greedy { get; init; }

    /// <summary>The task that the agent acts for at first; null: its default.</summary>
    public string? Task { get; init; }

    /// <summary>Provider and threads.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>The bundle that imagines, if there is one.</summary>
    /// <exception cref="BundleException">It is no bundle, or <see cref="Model"/> has no graph <c>imagine</c>.</exception>
    public string? FindModel(Manifest manifest)
    {
        if (Model is null)
            return manifest.Graphs.ContainsKey("imagine") ? Bundle : null;
        Manifest model = Manifest.Load(Model, verifyHashes: false);
        return model.Graphs.ContainsKey("imagine") ? Model : throw new BundleException(
            $"Bundle '{Model}' cannot be dreamed with: it has no graph 'imagine'. Give the bundle of an environment model.");
    }

    /// <summary>The real game.</summary>
    /// <exception cref="BundleException">It is not registered, its actions are not numbered, or there is no picture of it.</exception>
    internal IEnvironment<long> MakeGame(Manifest manifest)
    {
        string name = Environment ?? manifest.Environment;
        EnvironmentSpec spec = RegisteredEnvironments.Find(name, out string? problem) ?? throw new BundleException(problem!);
        if (spec is not EnvironmentSpec<long> discrete || manifest.Action.Kind != ActionKind.Discrete)
        {
            string which = spec is EnvironmentSpec<long> ? $"Bundle '{Bundle}'" : $"Environment '{name}'";
            throw new BundleException($"{which} has continuous actions: only games with numbered actions can be played so far.");
        }
        IEnvironment<long> game = RealEpisode.Make(discrete, RealEpisodeOptions.For(manifest));
        if (!ShowsPictures(game) && game is not IDrawable)
        {
            throw new BundleException($"Environment '{name}' shows no pictures: only games that are observed as (1, H, W) or (3, H, W), or "
                + "that draw themselves, can be looked at.");
        }
        return game;
    }

    /// <summary>Whether what is observed is a picture, not numbers.</summary>
    internal static bool ShowsPictures(IEnvironment<long> game) =>
        game.ObservationSpace is Box { Shape: var shape } && ObservationImage.IsPicture(shape);

    /// <summary>Whether a bundle was trained on this very game; several registered names may stand for one.</summary>
    internal static bool IsOf(Manifest manifest, IEnvironment<long> game) =>
        (RegisteredEnvironments.Find(manifest.Environment, out _) as EnvironmentSpec<long>)?.Make().Name == game.Name;

    /// <summary>Checks that a bundle plays this game.</summary>
    /// <exception cref="BundleException">Its observations or actions are others.</exception>
    internal static void Check(string what, string directory, Manifest manifest, IEnvironment<long> game)
    {
        int[] shape = ((Box)game.ObservationSpace).Shape;
        int actions = ((Discrete)game.ActionSpace).N;
        if (manifest.Action.Count == actions && manifest.Observation.Shape.SequenceEqual(shape))
            return;
        string found = manifest.Action.Kind == ActionKind.Discrete ? $"{manifest.Action.Count} actions" : "continuous actions";
        throw new BundleException($"{what} '{directory}' observes ({string.Join(", ", manifest.Observation.Shape)}) and has {found}; "
            + $"{game.Name} shows ({string.Join(", ", shape)}) and has {actions}. They have to be the same.");
    }
}
