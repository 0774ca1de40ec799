namespace WorldModels.Environments;

/// <summary>The classic control problems by name.</summary>
public static class ClassicControl
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec> Specs { get; } =
    [
        CartPole("cartpole", "balance a pole on a cart", suttonBartoReward: false) with { Aliases = ["CartPole-v1"] },
        CartPole("cartpole-sutton-barto", "the same with Sutton and Barto's rewards: 0 a step, -1 for a fall", suttonBartoReward: true),
        Spec<PendulumEnvironment, float>("pendulum", "Pendulum-v1, swing a rod up: 3 reals, a torque in -2..2", () => new()) with
        {
            Aliases = ["Pendulum-v1"],
            ObservationNames = ["cos θ", "sin θ", "θ̇"],
            ObservationUnits = ["", "", "rad/s"],
            ActionNames = ["torque"],
            TimeStep = PendulumEnvironment.TimeStep,
        },
        Spec<AcrobotEnvironment, long>("acrobot", "Acrobot-v1, swing two links up: 6 reals, 3 actions", () => new()) with
        {
            Aliases = ["Acrobot-v1"],
            ObservationNames = ["cos θ₁", "sin θ₁", "cos θ₂", "sin θ₂", "θ̇₁", "θ̇₂"],
            ObservationUnits = ["", "", "", "", "rad/s", "rad/s"],
            ActionNames = ["torque −1", "torque 0", "torque +1"],
            TimeStep = AcrobotEnvironment.TimeStep,
        },
        Spec<MountainCarEnvironment, long>("mountain-car", "MountainCar-v0, rock up a hill: 2 reals, 3 actions", () => new()) with
        {
            Aliases = ["MountainCar-v0"],
            ObservationNames = MountainCar.ObservationNames,
            ActionNames = ["left", "none", "right"],
        },
        Spec<ContinuousMountainCarEnvironment, float>(
            "mountain-car-continuous", "MountainCarContinuous-v0, the same with a force in -1..1: 2 reals", () => new()) with
        {
            Aliases = ["MountainCarContinuous-v0"],
            ObservationNames = MountainCar.ObservationNames,
            ActionNames = ["force"],
        },
    ];

    private static EnvironmentSpec<long> CartPole(string name, string what, bool suttonBartoReward) => Spec<CartPoleEnvironment, long>(
        name, $"CartPole-v1, {what}: 4 reals, 2 actions", () => new(suttonBartoReward)) with
    {
        ObservationNames = ["x", "ẋ", "θ", "θ̇"],
        ObservationUnits = ["m", "m/s", "rad", "rad/s"],
        ActionNames = ["left", "right"],
        TimeStep = CartPoleEnvironment.TimeStep,
    };

    private static EnvironmentSpec<TAction> Spec<TEnvironment, TAction>(string name, string summary, Func<TEnvironment> make)
        where TEnvironment : class, IEnvironment<TAction>
        where TAction : unmanaged =>
        new(name, $"Gymnasium's {summary}", make, count => new SyncVectorEnvironment<TEnvironment, TAction>(count, make));
}
