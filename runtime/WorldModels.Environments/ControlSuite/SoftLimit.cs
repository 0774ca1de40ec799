namespace WorldModels.Environments;

/// <summary>
/// MuJoCo's soft limit of one joint (Todorov 2014, "Convex and analytically-invertible dynamics with contacts and constraints"; the
/// parameters solref and solimp): beyond the limit the constraint pulls towards the acceleration of a damped spring, and gives way
/// the more, the smaller its impedance.
/// </summary>
/// <param name="timeConstant">Seconds, critically damped.</param>
/// <param name="inverseWeight">The joint's inverse inertia in the reference pose.</param>
internal readonly struct SoftLimit(double timeConstant, double inverseWeight)
{
    // MuJoCo's default solimp: the impedance rises from the first to the second value over the width, along two parabolas.
    private const double ImpedanceAtLimit = 0.9;
    private const double ImpedanceBeyond = 0.95;
    private const double Width = 0.001;

    private readonly double _stiffness = 1 / (ImpedanceBeyond * ImpedanceBeyond * timeConstant * timeConstant);
    private readonly double _damping = 2 / (ImpedanceBeyond * timeConstant);
    private readonly double _inverseWeight = inverseWeight;

    /// <summary>The force, at least 0, that pushes back; there is one constraint, so its optimum has a closed form.</summary>
    /// <param name="excess">How far the joint is beyond its limit, positive (m).</param>
    /// <param name="velocity">Outwards.</param>
    /// <param name="freeAcceleration">Outwards, without the constraint.</param>
    /// <param name="inverseInertia">Acceleration of the joint by a unit force at it, in the present pose.</param>
    public double Force(double excess, double velocity, double freeAcceleration, double inverseInertia)
    {
        double impedance = Impedance(excess);
        double wanted = -_damping * velocity - _stiffness * impedance * excess;
        double softness = (1 - impedance) / impedance * _inverseWeight;
        return Math.Max(0, (freeAcceleration - wanted) / (inverseInertia + softness));
    }

    private static double Impedance(double excess)
    {
        double x = Math.Min(1, excess / Width);
        double risen = x <= 0.5 ? 2 * x * x : 1 - 2 * (1 - x) * (1 - x);
        return ImpedanceAtLimit + risen * (ImpedanceBeyond - ImpedanceAtLimit);
    }
}
