namespace WorldModels.Environments;

/// <summary>The tasks of the control suite by name, over physics of our own.</summary>
public static class ControlSuite
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec<float>> Specs { get; } =
    [
        CartPole(swingUp: false, sparse: false, "balance a pole on a cart"),
        CartPole(swingUp: false, sparse: true, "the same, rewarded only near the goal"),
        CartPole(swingUp: true, sparse: false, "swing a pole up by its cart, balance it"),
        CartPole(swingUp: true, sparse: true, "the same, rewarded only near the goal"),
        Spec(new PendulumSwingUpTask(), "swing a ball on a rod up", "torque", PendulumPhysics.TimeStep, () => new PendulumPhysics()),
        Spec(new AcrobotSwingUpTask(), "swing two links up", "torque", TwoJointPhysics.TimeStep, () => new AcrobotPhysics()),
    ];

    private static EnvironmentSpec<float> CartPole(bool swingUp, bool sparse, string summary) =>
        Spec(new CartPoleTask(swingUp, sparse), summary, "force", TwoJointPhysics.TimeStep, () => new CartPolePhysics());

    private static EnvironmentSpec<float> Spec(
        IControlTask task, string summary, string action, double timeStep, Func<IPhysics> physics)
    {
        return new(
            task.Name,
            $"DeepMind Control Suite, {summary}: {task.ObservationNames.Count} reals, a control in -1..1",
            Make,
            count => new SyncVectorEnvironment<ControlSuiteEnvironment, float>(count, Make))
        {
            ObservationNames = task.ObservationNames,
            ObservationUnits = task.ObservationUnits,
            ActionNames = [action],
            TimeStep = timeStep * task.SubSteps,
        };

        ControlSuiteEnvironment Make() => new(task, physics());
    }
}
