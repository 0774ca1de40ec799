using System.Globalization;
using WorldModels.Bundles;

namespace WorldModels.Tools;

/// <summary>Spaces in a few words.</summary>
internal static class SpaceText
{
    /// <summary>Observations.</summary>
    public static string Of(ObservationSpec space)
    {
        string bounds = space.IsBounded ? string.Create(CultureInfo.InvariantCulture, $" in {space.Low}..{space.High}") : ", unbounded";
        return $"({string.Join(", ", space.Shape)}){bounds}{Named(space.Names)}";
    }

    /// <summary>Actions.</summary>
    public static string Of(ActionSpec action) => action.Kind == ActionKind.Discrete
        ? $"one of {action.Count}{Named(action.Names)}"
        : $"({string.Join(", ", action.Shape!)}) in {action.BoundsText}{Named(action.Names)}";

    private static string Named(IReadOnlyList<string>? names) => names is null ? "" : $": {string.Join(", ", names)}";
}
