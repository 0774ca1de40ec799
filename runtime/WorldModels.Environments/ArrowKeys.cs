namespace WorldModels.Environments;

/// <summary>
/// What a person's arrow keys do where actions are continuous: each pushes one number of the action to one of its bounds, for a step.
/// </summary>
/// <param name="Left">The key to the left; null: it does nothing.</param>
/// <param name="Right">The key to the right; null: it does nothing.</param>
/// <param name="Down">The key down; null: it does nothing.</param>
/// <param name="Up">The key up; null: it does nothing.</param>
public sealed record ArrowKeys(ArrowPush? Left, ArrowPush? Right, ArrowPush? Down, ArrowPush? Up)
{
    /// <summary>What is natural unless an environment says otherwise: number 0 across and, of two or more, number 1 up and down.</summary>
    /// <param name="size">Numbers in an action.</param>
    public static ArrowKeys Default(int size) => Of(across: 0, upright: size > 1 ? 1 : null);

    /// <summary>A number across and another up and down, whose upper bounds are to the right and up.</summary>
    /// <param name="across">The number that left and right push.</param>
    /// <param name="upright">The number that down and up push; null: they do nothing.</param>
    public static ArrowKeys Of(int across, int? upright = null) => new(
        new(across, ToHigh: false), new(across, ToHigh: true),
        upright is { } lower ? new(lower, ToHigh: false) : null, upright is { } upper ? new(upper, ToHigh: true) : null);
}

/// <summary>A number of an action, pushed to a bound.</summary>
/// <param name="Number">Its place in the action, from 0.</param>
/// <param name="ToHigh">Whether to its upper bound; otherwise to the lower one.</param>
public readonly record struct ArrowPush(int Number, bool ToHigh);
