using WorldModels.Bundles;
using WorldModels.Environments;

namespace WorldModels.Tools;

/// <summary>
/// What a person's keys mean in a game: the action that is called as the key is or, where actions are continuous, a number that is pushed
/// to its bound.
/// </summary>
/// <param name="space">The actions.</param>
/// <param name="names">Names of the actions, or of an action's numbers.</param>
/// <param name="arrows">How continuous actions are steered; null: by default.</param>
internal sealed class Steering(ActionSpec space, IReadOnlyList<string> names, ArrowKeys? arrows)
{
    private readonly ArrowKeys _arrows = arrows ?? ArrowKeys.Default(space.Size);

    /// <summary>What there is to press where a key means nothing.</summary>
    public string Advice => space.Kind == ActionKind.Discrete
        ? $"this game has no directions: choose an action by its number, 0 to {space.Count - 1}"
        : $"this key moves nothing here: {string.Join(", ", Pushed("left", _arrows.Left, "right", _arrows.Right)
            .Concat(Pushed("up", _arrows.Up, "down", _arrows.Down)))}";

    /// <summary>The move of <see cref="PlayKey.Stay"/> or an arrow; null: there is none here.</summary>
    public PlayMove? Move(PlayKey key)
    {
        if (space.Kind == ActionKind.Discrete)
            return names.ToList().IndexOf(key.ToString().ToLowerInvariant()) is >= 0 and var action ? PlayMove.Of(action) : null;
        PlayMove move = PlayMove.Rest(space);
        if (key == PlayKey.Stay)
            return move;
        ArrowPush? arrow = key switch
        {
            PlayKey.Left => _arrows.Left,
            PlayKey.Right => _arrows.Right,
            PlayKey.Down => _arrows.Down,
            _ => _arrows.Up,
        };
        if (arrow is not { } push)
            return null;
        move.As<float>()[push.Number] = (float)(push.ToHigh ? space.HighOf(push.Number) : space.LowOf(push.Number));
        return move;
    }

    private IEnumerable<string> Pushed(string first, ArrowPush? one, string second, ArrowPush? other)
    {
        if (one?.Number == other?.Number)
            return one is { } both ? [$"{first} and {second} push {names[both.Number]}"] : [];
        return [.. Alone(first, one), .. Alone(second, other)];

        IEnumerable<string> Alone(string key, ArrowPush? arrow) => arrow is { } push ? [$"{key} pushes {names[push.Number]}"] : [];
    }
}
