using WorldModels.Bundles;
using WorldModels.Environments;

namespace WorldModels.Pictures;

/// <summary>What the numbers and actions of a bundle are called, for people.</summary>
public sealed record SpaceNames
{
    private SpaceNames(
        IReadOnlyList<string> observations, IReadOnlyList<string> units, IReadOnlyList<string> actions, double? seconds) =>
        (Observations, Units, Actions, SecondsPerStep) = (observations, units, actions, seconds);

    /// <summary>A name for each number of an observation.</summary>
    public IReadOnlyList<string> Observations { get; }

    /// <summary>The unit of each number of an observation; "" where it has none or it is not known.</summary>
    public IReadOnlyList<string> Units { get; }

    /// <summary>A name for each numbered action or, of continuous ones, for each number of an action.</summary>
    public IReadOnlyList<string> Actions { get; }

    /// <summary>How long an action lasts; null where steps are not time.</summary>
    public double? SecondsPerStep { get; }

    /// <summary>
    /// The names of a bundle's manifest. Older bundles have none: theirs are those of the environment it names, or else plain words.
    /// </summary>
    /// <param name="manifest">The bundle's.</param>
    /// <param name="name">The environment that is played; null: the one the bundle was trained on.</param>
    public static SpaceNames Of(Manifest manifest, string? name = null)
    {
        EnvironmentSpec? environment = EnvironmentRegistry.TryFind(name ?? manifest.Environment);
        (ActionSpec action, int observations) = (manifest.Action, manifest.Observation.Size);
        IReadOnlyList<string> names = Choose(manifest.Observation.Names, environment?.ObservationNames, observations, "observation");
        bool hasUnits = environment?.ObservationUnits.Count == observations && names.SequenceEqual(environment.ObservationNames);
        return new(
            names,
            hasUnits ? environment!.ObservationUnits : [.. Enumerable.Repeat("", observations)],
            Choose(action.Names, environment?.ActionNames, action.Count ?? action.Size, "action"),
            environment?.TimeStep * (manifest.ActionRepeat ?? 1));
    }

    private static IReadOnlyList<string> Choose(
        IReadOnlyList<string>? own, IReadOnlyList<string>? environments, int count, string word) => own
            ?? (environments?.Count == count ? environments : [.. Enumerable.Range(1, count).Select(i => $"{word} {i}")]);
}
