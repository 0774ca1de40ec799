namespace WorldModels.Environments;

/// <summary>
/// What the continuous and the discrete game have in common. An agent three cells wide moves along the lowest row of a world of 16
/// columns and 16 rows; balls fall by a row in each step, most of them dropped above the agent, more and more often. Observation: a grey
/// picture (1, 16, 16) of what is around the agent, whose middle is always in column 8: balls are 1, what lies outside the world is 0.5,
/// all else 0. The agent itself is not drawn. Reward: 1 a step, that of death included. Terminated when a ball hits the agent, truncated
/// after 300 steps.
/// </summary>
/// <remarks>
/// It stands for Doom's Take Cover, in which Ha and Schmidhuber (World Models, 2018) trained a controller in its model's dream alone, and
/// takes seconds. The view moves with the agent because a linear controller cannot multiply its own position with a ball's.
/// </remarks>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public abstract class DodgeEgoBase<TAction> : EpisodicEnvironment<TAction> where TAction : unmanaged
{
    private static readonly Box View = new(0, 1, [1, DodgeEgoGame.Size, DodgeEgoGame.Size]);

    private readonly FlatScene _scene = DodgeEgoPicture.CreateScene();

    private protected DodgeEgoBase(string name, Space actions) : this(name, actions, new Pcg64RandomSource(0))
    {
    }

    private DodgeEgoBase(string name, Space actions, Pcg64RandomSource random)
        : base(name, View, actions, DodgeEgoGame.StepLimit, random) => Game = new(random);

    /// <summary>To look into.</summary>
    internal DodgeEgoGame Game { get; }

    /// <summary>The world as it stands, agent included, unlike what is observed.</summary>
    public override Scene Draw() => DodgeEgoPicture.Draw(_scene, Game);

    private protected override void Start() => Game.Start();

    private protected sealed override double Advance(ReadOnlySpan<TAction> action, out bool terminated)
    {
        terminated = Game.Advance(MoveOf(action), Steps);
        return 1;
    }

    /// <summary>-1, 0 or 1.</summary>
    private protected abstract int MoveOf(ReadOnlySpan<TAction> action);

    private protected override void Observe(Span<float> observation) => Game.Observe(observation);

    private protected override void SaveState(BinaryWriter writer) => Game.Save(writer);

    private protected override void RestoreState(BinaryReader reader) => Game.Restore(reader);
}

/// <summary>
/// Dodging with one number in -1..1: below -1/3 the agent moves to the left, above 1/3 to the right, as in World Models' Take Cover. See
/// <see cref="DodgeEgoBase{TAction}"/>.
/// </summary>
public sealed class DodgeEgoEnvironment() : DodgeEgoBase<float>("dodge-ego", Moves)
{
    private static readonly Box Moves = new(-1, 1, [1]);

    private protected override int MoveOf(ReadOnlySpan<float> action)
    {
        const float Third = 1f / 3;
        Require.Finite(action, Name);
        return action[0] < -Third ? -1 : action[0] > Third ? 1 : 0;
    }
}

/// <summary>Dodging to the left (0), not at all (1) or to the right (2). See <see cref="DodgeEgoBase{TAction}"/>.</summary>
public sealed class DiscreteDodgeEgoEnvironment() : DodgeEgoBase<long>("dodge-ego-discrete", Moves)
{
    private static readonly Discrete Moves = new(3);

    private protected override int MoveOf(ReadOnlySpan<long> action) => Require.Index(action[0], Moves.N, Name) - 1;
}
