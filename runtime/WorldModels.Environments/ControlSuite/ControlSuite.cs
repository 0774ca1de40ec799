namespace WorldModels.Environments;

/// <summary>The tasks of the control suite by name, over physics of our own.</summary>
public static class ControlSuite
{
    /// <summary>All of them, in the order of listings.</summary>
    public static IReadOnlyList<EnvironmentSpec<float>> Specs { get; } =
    [
        Spec(new CartPoleTask(swingUp: false, sparse: false), "balance a pole on a cart", () => new CartPolePhysics()),
        Spec(new CartPoleTask(swingUp: false, sparse: true), "the same, rewarded only near the goal", () => new CartPolePhysics()),
        Spec(new CartPoleTask(swingUp: true, sparse: false), "swing a pole up by its cart, balance it", () => new CartPolePhysics()),
        Spec(new CartPoleTask(swingUp: true, sparse: true), "the same, rewarded only near the goal", () => new CartPolePhysics()),
        Spec(new PendulumSwingUpTask(), "swing a ball on a rod up", () => new PendulumPhysics()),
        Spec(new AcrobotSwingUpTask(), "swing two links up", () => new AcrobotPhysics()),
    ];

    private static EnvironmentSpec<float> Spec(IControlTask task, string summary, Func<IPhysics> physics)
    {
        return new(
            task.Name,
            $"DeepMind Control Suite, {summary}: {task.ObservationSize} reals, a control in -1..1",
            Make,
            count => new SyncVectorEnvironment<ControlSuiteEnvironment, float>(count, Make));

        ControlSuiteEnvironment Make() => new(task, physics());
    }
}
