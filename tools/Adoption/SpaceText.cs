using System.Globalization;
using WorldModels.Bundles;

namespace WorldModels.Tools;

/// <summary>Spaces in a few words.</summary>
internal static class SpaceText
{
    /// <summary>Observations.</summary>
    public static string Of(ObservationSpec space)
    {
        string bounds = space.IsBounded ? string.Create(CultureInfo.InvariantCulture, $"{space.Low} to {space.High}") : "unbounded";
        return $"({string.Join(", ", space.Shape)}), {bounds}{Named(space.Names)}";
    }

    /// <summary>Actions.</summary>
    public static string Of(ActionSpec action) => action.Kind == ActionKind.Discrete
        ? $"one of {action.Count}{Named(action.Names)}"
        : string.Create(CultureInfo.InvariantCulture,
            $"({string.Join(", ", action.Shape!)}), {action.Low} to {action.High}{Named(action.Names)}");

    private static string Named(IReadOnlyList<string>? names) => names is null ? "" : $": {string.Join(", ", names)}";
}
