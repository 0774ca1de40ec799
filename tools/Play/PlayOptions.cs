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

    /// <summary>How much a dream leaves to chance, where its model has a setting for it; null: the model's default.</summary>
    public float? Temperature { get; init; }

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

    /// <summary>The registered environment.</summary>
    /// <exception cref="BundleException">There is none of this name.</exception>
    internal EnvironmentSpec FindGame(Manifest manifest) =>
        RegisteredEnvironments.Find(Environment ?? manifest.Environment, out string? problem) ?? throw new BundleException(problem!);

    /// <summary>The real game, in the bundle's steps, with its actions, and seen as it sees it.</summary>
    /// <exception cref="BundleException">It is not registered, its actions are not the bundle's, or there is no picture of it.</exception>
    internal RealWorld MakeGame(Manifest manifest)
    {
        EnvironmentSpec spec = FindGame(manifest);
        RealEpisodeOptions fitting = RealEpisodeOptions.For(manifest);
        bool numbered = manifest.Action.Kind == ActionKind.Discrete;
        RealWorld game = (spec, numbered) switch
        {
            (EnvironmentSpec<long> discrete, true) => new RealWorld<long>(RealEpisode.Make(discrete, fitting), Seed),
            (EnvironmentSpec<float> continuous, false) =>
                new RealWorld<float>(RealEpisode.Stretched(RealEpisode.Make(continuous, fitting), fitting), Seed),
            _ => throw new BundleException($"Bundle '{Bundle}' has {(numbered ? "numbered" : "continuous")} actions, environment "
                + $"'{spec.Name}' {(numbered ? "continuous" : "numbered")} ones: give the environment it was trained on."),
        };
        if (ShownShape(manifest) is null && game.Draw() is null)
        {
            throw new BundleException($"Environment '{spec.Name}' shows no pictures: only games that are observed as (1, H, W) or "
                + "(3, H, W), or that draw themselves, can be looked at.");
        }
        return game;
    }

    /// <summary>Shape of the picture that is observed, alone or before numbers; null: only numbers are observed.</summary>
    internal static IReadOnlyList<int>? ShownShape(Manifest manifest) =>
        manifest.Observation.PictureShape is { } shape && ObservationImage.IsPicture(shape) ? shape : null;

    /// <summary>Whether a bundle was trained on this very game; several registered names may stand for one.</summary>
    internal static bool IsOf(Manifest manifest, RealWorld game) => RegisteredEnvironments.Find(manifest.Environment, out _) switch
    {
        EnvironmentSpec<long> discrete => discrete.Make().Name == game.Name,
        EnvironmentSpec<float> continuous => continuous.Make().Name == game.Name,
        _ => false,
    };

    /// <summary>Checks that a bundle plays this game.</summary>
    /// <exception cref="BundleException">Its observations or actions are others.</exception>
    internal static void Check(string what, string directory, Manifest manifest, RealWorld game)
    {
        bool numbered = game.Actions is Discrete;
        int actions = game.Actions is Discrete all ? all.N : game.Actions.Size;
        bool same = numbered == (manifest.Action.Kind == ActionKind.Discrete) && actions == (manifest.Action.Count ?? manifest.Action.Size);
        if (same && manifest.Observation.Shape.SequenceEqual(game.Observations.Shape))
            return;
        throw new BundleException($"{what} '{directory}' observes ({string.Join(", ", manifest.Observation.Shape)}) and has "
            + $"{(manifest.Action.Count is { } count ? $"{count} actions" : $"actions of {manifest.Action.Size} reals")}; "
            + $"{game.Name} shows ({string.Join(", ", game.Observations.Shape)}) and has "
            + $"{(numbered ? $"{actions}" : $"actions of {actions}")}. They have to be the same.");
    }
}
