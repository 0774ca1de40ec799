using WorldModels.Bundles;

namespace WorldModels.Tools;

/// <summary>A move: one of numbered actions, or the numbers of a continuous one.</summary>
public sealed class PlayMove
{
    private readonly Array _action; // long[1], or float[] of an action's size

    private PlayMove(Array action) => _action = action;

    /// <summary>Whether it is one of numbered actions.</summary>
    public bool IsNumbered => _action is long[];

    /// <summary>The action's number.</summary>
    /// <exception cref="InvalidCastException">The action is continuous.</exception>
    public int Number => (int)((long[])_action)[0];

    /// <summary>One of numbered actions.</summary>
    public static PlayMove Of(long number) => new(new[] { number });

    /// <summary>A continuous action (...shape).</summary>
    public static PlayMove Of(float[] numbers) => new(numbers);

    /// <summary>The first of numbered actions; of continuous ones zeros, or what is nearest within the bounds.</summary>
    public static PlayMove Rest(ActionSpec space) => space.Kind == ActionKind.Discrete ? Of(0) : Of(
        [.. Enumerable.Range(0, space.Size).Select(i => (float)Math.Clamp(0, space.LowOf(i), space.HighOf(i)))]);

    /// <summary>As environments and dreams take it.</summary>
    /// <typeparam name="TAction">long where actions are numbered, else float.</typeparam>
    /// <exception cref="InvalidCastException">It is of the other kind.</exception>
    public TAction[] As<TAction>() where TAction : unmanaged => (TAction[])_action;

    /// <summary>The action's name or, of a continuous one, each number after its name.</summary>
    /// <param name="names">Names of the actions, or of an action's numbers.</param>
    public string Describe(IReadOnlyList<string> names) => IsNumbered
        ? names[Number] : string.Join(", ", As<float>().Select((number, i) => $"{names[i]} {PlayStatus.Number(number)}"));
}
