namespace WorldModels.Environments;

/// <summary>Two joints, one actuator, advanced by the classical Runge-Kutta method of order four.</summary>
public abstract class TwoJointPhysics : JointPhysics, ITwoJoints
{
    /// <summary>Seconds a step takes.</summary>
    public const double TimeStep = 0.01;

    private protected const double Gravity = 9.81;

    private protected TwoJointPhysics() : base(joints: 2, actuators: 1) { }

    /// <summary>Joint accelerations in the present state under the present control.</summary>
    public (double First, double Second) Accelerations => Accelerate(State[0], State[1], State[2], State[3]);

    (double First, double Second) ITwoJoints.Accelerate(double position1, double position2, double velocity1, double velocity2) =>
        Accelerate(position1, position2, velocity1, velocity2);

    private protected override void Advance() => RungeKutta.Step(this, TimeStep, State);

    private protected abstract (double First, double Second) Accelerate(
        double position1, double position2, double velocity1, double velocity2);

    /// <summary>The control of the one actuator.</summary>
    private protected double Command => Control[0];
}
