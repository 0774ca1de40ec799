namespace WorldModels.Environments;

/// <summary>What swings in <see cref="PendulumPhysics"/>: a ball on a light rod. Unless told otherwise it is the control suite's.</summary>
public sealed record PendulumBody
{
    private readonly double _mass = PendulumPhysics.Mass, _length = PendulumPhysics.Length;

    /// <summary>Of the ball, kg; above 0.</summary>
    public double Mass
    {
        get => _mass;
        init => _mass = Positive(value, nameof(Mass));
    }

    /// <summary>From the hinge to the ball's centre, m; above 0.</summary>
    public double Length
    {
        get => _length;
        init => _length = Positive(value, nameof(Length));
    }

    internal static PendulumBody OfTheSuite { get; } = new();

    /// <summary>About the hinge, kg m²; the ball is as large whatever it weighs.</summary>
    internal double Inertia => 0.4 * Mass * PendulumPhysics.Radius * PendulumPhysics.Radius + Mass * Length * Length;

    private static double Positive(double value, string name) => double.IsFinite(value) && value > 0
        ? value : throw new ArgumentOutOfRangeException(name, value, "A pendulum has a mass and a length above 0.");
}
