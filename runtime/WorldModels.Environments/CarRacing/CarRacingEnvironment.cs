namespace WorldModels.Environments;

/// <summary>
/// What the continuous and the discrete race have in common: Gymnasium's CarRacing-v3. Observation: a picture (3, 96, 96) in 0..1 from
/// above, red, green, blue, that moves and turns with the car; the lowest 12 rows are a bar of the car's speed, spin and steering.
/// Reward: 1000 / N for each of the N tiles of the track when a wheel first touches it, less 0.1 a step; -100 for leaving the
/// playfield. Terminated when all tiles are visited or the playfield is left, truncated after 1000 steps of 20 ms.
/// </summary>
/// <remarks>
/// Box2D's mechanics come out of <c>Planar</c>; the tracks are drawn by the original's rule, but a seed's track is not the one that it has
/// there. The picture is drawn in its 96 rows at once, where the original draws 800 and shrinks them.
/// </remarks>
/// <typeparam name="TAction">Element of an action: <c>long</c> for discrete actions, <c>float</c> for continuous ones.</typeparam>
public abstract class CarRacingBase<TAction> : EpisodicEnvironment<TAction> where TAction : unmanaged
{
    private const int PictureSize = CarRacing.PictureSize;
    private const int StepLimit = 1000;

    private static readonly Box Picture = new(0, 1, [3, PictureSize, PictureSize]);
    private static readonly Box Numbers = new(float.NegativeInfinity, float.PositiveInfinity, [CarRacingSimulation.Indicators]);

    private readonly FlatScene _scene = CarRacingPicture.CreateScene();
    private readonly byte[] _rgb = new byte[Picture.Size];

    private protected CarRacingBase(string name, Space actions, CarRacingOptions? options)
        : this(name, actions, options ?? new(), new Pcg64RandomSource(0))
    {
    }

    private CarRacingBase(string name, Space actions, CarRacingOptions options, Pcg64RandomSource random)
        : base(name, options.Observation == CarRacingObservation.Picture ? Picture : Numbers, actions, StepLimit, random) =>
        (Simulation, Options) = (new(random, options), options);

    public CarRacingOptions Options { get; }

    /// <summary>To look into.</summary>
    internal CarRacingSimulation Simulation { get; }

    public override Scene Draw() => CarRacingPicture.Draw(_scene, Simulation);

    private protected override void Start() => Simulation.Start();

    private protected sealed override double Advance(ReadOnlySpan<TAction> action, out bool terminated) =>
        Simulation.Advance(ControlsOf(action), out terminated);

    private protected abstract CarControls ControlsOf(ReadOnlySpan<TAction> action);

    private protected override void Observe(Span<float> observation)
    {
        if (Options.Observation == CarRacingObservation.Indicators)
        {
            Simulation.Indicate(observation);
            return;
        }
        Draw().Render(_rgb, PictureSize, PictureSize);
        PicturePlanes.Fill(observation, _rgb);
    }

    private protected override void SaveState(BinaryWriter writer) => Simulation.Save(writer);

    private protected override void RestoreState(BinaryReader reader) => Simulation.Restore(reader);
}

/// <summary>
/// Racing with a wheel and two pedals: steering from -1 (left) to 1 (right), gas and brake from 0 to 1, of which anything below 0 is 0 and
/// a brake of 0.9 locks the wheels. See <see cref="CarRacingBase{TAction}"/>.
/// </summary>
/// <param name="options">What can be set; null: as Gymnasium has it.</param>
public sealed class CarRacingEnvironment(CarRacingOptions? options = null) : CarRacingBase<float>("car-racing", Pedals, options)
{
    private static readonly Box Pedals = new(-1, 1, [3]);

    private protected override CarControls ControlsOf(ReadOnlySpan<float> action)
    {
        Require.Finite(action, Name);
        return new(Math.Clamp(action[0], -1, 1), Math.Clamp(action[1], 0, 1), Math.Clamp(action[2], 0, 1));
    }
}

/// <summary>
/// Racing by doing nothing (0), steering to the right (1) or to the left (2), giving gas (3) or braking (4). See
/// <see cref="CarRacingBase{TAction}"/>.
/// </summary>
/// <param name="options">What can be set; null: as Gymnasium has it.</param>
public sealed class DiscreteCarRacingEnvironment(CarRacingOptions? options = null)
    : CarRacingBase<long>("car-racing-discrete", Controls, options)
{
    private static readonly Discrete Controls = new(5);

    private protected override CarControls ControlsOf(ReadOnlySpan<long> action) => Require.Index(action[0], Controls.N, Name) switch
    {
        1 => new(0.6, 0, 0),
        2 => new(-0.6, 0, 0),
        3 => new(0, 0.2, 0),
        4 => new(0, 0, 0.8),
        _ => default,
    };
}
