using System.Numerics;

namespace WorldModels.Environments;

/// <summary>What the engines do in a step.</summary>
/// <param name="Main">Power of the main engine, 0.5 to 1; 0: it is off.</param>
/// <param name="Side">Power of a side engine, 0.5 to 1; 0: both are off.</param>
/// <param name="Direction">Where the side engine pushes: -1 to the left, 1 to the right.</param>
internal readonly record struct LunarLanderThrust(double Main, double Side, int Direction);

/// <summary>
/// The rules of Gymnasium's LunarLander over <see cref="LunarLanderCraft"/>: draws, engines, wind, what is seen and what is rewarded.
/// Geometry is computed in double precision from the bodies' single precision, as there.
/// </summary>
internal sealed class LunarLanderSimulation
{
    public const int Observations = 8;

    private const double Scale = LunarLanderCraft.Scale;
    private const double MaxPush = 1000;
    private const int WindPlaces = 9999;

    private readonly IRandomSource _random;
    private readonly LunarLanderOptions _options;
    private bool _windIsDrawn;
    private int _windPlace;
    private int _turbulencePlace;
    private double _shaping;

    /// <exception cref="ArgumentOutOfRangeException">An option lies beyond what is allowed.</exception>
    public LunarLanderSimulation(IRandomSource random, LunarLanderOptions options)
    {
        options.Validate();
        (_random, _options) = (random, options);
        Craft = new(options.Gravity);
    }

    public LunarLanderCraft Craft { get; }

    /// <summary>What the engines did in the last step.</summary>
    public LunarLanderThrust Thrust { get; private set; }

    /// <summary>The stream was started anew.</summary>
    public void Reseed() => _windIsDrawn = false;

    /// <summary>Draws terrain, first push and wind, then makes one step without engines, as the original's reset does.</summary>
    public void Start()
    {
        Span<double> heights = stackalloc double[LunarLanderCraft.Heights];
        foreach (ref double height in heights)
            height = Uniform(0, LunarLanderCraft.Height / 2);
        Craft.Place(heights);
        double push = Uniform(-MaxPush, MaxPush), lift = Uniform(-MaxPush, MaxPush);
        Craft.Hull.Push(new((float)push, (float)lift));
        if (_options.Wind && !(_windIsDrawn && _options.Version == LunarLanderVersion.V2))
        {
            (_windPlace, _turbulencePlace) = (DrawPlace(), DrawPlace());
            _windIsDrawn = true;
        }
        Move(default);
        Span<double> seen = stackalloc double[Observations];
        Look(seen);
        _shaping = Shape(seen);

        int DrawPlace() => _random.Int(2 * WindPlaces) - WindPlaces;
    }

    /// <summary>Advances by a step.</summary>
    /// <returns>The reward.</returns>
    public double Advance(LunarLanderThrust thrust, out bool terminated)
    {
        const double MainCost = 0.30, SideCost = 0.03, Crash = -100, Rest = 100;
        Move(thrust);
        Span<double> seen = stackalloc double[Observations];
        Look(seen);
        double shaping = Shape(seen), reward = shaping - _shaping - thrust.Main * MainCost - thrust.Side * SideCost;
        _shaping = shaping;
        bool isAsleep = !Craft.Hull.IsAwake, isLost = Craft.HasCrashed || Math.Abs(seen[0]) >= 1;
        terminated = isAsleep || isLost;
        return isAsleep ? Rest : isLost ? Crash : reward;
    }

    public void Observe(Span<float> observation)
    {
        Span<double> seen = stackalloc double[Observations];
        Look(seen);
        for (int i = 0; i < seen.Length; i++)
            observation[i] = (float)seen[i];
    }

    public void Save(BinaryWriter writer)
    {
        Craft.Save(writer);
        writer.Write(_windIsDrawn);
        writer.Write(_windPlace);
        writer.Write(_turbulencePlace);
        writer.Write(_shaping);
        writer.Write(Thrust.Main);
        writer.Write(Thrust.Side);
        writer.Write(Thrust.Direction);
    }

    /// <exception cref="ArgumentException">There is no such state.</exception>
    public void Restore(BinaryReader reader)
    {
        Craft.Restore(reader);
        _windIsDrawn = reader.ReadBoolean();
        (_windPlace, _turbulencePlace) = (reader.ReadInt32(), reader.ReadInt32());
        Span<double> numbers = stackalloc double[3];
        Require.ReadFinite(reader, numbers);
        _shaping = numbers[0];
        Thrust = new(numbers[1], numbers[2], reader.ReadInt32());
    }

    /// <summary>Near the pad, slow, upright and on both legs is good.</summary>
    private static double Shape(ReadOnlySpan<double> seen) =>
        -100 * Math.Sqrt(seen[0] * seen[0] + seen[1] * seen[1])
        - 100 * Math.Sqrt(seen[2] * seen[2] + seen[3] * seen[3])
        - 100 * Math.Abs(seen[4]) + 10 * seen[6] + 10 * seen[7];

    private void Move(LunarLanderThrust thrust)
    {
        Thrust = thrust;
        if (_options.Wind && !Craft.Touches[0] && !Craft.Touches[1])
            Blow();
        double dispersionX = Uniform(-1, 1) / Scale, dispersionY = Uniform(-1, 1) / Scale;
        (double sin, double cos) = (Math.Sin(Craft.Hull.Motion.Angle), Math.Cos(Craft.Hull.Motion.Angle));
        Vector2 position = Craft.Hull.Pose.Position;
        // The tip of the lander is at (sin, cos) from its middle, its left side at (-cos, sin): mirrored, as in the original.
        if (thrust.Main > 0)
        {
            const double MainAway = 4 / Scale, MainPower = 13;
            double along = MainAway + 2 * dispersionX;
            double x = sin * along + -cos * dispersionY, y = -cos * along - sin * dispersionY;
            Craft.Hull.Strike(
                new((float)(-x * MainPower * thrust.Main), (float)(-y * MainPower * thrust.Main)),
                new((float)(position.X + x), (float)(position.Y + y)));
        }
        if (thrust.Side > 0)
        {
            const double SideAway = 12 / Scale, SideDown = 17, SideUp = 14, SidePower = 0.6;
            double across = 3 * dispersionY + thrust.Direction * SideAway;
            double x = sin * dispersionX + -cos * across, y = -cos * dispersionX - sin * across;
            // Two different distances are the original's.
            Craft.Hull.Strike(
                new((float)(-x * SidePower * thrust.Side), (float)(-y * SidePower * thrust.Side)),
                new((float)(position.X + x - sin * SideDown / Scale), (float)(position.Y + y + cos * SideUp / Scale)));
        }
        Craft.Step();
    }

    private void Blow()
    {
        double wind = Gust(_windPlace++) * _options.WindPower, turbulence = Gust(_turbulencePlace++) * _options.TurbulencePower;
        Craft.Hull.Push(new((float)wind, 0));
        Craft.Hull.Twist((float)turbulence);

        // Two sines of incommensurable periods never repeat.
        static double Gust(int place) => Math.Tanh(Math.Sin(0.02 * place) + Math.Sin(Math.PI * 0.01 * place));
    }

    private void Look(Span<double> seen)
    {
        const double HalfWidth = LunarLanderCraft.Width / 2, HalfHeight = LunarLanderCraft.Height / 2;
        PlanarBody hull = Craft.Hull;
        (Vector2 position, Vector2 velocity) = (hull.Pose.Position, hull.Velocity);
        seen[0] = (position.X - HalfWidth) / HalfWidth;
        seen[1] = (position.Y - (LunarLanderCraft.PadHeight + LunarLanderCraft.LegDown)) / HalfHeight;
        seen[2] = velocity.X * HalfWidth / LunarLanderCraft.StepsPerSecond;
        seen[3] = velocity.Y * HalfHeight / LunarLanderCraft.StepsPerSecond;
        seen[4] = hull.Motion.Angle;
        seen[5] = 20.0 * hull.Spin / LunarLanderCraft.StepsPerSecond;
        seen[6] = Craft.Touches[0] ? 1 : 0;
        seen[7] = Craft.Touches[1] ? 1 : 0;
    }

    private double Uniform(double low, double high) => low + (high - low) * _random.Uniform();
}
