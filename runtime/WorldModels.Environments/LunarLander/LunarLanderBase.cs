namespace WorldModels.Environments;

/// <summary>
/// What the discrete and the continuous lander have in common. Observation: position relative to the pad in half pictures, velocity (m/s
/// over 5 and 7.5), angle (rad), angular velocity (rad/s over 2.5), and whether the right and the left leg touch the ground. Reward: the
/// gain in being near the pad, slow, upright and on both legs, less fuel; in the last step -100 for a crash or flying off to a side, or 100
/// for coming to rest, anywhere. Truncated after 1000 steps.
/// </summary>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public abstract class LunarLanderBase<TAction> : EpisodicEnvironment<TAction> where TAction : unmanaged
{
    private const int StepLimit = 1000;

    private static readonly Box Seen =
        new(float.NegativeInfinity, float.PositiveInfinity, [LunarLanderSimulation.Observations]);

    private readonly LunarLanderSimulation _simulation;
    private readonly FlatScene _scene = LunarLanderPicture.CreateScene();

    private protected LunarLanderBase(string name, Space actions, LunarLanderOptions? options)
        : this(name, actions, options ?? new(), new(0))
    {
    }

    private LunarLanderBase(string name, Space actions, LunarLanderOptions options, Pcg64RandomSource random)
        : base(options.Wind ? $"{name}-wind" : name, Seen, actions, StepLimit, random) =>
        (_simulation, Options) = (new(random, options), options);

    public LunarLanderOptions Options { get; }

    /// <summary>To look into, or to put in another state.</summary>
    internal LunarLanderSimulation Simulation => _simulation;

    public override Scene Draw() => LunarLanderPicture.Draw(_scene, _simulation);

    private protected override void Reseed() => _simulation.Reseed();

    private protected override void Start() => _simulation.Start();

    private protected sealed override double Advance(ReadOnlySpan<TAction> action, out bool terminated) =>
        _simulation.Advance(ThrustOf(action), out terminated);

    private protected abstract LunarLanderThrust ThrustOf(ReadOnlySpan<TAction> action);

    private protected override void Observe(Span<float> observation) => _simulation.Observe(observation);

    private protected override void SaveState(BinaryWriter writer) => _simulation.Save(writer);

    private protected override void RestoreState(BinaryReader reader) => _simulation.Restore(reader);
}

/// <summary>
/// Gymnasium's LunarLander-v3: a lander is brought down on a pad by firing nothing (0), the left engine (1), the main engine (2) or the
/// right engine (3). See <see cref="LunarLanderBase{TAction}"/>.
/// </summary>
public sealed class LunarLanderEnvironment(LunarLanderOptions? options = null)
    : LunarLanderBase<long>("lunar-lander", Engines, options)
{
    private static readonly Discrete Engines = new(4);

    private protected override LunarLanderThrust ThrustOf(ReadOnlySpan<long> action) =>
        ThrustOf(Require.Index(action[0], Engines.N, Name));

    /// <summary>What an action does.</summary>
    internal static LunarLanderThrust ThrustOf(int action) => action switch
    {
        2 => new(1, 0, 0),
        1 or 3 => new(0, 1, action - 2),
        _ => default,
    };
}

/// <summary>
/// The same with throttles: the first number above 0 is the main engine's, from half to full power; the second beyond 0.5 a side
/// engine's, which pushes to the left below 0. Both are clipped to [-1, 1]. See <see cref="LunarLanderBase{TAction}"/>.
/// </summary>
public sealed class ContinuousLunarLanderEnvironment(LunarLanderOptions? options = null)
    : LunarLanderBase<float>("lunar-lander-continuous", Throttles, options)
{
    private static readonly Box Throttles = new(-1, 1, [2]);

    private protected override LunarLanderThrust ThrustOf(ReadOnlySpan<float> action)
    {
        Require.Finite(action, Name);
        return ThrustOf(action[0], action[1]);
    }

    /// <summary>What an action does.</summary>
    internal static LunarLanderThrust ThrustOf(double main, double side)
    {
        const double SideThreshold = 0.5;
        double sidePower = Math.Abs(Math.Clamp(side, -1, 1));
        bool fires = sidePower > SideThreshold;
        return new(
            main > 0 ? (Math.Min(main, 1) + 1) * 0.5 : 0,
            fires ? sidePower : 0,
            fires ? Math.Sign(side) : 0);
    }
}
